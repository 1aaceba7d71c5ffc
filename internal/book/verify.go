package book

import (
	"fmt"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// Verify asserts what must be true of a book before its changes are written: of each asset that has changed, the
// postings sum to zero, and the holds of the pending orders equal what is locked. An error is a mistake in the rules.
func (b *Book) Verify() error {
	for name, asset := range b.assets {
		if !asset.dirty {
			continue
		}
		sum := asset.Total().Sub(asset.loaded)
		for n := range b.changes.Transfers {
			if t := &b.changes.Transfers[n]; t.Asset == name {
				sum = sum.Add(t.toOthers())
			}
		}
		if !sum.IsZero() {
			return fmt.Errorf("the postings of %s sum to %s in the book of agent %s", name, sum, b.ID)
		}
		if held := b.held(name); asset.Locked != held {
			return fmt.Errorf("%s %s is locked and %s held by orders in the book of agent %s", asset.Locked, name, held, b.ID)
		}
	}
	return nil
}

// toOthers is what a transfer adds to the buckets that are not the agent's own.
func (t *Transfer) toOthers() (amount decimal.Decimal) {
	if !isOwn(t.Target) {
		amount = t.Amount
	}
	if !isOwn(t.Source) {
		amount = amount.Sub(t.Amount)
	}
	return amount
}

func isOwn(bucket string) bool { return bucket == bucketAvailable || bucket == bucketLocked }

// held is what the pending orders hold of an asset.
func (b *Book) held(name string) (held decimal.Decimal) {
	for symbol, sums := range b.resting {
		if name == Quote {
			held = held.Add(sums.HeldQuote)
		} else if BaseOf(symbol) == name {
			held = held.Add(sums.HeldBase)
		}
	}
	return held
}
