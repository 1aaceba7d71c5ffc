package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	crossedPerTick = 100
	ordersPerAgent = 20
	ordersPerPair  = 1000.0 / 6 // 100,000 orders over 600 pairs
)

// insertResting gives each agent 20 pending buys, one each of 20 neighbouring pairs. Of a pair the first 100 orders have
// limits from 199.01 to 200.00, of as many agents, and the others lower ones.
const insertResting = `
with owner as (
    insert into accounts (id, display_name, api_key_digest, api_secret_digest, starting_balance, created_at)
    values (gen_random_uuid(), 'Owner', sha256('key'), sha256('secret'), 10000, now())
    returning id
), placed as materialized (
    select
        md5('agent ' || (i / 20))::uuid as agent_id,
        overlay(gen_random_uuid()::text placing lpad(to_hex(i), 8, '0') from 1 for 8)::uuid as id,
        'S' || lpad((i % $2::integer)::text, 3, '0') || 'USDT' as symbol,
        case when i / $2::integer < 100 then 200 else 50 end - (i / $2::integer) * 0.01 as price
    from generate_series(0, $1::integer - 1) as i
), agent as (
    insert into agents (
        id, account_id, display_name, api_key_digest, api_key_preview, starting_balance, strategy_tags,
        max_position_size_pct, daily_loss_limit_pct, max_open_orders, status, created_at, updated_at, session_id,
        session_started_at, day_started_at, day_start_equity
    )
    select
        agent_id, owner.id, 'Agent', sha256(agent_id::text::bytea), 'ak_live_...', 10000, '{}', 100, 100, 1000, 'active',
        now(), now(), gen_random_uuid(), now(), date_trunc('day', now(), 'UTC'), 10000
    from owner, (select distinct agent_id from placed) as d
), balance as (
    insert into balances (agent_id, asset, available, locked)
    select agent_id, 'USDT', 10000 - sum(0.1001 * price), sum(0.1001 * price) from placed group by agent_id
)
insert into orders (
    agent_id, id, symbol, side, type, time_in_force, status, quantity, price, hold, value, created_at
)
select agent_id, id, symbol, 'buy', 'limit', 'GTC', 'pending', 0.1, price, 0.1001 * price, 0.1 * price, now()
from placed`

// measureTicks is the fourth part: how long after a tick the orders that it crosses are filled, durably, and what the
// orders that rest take of the memory.
func measureTicks(ctx context.Context, p plan) (_ section, err error) {
	progressf("preparing %d resting orders", p.resting)
	s, _, err := newBareStage(ctx, p, "ticks")
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if s.pool, err = postgres.Open(ctx, s.url, connections); err != nil {
		return section{}, err
	}
	if err := postgres.Migrate(ctx, s.pool); err != nil {
		return section{}, err
	}
	pairs := int(float64(p.resting) / ordersPerPair)
	if _, err := s.pool.Exec(ctx, insertResting, p.resting, pairs); err != nil {
		return section{}, err
	}
	for _, statement := range []string{"vacuum (analyze)", "checkpoint"} {
		if _, err := s.pool.Exec(ctx, statement); err != nil {
			return section{}, err
		}
	}
	return s.tickThrough(ctx, newHandFeed(pairs, decimal.NewFromInt(300)), pairs)
}

