package binance_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/binance"
	"github.com/stretchr/testify/require"
)

func TestConnectingIsRetriedUntilTheServerAccepts(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.refusals.Store(5)
	info := u.answers["/api/v3/exchangeInfo"]
	var times int // connections call the handler one after the other
	u.handle("/api/v3/exchangeInfo", func(w http.ResponseWriter, r *http.Request) {
		if times++; times <= 3 {
			http.Error(w, `{"code":-1001,"msg":"Internal error; unable to process your request."}`, http.StatusInternalServerError)
			return
		}
		info(w, r)
	})
	r := run(t, u, nil)
	u.next(t).send(mini("BTCUSDT", "100", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
	require.Len(t, u.queries("/api/v3/exchangeInfo"), 4)
	require.Contains(t, r.logs.String(), "status 500, code -1001: Internal error")
	require.Equal(t, 5, strings.Count(r.logs.String(), "but got 503"), r.logs)
}

func TestConnectingTimesOut(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	u.silences.Store(2)
	r := run(t, u, func(o *binance.Options) { o.Timeout = 200 * time.Millisecond })
	u.next(t).send(mini("BTCUSDT", "100", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
}

func TestASilentStreamIsClosed(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, func(o *binance.Options) { o.Silence = 500 * time.Millisecond })
	u.next(t) // stays silent
	u.next(t).sendText(`{"result":null,"id":1}`)
	u.next(t).send(mini("BTCUSDT", "100", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
	u.next(t).send(mini("BTCUSDT", "101", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "101", noon)}, r.next(t))
	require.Contains(t, r.logs.String(), "brought no prices")
}

func TestAShutdownNoticeEndsTheConnection(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, nil)
	u.next(t).sendText(`{"e":"serverShutdown","E":1770123456789}`)
	u.next(t).send(mini("BTCUSDT", "100", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
}

func TestInvalidFramesAreSkipped(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, func(o *binance.Options) { o.MaxFrame = 1 << 16 })
	s := u.next(t)
	for _, text := range []string{
		"", "nonsense", "null", "7", `"text"`, "[", "[]", "{}", "{", "[null]", "[1,true,{}]", `[[[]]]`, "\x00\xff", `{"error":{"code":2}}`,
		"[" + mini("NOSUCHUSDT", "1", noon) + "]",
		"[" + mini("BTCUSDT", "0", noon) + "]", "[" + mini("BTCUSDT", "-1", noon) + "]", "[" + mini("BTCUSDT", "NaN", noon) + "]",
		"[" + mini("BTCUSDT", "1e5", noon) + "]", "[" + mini("BTCUSDT", "", noon) + "]", "[" + mini("BTCUSDT", "0.000000001", noon) + "]",
		"[" + mini("BTCUSDT", "1000000000000", noon) + "]", "[" + mini("BTCUSDT", strings.Repeat("9", 500), noon) + "]",
		"[" + mini("BTCUSDT", "1", time.UnixMilli(0)) + "]", "[" + mini("BTCUSDT", "1", time.UnixMilli(-1)) + "]",
		strings.ReplaceAll("["+mini("BTCUSDT", "1", noon)+"]", `"24hrMiniTicker"`, `"24hrTicker"`),
		strings.ReplaceAll("["+mini("BTCUSDT", "1", noon)+"]", `"c":"1"`, `"c":1`),
		strings.ReplaceAll("["+mini("BTCUSDT", "1", noon)+"]", `"120.00000000"`, `"-120.00000000"`),
		strings.ReplaceAll("["+mini("BTCUSDT", "999999999999", noon)+"]", `"90.00000000"`, `"0.00000001"`), // the change in percent overflows
		strings.ReplaceAll("["+mini("BTCUSDT", "1", noon)+"]", fmt.Sprint(noon.UnixMilli()), `99999999999999999999`),
	} {
		s.sendText(text)
	}
	s.send(`"nonsense"`, mini("BTCUSDT", "-5", noon), mini("ETHUSDT", "110", noon), `{}`)
	require.Equal(t, []market.Tick{tick("ETHUSDT", "110", noon)}, r.next(t), "the rest of a frame counts")
	_, ok := r.Last("BTCUSDT")
	require.False(t, ok)
	_, ok = r.Ticker("BTCUSDT")
	require.False(t, ok)

	s.sendText("[" + strings.Repeat(" ", 1<<16) + "]")
	u.next(t).send(mini("BTCUSDT", "100", noon)) // too long a frame ends the connection
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
}

func TestAPairWithoutTradesHasATicker(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, nil)
	quiet := strings.NewReplacer("90.00000000", "0.00000000", "80.00000000", "0.00000000", "120.00000000", "0.00000000")
	u.next(t).send(quiet.Replace(mini("BTCUSDT", "100", noon)))
	r.next(t)
	ticker, ok := r.Ticker("BTCUSDT")
	require.True(t, ok)
	hundred := decimal.MustParse("100")
	require.Equal(t, []decimal.Decimal{hundred, hundred, hundred, hundred, {}},
		[]decimal.Decimal{ticker.Open, ticker.High, ticker.Low, ticker.Close, ticker.ChangePct()})
}

func TestOfTwoEventsTheLaterCounts(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, nil)
	s := u.next(t)
	r.set(noon.Add(10 * time.Second))
	s.send(mini("BTCUSDT", "105", noon.Add(5*time.Second)))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "105", noon.Add(5*time.Second))}, r.next(t))
	// Outdated, while another event of its frame is not.
	s.send(mini("BTCUSDT", "104", noon.Add(4*time.Second)), mini("ETHUSDT", "110", noon.Add(3*time.Second)))
	require.Equal(t, []market.Tick{tick("ETHUSDT", "110", noon.Add(5*time.Second))}, r.next(t))
	last, _ := r.Last("BTCUSDT")
	require.Equal(t, "105.00000000", last.Price.String())
	// With equal times the later arrival counts; a time in the future counts as now.
	s.send(mini("BTCUSDT", "106", noon.Add(5*time.Second)))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "106", noon.Add(5*time.Second))}, r.next(t))
	s.send(mini("BTCUSDT", "107", noon.Add(time.Hour)))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "107", r.now())}, r.next(t))
	r.set(noon.Add(11 * time.Second))
	s.send(mini("BTCUSDT", "108", r.now()))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "108", r.now())}, r.next(t), "the future one does not block those after it")
}

