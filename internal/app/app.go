// Package app puts the server together.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/httpapi"
	"github.com/agentexchange/agentexchange/internal/leader"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/binance"
	"github.com/agentexchange/agentexchange/internal/market/replay"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/matching"
	"github.com/agentexchange/agentexchange/internal/portfolio"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/telemetry"
	"github.com/jackc/pgx/v5"
)

// App is a running server. It serves until Close.
type App struct {
	cfg        config.Server
	log        *slog.Logger
	listener   net.Listener
	exchange   *exchange.Exchange
	handler    *httpapi.Server
	server     *http.Server
	where      string
	metricsURL string
	failed     chan error
	closers
}

// Start listens, opens the database and serves. If it fails, it closes what it has opened.
func Start(ctx context.Context, cfg config.Server, log *slog.Logger) (_ *App, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log, failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close(context.WithoutCancel(ctx)))
		}
	}()
	// First, so that a port in use is noticed before anything else is started.
	var listening net.ListenConfig
	if a.listener, err = listening.Listen(ctx, "tcp", cfg.Addr); err != nil {
		return nil, fmt.Errorf("listening on %s (AGENTEXCHANGE_ADDR names another address): %w", cfg.Addr, err)
	}
	a.add(func(context.Context) error { return ignoreClosed(a.listener.Close()) })
	db, err := openDatabase(ctx, cfg.Database, log, false)
	if err != nil {
		return nil, err
	}
	a.add(db.close)
	probe, err := postgres.Open(ctx, db.url, 1)
	if err != nil {
		return nil, err
	}
	a.add(func(context.Context) error { probe.Close(); return nil })
	a.where = db.where
	feed, err := openFeed(cfg, log)
	if err != nil {
		return nil, err
	}
	metrics := telemetry.New()
	metrics.Pool(db.pool)
	// One per core, but at most half of the connections, so that slow work has the others.
	readers := postgres.NewReaders(db.pool, max(1, min(runtime.GOMAXPROCS(0), int(cfg.MaxConns)/2)))
	a.run(readers.Run, "reads do not share round trips any more")
	metrics.Gauge("reads_waiting", func() float64 { return float64(readers.Waiting()) })
	ids := &book.IDs{}
	if err := a.openExchange(ctx, db, feed, ids, metrics); err != nil {
		return nil, err
	}
	a.lead(db, readers, feed, ids)
	a.handler, err = httpapi.New(httpapi.Options{
		Pool: db.pool, Readers: readers, Probe: probe, Vault: db.vault, Market: feed, Exchange: a.exchange, IDs: ids, Logger: log,
		Metrics: metrics, Now: cfg.Clock(), Random: rand.Reader,
		PublicURL: cfg.PublicURL, CORSOrigins: cfg.CORSOrigins, MaxBody: cfg.MaxBody, MaxInFlight: cfg.MaxInFlight,
		RequestTimeout: cfg.RequestTimeout,
	})
	if err != nil {
		return nil, err
	}
	if err := a.serveMetrics(ctx, metrics); err != nil {
		return nil, err
	}
	a.serve()
	return a, nil
}

// openFeed returns the configured market.
func openFeed(cfg config.Server, log *slog.Logger) (market.Feed, error) {
	switch cfg.Market {
	case config.MarketBinance:
		options := binance.Options{RESTURL: cfg.BinanceRESTURL, StreamURL: cfg.BinanceStreamURL}
		return binance.New(options, cfg.Clock(), log)
	case config.MarketReplay:
		return replay.Open(cfg.MarketFile, replay.Options{Speed: cfg.MarketSpeed}, cfg.Clock())
	default:
		return sim.New(cfg.MarketSeed, cfg.Clock()), nil
	}
}

// now is the clock, to the microsecond that PostgreSQL keeps.
func (a *App) now() func() time.Time {
	clock := a.cfg.Clock()
	return func() time.Time { return clock().UTC().Truncate(time.Microsecond) }
}

// openExchange starts the writers, one per core.
func (a *App) openExchange(
	ctx context.Context, db *database, feed market.Feed, ids *book.IDs, metrics *telemetry.Metrics,
) error {
	writers, err := postgres.OpenWriters(ctx, db.url, int32(max(2, runtime.GOMAXPROCS(0))))
	if err != nil {
		return err
	}
	a.add(func(context.Context) error { writers.Close(); return nil })
	a.exchange = exchange.New(exchange.Options{
		Pool: db.pool, Writers: writers, Vault: db.vault, Feed: feed, Metrics: metrics, Now: a.now(), IDs: ids,
	})
	a.run(a.exchange.Run, "no order is committed any more")
	return nil
}

