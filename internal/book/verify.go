package book

import (
	"fmt"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// Verify asserts what must be true of a book before its changes are written: of each asset that has changed, the
// postings sum to zero, and the holds of the pending orders equal what is locked. An error is a mistake in the rules.
func (b *Book) Verify() error {
	if len(b.changes.Transfers) == 0 {
		return nil
	}
	outside := map[string]decimal.Decimal{} // what left the agent's own buckets, by asset
	for _, t := range b.changes.Transfers {
		if !isOwn(t.Target) {
			outside[t.Asset] = outside[t.Asset].Add(t.Amount)
		}
		if !isOwn(t.Source) {
			outside[t.Asset] = outside[t.Asset].Sub(t.Amount)
		}
	}
	held := b.held()
	for name, asset := range b.assets {
		if !asset.dirty {
			continue
		}
		if sum := asset.Total().Sub(asset.loaded).Add(outside[name]); !sum.IsZero() {
			return fmt.Errorf("the postings of %s sum to %s in the book of agent %s", name, sum, b.ID)
		}
		if asset.Locked != held[name] {
			return fmt.Errorf("%s %s is locked and %s held by orders in the book of agent %s", asset.Locked, name, held[name], b.ID)
		}
	}
	return nil
}

func isOwn(bucket string) bool { return bucket == bucketAvailable || bucket == bucketLocked }

// held is what the pending orders hold, by asset.
func (b *Book) held() map[string]decimal.Decimal {
	held := make(map[string]decimal.Decimal, len(b.resting)+1)
	for symbol, sums := range b.resting {
		held[Quote] = held[Quote].Add(sums.HeldQuote)
		held[BaseOf(symbol)] = held[BaseOf(symbol)].Add(sums.HeldBase)
	}
	return held
}