func TestASlowReceiverGetsTheLatestPricesAtOnce(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	free := make(chan struct{})
	r := receive(t, u, nil, func([]market.Tick) { <-free })
	s := u.next(t)
	s.send(mini("BTCUSDT", "100", noon))
	require.Equal(t, []market.Tick{tick("BTCUSDT", "100", noon)}, r.next(t))
	for n := range 5 {
		r.set(noon.Add(time.Duration(n) * time.Second))
		s.send(mini("BTCUSDT", fmt.Sprint(101+n), r.now()))
	}
	until(t, "all frames have come", func() bool {
		last, _ := r.Last("BTCUSDT")
		return last.Price == decimal.MustParse("105")
	})
	close(free)
	require.Equal(t, []market.Tick{tick("BTCUSDT", "105", r.now())}, r.next(t))
}

func TestRunEndsWithItsContextWhateverItWaitsFor(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, prepare := range map[string]func(*upstream){
		"the pairs":     func(u *upstream) { u.handle("/api/v3/exchangeInfo", hang) },
		"the snapshot":  func(u *upstream) { u.handle("/api/v3/ticker/24hr", hang) },
		"a connection":  func(u *upstream) { u.silences.Store(1 << 20) },
		"the next try":  func(u *upstream) { u.refusals.Store(1 << 20) },
		"the next tick": func(*upstream) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t)
			prepare(u)
			r := run(t, u, func(o *binance.Options) { o.MinBackoff, o.MaxBackoff = time.Hour, time.Hour })
			until(t, "it has begun", func() bool { return len(u.queries("/api/v3/exchangeInfo")) > 0 })
			begun := time.Now()
			r.stop()
			require.Less(t, time.Since(begun), 5*time.Second)
		})
	}
}

func TestRunEndsWithAContextThatHasEnded(t *testing.T) {
	t.Parallel()
	feed, err := binance.New(binance.Options{RESTURL: "http://127.0.0.1:1", StreamURL: "ws://127.0.0.1:1"}, time.Now, discard)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, feed.Run(ctx, func([]market.Tick) {}))
}
