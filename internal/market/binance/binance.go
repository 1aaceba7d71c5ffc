// Package binance is the market of Binance spot, live: every pair against USDT that trades there, at the prices of its
// public streams. It needs no key.
//
// Prices come from the stream of all mini tickers, once a second. A frame lists the pairs that changed, so those it
// leaves out still cost what they did. Hence what arrives together counts as one moment, that of its newest event, at
// which every price known on this connection was confirmed: a pair that nobody trades has a fresh price as long as the
// stream is alive, and all prices grow old together when it is not. As frames missed between two connections may have
// changed anything, each connection begins with a snapshot of all pairs over REST.
//
// Candles, trades and order books are asked for over REST when they are wanted, and remembered for a moment.
package binance

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

// Feed is a market.Feed. Pairs and prices are there once Run has fetched them and are read from memory; Candles, Trades
// and OrderBook know the pairs that Run found.
type Feed struct {
	opts   Options
	clock  func() time.Time
	log    *slog.Logger
	http   *http.Client
	rest   *rest
	prices *prices

	candles *cache[[]market.Candle]
	trades  *cache[[]market.Trade]
	books   *cache[market.OrderBook]

	loaded   chan struct{}       // closed when there are pairs
	renew    chan struct{}       // a new snapshot is wanted
	dayOpens chan string         // symbols whose first price of the day is wanted
	leftOut  map[string]struct{} // pairs that were logged; keepPairs alone has it
}

var _ market.Feed = (*Feed)(nil)

// New returns a feed that knows nothing until it runs. The clock decides how old a price is and when the day begins;
// waiting goes by real time. It fails if an URL of opts is none.
func New(opts Options, clock func() time.Time, log *slog.Logger) (*Feed, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	client := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute,
	}}
	return &Feed{
		opts: opts, clock: clock, log: log, http: client,
		rest:     &rest{opts: opts, clock: clock, http: client},
		prices:   newPrices(clock),
		candles:  newCache[[]market.Candle](clock, opts.CacheFor),
		trades:   newCache[[]market.Trade](clock, opts.CacheFor),
		books:    newCache[market.OrderBook](clock, opts.CacheFor),
		loaded:   make(chan struct{}),
		renew:    make(chan struct{}, 1),
		dayOpens: make(chan string, 1024),
		leftOut:  map[string]struct{}{},
	}, nil
}

// Pairs implements market.Feed: those against USDT that trade, of which Binance gives filters that fit; none until Run
// has fetched them.
func (f *Feed) Pairs() []market.Pair { return f.prices.pairs() }

// Pair implements market.Feed. A pair that stops trading is gone within Options.Refresh.
func (f *Feed) Pair(symbol string) (market.Pair, bool) { return f.prices.pair(symbol) }

// Last implements market.Feed: the price of the last trade. Its time is the last moment at which the stream confirmed
// it.
func (f *Feed) Last(symbol string) (market.Tick, bool) { return f.prices.last(symbol) }

// Ticker implements market.Feed. It is what Binance last said of the pair, and its time when. The stream has no trade
// count: it is that of the last snapshot, at most Options.Refresh old.
func (f *Feed) Ticker(symbol string) (market.Ticker, bool) { return f.prices.ticker(symbol) }

// DayOpen implements market.Feed. A feed that was connected at 00:00 knows the price of then. One that was not returns
// the first price it has had since, and asks Binance in the background for the open of the day's candle, once a symbol.
func (f *Feed) DayOpen(symbol string) (market.Tick, bool) {
	open, ok, wanted := f.prices.dayOpen(symbol)
	if wanted && f.prices.askDayOpen(symbol) {
		select {
		case f.dayOpens <- symbol:
		default:
			f.prices.forgetDayOpen(symbol)
		}
	}
	return open, ok
}

// Run implements market.Feed. It never gives up: whatever fails is tried again, ever less often.
func (f *Feed) Run(ctx context.Context, ticks func([]market.Tick)) error {
	var wait sync.WaitGroup
	defer f.http.CloseIdleConnections()
	defer wait.Wait()
	wait.Go(func() { f.keepPairs(ctx) })
	wait.Go(func() { f.keepConnected(ctx) })
	wait.Go(func() { f.keepDayOpens(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-f.prices.changed:
			if batch := f.prices.take(); len(batch) > 0 && ctx.Err() == nil {
				ticks(batch)
			}
		}
	}
}

// keepPairs fetches the pairs, again and again.
func (f *Feed) keepPairs(ctx context.Context) {
	retry := f.newBackoff()
	first := true
	for {
		pause := f.opts.Refresh
		if err := f.refreshPairs(ctx); err != nil {
			pause = retry.next()
			f.warn(ctx, "Binance's pairs could not be fetched", err, pause)
		} else {
			retry.reset()
			if first {
				close(f.loaded) // the first connection begins with a snapshot anyway
				first = false
			} else {
				signal(f.renew)
			}
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

// keepDayOpens fetches the first prices of the day that were asked for.
func (f *Feed) keepDayOpens(ctx context.Context) {
	retry := f.newBackoff()
	for {
		select {
		case <-ctx.Done():
			return
		case symbol := <-f.dayOpens:
			err := f.fetchDayOpen(ctx, symbol)
			if err == nil {
				retry.reset()
				continue
			}
			f.prices.forgetDayOpen(symbol) // so that it is asked for again
			pause := retry.next()
			f.warn(ctx, "the first price of the day could not be fetched", err, pause, "symbol", symbol)
			if !sleep(ctx, pause) {
				return
			}
		}
	}
}

// warn logs what failed and when it is tried again, unless it is all over.
func (f *Feed) warn(ctx context.Context, message string, err error, pause time.Duration, more ...any) {
	if ctx.Err() == nil {
		f.log.WarnContext(ctx, message, append([]any{"error", err, "retry_in", pause}, more...)...)
	}
}

// signal wakes whoever waits for c, once.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
