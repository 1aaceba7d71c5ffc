package replay_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/replay"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the time in most tests, a year after what they replay.
var noon = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

const minutes = "testdata/minutes.csv"

// short is a recording of two pairs over three seconds.
const short = `#pair,BTCUSDT,0.001,0.001,0.5,10
time,symbol,price,quantity
2026-03-01T12:00:00Z,BTCUSDT,100,2
2026-03-01T12:00:00Z,ETHUSDT,10.25,
2026-03-01T12:00:00Z,BTCUSDT,101.5,1
1772366401500,BTCUSDT,99,0.5
2026-03-01T13:00:03+01:00,ETHUSDT,11,3
`

// clock is a clock that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) set(t time.Time) { c.at.Store(t.UnixNano()) }

func (c *clock) now() time.Time { return time.Unix(0, c.at.Load()).UTC() }

func clockAt(t time.Time) *clock {
	var c clock
	c.set(t)
	return &c
}

// write writes a recording to a file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func open(t testing.TB, path string, opts replay.Options, now func() time.Time) *replay.Replay {
	t.Helper()
	r, err := replay.Open(path, opts, now)
	require.NoError(t, err)
	return r
}

func tick(symbol, price string, at time.Time) market.Tick {
	return market.Tick{Symbol: symbol, Price: decimal.MustParse(price), Time: at}
}

// delivery is one call of a receiver, with its time.
type delivery struct {
	at    time.Time
	ticks []market.Tick
}

// runFor runs a replay for a while, in a synctest bubble's time.
func runFor(t *testing.T, r *replay.Replay, while time.Duration, receive func([]market.Tick)) []delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), while)
	defer cancel()
	var all []delivery
	require.NoError(t, r.Run(ctx, func(ticks []market.Tick) {
		all = append(all, delivery{time.Now().UTC(), ticks})
		if receive != nil {
			receive(ticks)
		}
	}))
	return all
}

func TestPairsComeFromTheRecording(t *testing.T) {
	t.Parallel()
	r := open(t, write(t, short), replay.Options{}, clockAt(noon).now)
	want := []market.Pair{
		{
			Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Status: "TRADING",
			MinQty: decimal.MustParse("0.001"), StepSize: decimal.MustParse("0.001"),
			TickSize: decimal.MustParse("0.5"), MinNotional: decimal.MustParse("10"),
		},
		{
			Symbol: "ETHUSDT", Base: "ETH", Quote: "USDT", Status: "TRADING",
			MinQty: decimal.MustParse("0.00001"), StepSize: decimal.MustParse("0.00001"),
			TickSize: decimal.MustParse("0.01"), MinNotional: decimal.MustParse("5"),
		},
	}
	require.Equal(t, want, r.Pairs())
	pair, ok := r.Pair("ETHUSDT")
	require.True(t, ok)
	require.Equal(t, want[1], pair)
	for _, symbol := range []string{"", "btcusdt", "SOLUSDT"} {
		_, ok = r.Pair(symbol)
		require.False(t, ok)
		_, ok = r.Last(symbol)
		require.False(t, ok)
		_, ok = r.Ticker(symbol)
		require.False(t, ok)
		_, ok = r.DayOpen(symbol)
		require.False(t, ok)
		_, err := r.Candles(t.Context(), symbol, market.Minute, time.Time{}, time.Time{}, 1)
		require.ErrorIs(t, err, market.ErrUnknownSymbol)
		_, err = r.Trades(t.Context(), symbol, 1)
		require.ErrorIs(t, err, market.ErrUnknownSymbol)
		_, err = r.OrderBook(t.Context(), symbol, 1)
		require.ErrorIs(t, err, market.ErrUnknownSymbol)
	}
	_, err := r.Candles(t.Context(), "BTCUSDT", "2m", time.Time{}, time.Time{}, 1)
	require.ErrorIs(t, err, market.ErrUnknownInterval)
}