// lead follows the market, and does what one replica does at a time: matching, and sampling the equity curves.
func (a *App) lead(db *database, readers *postgres.Readers, feed market.Feed, ids *book.IDs) {
	matcher := matching.New(matching.Options{
		Exchange: a.exchange, Feed: feed, MaxAge: a.cfg.OrderMaxAge, Now: a.now(), Log: a.log,
	})
	sampler := portfolio.Sampler{
		Reader: &portfolio.Reader{Pool: db.pool, Readers: readers, Feed: feed, Now: a.now(), IDs: ids}, Log: a.log,
	}
	election := leader.Election{
		Name: "agentexchange matcher", Log: a.log,
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return postgres.Connect(ctx, db.url) },
	}
	a.run(func(ctx context.Context) error {
		return feed.Run(ctx, func(ticks []market.Tick) { matcher.Offer(ctx, ticks) })
	}, "the market feed ended; there will be no more prices")
	a.run(func(ctx context.Context) error {
		return election.Run(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			return leader.Together(ctx, sampler.Run, func(ctx context.Context) error { return matcher.Lead(ctx, conn) })
		})
	}, "this server takes no part in matching any more")
}

// run runs something until the app is closed, which waits for it. That it ends before is logged.
func (a *App) run(do func(context.Context) error, failure string) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.log.LogAttrs(ctx, slog.LevelError, failure, slog.Any("cause", err))
		}
	})
	a.add(func(context.Context) error {
		stop()
		running.Wait()
		return nil
	})
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// maxHeader is the largest request header, in bytes: more than any known client sends. net/http rejects larger ones.
const maxHeader = 32 << 10

// serve starts the HTTP server and the sweeper, which run until the app is closed.
func (a *App) serve() {
	a.run(a.handler.Sweep, "expired answers will not be deleted any more")
	a.server = &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: a.cfg.ReadHeaderTimeout,
		ReadTimeout:       a.cfg.ReadTimeout,
		WriteTimeout:      a.cfg.ReadTimeout + 2*a.cfg.RequestTimeout, // the work has a deadline of its own
		IdleTimeout:       a.cfg.IdleTimeout,
		MaxHeaderBytes:    maxHeader,

		DisableGeneralOptionsHandler: true, // OPTIONS * goes to the handler like all other requests
		ErrorLog:                     slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- err
		}
	})
	a.add(func(context.Context) error {
		serving.Wait()
		return nil
	})
	a.add(a.drain)
}

// drain waits for running requests, and cuts off those that have not ended when ctx does.
func (a *App) drain(ctx context.Context) error {
	if err := a.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("some requests did not end in time: %w", err), a.server.Close())
	}
	return nil
}

// URL is where the server listens.
func (a *App) URL() string { return "http://" + a.listener.Addr().String() }

// Where describes where the data is.
func (a *App) Where() string { return a.where }

// Failed returns a channel that receives an error if the server stops by itself.
func (a *App) Failed() <-chan error { return a.failed }

// StopReady makes /readyz fail and keeps serving for the drain delay or until ctx ends, so that load balancers choose
// other servers.
func (a *App) StopReady(ctx context.Context) {
	a.handler.Stopping()
	a.server.SetKeepAlivesEnabled(false) // so that clients reconnect, to another server
	select {
	case <-time.After(a.cfg.DrainDelay):
	case <-ctx.Done():
	}
}

// Close waits for running requests, for as long as configured, and closes everything.
func (a *App) Close(ctx context.Context) error {
	a.handler.Stopping()
	ctx, cancel := context.WithTimeout(ctx, a.cfg.ShutdownTimeout)
	defer cancel()
	return a.close(ctx)
}

// Migrate brings the schema up to date and does nothing else.
func Migrate(ctx context.Context, cfg config.Database, log *slog.Logger) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	db := &database{}
	return errors.Join(db.connect(ctx, cfg, log, true), db.close(context.WithoutCancel(ctx)))
}

// RotateSigningKey makes a new key that signs tokens. Tokens signed by the old one verify until they expire.
func RotateSigningKey(ctx context.Context, cfg config.Database, log *slog.Logger) error {
	return withDatabase(ctx, cfg, log, func(db *database) error { return auth.RotateSigningKey(ctx, db.pool, db.vault) })
}

// RotateMasterKey reseals everything under another master key.
func RotateMasterKey(ctx context.Context, cfg config.Database, log *slog.Logger) error {
	return withDatabase(ctx, cfg, log, func(db *database) error {
		pooled, err := db.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		conn := pooled.Hijack() // it holds a lock, so it must not return to the pool
		return errors.Join(auth.RotateMasterKey(ctx, conn, db.vault), conn.Close(context.WithoutCancel(ctx)))
	})
}

func withDatabase(ctx context.Context, cfg config.Database, log *slog.Logger, do func(*database) error) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg, log, true)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.close(context.WithoutCancel(ctx)))
}
