package matching

import (
	"slices"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// rung is a resting order as a list knows it, in which everything is found by looking at each.
type rung struct {
	id       uuid.UUID
	symbol   string
	rises    bool
	level    decimal.Decimal
	placedAt time.Time
}

func (r rung) crossedBy(symbol string, price decimal.Decimal) bool {
	if r.symbol != symbol {
		return false
	}
	if r.rises {
		return price.Cmp(r.level) >= 0
	}
	return price.Cmp(r.level) <= 0
}

func idsOf(orders []*resting) []uuid.UUID {
	return postgres.Column(orders, func(o **resting) uuid.UUID { return (*o).id })
}

// drawLevel is rarely one that does not fit the trees' units, which end at 184 billion.
func drawLevel(t *rapid.T, most int) decimal.Decimal {
	return rapid.OneOf(
		rapid.Map(rapid.IntRange(1, most), func(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }),
		rapid.Just(decimal.MustParse("0.00000001")), rapid.Just(decimal.MustParse("184467440737.09551614")),
	).Draw(t, "level")
}

func TestAPriceCrossesExactlyTheOrdersThatItReachesTheNearestAndOldestFirst(t *testing.T) {
	t.Parallel()
	symbols := []string{"BTCUSDT", "PEPEUSDT", "ETHUSDT"}
	rapid.Check(t, func(t *rapid.T) {
		l, ids, now := newLevels(), &book.IDs{}, noon
		var all []rung
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "later")) * time.Millisecond)
				r := rung{
					id: ids.Next(now, uuid.Nil), symbol: rapid.SampledFrom(symbols).Draw(t, "symbol"), rises: rapid.Bool().Draw(t, "rises"),
					level: drawLevel(t, 12), placedAt: now,
				}
				if rapid.IntRange(0, 9).Draw(t, "beyond all prices") == 0 {
					r.level = decimal.MustParse("999999999999")
				}
				all = append(all, r)
				l.add(uuid.New(), r.id, r.symbol, r.rises, r.level)
				l.add(uuid.New(), r.id, r.symbol, !r.rises, r.level) // known already
			},
			"add a limit order": func(t *rapid.T) { // a price that is equal to its limit does not reach it
				limit, unit := decimal.NewFromInt(rapid.Int64Range(1, 12).Draw(t, "limit")), decimal.MustParse("0.00000001")
				side := rapid.SampledFrom(book.Sides[:]).Draw(t, "side")
				r := rung{
					id: ids.Next(now, uuid.Nil), symbol: rapid.SampledFrom(symbols).Draw(t, "symbol"), rises: side == book.Sell,
					level: limit.Sub(unit), placedAt: now,
				}
				if r.rises {
					r.level = limit.Add(unit)
				}
				all = append(all, r)
				l.addLimit(uuid.New(), r.id, r.symbol, side, limit)
			},
			"remove": func(t *rapid.T) {
				l.remove(uuid.New()) // unknown
				if len(all) == 0 {
					return // there is nothing to remove
				}
				n := rapid.IntRange(0, len(all)-1).Draw(t, "order")
				l.remove(all[n].id)
				l.remove(all[n].id)
				all = slices.Delete(all, n, n+1)
			},
			"cross": func(t *rapid.T) {
				symbol, price := rapid.SampledFrom(symbols).Draw(t, "symbol"), drawLevel(t, 12)
				var want []rung
				all = slices.DeleteFunc(all, func(r rung) bool {
					if r.crossedBy(symbol, price) {
						want = append(want, r)
						return true
					}
					return false
				})
				slices.SortFunc(want, nearestFirst)
				crossed := l.cross(symbol, price)
				require.Equal(t, postgres.Column(want, func(r *rung) uuid.UUID { return r.id }), idsOf(crossed))
				require.Empty(t, l.cross(symbol, price), "they are taken out")
			},
			"placed before": func(t *rapid.T) {
				at := now.Add(time.Duration(rapid.IntRange(-5, 2).Draw(t, "than now")) * time.Millisecond)
				most := rapid.IntRange(0, 5).Draw(t, "most")
				want := []uuid.UUID{}
				all = slices.DeleteFunc(all, func(r rung) bool { // they are in order of their age
					if !r.placedAt.Before(at) || len(want) == most {
						return false
					}
					want = append(want, r.id)
					return true
				})
				require.Equal(t, want, idsOf(l.placedBefore(at, most)))
			},
			"": func(t *rapid.T) { require.Equal(t, len(all), l.len()) },
		})
	})
}

// nearestFirst sorts those that a falling price reaches before those that a rising one does, the nearest of each first.
func nearestFirst(a, b rung) int {
	switch {
	case a.rises != b.rises && b.rises:
		return -1
	case a.rises != b.rises:
		return 1
	case a.level != b.level && a.rises:
		return a.level.Cmp(b.level)
	case a.level != b.level:
		return b.level.Cmp(a.level)
	default:
		return book.CompareIDs(a.id, b.id)
	}
}

func TestAnOrderOfASymbolThatWasNeverSeenIsCrossedByNothing(t *testing.T) {
	t.Parallel()
	l := newLevels()
	require.Empty(t, l.cross("ETHUSDT", decimal.MustParse("1")))
	require.Empty(t, l.placedBefore(noon, 10))
	require.Zero(t, l.len())
}

func TestALevelBeyondAllPricesIsFoundByEveryFallingAndNoRisingPrice(t *testing.T) {
	t.Parallel()
	l, ids := newLevels(), &book.IDs{}
	buy, sell := ids.Next(noon, uuid.Nil), ids.Next(noon, uuid.Nil)
	l.add(uuid.New(), buy, "BTCUSDT", false, decimal.MustParse("999999999999.99"))
	l.add(uuid.New(), sell, "BTCUSDT", true, decimal.MustParse("999999999999.99"))
	require.Equal(t, []uuid.UUID{buy}, idsOf(l.cross("BTCUSDT", decimal.MustParse("100000"))))
	require.Empty(t, l.cross("BTCUSDT", decimal.MustParse("184000000000")))
	require.Equal(t, []uuid.UUID{sell}, idsOf(l.cross("BTCUSDT", decimal.MustParse("999999999999.99"))))
}

func TestALimitAtTheLeastOrTheGreatestPriceIsReachedByNone(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		side  book.Side
		limit string
	}{{book.Buy, "0.00000001"}, {book.Sell, "184467440737.09551614"}} {
		l := newLevels()
		l.addLimit(uuid.New(), (&book.IDs{}).Next(noon, uuid.Nil), "BTCUSDT", example.side, decimal.MustParse(example.limit))
		for _, price := range []string{"0.00000001", "1", "184467440737.09551614"} {
			require.Empty(t, l.cross("BTCUSDT", decimal.MustParse(price)), price)
		}
		require.Equal(t, 1, l.len())
	}
}
