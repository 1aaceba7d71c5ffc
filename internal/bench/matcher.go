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
	"github.com/agentexchange/agentexchange/internal/bench/stage"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/leader"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/matching"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// matched is the server's matcher and its writers, in this process, where the prices are moved by hand and the commits
// are watched.
type matched struct {
	feed    *handFeed
	fills   *commits
	loading time.Duration // until every resting order was read
	memory  int64         // of the heap, that these take
	closers []func()
}

// match runs a matcher on a stage, and returns once it has read the resting orders.
func match(ctx context.Context, s *stage.Stage, feed *handFeed) (_ *matched, err error) {
	m := &matched{feed: feed, fills: newCommits()}
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
	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	x := exchange.New(exchange.Options{
		Pool: s.Pool, Writers: writers, Vault: s.Vault, Feed: feed, Now: now, IDs: &book.IDs{},
	})
	writing, stopWriting := context.WithCancel(ctx)
	var written sync.WaitGroup
	written.Go(func() { _ = x.Run(writing) })
	m.closers = append(m.closers, func() { stopWriting(); written.Wait() })
	log := slog.New(slog.DiscardHandler)
	matcher := matching.New(matching.Options{Exchange: x, Feed: feed, Now: now, Log: log})
	election := leader.Election{
		Name: "bench", Log: log, Connect: func(ctx context.Context) (*pgx.Conn, error) { return postgres.Connect(ctx, s.URL) },
	}
	before, begun := liveHeap(), time.Now()
	running, stop := context.WithCancel(ctx)
	var ended sync.WaitGroup
	ended.Go(func() { _ = election.Run(running, matcher.Lead) })
	ended.Go(func() { _ = feed.Run(running, func(ticks []market.Tick) { matcher.Offer(running, ticks) }) })
	m.closers = append(m.closers, func() { stop(); ended.Wait() })
	select {
	case <-matcher.Ready():
	case <-time.After(time.Minute):
		return nil, errors.New("the matcher did not begin within a minute")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	m.loading, m.memory = time.Since(begun), liveHeap()-before
	return m, nil
}

// close ends everything, the last first.
func (m *matched) close() {
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
