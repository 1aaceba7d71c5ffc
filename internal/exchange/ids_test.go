package exchange

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestIDsSortInTheOrderInWhichTheyWereMade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := &IDs{}
		at := noon
		previous := uuid.UUID{}
		for range 50 {
			// Also when the clock stands still or goes back.
			at = at.Add(time.Duration(rapid.Int64Range(-3, 3).Draw(t, "milliseconds")) * time.Millisecond)
			id := ids.Next(at)
			require.Positive(t, compareIDs(id, previous))
			require.EqualValues(t, 7, id.Version())
			require.Equal(t, uuid.RFC4122, id.Variant())
			require.Zero(t, id[15]&1, "the lowest bit is 0")
			previous = id
		}
	})
}

func TestAnIDSaysWhenItWasMade(t *testing.T) {
	t.Parallel()
	at := noon.Add(123456789 * time.Nanosecond)
	id := (&IDs{}).Next(at)
	seconds, nanoseconds := id.Time().UnixTime()
	require.Equal(t, at.Truncate(time.Millisecond), time.Unix(seconds, nanoseconds).UTC())
	require.Positive(t, compareIDs(id, firstID(at)), "made at the time or later")
	require.Negative(t, compareIDs(id, firstID(at.Add(time.Millisecond))), "made before the next millisecond")
}

func TestAMillisecondThatIsFullBorrowsFromTheNext(t *testing.T) {
	t.Parallel()
	ids := &IDs{last: noon.UnixMilli(), sequence: 1<<sequenceBits - 2}
	last, first, second := ids.Next(noon), ids.Next(noon), ids.Next(noon.Add(time.Millisecond))
	require.Negative(t, compareIDs(last, first))
	require.Negative(t, compareIDs(first, second))
	require.Negative(t, compareIDs(last, firstID(noon.Add(time.Millisecond))))
	require.Positive(t, compareIDs(first, firstID(noon.Add(time.Millisecond))))
}

func TestIDsMadeAtOnceAreDistinctAndSortedForEachMaker(t *testing.T) {
	t.Parallel()
	const makers, each = 8, 2000
	ids := &IDs{}
	made := make([][]uuid.UUID, makers)
	var done sync.WaitGroup
	for maker := range makers {
		done.Go(func() {
			for range each {
				made[maker] = append(made[maker], ids.Next(noon))
			}
		})
	}
	done.Wait()
	all := map[uuid.UUID]bool{}
	for _, own := range made {
		require.True(t, slices.IsSortedFunc(own, compareIDs))
		for _, id := range own {
			all[id] = true
		}
	}
	require.Len(t, all, makers*each)
}
