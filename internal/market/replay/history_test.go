package replay_test

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/replay"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// recorded is a line of a recording, read without the reader under test.
type recorded struct {
	at       time.Time
	symbol   string
	price    decimal.Decimal
	quantity decimal.Decimal
}

func readLines(t require.TestingT, path string) []recorded {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var lines []recorded
	for text := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSpace(text), ",")
		if strings.HasPrefix(text, "#") || fields[0] == "time" {
			continue
		}
		l := recorded{symbol: fields[1], price: decimal.MustParse(fields[2])}
		if l.at, err = time.Parse(time.RFC3339Nano, fields[0]); err != nil {
			require.NoError(t, err)
		}
		if fields[3] != "" {
			l.quantity = decimal.MustParse(fields[3])
		}
		lines = append(lines, l)
	}
	return lines
}

func lastPrice(t require.TestingT, symbol string) string {
	price := ""
	for _, l := range readLines(t, minutes) {
		if l.symbol == symbol {
			price = l.price.String()
		}
	}
	return price
}

// running returns a replay whose progress only the clock decides, and the lines of a symbol at the times at which they
// happen.
func running(t *testing.T, speed float64, symbol string) (*replay.Replay, *clock, []recorded) {
	c := clockAt(noon)
	r := open(t, minutes, replay.Options{Speed: speed}, c.now)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, r.Run(ctx, func([]market.Tick) { cancel() })) // sets the start
	all := readLines(t, minutes)
	var lines []recorded
	for _, l := range all {
		if l.symbol == symbol {
			l.at = noon.Add(time.Duration(float64(l.at.Sub(all[0].at)) / speed))
			lines = append(lines, l)
		}
	}
	return r, c, lines
}

// happened returns the lines up to and including a time.
func happened(lines []recorded, now time.Time) []recorded {
	n := slices.IndexFunc(lines, func(l recorded) bool { return l.at.After(now) })
	if n < 0 {
		return lines
	}
	return lines[:n]
}

// sum returns the candle of a group of lines.
func sum(opens time.Time, lines []recorded) market.Candle {
	c := market.Candle{Time: opens, Open: lines[0].price, High: lines[0].price, Low: lines[0].price}
	for _, l := range lines {
		c.High, c.Low, c.Close = decimal.Max(c.High, l.price), decimal.Min(c.Low, l.price), l.price
		c.Volume = c.Volume.Add(l.quantity)
		if !l.quantity.IsZero() {
			c.TradeCount++
		}
	}
	return c
}

// candlesOf returns all candles of the lines.
func candlesOf(lines []recorded, width time.Duration) []market.Candle {
	candles := []market.Candle{}
	for from := 0; from < len(lines); {
		opens := lines[from].at.Truncate(width)
		to := from
		for to < len(lines) && lines[to].at.Before(opens.Add(width)) {
			to++
		}
		candles = append(candles, sum(opens, lines[from:to]))
		from = to
	}
	return candles
}

// Replayed slowly, four minutes become days.
var speeds = []float64{1, 0.01, 0.25}

