package binance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/coder/websocket"
)

var (
	errSilence  = errors.New("the stream brought no prices")
	errShutdown = errors.New("the server is about to shut down")
)

// keepConnected listens to the stream, on one connection after another. Binance closes each after at most a day.
func (f *Feed) keepConnected(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-f.loaded:
	}
	retry := f.newBackoff()
	for {
		begun := time.Now()
		heard, err := f.listen(ctx)
		if heard && time.Since(begun) >= retry.pause { // snapshots are too expensive for connections that end at once
			retry.reset()
		}
		pause := retry.next()
		f.warn(ctx, "the connection to Binance's prices ended", err, pause)
		if !sleep(ctx, pause) {
			return
		}
	}
}

// listen applies a snapshot and the frames of one connection until the connection ends. It reports whether the
// connection brought any prices.
func (f *Feed) listen(ctx context.Context) (heard bool, err error) {
	conn, err := f.dial(ctx)
	if err != nil {
		return false, err
	}
	defer conn.CloseNow() //nolint:errcheck // it has ended already, or its end does not matter
	conn.SetReadLimit(f.opts.MaxFrame)

	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	number := f.prices.connect()
	wait.Go(func() { f.keepSnapshots(ctx, number) })
	return f.read(ctx, conn, number)
}

func (f *Feed) dial(ctx context.Context) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, f.opts.Timeout)
	defer cancel()
	address := strings.TrimSuffix(f.opts.StreamURL, "/") + "/ws/!miniTicker@arr"
	conn, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPClient: f.http}) //nolint:bodyclose // conn owns it
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", address, err)
	}
	return conn, nil
}

// read applies frames. It skips unknown ones; only prices count as a sign of life.
func (f *Feed) read(ctx context.Context, conn *websocket.Conn, number int) (heard bool, err error) {
	deadline := time.Now().Add(f.opts.Silence)
	odd, late := logOnce{f: f}, logOnce{f: f}
	for {
		data, err := readUntil(ctx, conn, deadline)
		if err != nil {
			return heard, err
		}
		events, err := decodeFrame(data)
		if errors.Is(err, errShutdown) {
			return heard, err
		}
		if err != nil {
			odd.warn(ctx, "Binance sent a frame or a price that is not understood", "cause", err)
		}
		moment := f.prices.frame(number, events)
		if moment.IsZero() {
			continue
		}
		heard = true
		deadline = time.Now().Add(f.opts.Silence)
		if lag := f.clock().Sub(moment); lag > market.StaleAfter {
			late.warn(ctx, "Binance's prices are old: they arrive late, or this machine's clock is fast", "lag", lag)
		}
	}
}

func readUntil(ctx context.Context, conn *websocket.Conn, deadline time.Time) ([]byte, error) {
	limited, cancel := context.WithDeadlineCause(ctx, deadline, errSilence)
	defer cancel()
	_, data, err := conn.Read(limited)
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		return nil, context.Cause(limited)
	}
	return data, err
}

// logOnce logs only the first oddity of a connection, because a broken server sends one every second.
type logOnce struct {
	f    *Feed
	done bool
}

func (l *logOnce) warn(ctx context.Context, message string, args ...any) {
	if !l.done {
		l.done = true
		l.f.log.WarnContext(ctx, message, args...)
	}
}

// keepSnapshots fetches a snapshot now and whenever one is requested.
func (f *Feed) keepSnapshots(ctx context.Context, number int) {
	retry := f.newBackoff()
	for {
		events, err := f.fetchSnapshot(ctx)
		if err != nil {
			pause := retry.next()
			f.warn(ctx, "the prices of all pairs could not be fetched", err, pause)
			if !sleep(ctx, pause) {
				return
			}
			continue
		}
		retry.reset()
		f.prices.snapshot(number, events)
		select {
		case <-ctx.Done():
			return
		case <-f.renew:
		}
	}
}

