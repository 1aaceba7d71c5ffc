package sim_test

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheTradesOfAMinuteAddUpToItsCandle(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		symbol := drawSymbol(t)
		c.set(drawTime(t))
		candle := newest(t, s, symbol, market.Minute)
		trades, err := s.Trades(t.Context(), symbol, int(candle.TradeCount)+1)
		require.NoError(t, err)
		require.Len(t, trades, int(candle.TradeCount)+1)
		volume := decimal.Decimal{}
		for _, trade := range trades[:candle.TradeCount] {
			require.False(t, trade.Time.Before(candle.Time))
			require.LessOrEqual(t, trade.Price.Cmp(candle.High), 0)
			require.GreaterOrEqual(t, trade.Price.Cmp(candle.Low), 0)
			volume = volume.Add(trade.Quantity)
		}
		require.Equal(t, candle.Volume, volume)
		require.True(t, trades[candle.TradeCount].Time.Before(candle.Time))
	})
}

func TestTradesAreNewestFirstAtThePriceOfTheirTime(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		at := drawTime(t)
		c.set(at)
		pair, _ := s.Pair(drawSymbol(t))
		trades, err := s.Trades(t.Context(), pair.Symbol, 50)
		require.NoError(t, err)
		require.Len(t, trades, 50)
		require.False(t, trades[0].Time.After(at))
		for n, trade := range trades {
			if n > 0 {
				require.Equal(t, trades[n-1].ID-1, trade.ID)
				require.False(t, trade.Time.After(trades[n-1].Time))
			}
			require.Equal(t, 1, trade.Quantity.Sign())
			require.True(t, trade.Quantity.IsMultipleOf(pair.StepSize))
			c.set(trade.Time)
			tick, _ := s.Last(pair.Symbol)
			require.Equal(t, tick.Price, trade.Price)
		}
	})
}

func TestBothSidesAreTakers(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon)
	trades, err := s.Trades(t.Context(), "DOGEUSDT", 1000)
	require.NoError(t, err)
	sales := 0
	for _, trade := range trades {
		if trade.IsBuyerMaker {
			sales++
		}
	}
	require.InDelta(t, 500, sales, 150)
}

func TestTheOrderBookSurroundsThePrice(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	pairs := s.Pairs()
	rapid.Check(t, func(t *rapid.T) {
		c.set(drawTime(t))
		pair := rapid.SampledFrom(pairs).Draw(t, "pair")
		depth := rapid.IntRange(1, 50).Draw(t, "depth")
		book, err := s.OrderBook(t.Context(), pair.Symbol, depth)
		require.NoError(t, err)
		tick, _ := s.Last(pair.Symbol)
		require.Equal(t, tick.Time, book.Time)
		require.Len(t, book.Bids, depth)
		require.Len(t, book.Asks, depth)
		bid, ask := book.Bids[0].Price, book.Asks[0].Price
		require.True(t, tick.Price == bid || tick.Price == ask)
		require.Equal(t, -1, bid.Cmp(ask))
		for n := range depth {
			require.True(t, n == 0 || book.Bids[n].Price.Cmp(book.Bids[n-1].Price) < 0)
			require.True(t, n == 0 || book.Asks[n].Price.Cmp(book.Asks[n-1].Price) > 0)
			for _, level := range []market.Level{book.Bids[n], book.Asks[n]} {
				require.Equal(t, 1, level.Price.Sign())
				require.Equal(t, 1, level.Quantity.Sign())
				require.True(t, level.Price.IsMultipleOf(pair.TickSize))
				require.True(t, level.Quantity.IsMultipleOf(pair.StepSize))
			}
		}
	})
}

func TestOrdersRestForAWhile(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	resting := func() map[market.Level]bool {
		book, err := s.OrderBook(t.Context(), "BTCUSDT", 50)
		require.NoError(t, err)
		levels := map[market.Level]bool{}
		for _, level := range append(book.Bids, book.Asks...) {
			levels[level] = true
		}
		return levels
	}
	before := resting()
	c.set(noon.Add(time.Second))
	kept := 0
	for level := range resting() {
		if before[level] {
			kept++
		}
	}
	require.Greater(t, kept, 60)
}
