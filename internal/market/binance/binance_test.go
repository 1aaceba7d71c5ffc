package binance_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/binance"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

func TestURLsAreChecked(t *testing.T) {
	t.Parallel()
	for _, opts := range []binance.Options{
		{RESTURL: "api.binance.com"}, {RESTURL: "wss://api.binance.com"}, {RESTURL: "http://\x00"},
		{StreamURL: "https://stream.binance.com"}, {StreamURL: "wss://"},
	} {
		_, err := binance.New(opts, time.Now, nil)
		require.Error(t, err, "%+v", opts)
	}
	feed, err := binance.New(binance.Options{}, time.Now, nil)
	require.NoError(t, err)
	require.Empty(t, feed.Pairs(), "it has not run")
}

func TestPairsTradeAgainstUSDTAndHaveSuitableFilters(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	good := []string{"0.00001000", "0.00001000", "0.01000000", "5.00000000"}
	with := func(base string, n int, value string) string {
		f := append([]string{}, good...)
		f[n] = value
		return pairInfo(base, "USDT", "TRADING", f[0], f[1], f[2], f[3])
	}
	old := strings.Replace(pairInfo("OLD", "USDT", "TRADING", "1", "1", "0.1", "10"), `"NOTIONAL"`, `"MIN_NOTIONAL"`, 1)
	u.answer("/api/v3/exchangeInfo", `{"symbols":[`+strings.Join([]string{
		old, with("BTC", 0, good[0]), old,
		pairInfo("ETH", "BTC", "TRADING", good[0], good[1], good[2], good[3]),
		pairInfo("LUNA", "USDT", "BREAK", good[0], good[1], good[2], good[3]),
		with("ZEROQTY", 0, "0.00000000"), with("NOSTEP", 1, "0"), with("FINE", 2, "0.000000001"), with("NAN", 3, "NaN"),
		with("HUGE", 3, "1000000000000000000000"), with("MINUS", 2, "-0.01"), with("lower", 0, good[0]), with("币安", 0, good[0]),
		with("ALTOGETHERTOOLONGAN", 0, good[0]),
		`{"symbol":"BAREUSDT","status":"TRADING","baseAsset":"BARE","quoteAsset":"USDT","filters":[]}`,
	}, ",")+`]}`)
	r := run(t, u, nil)
	u.next(t)
	pairs := r.Pairs()
	require.Equal(t, []market.Pair{
		{
			Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Status: "TRADING",
			MinQty: decimal.MustParse("0.00001"), StepSize: decimal.MustParse("0.00001"),
			TickSize: decimal.MustParse("0.01"), MinNotional: decimal.MustParse("5"),
		},
		{
			Symbol: "OLDUSDT", Base: "OLD", Quote: "USDT", Status: "TRADING",
			MinQty: decimal.MustParse("1"), StepSize: decimal.MustParse("1"),
			TickSize: decimal.MustParse("0.1"), MinNotional: decimal.MustParse("10"),
		},
	}, pairs)
	pair, ok := r.Pair("OLDUSDT")
	require.True(t, ok)
	require.Equal(t, pairs[1], pair)
	pairs[0].Symbol = "changed"
	require.Equal(t, "BTCUSDT", r.Pairs()[0].Symbol)
	for _, symbol := range []string{"", "btcusdt", "LUNAUSDT", "ETHBTC", "NANUSDT"} {
		_, ok := r.Pair(symbol)
		require.False(t, ok, symbol)
	}
	require.Equal(t, 10, strings.Count(r.logs.String(), "is left out"), r.logs)
	require.NotContains(t, r.logs.String(), "LUNA")
}

func TestPairsAreFetchedAgain(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, func(o *binance.Options) { o.Refresh = time.Millisecond })
	s := u.next(t)
	s.send(mini("BTCUSDT", "100", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
	u.answer("/api/v3/ticker/24hr", "["+day24("SOLUSDT", "7", noon, 3)+"]")
	broken := pairInfo("BAD", "USDT", "TRADING", "0", "1", "1", "1")
	u.answer("/api/v3/exchangeInfo", `{"symbols":[`+broken+","+pairInfo("BTC", "USDT", "TRADING", "1", "1", "1", "1")+","+
		pairInfo("SOL", "USDT", "TRADING", "1", "1", "1", "1")+`]}`)
	require.Equal(t, "SOLUSDT", r.next(t)[0].Symbol, "a new pair has a price at once")
	_, ok := r.Pair("ETHUSDT")
	require.False(t, ok)
	last, ok := r.Last("BTCUSDT")
	require.True(t, ok)
	require.Equal(t, "100.00000000", last.Price.String())
	// A failure keeps the previous pairs.
	u.answer("/api/v3/exchangeInfo", `{"symbols":[]}`)
	until(t, "the failure is logged", func() bool { return strings.Contains(r.logs.String(), "lists no pair") })
	require.Len(t, r.Pairs(), 2)
	require.Equal(t, 1, strings.Count(r.logs.String(), "BADUSDT"))
}

func TestTheFirstPricesComeFromTheSnapshot(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.answer("/api/v3/ticker/24hr", "["+strings.Join([]string{
		day24("ETHUSDT", "110", noon.Add(-time.Hour), 3), day24("BTCUSDT", "100", noon.Add(-time.Second), 42),
		day24("GONEUSDT", "1", noon, 1), day24("ETHBTC", "0", noon, 0),
	}, ",")+"]")
	r := run(t, u, nil)
	s := u.next(t)
	at := noon.Add(-time.Second) // that of the newest known price
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", at), tick("ETHUSDT", "110", at)}, r.next(t))
	ticker, ok := r.Ticker("BTCUSDT")
	require.True(t, ok)
	require.Equal(t, market.Ticker{
		Symbol: "BTCUSDT", Open: decimal.MustParse("90"), High: decimal.MustParse("120"), Low: decimal.MustParse("80"),
		Close: decimal.MustParse("100"), Volume: decimal.MustParse("7"), QuoteVolume: decimal.MustParse("700"), TradeCount: 42, Time: at,
	}, ticker)

	// The stream continues from there and keeps the trade count.
	s.send(mini("BTCUSDT", "130", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "130", noon)}, r.next(t))
	ticker, _ = r.Ticker("BTCUSDT")
	require.Equal(t, market.Ticker{
		Symbol: "BTCUSDT", Open: decimal.MustParse("90"), High: decimal.MustParse("130"), Low: decimal.MustParse("80"),
		Close: decimal.MustParse("130"), Volume: decimal.MustParse("1000"), QuoteVolume: decimal.MustParse("100000"), TradeCount: 42, Time: noon,
	}, ticker)
	require.Equal(t, []string{"type=MINI"}, u.queries("/api/v3/ticker/24hr"))
}