func TestCandlesAgreeWithTheLines(t *testing.T) {
	t.Parallel()
	for _, speed := range speeds {
		r, c, lines := running(t, speed, "BTCUSDT")
		rapid.Check(t, func(t *rapid.T) {
			span := int64(float64(5*time.Minute) / speed)
			draw := func(name string) time.Time {
				return noon.Add(time.Duration(rapid.Int64Range(-span/5, span).Draw(t, name)))
			}
			c.set(draw("now"))
			interval := rapid.SampledFrom([]market.Interval{market.Minute, market.FiveMinutes, market.Hour, market.Day}).Draw(t, "interval")
			limit := rapid.SampledFrom([]int{-1, 0, 1, 2, 3, math.MaxInt}).Draw(t, "limit")
			var start, end time.Time
			if rapid.Bool().Draw(t, "from a start") {
				start = draw("start")
			}
			if rapid.Bool().Draw(t, "to an end") {
				end = draw("end")
			}
			want := slices.DeleteFunc(candlesOf(happened(lines, c.now()), interval.Duration()), func(c market.Candle) bool {
				return c.Time.Before(start) || !end.IsZero() && c.Time.After(end)
			})
			if count := max(limit, 0); len(want) > count {
				if start.IsZero() {
					want = want[len(want)-count:]
				} else {
					want = want[:count]
				}
			}
			got, err := r.Candles(context.Background(), "BTCUSDT", interval, start, end, limit)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
}

func TestTheTickerCoversADay(t *testing.T) {
	t.Parallel()
	// At a hundredth of the speed, four minutes take almost seven hours, which is less than a day. So the recording of
	// days below tests the window.
	for _, speed := range speeds {
		r, c, lines := running(t, speed, "ETHUSDT")
		rapid.Check(t, func(t *rapid.T) {
			now := noon.Add(time.Duration(rapid.Int64Range(0, int64(float64(5*time.Minute)/speed)).Draw(t, "now")))
			c.set(now)
			checkTicker(t, r, "ETHUSDT", lines, now)
		})
	}
	text := "time,symbol,price,quantity\n"
	var lines []recorded
	for n := range 3000 {
		l := recorded{at: noon.Add(time.Duration(n) * time.Minute), price: decimal.NewFromInt(int64(100 + n*7919%601)), quantity: decimal.NewFromInt(int64(n % 3))}
		text += l.at.AddDate(-1, 0, 0).Format(time.RFC3339) + ",ETHUSDT," + l.price.String() + "," + l.quantity.String() + "\n"
		lines = append(lines, l)
	}
	c := clockAt(noon)
	r := open(t, write(t, text), replay.Options{Speed: 1}, c.now)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, r.Run(ctx, func([]market.Tick) { cancel() }))
	rapid.Check(t, func(t *rapid.T) {
		now := noon.Add(time.Duration(rapid.Int64Range(0, 5000*60).Draw(t, "seconds")) * time.Second)
		c.set(now)
		checkTicker(t, r, "ETHUSDT", lines, now)
	})
}

func checkTicker(t *rapid.T, r *replay.Replay, symbol string, lines []recorded, now time.Time) {
	past := happened(lines, now)
	ago := happened(lines, now.Add(-24*time.Hour))
	opening := recorded{price: lines[0].price}
	if len(ago) > 0 {
		opening.price = ago[len(ago)-1].price
	}
	want := sum(now, append([]recorded{opening}, past[len(ago):]...))
	quote := decimal.Decimal{}
	for _, l := range past[len(ago):] {
		quote = quote.Add(l.price.Mul(l.quantity))
	}
	got, ok := r.Ticker(symbol)
	require.True(t, ok)
	require.Equal(t, market.Ticker{
		Symbol: symbol, Open: opening.price, High: want.High, Low: want.Low, Close: want.Close,
		Volume: want.Volume, QuoteVolume: quote, TradeCount: want.TradeCount, Time: now,
	}, got)
}

func TestTradesAreTheLinesWithAQuantity(t *testing.T) {
	t.Parallel()
	r, c, lines := running(t, 1, "BTCUSDT")
	rapid.Check(t, func(t *rapid.T) {
		c.set(noon.Add(time.Duration(rapid.Int64Range(0, int64(5*time.Minute)).Draw(t, "now"))))
		limit := rapid.SampledFrom([]int{-1, 0, 1, 7, math.MaxInt}).Draw(t, "limit")
		want := []market.Trade{}
		for n, l := range happened(lines, c.now()) {
			if !l.quantity.IsZero() {
				want = append(want, market.Trade{
					ID: int64(len(want) + 1), Price: l.price, Quantity: l.quantity, Time: l.at,
					IsBuyerMaker: n > 0 && l.price.Cmp(lines[n-1].price) < 0,
				})
			}
		}
		slices.Reverse(want)
		got, err := r.Trades(context.Background(), "BTCUSDT", limit)
		require.NoError(t, err)
		require.Equal(t, want[:min(len(want), max(limit, 0))], got)
	})
}

func TestTheOrderBookSurroundsThePrice(t *testing.T) {
	t.Parallel()
	r, c, _ := running(t, 1, "DOGEUSDT")
	for second := range 300 {
		c.set(noon.Add(time.Duration(second) * time.Second))
		for _, pair := range r.Pairs() {
			book, err := r.OrderBook(t.Context(), pair.Symbol, 20)
			require.NoError(t, err)
			last, _ := r.Last(pair.Symbol)
			require.Equal(t, last.Price, book.Bids[0].Price)
			require.Equal(t, last.Time, book.Time)
			require.Len(t, book.Asks, 20)
			require.Equal(t, 1, book.Asks[0].Price.Cmp(book.Bids[0].Price))
			for n, level := range append(book.Bids, book.Asks...) {
				require.True(t, level.Price.IsMultipleOf(pair.TickSize), n)
				require.True(t, level.Quantity.IsMultipleOf(pair.StepSize), n)
				require.Equal(t, 1, level.Quantity.Sign(), n)
			}
		}
	}
	cheap := open(t, write(t, "time,symbol,price\n0,BTCUSDT,0.00000003\n"), replay.Options{}, c.now)
	book, err := cheap.OrderBook(t.Context(), "BTCUSDT", math.MaxInt)
	require.NoError(t, err)
	require.Len(t, book.Bids, 3)
	require.Len(t, book.Asks, 1000)
	book, err = cheap.OrderBook(t.Context(), "BTCUSDT", -1)
	require.NoError(t, err)
	require.Empty(t, book.Asks)
}

func TestTheDayOpensAtThePriceOfMidnight(t *testing.T) {
	t.Parallel()
	text := "time,symbol,price\n0,BTCUSDT,100\n3600000,BTCUSDT,101\n50400000,BTCUSDT,102\n54000000,ETHUSDT,10\n"
	c := clockAt(noon)
	r := open(t, write(t, text), replay.Options{Speed: 1}, c.now)
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, r.Run(ctx, func([]market.Tick) { cancel() }))
	midnight := noon.Add(12 * time.Hour)
	for _, at := range []time.Time{noon, noon.Add(2 * time.Hour), midnight.Add(-1)} {
		c.set(at)
		first, ok := r.DayOpen("BTCUSDT")
		require.True(t, ok)
		require.Equal(t, tick("BTCUSDT", "100", noon), first)
	}
	for _, at := range []time.Time{midnight, midnight.Add(3 * time.Hour)} {
		c.set(at)
		first, ok := r.DayOpen("BTCUSDT")
		require.True(t, ok)
		require.Equal(t, tick("BTCUSDT", "101", midnight), first)
	}
	c.set(midnight.Add(50 * time.Hour))
	first, _ := r.DayOpen("BTCUSDT")
	require.Equal(t, tick("BTCUSDT", "102", midnight.Add(48*time.Hour)), first)
}
