package sim_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestFortyPairsAndMoreCanBeTraded(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon)
	pairs := s.Pairs()
	require.GreaterOrEqual(t, len(pairs), 40)
	require.True(t, slices.IsSortedFunc(pairs, func(a, b market.Pair) int { return strings.Compare(a.Symbol, b.Symbol) }))
	for n, pair := range pairs {
		require.True(t, n == 0 || pairs[n-1].Symbol != pair.Symbol, "%s is listed twice", pair.Symbol)
		require.Equal(t, pair.Base+"USDT", pair.Symbol)
		require.Equal(t, "USDT", pair.Quote)
		require.Equal(t, market.StatusTrading, pair.Status)
		for _, filter := range []decimal.Decimal{pair.MinQty, pair.StepSize, pair.TickSize, pair.MinNotional} {
			require.Equal(t, 1, filter.Sign(), pair.Symbol)
		}
		require.True(t, pair.MinQty.IsMultipleOf(pair.StepSize), pair.Symbol)
		// Every quantity × price is exact.
		require.True(t, pair.StepSize.Mul(pair.TickSize).Quo(pair.TickSize) == pair.StepSize, pair.Symbol)

		found, ok := s.Pair(pair.Symbol)
		require.True(t, ok)
		require.Equal(t, pair, found)
	}
}

func TestBitcoinCostsTensOfThousandsAndHasASmallStep(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	pair, ok := s.Pair("BTCUSDT")
	require.True(t, ok)
	require.LessOrEqual(t, pair.StepSize.Cmp(decimal.MustParse("0.0001")), 0)
	require.LessOrEqual(t, pair.MinNotional.Cmp(decimal.MustParse("10")), 0)
	rapid.Check(t, func(t *rapid.T) {
		c.set(drawTime(t))
		tick, ok := s.Last("BTCUSDT")
		require.True(t, ok)
		require.Equal(t, 1, tick.Price.Cmp(decimal.MustParse("10000")))
		require.Equal(t, -1, tick.Price.Cmp(decimal.MustParse("100000")))
	})
}

func TestUnknownSymbolsAreRejected(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon)
	for _, symbol := range []string{"", "btcusdt", "BTC", "BTCUSDT ", "NOSUCHUSDT"} {
		_, ok := s.Pair(symbol)
		require.False(t, ok, symbol)
		_, ok = s.Last(symbol)
		require.False(t, ok, symbol)
		_, ok = s.Ticker(symbol)
		require.False(t, ok, symbol)
		_, err := s.Candles(t.Context(), symbol, market.Hour, time.Time{}, time.Time{}, 1)
		require.ErrorIs(t, err, market.ErrUnknownSymbol, symbol)
		_, err = s.Trades(t.Context(), symbol, 1)
		require.ErrorIs(t, err, market.ErrUnknownSymbol, symbol)
		_, err = s.OrderBook(t.Context(), symbol, 1)
		require.ErrorIs(t, err, market.ErrUnknownSymbol, symbol)
	}
}

func TestPricesAreOnTheTickAndChangeFourTimesASecond(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		at := drawTime(t)
		c.set(at)
		pair, _ := s.Pair(drawSymbol(t))
		tick, ok := s.Last(pair.Symbol)
		require.True(t, ok)
		require.Equal(t, pair.Symbol, tick.Symbol)
		require.Equal(t, at.Truncate(sim.Step), tick.Time)
		require.True(t, tick.Price.IsMultipleOf(pair.TickSize))
		c.set(tick.Time.Add(sim.Step - 1))
		again, _ := s.Last(pair.Symbol)
		require.Equal(t, tick, again)
	})
	moves := 0
	previous := decimal.Decimal{}
	for n := range 1000 {
		c.set(noon.Add(time.Duration(n) * sim.Step))
		tick, _ := s.Last("BTCUSDT")
		if tick.Price != previous {
			moves++
		}
		previous = tick.Price
	}
	require.Greater(t, moves, 950)
}

func TestOneSeedIsOneMarketWhateverWasAskedBefore(t *testing.T) {
	t.Parallel()
	long, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		at := drawTime(t)
		c.set(at)
		fresh, _ := marketAt(at)
		symbol := drawSymbol(t)
		for _, s := range []*sim.Sim{long, fresh} {
			_, _ = s.Ticker(symbol)
		}
		require.Equal(t, view(t, fresh, symbol), view(t, long, symbol))
	})
}