func TestPairsThatDoNotChangeStayFreshWhileTheStreamLives(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.answer("/api/v3/ticker/24hr", "["+day24("ETHUSDT", "110", noon, 3)+"]")
	r := run(t, u, nil)
	s := u.next(t)
	require.Equal(t, []market.Tick{tick("ETHUSDT", "110", noon)}, r.next(t))
	r.set(noon.Add(time.Minute))
	last, _ := r.Last("ETHUSDT")
	require.True(t, last.Stale(r.now()), "no frame has come for a minute")
	s.send(mini("BTCUSDT", "100", r.now()))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", r.now())}, r.next(t), "only what changed is delivered")
	last, _ = r.Last("ETHUSDT")
	require.Equal(t, tick("ETHUSDT", "110", r.now()), last)

	// Then the stream goes silent.
	r.set(r.now().Add(market.StaleAfter + 1))
	for _, symbol := range []string{"BTCUSDT", "ETHUSDT"} {
		last, ok := r.Last(symbol)
		require.True(t, ok)
		require.True(t, last.Stale(r.now()), symbol)
	}
}

func TestAfterAReconnectionOnlyConfirmedPricesAreFresh(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, nil)
	s := u.next(t)
	s.send(mini("BTCUSDT", "100", noon), mini("ETHUSDT", "110", noon))
	require.Len(t, r.next(t), 2)
	var snapshot sync.WaitGroup
	snapshot.Add(1)
	u.handle("/api/v3/ticker/24hr", func(w http.ResponseWriter, _ *http.Request) {
		snapshot.Wait()
		fmt.Fprint(w, "["+day24("ETHUSDT", "115", noon.Add(time.Minute), 3)+"]")
	})
	s.ws.Close(websocket.StatusGoingAway, "a day is over")
	s = u.next(t)
	r.set(noon.Add(time.Minute))
	s.send(mini("BTCUSDT", "101", r.now()))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "101", r.now())}, r.next(t))
	last, _ := r.Last("ETHUSDT")
	require.Equal(t, tick("ETHUSDT", "110", noon), last, "it may have changed unseen")
	snapshot.Done()
	require.Equal(t, []market.Tick{tick("ETHUSDT", "115", r.now())}, r.next(t))
}

func TestTheStreamTakesPrecedenceOverALaterSnapshot(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	var snapshot sync.WaitGroup
	snapshot.Add(1)
	failed := false
	u.handle("/api/v3/ticker/24hr", func(w http.ResponseWriter, _ *http.Request) {
		if !failed {
			failed = true
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		snapshot.Wait()
		fmt.Fprint(w, "["+day24("BTCUSDT", "99", noon, 42)+","+day24("ETHUSDT", "110", noon, 7)+"]")
	})
	r := run(t, u, nil)
	s := u.next(t)
	s.send(mini("BTCUSDT", "100", noon.Add(-time.Second)))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon.Add(-time.Second))}, r.next(t))
	snapshot.Done()
	require.Equal(t, []market.Tick{tick("ETHUSDT", "110", noon)}, r.next(t))
	ticker, _ := r.Ticker("BTCUSDT")
	require.Equal(t, "100.00000000", ticker.Close.String())
	require.EqualValues(t, 42, ticker.TradeCount)
	require.Contains(t, r.logs.String(), "the prices of all pairs could not be fetched")
}

func TestLatePricesAreStaleAndLogged(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, nil)
	s := u.next(t)
	for n := range 3 {
		at := noon.Add(time.Duration(n)*time.Second - time.Minute)
		s.send(mini("BTCUSDT", "100", at))
		require.Equal(t, []market.Tick{tick("BTCUSDT", "100", at)}, r.next(t))
	}
	last, _ := r.Last("BTCUSDT")
	require.True(t, last.Stale(r.now()))
	require.Equal(t, 1, strings.Count(r.logs.String(), "prices are old"))
}

func TestASnapshotFromACacheDoesNotFreshenPrices(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.answer("/api/v3/ticker/24hr", "["+day24("ETHUSDT", "110", noon.Add(-time.Hour), 3)+"]")
	r := run(t, u, nil)
	s := u.next(t)
	require.Equal(t, []market.Tick{tick("ETHUSDT", "110", noon.Add(-time.Hour))}, r.next(t))
	s.send(mini("BTCUSDT", "100", noon))
	require.Len(t, r.next(t), 1)
	last, _ := r.Last("ETHUSDT")
	require.True(t, last.Stale(r.now()))
}
