package binance_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/binance"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var discard = slog.New(slog.DiscardHandler)

// candle returns a candle in Binance's format with this opening time and price.
func candle(opens time.Time, price string) string {
	return fmt.Sprintf(`[%d,%q,"900.0","1.0","33.0","12.5",%d,"100.0",308,"1.0","2.0","0"]`,
		opens.UnixMilli(), price, opens.UnixMilli()+59_999)
}

// klines answers like Binance: one-minute candles from an hour before noon on, with one missing.
func klines(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	bound := func(name string, none int64) int64 {
		if n, err := strconv.ParseInt(query.Get(name), 10, 64); err == nil {
			return n
		}
		return none
	}
	start, end, limit := bound("startTime", -1), bound("endTime", 1<<60), int(bound("limit", 500))
	var all []string
	for n := range 61 {
		opens := noon.Add(time.Duration(n-60) * time.Minute)
		if at := opens.UnixMilli(); at >= start && at <= end && n != 30 {
			all = append(all, candle(opens, fmt.Sprint(100+n)))
		}
	}
	if len(all) > limit && start >= 0 {
		all = all[:limit]
	}
	all = all[max(0, len(all)-limit):]
	fmt.Fprint(w, "["+strings.Join(all, ",")+"]")
}

// ready runs a feed and waits until it has its pairs.
func ready(t *testing.T, u *upstream) *running {
	t.Helper()
	r := run(t, u, nil)
	until(t, "there are pairs", func() bool { return len(r.Pairs()) > 0 })
	return r
}

func TestCandlesAreThoseAskedFor(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.handle("/api/v3/klines", klines)
	r := ready(t, u)
	minute := func(n int) time.Time { return noon.Add(time.Duration(n-60) * time.Minute) }
	var none time.Time
	for _, c := range []struct {
		name       string
		start, end time.Time
		limit      int
		want       []int
	}{
		{"the newest", none, none, 3, []int{58, 59, 60}},
		{"all", none, none, 1 << 40, append(count(0, 29), count(31, 60)...)},
		{"none", none, none, 0, nil},
		{"fewer than none", none, none, -1, nil},
		{"the oldest from a start on", minute(5), none, 2, []int{5, 6}},
		{"from a start between two", minute(5).Add(1), none, 2, []int{6, 7}},
		{"across a gap", minute(29), none, 3, []int{29, 31, 32}},
		{"the newest up to an end", none, minute(10), 2, []int{9, 10}},
		{"up to an end between two", none, minute(11).Add(-1), 2, []int{9, 10}},
		{"up to a late end", none, noon.Add(time.Hour), 1, []int{60}},
		{"between two", minute(5), minute(7), 100, []int{5, 6, 7}},
		{"the oldest between two", minute(5), minute(50), 2, []int{5, 6}},
		{"a single one", minute(7), minute(7), 9, []int{7}},
		{"between two neighbours", minute(5).Add(1), minute(6).Add(-1), 9, nil},
		{"from an end to a start", minute(7), minute(5), 9, nil},
		{"of the future", noon.Add(time.Second), none, 9, nil},
		{"before there were any", time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), 9, nil},
		{"from before there were any on", time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), none, 2, []int{0, 1}},
		{"in a gap", minute(30), minute(30), 9, nil},
	} {
		candles, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, c.start, c.end, c.limit)
		require.NoError(t, err, c.name)
		require.NotNil(t, candles, c.name)
		require.Len(t, candles, len(c.want), c.name)
		for n, want := range c.want {
			require.Equal(t, minute(want), candles[n].Time, c.name)
			require.Equal(t, decimal.NewFromInt(int64(100+want)), candles[n].Open, c.name)
		}
	}
	candles, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, minute(3), none, 1)
	require.NoError(t, err)
	require.Equal(t, []market.Candle{{
		Time: minute(3), Open: decimal.MustParse("103"), High: decimal.MustParse("900"), Low: decimal.MustParse("1"),
		Close: decimal.MustParse("33"), Volume: decimal.MustParse("12.5"), TradeCount: 308,
	}}, candles)
	_, err = r.Candles(t.Context(), "NOSUCHUSDT", market.Minute, none, none, 1)
	require.ErrorIs(t, err, market.ErrUnknownSymbol)
	_, err = r.Candles(t.Context(), "BTCUSDT", "2m", none, none, 1)
	require.ErrorIs(t, err, market.ErrUnknownInterval)
}