func TestThereAreFreshPricesBeforeItRuns(t *testing.T) {
	t.Parallel()
	c := clockAt(noon)
	r := open(t, write(t, short), replay.Options{Speed: 1}, c.now)
	for range 2 {
		last, ok := r.Last("ETHUSDT")
		require.True(t, ok)
		require.Equal(t, tick("ETHUSDT", "10.25", c.now()), last)
		ticker, ok := r.Ticker("BTCUSDT")
		require.True(t, ok)
		hundred := decimal.MustParse("100")
		require.Equal(t, market.Ticker{
			Symbol: "BTCUSDT", Open: hundred, High: hundred, Low: hundred, Close: hundred, Time: c.now(),
		}, ticker)
		c.set(noon.Add(time.Hour))
	}
	open, ok := r.DayOpen("BTCUSDT")
	require.True(t, ok)
	require.Equal(t, tick("BTCUSDT", "100", c.now()), open)
	candles, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 9)
	require.NoError(t, err)
	require.Equal(t, []market.Candle{}, candles)
	trades, err := r.Trades(t.Context(), "BTCUSDT", 9)
	require.NoError(t, err)
	require.Empty(t, trades)
}

func TestLinesHappenWhenTheyDid(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{1, 2, 0.5} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, write(t, short), replay.Options{Speed: speed}, time.Now)
			time.Sleep(time.Minute + 77*time.Millisecond) // time before Run does not count
			start := time.Now().UTC()
			after := func(seconds float64) time.Time {
				return start.Add(time.Duration(seconds / speed * float64(time.Second)))
			}
			all := runFor(t, r, time.Hour, func(ticks []market.Tick) {
				for _, tick := range ticks {
					last, ok := r.Last(tick.Symbol)
					require.True(t, ok)
					require.False(t, last.Time.Before(tick.Time))
				}
			})
			require.Equal(t, []delivery{
				{start, []market.Tick{tick("BTCUSDT", "100", start), tick("ETHUSDT", "10.25", start)}},
				{start, []market.Tick{tick("BTCUSDT", "101.5", start)}},
				{after(1.5), []market.Tick{tick("BTCUSDT", "99", after(1.5))}},
				{after(3), []market.Tick{tick("ETHUSDT", "11", after(3))}},
			}, all)
		})
	}
}

func TestAtSpeed0EveryLineHappensAtOnceInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, minutes, replay.Options{}, time.Now)
		recorded := readLines(t, minutes)
		next := 0
		all := runFor(t, r, time.Hour, func(ticks []market.Tick) {
			time.Sleep(time.Millisecond) // otherwise all of it happens at the same instant
			for range ticks {
				next++
			}
			for _, tick := range ticks {
				last, _ := r.Last(tick.Symbol)
				require.Equal(t, tick.Price, last.Price, "what happens is what is known")
			}
		})
		var prices []string
		for _, d := range all {
			seen := map[string]bool{}
			for _, tick := range d.ticks {
				require.False(t, seen[tick.Symbol])
				require.Equal(t, d.at, tick.Time)
				seen[tick.Symbol] = true
				prices = append(prices, tick.Symbol+" "+tick.Price.String())
			}
		}
		require.Len(t, recorded, next)
		var want []string
		for _, l := range recorded {
			want = append(want, l.symbol+" "+l.price.String())
		}
		require.ElementsMatch(t, want, prices)
		for _, symbol := range []string{"BTCUSDT", "ETHUSDT", "DOGEUSDT"} {
			require.Equal(t, of(want, symbol), of(prices, symbol))
		}
		trades, err := r.Trades(t.Context(), "BTCUSDT", math.MaxInt)
		require.NoError(t, err)
		require.NotEmpty(t, trades)
		require.Equal(t, all[0].ticks[0].Time, trades[len(trades)-1].Time)
	})
}

// of returns the lines of a symbol.
func of(lines []string, symbol string) []string {
	var some []string
	for _, l := range lines {
		if strings.HasPrefix(l, symbol) {
			some = append(some, l)
		}
	}
	return some
}

