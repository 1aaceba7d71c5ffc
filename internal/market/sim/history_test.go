package sim_test

import (
	"context"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestACandleSummarizesThePricesInItsTime(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		at, symbol := drawTime(t), drawSymbol(t)
		open := at.Truncate(time.Minute)
		want := market.Candle{Time: open}
		for step := open; !step.After(at); step = step.Add(sim.Step) {
			c.set(step)
			tick, _ := s.Last(symbol)
			if step.Equal(open) {
				want.Open, want.High, want.Low = tick.Price, tick.Price, tick.Price
			}
			want.High, want.Low = decimal.Max(want.High, tick.Price), decimal.Min(want.Low, tick.Price)
			want.Close = tick.Price
		}
		// At that moment the minute is unfinished.
		c.set(at)
		got := newest(t, s, symbol, market.Minute)
		want.Volume, want.TradeCount = got.Volume, got.TradeCount
		require.Equal(t, want, got)
	})
}

func TestACandleAgreesWithItsParts(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		symbol, at := drawSymbol(t), drawTime(t)
		c.set(at)
		n := rapid.IntRange(1, len(intervals)-1).Draw(t, "interval")
		whole := newest(t, s, symbol, intervals[n])
		parts, err := s.Candles(t.Context(), symbol, intervals[n-1], whole.Time, time.Time{}, 1000)
		require.NoError(t, err)
		require.Equal(t, whole, together(parts))
	})
}

func TestADayAgreesWithItsMinutes(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon)
	day := newest(t, s, "LINKUSDT", market.Day)
	minutes, err := s.Candles(t.Context(), "LINKUSDT", market.Minute, day.Time, noon, 1000)
	require.NoError(t, err)
	require.Len(t, minutes, 721)
	require.Equal(t, day, together(minutes))
}

func TestFinishedCandlesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		symbol, interval := drawSymbol(t), rapid.SampledFrom(intervals).Draw(t, "interval")
		c.set(drawTime(t))
		open := newest(t, s, symbol, interval).Time
		c.set(open.Add(interval.Duration() - 1))
		atItsEnd := newest(t, s, symbol, interval)
		c.set(noon.Add(48 * time.Hour))
		for _, each := range []*sim.Sim{s, sim.New(1, c.now)} { // one with a filled cache, and a new one
			later, err := each.Candles(t.Context(), symbol, interval, open, open, 1)
			require.NoError(t, err)
			require.Equal(t, []market.Candle{atItsEnd}, later)
		}
	})
}

func TestCandlesOpenWithinTheRequestedTime(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon.Add(30 * time.Minute))
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	for name, test := range map[string]struct {
		start, end time.Time
		limit      int
		want       []time.Time
	}{
		"the newest":                          {limit: 3, want: []time.Time{hour(-2), hour(-1), hour(0)}},
		"the newest up to the end":            {end: hour(-5), limit: 2, want: []time.Time{hour(-6), hour(-5)}},
		"the oldest from the start":           {start: hour(-9), limit: 2, want: []time.Time{hour(-9), hour(-8)}},
		"a start within a candle":             {start: hour(-9).Add(1), limit: 1, want: []time.Time{hour(-8)}},
		"an end within a candle":              {end: hour(-9).Add(-1), limit: 1, want: []time.Time{hour(-10)}},
		"both, fewer than the limit":          {start: hour(-4), end: hour(-3), limit: 9, want: []time.Time{hour(-4), hour(-3)}},
		"nothing later than now":              {start: hour(0), end: hour(9), limit: 9, want: []time.Time{hour(0)}},
		"a start in the future":               {start: hour(1), limit: 9},
		"an end before the start":             {start: hour(-3), end: hour(-4), limit: 9},
		"no candles at all":                   {limit: 0},
		"fewer than none":                     {limit: -1},
		"an end before 1970":                  {end: time.Unix(-1, 0), limit: 9},
		"a start long before 1970":            {start: time.Time{}.Add(1), limit: 1, want: []time.Time{time.Unix(0, 0).UTC()}},
		"a start in the distant future":       {start: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), limit: 9},
		"an end in the distant future":        {end: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), limit: 1, want: []time.Time{hour(0)}},
		"a time given in another time zone":   {start: hour(-9).In(time.FixedZone("", 5400)), limit: 1, want: []time.Time{hour(-9)}},
		"a span that holds no candle's start": {start: hour(-9).Add(1), end: hour(-8).Add(-1), limit: 9},
	} {
		candles, err := s.Candles(t.Context(), "BTCUSDT", market.Hour, test.start, test.end, test.limit)
		require.NoError(t, err, name)
		require.NotNil(t, candles, name)
		var opens []time.Time
		for _, candle := range candles {
			opens = append(opens, candle.Time)
		}
		require.Equal(t, test.want, opens, name)
	}
}