func TestAnotherSeedIsAnotherMarket(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return noon }
	first, second := sim.New(1, now).Ticks(), sim.New(2, now).Ticks()
	same := 0
	for n := range first {
		if first[n].Price == second[n].Price {
			same++
		}
	}
	require.Less(t, same, 3)
}

func TestClocksOutOfRangeCountAsTheNearestTime(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, time.Unix(-1, 0), time.Unix(0, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		s := sim.New(1, func() time.Time { return at })
		for _, pair := range s.Pairs() {
			_ = view(t, s, pair.Symbol)
		}
	}
}

func TestMethodsMayBeCalledConcurrently(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	var wait sync.WaitGroup
	for n := range 4 {
		wait.Go(func() {
			for m := range 20 {
				c.set(noon.Add(time.Duration(n*m) * 7 * time.Minute))
				for _, symbol := range []string{"BTCUSDT", "ENJUSDT"} {
					ticker, ok := s.Ticker(symbol)
					assert.True(t, ok)
					assert.Equal(t, 1, ticker.QuoteVolume.Sign())
				}
			}
		})
	}
	wait.Wait()
}

func TestRunDeliversEveryStepOnItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(100 * time.Millisecond) // start between two steps
		s := sim.New(1, time.Now)
		start := time.Now().Truncate(sim.Step)
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		require.NoError(t, s.Run(ctx, func(ticks []market.Tick) {
			require.Equal(t, s.Ticks(), ticks)
			require.Len(t, ticks, len(s.Pairs()))
			require.Equal(t, start.Add(time.Duration(steps)*sim.Step).UTC(), ticks[0].Time)
			if steps > 0 {
				require.Zero(t, time.Since(ticks[0].Time))
			}
			if steps++; steps == 40 {
				cancel()
			}
		}))
		require.Equal(t, 40, steps)
	})
}

func TestRunCatchesUpAfterAShortDelayAndSkipsOldSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var delivered []time.Time
		require.NoError(t, sim.New(1, time.Now).Run(ctx, func(ticks []market.Tick) {
			delivered = append(delivered, ticks[0].Time)
			switch len(delivered) {
			case 2:
				time.Sleep(time.Second)
			case 10:
				time.Sleep(time.Hour)
			case 40:
				cancel()
			}
		}))
		for n := 1; n < len(delivered); n++ {
			gap := delivered[n].Sub(delivered[n-1])
			if n == 10 {
				require.Greater(t, gap, time.Hour-6*time.Second)
				continue
			}
			require.Equal(t, sim.Step, gap, "step %d", n)
		}
	})
}

func TestRunWaitsForAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var behind time.Duration
		ctx, cancel := context.WithCancel(t.Context())
		var delivered []time.Time
		s := sim.New(1, func() time.Time { return time.Now().Add(-behind) })
		require.NoError(t, s.Run(ctx, func(ticks []market.Tick) {
			delivered = append(delivered, ticks[0].Time)
			switch len(delivered) {
			case 3:
				behind = time.Minute
			case 6:
				cancel()
			}
		}))
		for n := 1; n < len(delivered); n++ {
			require.Equal(t, sim.Step, delivered[n].Sub(delivered[n-1]))
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Run(ctx, func([]market.Tick) {}))
}

// view returns all data of a symbol.
func view(t require.TestingT, s *sim.Sim, symbol string) []any {
	ctx := context.Background()
	tick, ok := s.Last(symbol)
	require.True(t, ok)
	ticker, ok := s.Ticker(symbol)
	require.True(t, ok)
	all := []any{tick, ticker}
	for _, interval := range intervals {
		candles, err := s.Candles(ctx, symbol, interval, time.Time{}, time.Time{}, 3)
		require.NoError(t, err)
		all = append(all, candles)
	}
	trades, err := s.Trades(ctx, symbol, 20)
	require.NoError(t, err)
	book, err := s.OrderBook(ctx, symbol, 50)
	require.NoError(t, err)
	return append(all, trades, book)
}

var intervals = []market.Interval{
	market.Minute, market.FiveMinutes, market.FifteenMinutes, market.Hour, market.FourHours, market.Day,
}

func TestNoLimitIsTooLarge(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(time.Unix(3, 0)) // there are only few steps yet
	for _, start := range []time.Time{{}, time.Unix(0, 0)} {
		candles, err := s.Candles(t.Context(), "BTCUSDT", market.Day, start, time.Time{}, math.MaxInt)
		require.NoError(t, err)
		require.Len(t, candles, 1)
	}
	trades, err := s.Trades(t.Context(), "BTCUSDT", math.MaxInt)
	require.NoError(t, err)
	require.NotEmpty(t, trades)
}