func TestPricesHoldUntilTheNextAndAfterTheLast(t *testing.T) {
	t.Parallel()
	long := "time,symbol,price\n0,BTCUSDT,100\n0,ETHUSDT,10\n600000,BTCUSDT,101\n"
	for _, expire := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, write(t, long), replay.Options{Speed: 1, Expire: expire}, time.Now)
			start := time.Now().UTC()
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- r.Run(ctx, func([]market.Tick) {}) }()
			time.Sleep(9 * time.Minute)
			last, _ := r.Last("ETHUSDT")
			require.Equal(t, tick("ETHUSDT", "10", start.Add(9*time.Minute)), last)
			time.Sleep(3 * time.Minute)
			last, _ = r.Last("ETHUSDT")
			ticker, _ := r.Ticker("BTCUSDT")
			require.Equal(t, last.Time, ticker.Time)
			require.Equal(t, expire, last.Stale(time.Now()))
			if expire {
				require.Equal(t, start.Add(10*time.Minute), last.Time)
			}
			time.Sleep(24 * time.Hour)
			_, ok := r.DayOpen("ETHUSDT")
			require.Equal(t, !expire, ok)
			cancel()
			require.NoError(t, <-ended)
		})
	}
}

func TestASlowReceiverMissesOldLines(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("time,symbol,price\n")
	for n := range 60 {
		fmt.Fprintf(&text, "%d,BTCUSDT,%d\n", n*1000, 100+n)
		if n < 3 {
			fmt.Fprintf(&text, "%d,ETHUSDT,%d\n", n*1000, 10+n)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, write(t, text.String()), replay.Options{Speed: 1}, time.Now)
		start := time.Now().UTC()
		calls := 0
		all := runFor(t, r, time.Hour, func([]market.Tick) {
			switch calls++; calls {
			case 1:
				time.Sleep(30*time.Second + time.Millisecond)
			case 10:
				time.Sleep(3 * time.Second)
			}
		})
		at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
		require.Equal(t, []market.Tick{tick("BTCUSDT", "125", at(25)), tick("ETHUSDT", "12", at(2))}, all[1].ticks)
		for n, d := range all[2:] {
			require.Equal(t, []market.Tick{tick("BTCUSDT", fmt.Sprint(126+n), at(26+n))}, d.ticks)
		}
		require.Len(t, all, 2+34)
	})
}

func TestRunWaitsForAClockThatIsSetBackAndFollowsOneThatIsSetForward(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var shift time.Duration
		now := func() time.Time { return time.Now().Add(shift) }
		r := open(t, write(t, short), replay.Options{Speed: 1}, now)
		begun := time.Now()
		all := runFor(t, r, time.Hour, func(ticks []market.Tick) {
			if ticks[0].Price == decimal.MustParse("101.5") {
				shift = -time.Minute
			}
			if ticks[0].Price == decimal.MustParse("99") {
				shift = 0
			}
		})
		require.Len(t, all, 4)
		require.InDelta(t, time.Minute+1500*time.Millisecond, all[2].at.Sub(begun), float64(time.Second))
		require.Less(t, all[3].at.Sub(all[2].at), time.Second)
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{0, 1} {
		r := open(t, minutes, replay.Options{Speed: speed}, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		require.NoError(t, r.Run(ctx, func([]market.Tick) {
			calls++
			cancel()
		}))
		require.Equal(t, 1, calls)
	}
	r := open(t, minutes, replay.Options{}, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, r.Run(ctx, func([]market.Tick) { require.Fail(t, "there was no time for it") }))
}

func TestAllMethodsMayBeCalledWhileItRuns(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{0, 1000} {
		r := open(t, minutes, replay.Options{Speed: speed}, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx, func([]market.Tick) {}) }()
		last := decimal.MustParse(lastPrice(t, "ETHUSDT"))
		require.Eventually(t, func() bool {
			tick, _ := r.Last("ETHUSDT")
			ticker, _ := r.Ticker("ETHUSDT")
			_, _ = r.DayOpen("ETHUSDT")
			_, err := r.Candles(ctx, "ETHUSDT", market.Minute, time.Time{}, time.Time{}, 5)
			require.NoError(t, err)
			_, err = r.Trades(ctx, "ETHUSDT", 5)
			require.NoError(t, err)
			_, err = r.OrderBook(ctx, "ETHUSDT", 5)
			require.NoError(t, err)
			return tick.Price == last && ticker.Close == last
		}, 20*time.Second, time.Millisecond)
		cancel()
		require.NoError(t, <-ended)
	}
}

func TestInvalidSpeedsAreRejected(t *testing.T) {
	t.Parallel()
	for _, speed := range []float64{-1, 0.001, 1e9, math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := replay.Open(minutes, replay.Options{Speed: speed}, time.Now)
		require.ErrorContains(t, err, "speed", speed)
	}
}
