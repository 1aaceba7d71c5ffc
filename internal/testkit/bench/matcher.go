package main

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit/bench/stage"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// matching is the server's matcher and its writers, in this process, where the prices are moved by hand and the commits
// are watched.
type matching struct {
	feed    *handFeed
	fills   *commits
	loading time.Duration // until every resting order was read
	memory  int64         // of the heap, that these take
	closers []func()
}

// match runs a matcher on a stage, and returns once it has read the resting orders.
func match(ctx context.Context, s *stage.Stage, feed *handFeed) (_ *matching, err error) {
	m := &matching{feed: feed, fills: newCommits()}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	writers, err := openWriters(ctx, s.URL, m.fills)
	if err != nil {
		return nil, err
	}
	m.closers = append(m.closers, writers.Close)
	log := &waitingLog{Handler: slog.DiscardHandler, matching: make(chan struct{})}
	x := exchange.New(exchange.Options{
		Pool: s.Pool, Writers: writers, Vault: s.Vault, Feed: feed, Logger: slog.New(log),
		Now: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
	})
	m.closers = append(m.closers, x.Close)
	matcher := exchange.NewMatcher(x, func(ctx context.Context) (*pgx.Conn, error) { return postgres.Connect(ctx, s.URL) }, 0)
	before, begun := liveHeap(), time.Now()
	running, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { matcher.Run(running) })
	m.closers = append(m.closers, func() { stop(); ended.Wait() })
	select {
	case <-log.matching:
	case <-time.After(time.Minute):
		return nil, errors.New("the matcher did not begin within a minute")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	m.loading, m.memory = time.Since(begun), liveHeap()-before
	return m, nil
}

// close ends everything, the last first.
func (m *matching) close() {
	for _, closer := range slices.Backward(m.closers) {
		closer()
	}
}

// liveHeap is what is in use once everything else is collected, in bytes.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what the first has only found to be free for finalizers and pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// waitingLog says when the matcher begins.
type waitingLog struct {
	slog.Handler
	matching chan struct{}
	once     sync.Once
}

func (*waitingLog) Enabled(context.Context, slog.Level) bool { return true }

func (w *waitingLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "matching" {
		w.once.Do(func() { close(w.matching) })
	}
	return nil
}

// commits watches the writers' connections: which transactions with trades have been committed.
type commits struct {
	made chan committed

	mu     sync.Mutex
	trades map[*pgx.Conn]int // of the transaction that goes on
}

type committed struct {
	at     time.Time
	trades int
}

func newCommits() *commits {
	return &commits{made: make(chan committed, 1000), trades: map[*pgx.Conn]int{}}
}

// openWriters opens the pool of the writers, watched.
func openWriters(ctx context.Context, url string, watch *commits) (*pgxpool.Pool, error) {
	plain, err := postgres.OpenWriters(ctx, url, int32(max(2, runtime.GOMAXPROCS(0))))
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	config := plain.Config()
	config.ConnConfig.Tracer = watch
	return pgxpool.NewWithConfig(ctx, config)
}

func (c *commits) TraceBatchQuery(_ context.Context, conn *pgx.Conn, query pgx.TraceBatchQueryData) {
	if query.Err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch query.SQL {
	case db.TradeInsertMany:
		c.trades[conn] += int(query.CommandTag.RowsAffected())
	case "commit":
		if trades := c.trades[conn]; trades > 0 {
			c.made <- committed{at: time.Now(), trades: trades}
		}
		c.trades[conn] = 0
	}
}

func (*commits) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (*commits) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
func (*commits) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (*commits) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