func count(from, to int) []int {
	var all []int
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

func TestTradesAndOrderBooks(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	at := noon.UnixMilli()
	u.answer("/api/v3/trades", fmt.Sprintf(`[
		{"id":1,"price":"99.0","qty":"1.0","quoteQty":"99.0","time":%d,"isBuyerMaker":false,"isBestMatch":true},
		{"id":2,"price":"98.0","qty":"0.5","quoteQty":"49.0","time":%d,"isBuyerMaker":true,"isBestMatch":true}]`, at-5, at))
	u.answer("/api/v3/depth", `{"lastUpdateId":7,"bids":[["98.0","1.0"],["97.0","2.0"]],"asks":[["99.0","3.0"],["99.5","4.0"]]}`)
	r := ready(t, u)
	trades, err := r.Trades(t.Context(), "BTCUSDT", 500)
	require.NoError(t, err)
	require.Equal(t, []market.Trade{
		{ID: 2, Price: decimal.MustParse("98"), Quantity: decimal.MustParse("0.5"), Time: noon, IsBuyerMaker: true},
		{ID: 1, Price: decimal.MustParse("99"), Quantity: decimal.MustParse("1"), Time: noon.Add(-5 * time.Millisecond)},
	}, trades)
	trades, err = r.Trades(t.Context(), "BTCUSDT", 1)
	require.NoError(t, err)
	require.Len(t, trades, 1)
	trades, err = r.Trades(t.Context(), "BTCUSDT", 0)
	require.NoError(t, err)
	require.Empty(t, trades)

	book, err := r.OrderBook(t.Context(), "BTCUSDT", 1)
	require.NoError(t, err)
	require.Equal(t, market.OrderBook{
		Symbol: "BTCUSDT", Time: noon,
		Bids: []market.Level{{Price: decimal.MustParse("98"), Quantity: decimal.MustParse("1")}},
		Asks: []market.Level{{Price: decimal.MustParse("99"), Quantity: decimal.MustParse("3")}},
	}, book)
	book.Bids[0] = market.Level{}
	book, err = r.OrderBook(t.Context(), "BTCUSDT", 50)
	require.NoError(t, err)
	require.Len(t, book.Asks, 2)
	require.Equal(t, "98.00000000", book.Bids[0].Price.String(), "what is returned is the caller's own")

	_, err = r.Trades(t.Context(), "NOSUCHUSDT", 1)
	require.ErrorIs(t, err, market.ErrUnknownSymbol)
	_, err = r.OrderBook(t.Context(), "NOSUCHUSDT", 1)
	require.ErrorIs(t, err, market.ErrUnknownSymbol)
	u.answer("/api/v3/trades", `[]`)
	u.answer("/api/v3/depth", `{"bids":[],"asks":[]}`)
	_, err = r.Trades(t.Context(), "ETHUSDT", 1)
	require.ErrorIs(t, err, market.ErrNoPrice)
	_, err = r.OrderBook(t.Context(), "ETHUSDT", 1)
	require.ErrorIs(t, err, market.ErrNoPrice)
}

func TestAnswersAreCachedAndFetchedOnce(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	release := make(chan struct{})
	u.handle("/api/v3/klines", func(w http.ResponseWriter, r *http.Request) {
		<-release
		klines(w, r)
	})
	r := ready(t, u)
	var wait sync.WaitGroup
	var done atomic.Int32
	for n := range 50 {
		wait.Go(func() {
			candles, err := r.Candles(context.Background(), "BTCUSDT", market.Minute, time.Time{}, noon.Add(time.Duration(n)*time.Second), n+1)
			assert.NoError(t, err)
			assert.Len(t, candles, n+1)
			done.Add(1)
		})
	}
	until(t, "it is asked", func() bool { return len(u.queries("/api/v3/klines")) > 0 })
	require.Zero(t, done.Load())
	close(release)
	wait.Wait()
	require.Len(t, u.queries("/api/v3/klines"), 1)
	r.set(noon.Add(time.Second))
	_, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
	require.NoError(t, err)
	require.Len(t, u.queries("/api/v3/klines"), 2)
}

func TestACallerThatStopsWaitingDoesNotFailOthers(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	release := make(chan struct{})
	u.handle("/api/v3/klines", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
			klines(w, r)
		case <-r.Context().Done():
		}
	})
	r := ready(t, u)
	ask := func(ctx context.Context) error {
		_, err := r.Candles(ctx, "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
		return err
	}
	first, cancel := context.WithCancel(t.Context())
	results := [2]chan error{make(chan error, 1), make(chan error, 1)}
	go func() { results[0] <- ask(first) }()
	until(t, "the first asks", func() bool { return len(u.queries("/api/v3/klines")) == 1 })
	go func() { results[1] <- ask(context.Background()) }()
	third, leave := context.WithTimeout(t.Context(), time.Millisecond)
	defer leave()
	require.ErrorIs(t, ask(third), context.DeadlineExceeded)
	cancel()
	require.ErrorIs(t, <-results[0], context.Canceled)
	close(release)
	require.NoError(t, <-results[1])
}

