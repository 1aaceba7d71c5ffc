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
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/httpapi"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/binance"
	"github.com/agentexchange/agentexchange/internal/market/replay"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/telemetry"
	"github.com/jackc/pgx/v5"
)

// App is a running server.
type App struct {
	cfg      config.Server
	log      *slog.Logger
	listener net.Listener
	exchange *exchange.Exchange
	handler  *httpapi.Server
	server   *http.Server
	where    string
	metrics  string // the address
	failed   chan error
	closers
}

// Start listens, opens the database and serves. What it opened is closed again when it fails.
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
	// First, so that a port that is taken is noticed before anything is started.
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
	// As many as there are cores, but no more than half of the connections: what takes long has the others.
	readers := postgres.StartReaders(db.pool, max(1, min(runtime.GOMAXPROCS(0), int(cfg.MaxConns)/2)))
	a.add(func(context.Context) error { readers.Close(); return nil })
	metrics.Gauge("reads_waiting", func() float64 { return float64(readers.Waiting()) })
	if err := a.openExchange(ctx, db, readers, feed, metrics); err != nil {
		return nil, err
	}
	a.handler, err = httpapi.New(httpapi.Options{
		Pool: db.pool, Readers: readers, Probe: probe, Vault: db.vault, Market: feed, Exchange: a.exchange, Logger: log,
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

// openFeed opens the market that is configured.
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

// openExchange starts the writers, as many as there are cores, and the matcher.
func (a *App) openExchange(
	ctx context.Context, db *database, readers *postgres.Readers, feed market.Feed, metrics *telemetry.Metrics,
) error {
	writers, err := postgres.OpenWriters(ctx, db.url, int32(max(2, runtime.GOMAXPROCS(0))))
	if err != nil {
		return err
	}
	a.add(func(context.Context) error { writers.Close(); return nil })
	now := a.cfg.Clock()
	a.exchange = exchange.New(exchange.Options{
		Pool: db.pool, Readers: readers, Writers: writers, Vault: db.vault, Feed: feed, Logger: a.log, Metrics: metrics,
		Now: func() time.Time { return now().UTC().Truncate(time.Microsecond) }, // what Postgres keeps
	})
	a.add(func(context.Context) error { a.exchange.Close(); return nil })
	matcher := exchange.NewMatcher(a.exchange, func(ctx context.Context) (*pgx.Conn, error) {
		return postgres.Connect(ctx, db.url)
	}, a.cfg.OrderMaxAge)
	matching, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { matcher.Run(matching) })
	a.add(func(context.Context) error {
		stop()
		running.Wait()
		return nil
	})
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// maxHeader is more than any client of ours sends, in bytes. net/http itself refuses what is larger.
const maxHeader = 32 << 10

// serve starts what runs until the app is closed.
func (a *App) serve() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	a.add(func(context.Context) error {
		cancel()
		running.Wait()
		return nil
	})
	a.server = &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: a.cfg.ReadHeaderTimeout,
		ReadTimeout:       a.cfg.ReadTimeout,
		WriteTimeout:      a.cfg.ReadTimeout + 2*a.cfg.RequestTimeout, // the work has a deadline of its own
		IdleTimeout:       a.cfg.IdleTimeout,
		MaxHeaderBytes:    maxHeader,

		DisableGeneralOptionsHandler: true, // OPTIONS * is answered like everything else
		ErrorLog:                     slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	running.Go(func() { a.handler.Sweep(ctx) })
	running.Go(func() {
		if err := a.server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- err
		}
	})
	a.add(a.drain)
}

// drain lets running requests end; those that have not when ctx ends are cut off.
func (a *App) drain(ctx context.Context) error {
	if err := a.server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("some requests did not end in time: %w", err), a.server.Close())
	}
	return nil
}

// URL is where the server listens.
func (a *App) URL() string { return "http://" + a.listener.Addr().String() }

// Where says where the data is.
func (a *App) Where() string { return a.where }

// Failed answers an error if the server stops serving by itself.
func (a *App) Failed() <-chan error { return a.failed }

// StopReady makes the server say that it is not ready, and serves on for the drain delay or until ctx ends, so that
// load balancers turn to others.
func (a *App) StopReady(ctx context.Context) {
	a.handler.Stopping()
	a.server.SetKeepAlivesEnabled(false) // whoever is answered now finds another server for the next request
	select {
	case <-time.After(a.cfg.DrainDelay):
	case <-ctx.Done():
	}
}

// Close lets running requests end, for as long as configured, and closes everything.
func (a *App) Close(ctx context.Context) error {
	a.handler.Stopping()
	ctx, cancel := context.WithTimeout(ctx, a.cfg.ShutdownTimeout)
	defer cancel()
	return a.close(ctx)
}

// Migrate brings the schema up to date, and does nothing else.
func Migrate(ctx context.Context, cfg config.Database, log *slog.Logger) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	db := &database{}
	return errors.Join(db.connect(ctx, cfg, log, true), db.close(context.WithoutCancel(ctx)))
}

// RotateSigningKey makes a new key that signs tokens; old tokens verify until they expire.
func RotateSigningKey(ctx context.Context, cfg config.Database, log *slog.Logger) error {
	return withDatabase(ctx, cfg, log, func(db *database) error { return auth.RotateSigningKey(ctx, db.pool, db.vault) })
}

// RotateMasterKey seals everything anew under another master key.
func RotateMasterKey(ctx context.Context, cfg config.Database, log *slog.Logger) error {
	return withDatabase(ctx, cfg, log, func(db *database) error {
		pooled, err := db.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		conn := pooled.Hijack() // it keeps a lock, so it must not go back to the pool
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