func TestUnknownIntervalsAndCancelledRequestsFail(t *testing.T) {
	t.Parallel()
	s, _ := marketAt(noon)
	_, err := s.Candles(t.Context(), "BTCUSDT", "2m", time.Time{}, time.Time{}, 1)
	require.ErrorIs(t, err, market.ErrUnknownInterval)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Candles(ctx, "BTCUSDT", market.Hour, time.Time{}, time.Time{}, 1)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Trades(ctx, "BTCUSDT", 1)
	require.ErrorIs(t, err, context.Canceled)
}

func TestTheTickerAgreesWithTheLastDay(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	rapid.Check(t, func(t *rapid.T) {
		symbol := drawSymbol(t)
		end := drawTime(t).Truncate(time.Minute) // so that minutes cover the day except its first step
		c.set(end.Add(-24 * time.Hour))
		open, _ := s.Last(symbol)
		atOpen := newest(t, s, symbol, market.Minute)
		c.set(end)
		last, _ := s.Last(symbol)
		first, err := s.Candles(t.Context(), symbol, market.Minute, open.Time, time.Time{}, 1000)
		require.NoError(t, err)
		rest, err := s.Candles(t.Context(), symbol, market.Minute, open.Time.Add(1000*time.Minute), time.Time{}, 1000)
		require.NoError(t, err)
		minutes := append(first, rest...)
		require.Len(t, minutes, 1441)
		day := together(minutes)

		ticker, ok := s.Ticker(symbol)
		require.True(t, ok)
		require.Equal(t, market.Ticker{
			Symbol: symbol, Open: open.Price, High: day.High, Low: day.Low, Close: last.Price,
			Volume:      day.Volume.Sub(atOpen.Volume), // trades in the first step are a day old
			QuoteVolume: ticker.QuoteVolume,
			TradeCount:  day.TradeCount - atOpen.TradeCount,
			Time:        last.Time,
		}, ticker)

		quote := decimal.Decimal{}
		for _, minute := range minutes {
			quote = quote.Add(minute.Volume.Mul(minute.Close))
		}
		requireNear(t, quote, ticker.QuoteVolume, "0.002")
	})
}

func TestTheTickerRollsWithEveryStep(t *testing.T) {
	t.Parallel()
	s, c := marketAt(noon)
	before, _ := s.Ticker("BTCUSDT")
	changed := 0
	for n := range 4 * 60 * 20 {
		at := noon.Add(time.Duration(n+1) * sim.Step)
		c.set(at.Add(-24 * time.Hour))
		open, _ := s.Last("BTCUSDT")
		c.set(at)
		after, _ := s.Ticker("BTCUSDT")
		require.Equal(t, open.Price, after.Open)
		requireNear(t, before.QuoteVolume, after.QuoteVolume, "0.002")
		if after.Volume != before.Volume {
			changed++
		}
		before = after
	}
	require.Greater(t, changed, 4*60*18)
}

func newest(t require.TestingT, s *sim.Sim, symbol string, interval market.Interval) market.Candle {
	candles, err := s.Candles(context.Background(), symbol, interval, time.Time{}, time.Time{}, 1)
	require.NoError(t, err)
	require.Len(t, candles, 1)
	return candles[0]
}

// together combines consecutive candles into one.
func together(parts []market.Candle) market.Candle {
	whole := parts[0]
	for _, part := range parts[1:] {
		whole.High = decimal.Max(whole.High, part.High)
		whole.Low = decimal.Min(whole.Low, part.Low)
		whole.Close = part.Close
		whole.Volume = whole.Volume.Add(part.Volume)
		whole.TradeCount += part.TradeCount
	}
	return whole
}

// requireNear checks that got differs from want by at most this share.
func requireNear(t require.TestingT, want, got decimal.Decimal, share string) {
	difference := want.Sub(got).Abs()
	require.LessOrEqual(t, difference.Cmp(want.Mul(decimal.MustParse(share))), 0, "%s is too far from %s", got, want)
}