// tickThrough runs a matcher.
func (s *stage) tickThrough(ctx context.Context, feed *handFeed, pairs int) (_ section, err error) {
	fills := newCommits()
	writers, err := s.openWriters(ctx, fills)
	if err != nil {
		return section{}, err
	}
	defer writers.Close()
	log := &waitingLog{Handler: slog.DiscardHandler, matching: make(chan struct{})}
	x := exchange.New(exchange.Options{
		Pool: s.pool, Writers: writers, Vault: s.vault, Feed: feed, Logger: slog.New(log),
		Now: func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) },
	})
	defer x.Close()
	matcher := exchange.NewMatcher(x, func(ctx context.Context) (*pgx.Conn, error) { return postgres.Connect(ctx, s.url) }, 0)
	before := liveHeap()
	begun := time.Now()
	running, stop := context.WithCancel(ctx)
	var matching sync.WaitGroup
	matching.Go(func() { matcher.Run(running) })
	defer matching.Wait()
	defer stop()
	select {
	case <-log.matching:
	case <-time.After(time.Minute):
		return section{}, errors.New("the matcher did not begin within a minute")
	case <-ctx.Done():
		return section{}, context.Cause(ctx)
	}
	m := measuredTicks{pairs: pairs, loading: time.Since(begun)}
	m.memory = liveHeap() - before
	err = s.plan.profile("ticks", "ticks", func() error { return m.run(ctx, s.plan, feed, fills) })
	return m.describe(s.plan), err
}

// liveHeap is what is in use once everything else is collected, in bytes.
func liveHeap() int64 {
	runtime.GC()
	runtime.GC() // what the first has only found to be free for finalizers and pools
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

type measuredTicks struct {
	pairs        int
	loading      time.Duration
	memory       int64
	fills, whole []time.Duration
}

// run delivers one tick after the other, the next when all is durable that the last one crossed.
func (m *measuredTicks) run(ctx context.Context, p plan, feed *handFeed, fills *commits) error {
	warmUp := p.ticks / 10
	progressf("%d ticks, each crossing %d of the orders", p.ticks, crossedPerTick)
	for n := range p.ticks {
		start := time.Now()
		feed.move(feed.pairs[n].Symbol, decimal.NewFromInt(150))
		for filled := 0; filled < crossedPerTick; {
			select {
			case c := <-fills.made:
				filled += c.trades
				if n < warmUp {
					continue
				}
				m.fills = append(m.fills, slices.Repeat([]time.Duration{c.at.Sub(start)}, c.trades)...)
				if filled >= crossedPerTick {
					m.whole = append(m.whole, c.at.Sub(start))
				}
			case <-time.After(20 * time.Second):
				return fmt.Errorf("of %d orders that a tick crosses, only %d were filled", crossedPerTick, filled)
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

func (m *measuredTicks) describe(p plan) section {
	slices.Sort(m.fills)
	slices.Sort(m.whole)
	row := func(name string, times []time.Duration) []string {
		if len(times) == 0 {
			return []string{name, "", ""}
		}
		return []string{name, milliseconds(times[len(times)/2]), milliseconds(times[len(times)*99/100])}
	}
	return section{
		title: fmt.Sprintf("From a tick to durable fills, with %s orders resting", grouped(float64(p.resting))),
		table: [][]string{
			{"from the tick until", "p50", "p99"},
			row("an order that it crosses is filled", m.fills),
			row(fmt.Sprintf("all %d that it crosses are filled", crossedPerTick), m.whole),
		},
		notes: []string{
			fmt.Sprintf("%d ticks, one after the other, each of another of %d pairs, and each crossing %d buys of as many agents. "+
				"A fill counts from the moment at which the database has acknowledged its commit.", len(m.whole), m.pairs, crossedPerTick),
			fmt.Sprintf("The matcher had read all resting orders after %s. They take %s kB of the heap, after collection: %s bytes "+
				"each.", m.loading.Round(time.Millisecond), grouped(float64(m.memory)/1000), strconv.FormatInt(m.memory/int64(p.resting), 10)),
			"How long it takes to find the orders that a tick crosses, in memory: go test -run none -bench Crossing ./internal/exchange.",
		},
	}
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
	return &commits{made: make(chan committed, 10*crossedPerTick), trades: map[*pgx.Conn]int{}}
}

// openWriters opens the pool of the writers, watched.
func (s *stage) openWriters(ctx context.Context, watch *commits) (*pgxpool.Pool, error) {
	plain, err := postgres.OpenWriters(ctx, s.url, int32(max(2, runtime.GOMAXPROCS(0))))
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
