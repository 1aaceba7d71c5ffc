package book

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
			id := ids.Next(at, uuid.Nil)
			require.Positive(t, CompareIDs(id, previous))
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
	id := (&IDs{}).Next(at, uuid.Nil)
	seconds, nanoseconds := id.Time().UnixTime()
	require.Equal(t, at.Truncate(time.Millisecond), time.Unix(seconds, nanoseconds).UTC())
	require.Positive(t, CompareIDs(id, FirstID(at)), "made at the time or later")
	require.Negative(t, CompareIDs(id, FirstID(at.Add(time.Millisecond))), "made before the next millisecond")
}

// Two servers write for one agent in turn, and the clock of one is ahead.
func TestIDsOfOneAgentSortAsTheyWereWrittenWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		servers := []*IDs{{}, {}, {}}
		ahead := []time.Duration{0, time.Duration(rapid.Int64Range(0, 5000).Draw(t, "ahead")) * time.Millisecond, -time.Hour}
		at, last := noon, uuid.Nil
		for range 50 {
			at = at.Add(time.Duration(rapid.Int64Range(0, 3000).Draw(t, "microseconds")) * time.Microsecond)
			n := rapid.IntRange(0, len(servers)-1).Draw(t, "server")
			id := servers[n].Next(at.Add(ahead[n]), last)
			require.Positive(t, CompareIDs(id, last))
			require.Equal(t, uuid.RFC4122, id.Variant())
			last = id
		}
		// Another agent's ids do not follow: they tell the time.
		id := servers[0].Next(at.Add(time.Second), uuid.Nil)
		require.Positive(t, CompareIDs(id, FirstID(at.Add(time.Second))))
		require.Negative(t, CompareIDs(id, FirstID(at.Add(time.Second+time.Millisecond))))
	})
}

func TestTheLastIDIsReadBackExactly(t *testing.T) {
	t.Parallel()
	full := instant{noon.UnixMilli(), 1<<sequenceBits - 1}
	ids := &IDs{}
	for range 3 { // past the end of the millisecond, too
		id := ids.Next(noon, uuid.Nil)
		require.Equal(t, ids.last, instantOf(id))
	}
	after := ids.Next(noon, (&IDs{last: instant{full.millisecond, full.sequence - 1}}).Next(noon, uuid.Nil))
	require.Equal(t, full.next(), instantOf(after))
}

func TestAMillisecondThatIsFullBorrowsFromTheNext(t *testing.T) {
	t.Parallel()
	ids := &IDs{last: instant{noon.UnixMilli(), 1<<sequenceBits - 2}}
	last, first, second := ids.Next(noon, uuid.Nil), ids.Next(noon, uuid.Nil), ids.Next(noon.Add(time.Millisecond), uuid.Nil)
	require.Negative(t, CompareIDs(last, first))
	require.Negative(t, CompareIDs(first, second))
	require.Negative(t, CompareIDs(last, FirstID(noon.Add(time.Millisecond))))
	require.Positive(t, CompareIDs(first, FirstID(noon.Add(time.Millisecond))))
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
				made[maker] = append(made[maker], ids.Next(noon, uuid.Nil))
			}
		})
	}
	done.Wait()
	all := map[uuid.UUID]bool{}
	for _, own := range made {
		require.True(t, slices.IsSortedFunc(own, CompareIDs))
		for _, id := range own {
			all[id] = true
		}
	}
	require.Len(t, all, makers*each)
}