func TestBinancesRateLimitIsRespected(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusTeapot} {
		u := newUpstream(t)
		u.handle("/api/v3/klines", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "30")
			http.Error(w, `{"code":-1003,"msg":"Too much request weight used; please use the websocket."}`, status)
		})
		u.answer("/api/v3/trades", `[{"id":1,"price":"99.0","qty":"1.0","time":1,"isBuyerMaker":false}]`)
		r := ready(t, u)
		_, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
		require.ErrorIs(t, err, binance.ErrRateLimited)
		require.ErrorContains(t, err, fmt.Sprint(status))
		r.set(noon.Add(29 * time.Second))
		_, err = r.Candles(t.Context(), "BTCUSDT", market.Hour, time.Time{}, time.Time{}, 1)
		require.ErrorIs(t, err, binance.ErrRateLimited)
		_, err = r.Trades(t.Context(), "BTCUSDT", 1)
		require.ErrorIs(t, err, binance.ErrRateLimited)
		require.ErrorContains(t, err, "2026-03-01T12:00:30Z")
		require.Len(t, u.queries("/api/v3/klines"), 1)
		require.Empty(t, u.queries("/api/v3/trades"))
		r.set(noon.Add(31 * time.Second))
		u.handle("/api/v3/klines", klines)
		_, err = r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
		require.NoError(t, err)
	}
}

func TestRetryAfterIsReadInEachForm(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := ready(t, u)
	at := noon
	for header, want := range map[string]time.Duration{
		"": time.Minute, "soon": time.Minute, "-5": time.Minute, "0": time.Second, "7": 7 * time.Second,
		"99999999999999999": 72 * time.Hour, "99999999999999999999999": time.Minute,
		"Mon, 01 Jan 1990 00:00:00 GMT": time.Second, "Fri, 01 Jan 2100 00:00:00 GMT": 72 * time.Hour,
	} {
		u.handle("/api/v3/klines", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		at = at.Add(100 * time.Hour)
		r.set(at)
		_, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
		require.ErrorIs(t, err, binance.ErrRateLimited)
		require.ErrorContains(t, err, "a pause of "+want.String(), header)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.handle("/api/v3/klines", klines)
	r := ready(t, u)
	for round := range 3 {
		r.set(noon.Add(time.Duration(round/2) * time.Minute)) // in the third, all of it has expired
		for n := range 100 {
			for range 2 { // the second time from the cache
				_, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, noon.Add(-time.Duration(n)*time.Minute), time.Time{}, 1)
				require.NoError(t, err)
			}
		}
	}
	asked := len(u.queries("/api/v3/klines"))
	require.Greater(t, asked, 200)
	require.LessOrEqual(t, asked, 300)
}

func TestRequestsTimeOut(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.handle("/api/v3/klines", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	u.handle("/api/v3/trades", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "[")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	r := run(t, u, func(o *binance.Options) { o.Timeout = 100 * time.Millisecond })
	until(t, "there are pairs", func() bool { return len(r.Pairs()) > 0 })
	_, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
	require.ErrorIs(t, err, binance.ErrUpstream)
	_, err = r.Trades(t.Context(), "BTCUSDT", 1)
	require.ErrorIs(t, err, binance.ErrUpstream)
}

func TestRequestsPauseShortlyBeforeTheLimit(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.handle("/api/v3/klines", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Mbx-Used-Weight-1m", "4800")
		klines(w, r)
	})
	r := ready(t, u)
	r.set(noon.Add(20 * time.Second))
	_, err := r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
	require.NoError(t, err)
	r.set(noon.Add(59 * time.Second))
	_, err = r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
	require.ErrorIs(t, err, binance.ErrRateLimited)
	r.set(noon.Add(time.Minute + 59*time.Second))
	_, err = r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
	require.NoError(t, err)
}

func TestInvalidResponsesAreErrors(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, func(o *binance.Options) { o.MaxBody = 1 << 14 })
	until(t, "there are pairs", func() bool { return len(r.Pairs()) > 0 })
	at := noon
	ask := func(path, body string) error {
		u.answer(path, body)
		at = at.Add(time.Minute) // so that the cache has expired
		r.set(at)
		var err error
		switch path {
		case "/api/v3/klines":
			_, err = r.Candles(t.Context(), "BTCUSDT", market.Minute, time.Time{}, time.Time{}, 1)
		case "/api/v3/trades":
			_, err = r.Trades(t.Context(), "BTCUSDT", 1)
		default:
			_, err = r.OrderBook(t.Context(), "BTCUSDT", 1)
		}
		return err
	}
	for _, body := range []string{
		"", "nonsense", "{}", "[[]]", "[null]", `[[1,"2"]]`, "[" + candle(noon, "0") + "]", "[" + candle(noon, "NaN") + "]",
		"[" + candle(time.UnixMilli(-60_000), "1") + "]", "[" + candle(noon, "1") + "," + candle(noon, "1") + "]",
		"[" + strings.Repeat(" ", 1<<14) + "]",
	} {
		require.ErrorIs(t, ask("/api/v3/klines", body), binance.ErrUpstream, body)
	}
	for _, body := range []string{"", "{}", `[{"id":1,"price":"-1","qty":"1"}]`, `[{"id":1,"price":1,"qty":"1"}]`, `[{"id":"x"}]`} {
		require.ErrorIs(t, ask("/api/v3/trades", body), binance.ErrUpstream, body)
	}
	for _, body := range []string{"", "[]", `{"bids":[["2","1"]],"asks":[["2","1"]]}`, `{"bids":[["x"]]}`} {
		require.ErrorIs(t, ask("/api/v3/depth", body), binance.ErrUpstream, body)
	}
}