// miniTicker is an element of a frame.
type miniTicker struct {
	Event       string `json:"e"`
	Time        int64  `json:"E"` // milliseconds
	Symbol      string `json:"s"`
	Close       string `json:"c"`
	Open        string `json:"o"`
	High        string `json:"h"`
	Low         string `json:"l"`
	Volume      string `json:"v"`
	QuoteVolume string `json:"q"`
}

// decodeFrame decodes a frame. It leaves out events it does not understand; the error describes the last of them.
func decodeFrame(data []byte) ([]event, error) {
	if text := strings.TrimLeft(string(data[:min(len(data), 64)]), " \t\r\n"); strings.HasPrefix(text, "{") {
		return nil, decodeNotice(data)
	}
	var tickers []miniTicker
	err := json.Unmarshal(data, &tickers)
	if wrong := new(json.UnmarshalTypeError); err != nil && !errors.As(err, &wrong) {
		return nil, err
	}
	events := make([]event, 0, len(tickers))
	for _, t := range tickers {
		if t.Event != "24hrMiniTicker" {
			err = fmt.Errorf("an event is %q", t.Event)
			continue
		}
		numbers := numbers{t.Open, t.High, t.Low, t.Close, t.Volume, t.QuoteVolume}
		ticker, wrong := numbers.ticker(t.Symbol, t.Time)
		if wrong != nil {
			err = wrong
			continue
		}
		events = append(events, event{Ticker: ticker})
	}
	return events, err
}

// decodeNotice decodes a frame that is an object: an error, the notice of a shutdown, or the response to a request,
// though the feed makes none.
func decodeNotice(data []byte) error {
	var notice struct {
		Event string          `json:"e"`
		Time  json.RawMessage `json:"E"` // declared so that encoding/json does not match it with "e"
	}
	if err := json.Unmarshal(data, &notice); err != nil {
		return err
	}
	if notice.Event == "serverShutdown" {
		return errShutdown
	}
	return fmt.Errorf("an object with the event %q", notice.Event)
}

// numbers are Binance's figures for the last 24 hours of a pair.
type numbers struct{ open, high, low, close, volume, quoteVolume string }

// ticker parses n. For a pair without trades, everything but the price may be zero; Open, High and Low are then the
// price.
func (n numbers) ticker(symbol string, milliseconds int64) (t market.Ticker, err error) {
	// ChangePct below can overflow: two prices may be too far apart for it. Nothing else is computed from a ticker.
	defer decimal.CatchOverflow(&err)
	t = market.Ticker{Symbol: symbol, Time: time.UnixMilli(milliseconds).UTC()}
	for _, field := range []struct {
		name string
		text string
		into *decimal.Decimal
	}{
		{"close", n.close, &t.Close}, {"open", n.open, &t.Open}, {"high", n.high, &t.High}, {"low", n.low, &t.Low},
		{"volume", n.volume, &t.Volume}, {"quote volume", n.quoteVolume, &t.QuoteVolume},
	} {
		if *field.into, err = decimal.Parse(field.text); err != nil {
			return t, fmt.Errorf("the %s of %q: %w", field.name, symbol, err)
		}
		if field.into.Sign() < 0 {
			return t, fmt.Errorf("the %s of %q is negative", field.name, symbol)
		}
	}
	if err := checkPrice(t.Close); err != nil {
		return t, fmt.Errorf("the close of %q: %w", symbol, err)
	}
	if milliseconds <= 0 || milliseconds > lastMilli {
		return t, fmt.Errorf("the time of %q is invalid", symbol)
	}
	if t.Open.IsZero() {
		t.Open = t.Close
	}
	if t.Low.IsZero() {
		t.Low = t.Close
	}
	t.High = decimal.Max(t.High, decimal.Max(t.Open, t.Close))
	t.Low = decimal.Min(t.Low, decimal.Min(t.Open, t.Close))
	_ = t.ChangePct()
	return t, nil
}

// lastMilli is the end of the year 9999, the last that RFC 3339 can represent.
var lastMilli = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - 1

func checkPrice(price decimal.Decimal) error {
	if price.Sign() <= 0 || price.Cmp(market.PriceLimit) >= 0 {
		return errors.New("a price is above 0 and below 10^12")
	}
	return nil
}
