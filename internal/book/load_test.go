package book

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// reloaded is a book as another server reads it, once what has changed in this one is written.
func reloaded(t require.TestingT, b *Book) *Book {
	again := New(b.Agent, &IDs{})
	for name, asset := range b.assets {
		if !asset.dirty {
			require.True(t, asset.stored || asset.Total().IsZero(), "%s is held and would not be written", name)
			if asset.stored {
				again.Load(name, *asset)
			}
		}
	}
	for _, changed := range b.ChangedBalances() {
		if changed.Name == Quote || !changed.Total().IsZero() { // no row is kept of a position that is sold
			again.Load(changed.Name, Asset{
				Available: changed.Available, Locked: changed.Locked, Basis: changed.Basis, OpenedAt: changed.OpenedAt,
			})
		}
	}
	for symbol, sums := range b.resting {
		if sums.Orders > 0 {
			again.LoadResting(symbol, sums)
		}
	}
	again.LoadLastID(b.lastID)
	return again
}

func TestABookThatIsLoadedAgainJudgesTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := livedStory(t)
		again := reloaded(t, s.Book)
		require.Empty(t, again.ChangedBalances())
		require.Equal(t, Changes{}, *again.Changes(), "what is loaded has not changed")
		require.Equal(t, s.Balances(), again.Balances())
		require.Equal(t, s.Portfolio(s.prices), again.Portfolio(s.prices))
		require.Equal(t, s.Headroom(s.prices, s.now), again.Headroom(s.prices, s.now))

		pair := drawPair(t)
		r := s.drawRequest(t, pair)
		q := s.quotation(pair)
		one, errOne := s.Preview(r, q, s.prices, s.now)
		two, errTwo := again.Preview(r, q, s.prices, s.now)
		require.Equal(t, errOne, errTwo)
		require.Equal(t, one, two)

		before := s.lastID
		placedHere, errOne := fork(s.Book).Place(r, q, s.prices, s.now)
		placedThere, errTwo := again.Place(r, q, s.prices, s.now)
		require.Equal(t, errOne, errTwo)
		require.NoError(t, again.Verify())
		if errOne != nil {
			require.Empty(t, again.ChangedBalances())
			return
		}
		require.Positive(t, CompareIDs(placedThere.ID, before), "later than all that was written before")
		placedHere.ID, placedThere.ID = uuid.Nil, uuid.Nil
		require.Equal(t, placedHere, placedThere)
	})
}

func TestChangesSayWhichRowsThereAreAlready(t *testing.T) {
	t.Parallel()
	b := New(Agent{Limits: Limits{MaxPositionSizePct: 100, DailyLossLimitPct: 100, MaxOpenOrders: 1}, StartingBalance: dec("1000")}, &IDs{})
	b.Load(Quote, Asset{Available: dec("1000")})
	b.Load("ETH", Asset{Available: dec("1"), Basis: dec("10")})
	placed(t, b, limitOrder(Buy, "1", "101"), at("100", "1000000000"))
	stored := map[string]bool{}
	for _, changed := range b.ChangedBalances() {
		stored[changed.Name] = changed.Stored
	}
	require.Equal(t, map[string]bool{Quote: true, btc.Base: false}, stored)
	changes := b.Changes()
	require.Len(t, changes.Opened, 1)
	require.Len(t, changes.Trades, 1)
	require.True(t, changes.Day, "the first trade fixes the day's starting equity")
	require.Empty(t, changes.Closed)
	require.Empty(t, changes.Announced, "nothing rests")
}
