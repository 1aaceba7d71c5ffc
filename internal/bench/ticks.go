package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

const (
	crossedPerTick = 100
	pairsOfAll     = 600 // 100,000 orders over them: 166 or 167 a pair
	bursts         = 3
)

// insertResting gives each of some agents 20 pending buys, one each of 20 neighbouring pairs. Of a pair the first 100
// orders have limits from 199.01 to 200.00, of as many agents, and the others limits from 48 to 50.
const insertResting = `
with owner as (
    insert into accounts (id, display_name, api_key_digest, api_secret_digest, starting_balance, created_at)
    values (gen_random_uuid(), 'Owner', sha256('key'), sha256('secret'), 10000, now())
    returning id
), placed as materialized (
    select
        md5('resting ' || (i / 20))::uuid as agent_id,
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

// insertRivals gives the agents that pgbench's orders are of the other balance which these change.
const insertRivals = `insert into balances (agent_id, asset, available, locked, cost_basis, opened_at)
select k.agent_id, 'BTC', 50, 0, 100, now() from agent_keys as k`

// measureTicks is about how long after a tick the orders that it crosses are filled, durably, and how many fills a second
// there are when the market moves so far that it crosses very many at once.
func measureTicks(ctx context.Context, p plan) (report.Section, error) {
	return p.enact(ctx, func(s *scene) (report.Section, error) {
		progressf("ticks: preparing %d resting orders", p.resting)
		m := &measuredTicks{plan: p, pairs: p.resting * pairsOfAll / 100_000}
		if err := m.prepare(ctx, s); err != nil {
			return report.Section{}, err
		}
		var err error
		if m.matched, err = match(ctx, s.Stage, newHandFeed(m.pairs, decimal.NewFromInt(300))); err != nil {
			return report.Section{}, err
		}
		defer m.close()
		if err := m.tick(ctx); err != nil {
			return report.Section{}, err
		}
		if err := m.burst(ctx, s); err != nil {
			return report.Section{}, err
		}
		return m.describe(ctx, s)
	})
}

type measuredTicks struct {
	plan  plan
	pairs int
	*matched
	fills, all          []time.Duration // until one order of a tick is filled, and until all are
	settled, rival      *contender
	perBurst, clientsOf int
}

// prepare puts in the resting orders, and the agents that pgbench's orders are of.
func (m *measuredTicks) prepare(ctx context.Context, s *scene) error {
	accounts, err := s.AddAccounts(ctx, 1)
	if err != nil {
		return err
	}
	if _, err := s.AddAgents(ctx, accounts, m.plan.agents); err != nil {
		return err
	}
	if _, err := s.Pool.Exec(ctx, insertRivals); err != nil {
		return err
	}
	if _, err := s.Pool.Exec(ctx, insertResting, m.plan.resting, m.pairs); err != nil {
		return err
	}
	return s.Settle(ctx)
}

// tick delivers one tick after the other, the next when all is durable that the last one crossed.
func (m *measuredTicks) tick(ctx context.Context) error {
	warmUp := m.plan.ticks / 10
	progressf("ticks: %d ticks, each crossing %d of the orders", m.plan.ticks, crossedPerTick)
	for n := range m.plan.ticks {
		start := time.Now()
		m.feed.move(decimal.NewFromInt(150), m.feed.pairs[n])
		var fills []time.Duration
		err := m.await(ctx, crossedPerTick, func(c committed) {
			fills = append(fills, slices.Repeat([]time.Duration{c.at.Sub(start)}, c.trades)...)
		})
		if err != nil {
			return err
		}
		if n >= warmUp {
			m.fills, m.all = append(m.fills, fills...), append(m.all, fills[len(fills)-1])
		}
	}
	return nil
}

// await waits until a number of orders are filled.
func (m *measuredTicks) await(ctx context.Context, orders int, each func(committed)) error {
	for filled := 0; filled < orders; {
		select {
		case c := <-m.matched.fills.made:
			filled += c.trades
			each(c)
		case <-time.After(20 * time.Second):
			return fmt.Errorf("of %d orders that were crossed, only %d were filled", orders, filled)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// burst lets the market fall, in the pairs that are left, below every order, and pgbench place orders, in turn.
func (m *measuredTicks) burst(ctx context.Context, s *scene) error {
	orders, err := s.bench.Orders(m.plan.agents)
	if err != nil {
		return err
	}
	left := m.feed.pairs[m.plan.ticks:]
	share := len(left) / (bursts + 1) // one to warm up
	number := 0
	m.settled = &contender{name: "burst", run: func(ctx context.Context, _ time.Duration) (load.Result, error) {
		pairs := left[number*share : (number+1)*share]
		number++
		if err := s.Pool.QueryRow(ctx, "select count(*) from orders where status = 'pending' and symbol = any($1)",
			symbolsOf(pairs)).Scan(&m.perBurst); err != nil {
			return load.Result{}, err
		}
		start := time.Now()
		go m.feed.move(decimal.NewFromInt(40), pairs...)
		end := start
		err := m.await(ctx, m.perBurst, func(c committed) { end = c.at })
		return load.Result{PerSecond: float64(m.perBurst) / end.Sub(start).Seconds()}, err
	}}
	m.rival = rival("pgbench, one transaction per order", s.bench, orders.Transaction)
	err = takeTurns(ctx, bursts, m.plan.brief, m.plan.brief, m.settled, m.rival)
	m.clientsOf = orders.Transaction.Clients()
	return err
}

func symbolsOf(pairs []market.Pair) (symbols []string) {
	for _, pair := range pairs {
		symbols = append(symbols, pair.Symbol)
	}
	return symbols
}

func (m *measuredTicks) describe(ctx context.Context, s *scene) (report.Section, error) {
	row := func(name string, times []time.Duration, goals ...string) []string {
		slices.Sort(times)
		goals = append(goals, "", "")
		return []string{
			name, report.Milliseconds(times[len(times)/2]), report.Milliseconds(times[len(times)*99/100]), goals[0], goals[1],
		}
	}
	described := report.Section{
		Title: "From a tick to durable fills",
		Table: [][]string{
			{"", "p50", "p99", "goal", "floor"},
			row("tick until an order that it crosses is filled", m.fills),
			row(fmt.Sprintf("tick until all %d that it crosses are", crossedPerTick), m.all, "10 · 30 ms", "20 · 60 ms"),
			{"burst: fills per second", report.Grouped(m.settled.rate()), "", "", ""},
			{"pgbench, one transaction per order: orders per second", report.Grouped(m.rival.rate()), "", "", ""},
			{"burst ÷ pgbench", report.Ratio(m.settled.over(m.rival)), "", "4", "3"},
		},
	}
	var err error
	described.Notes, err = s.notes(ctx,
		fmt.Sprintf("%d ticks, one after the other, each of another of %d pairs, and each crossing %d buys of as many agents. A fill "+
			"counts from the moment at which the database has acknowledged its commit: open loop, nothing is left out.",
			len(m.all), m.pairs, crossedPerTick),
		fmt.Sprintf("A burst is one move of the market that crosses %s orders at once, from the tick until the last is durable. Median of "+
			"%d, in turn with pgbench at %d clients.", report.Grouped(float64(m.perBurst)), bursts, m.clientsOf),
		"For the ticks alone the server's matcher and writers run in the process of the bench, where the prices can be moved by hand.",
		fmt.Sprintf("The matcher had read all %s resting orders after %s. They take %s of the heap, after collection: %d bytes each.",
			report.Grouped(float64(m.plan.resting)), m.loading.Round(time.Millisecond), report.Megabytes(m.memory), m.memory/int64(m.plan.resting)),
		"How long it takes to find the orders that a tick crosses, in memory (goal 50 µs, floor 200 µs): "+
			"go test -run none -bench Crossing ./internal/exchange.")
	return described, err
}
