// Package binance is the live market of Binance spot: every pair traded there against USDT, at the prices of its public
// streams. It needs no API key.
//
// Prices come once a second from the stream of all mini tickers. A frame lists the pairs that changed, so the prices of
// all others are unchanged. A frame therefore confirms every price known on this connection as of its newest event: a
// pair that is not traded has a fresh price as long as the stream is alive, and all prices grow old together when it is
// not. Frames may be missed between two connections, so each connection starts with a snapshot of all pairs over REST.
//
// Candles, trades and order books are requested over REST when needed, and cached for a moment.
package binance

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

// Feed is a market.Feed. It reads pairs and prices from memory and has none until Run has fetched them. Candles, Trades
// and OrderBook also need the pairs that Run fetched.
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

	loaded   chan struct{}       // closed once there are pairs
	renew    chan struct{}       // requests a new snapshot
	dayOpens chan string         // symbols whose first price of the day must be fetched
	leftOut  map[string]struct{} // pairs already logged; only keepPairs uses it
}

var _ market.Feed = (*Feed)(nil)

// New returns a feed that has no data until it runs. The clock decides how old a price is and when the day begins;
// pauses use real time. It fails if a URL in opts is invalid.
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

// Pairs implements market.Feed. It returns the pairs that trade against USDT and have suitable filters; none until Run
// has fetched them.
func (f *Feed) Pairs() []market.Pair { return f.prices.pairs() }

// Pair implements market.Feed. A pair that stops trading disappears within Options.Refresh.
func (f *Feed) Pair(symbol string) (market.Pair, bool) { return f.prices.pair(symbol) }

// Last implements market.Feed. It returns the price of the last trade; its time is when the stream last confirmed it.
func (f *Feed) Last(symbol string) (market.Tick, bool) { return f.prices.last(symbol) }

// Ticker implements market.Feed. It returns the last ticker that Binance sent, with the time of that. The stream has no
// trade count; that of the last snapshot is used, at most Options.Refresh old.
func (f *Feed) Ticker(symbol string) (market.Ticker, bool) { return f.prices.ticker(symbol) }

// DayOpen implements market.Feed. A feed that was connected at 00:00 knows the price at that time. Otherwise it returns
// the first price it has received since, and requests the open of the day's candle in the background, once per symbol.
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

// Run implements market.Feed. It never gives up: it retries failures with growing pauses.
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

// keepPairs fetches the pairs and keeps them up to date.
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

// keepDayOpens fetches the first prices of the day that DayOpen requests.
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
			f.prices.forgetDayOpen(symbol) // so that it is requested again
			pause := retry.next()
			f.warn(ctx, "the first price of the day could not be fetched", err, pause, "symbol", symbol)
			if !sleep(ctx, pause) {
				return
			}
		}
	}
}

// warn logs a failure and when it is retried, unless ctx has ended.
func (f *Feed) warn(ctx context.Context, message string, err error, pause time.Duration, more ...any) {
	if ctx.Err() == nil {
		f.log.WarnContext(ctx, message, append([]any{"cause", err, "retry_in", pause}, more...)...)
	}
}

// signal wakes the goroutine that receives from c. It does not block, and c holds at most one signal.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
