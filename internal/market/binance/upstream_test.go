package binance_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/binance"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the time in most tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

// clock is a clock that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) set(t time.Time) { c.at.Store(t.UnixNano()) }

func (c *clock) now() time.Time { return time.Unix(0, c.at.Load()).UTC() }

// upstream is a server that behaves like Binance.
type upstream struct {
	*httptest.Server
	refusals atomic.Int32 // how many more connections it refuses
	silences atomic.Int32 // how many after those it does not answer at all
	streams  chan *stream

	mu      sync.Mutex
	answers map[string]http.HandlerFunc
	asked   map[string][]string // the queries received, by path
}

// stream is a connection to the upstream.
type stream struct {
	t  *testing.T
	ws *websocket.Conn
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{streams: make(chan *stream, 100), answers: map[string]http.HandlerFunc{}, asked: map[string][]string{}}
	u.answer("/api/v3/exchangeInfo", `{"symbols":[`+strings.Join([]string{
		pairInfo("BTC", "USDT", "TRADING", "0.00001000", "0.00001000", "0.01000000", "5.00000000"),
		pairInfo("ETH", "USDT", "TRADING", "0.00010000", "0.00010000", "0.01000000", "5.00000000"),
	}, ",")+`]}`)
	u.answer("/api/v3/ticker/24hr", `[]`)
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ws/") {
			u.accept(t, w, r)
			return
		}
		u.mu.Lock()
		answer := u.answers[r.URL.Path]
		u.asked[r.URL.Path] = append(u.asked[r.URL.Path], r.URL.RawQuery)
		u.mu.Unlock()
		if answer == nil {
			answer = http.NotFound
		}
		answer(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) accept(t *testing.T, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/ws/!miniTicker@arr" || u.refusals.Add(-1) >= 0 {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	if u.silences.Add(-1) >= 0 {
		<-r.Context().Done()
		return
	}
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	u.streams <- &stream{t: t, ws: ws}
	<-ws.CloseRead(context.WithoutCancel(r.Context())).Done()
}

// answer sets the response to requests of a path.
func (u *upstream) answer(path, body string) {
	u.handle(path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
}

func (u *upstream) handle(path string, answer http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answers[path] = answer
}

// queries returns the queries received at a path.
func (u *upstream) queries(path string) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string{}, u.asked[path]...)
}

// next waits for the next connection.
func (u *upstream) next(t *testing.T) *stream {
	t.Helper()
	select {
	case s := <-u.streams:
		return s
	case <-time.After(patience):
		require.FailNow(t, "nobody connected")
		return nil
	}
}

// send sends a frame of events.
func (s *stream) send(events ...string) { s.sendText("[" + strings.Join(events, ",") + "]") }

func (s *stream) sendText(text string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	require.NoError(s.t, s.ws.Write(ctx, websocket.MessageText, []byte(text)))
}

func pairInfo(base, quote, status, minQty, step, tick, notional string) string {
	return fmt.Sprintf(`{"symbol":"%[1]s%[2]s","status":%[3]q,"baseAsset":%[1]q,"quoteAsset":%[2]q,"isSpotTradingAllowed":true,"filters":[
		{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","tickSize":%[6]q},
		{"filterType":"LOT_SIZE","minQty":%[4]q,"maxQty":"9000.00000000","stepSize":%[5]q},
		{"filterType":"ICEBERG_PARTS","limit":10},
		{"filterType":"MARKET_LOT_SIZE","minQty":"0.00000000","maxQty":"100.0","stepSize":"0.00000000"},
		{"filterType":"NOTIONAL","minNotional":%[7]q,"applyMinToMarket":true,"maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}
	]}`, base, quote, status, minQty, step, tick, notional)
}

// mini returns an event of the stream.
func mini(symbol, price string, at time.Time) string {
	return fmt.Sprintf(`{"e":"24hrMiniTicker","E":%d,"s":%q,"c":%q,"o":"90.00000000","h":"120.00000000","l":"80.00000000","v":"1000.00000000","q":"100000.00000000"}`,
		at.UnixMilli(), symbol, price)
}

// day24 returns an element of the snapshot.
func day24(symbol, price string, at time.Time, count int) string {
	return fmt.Sprintf(`{"symbol":%q,"openPrice":"90.0","highPrice":"120.0","lowPrice":"80.0","lastPrice":%q,"volume":"7.0","quoteVolume":"700.0","openTime":%d,"closeTime":%d,"firstId":1,"lastId":9,"count":%d}`,
		symbol, price, at.Add(-24*time.Hour).UnixMilli(), at.UnixMilli(), count)
}

// running is a feed that runs.
type running struct {
	*binance.Feed
	*clock
	batches chan []market.Tick
	logs    *logs
	stop    func() // waits for Run to end
}

// run starts a feed on an upstream at noon, and stops it after the test.
func run(t *testing.T, u *upstream, change func(*binance.Options)) *running {
	t.Helper()
	return receive(t, u, change, func([]market.Tick) {})
}

// receive is run with a receiver of its own.
func receive(t *testing.T, u *upstream, change func(*binance.Options), receiver func([]market.Tick)) *running {
	t.Helper()
	opts := binance.Options{
		RESTURL: u.URL, StreamURL: "ws" + strings.TrimPrefix(u.URL, "http"),
		Timeout: patience, Silence: patience, MinBackoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond,
	}
	if change != nil {
		change(&opts)
	}
	r := &running{clock: &clock{}, batches: make(chan []market.Tick, 1000), logs: &logs{}}
	r.set(noon)
	var err error
	r.Feed, err = binance.New(opts, r.now, slog.New(slog.NewTextHandler(r.logs, nil)))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- r.Run(ctx, func(ticks []market.Tick) {
			r.batches <- ticks
			receiver(ticks)
		})
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			require.NoError(t, err)
		case <-time.After(patience):
			require.FailNow(t, "Run did not end with its context")
		}
	})
	t.Cleanup(r.stop)
	return r
}

// next waits for the next ticks.
func (r *running) next(t *testing.T) []market.Tick {
	t.Helper()
	select {
	case ticks := <-r.batches:
		return ticks
	case <-time.After(patience):
		require.FailNow(t, "no ticks came", r.logs.String())
		return nil
	}
}

// until waits for a condition.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	require.Eventually(t, so, patience, time.Millisecond, what)
}

func tick(symbol, price string, at time.Time) market.Tick {
	return market.Tick{Symbol: symbol, Price: decimal.MustParse(price), Time: at}
}

// logs collects log output.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
