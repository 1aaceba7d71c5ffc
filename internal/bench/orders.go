package main

import (
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/report"
)

const (
	orderPath      = "/api/v1/trade/order"
	firstQuantity  = "0.05000000"
	nextQuantity   = "0.00050000"
	manyQuantities = "50.00000000" // for the one agent whose orders come in any order
)

// measureOrders is about orders, each answered only when it is durable, beside what pgbench gets out of the same
// database with the same rows.
func measureOrders(ctx context.Context, p plan) (report.Section, error) {
	return p.enactServed(ctx, func(s *scene) (report.Section, error) {
		progressf("orders: preparing %d agents, each with a position", p.agents)
		keys, err := s.openPositions(ctx, p.agents)
		if err != nil {
			return report.Section{}, err
		}
		m := &measuredOrders{scene: s, plan: p, keys: keys}
		if err := m.run(ctx); err != nil {
			return report.Section{}, err
		}
		if err := s.server.Reconcile(ctx, keys); err != nil {
			return report.Section{}, err
		}
		return m.describe(ctx)
	})
}

// openPositions makes agents and lets each of them buy, so that every order afterwards, buy or sell, changes the same
// rows. It also makes the server acquainted with every key, and the plans with tables that are not empty.
func (s *scene) openPositions(ctx context.Context, agents int) ([]string, error) {
	owners, err := s.server.NewAccounts(ctx, 1)
	if err != nil {
		return nil, err
	}
	keys, err := s.AddAgents(ctx, owners, agents)
	if err != nil {
		return nil, err
	}
	err = s.each(ctx, keys, func(n int) load.Request {
		if n == 0 {
			return marketOrder(keys[n], "buy", manyQuantities)
		}
		return marketOrder(keys[n], "buy", firstQuantity)
	})
	return keys, errors.Join(err, s.Settle(ctx))
}

// each makes a request for each key, over 64 connections.
func (s *scene) each(ctx context.Context, keys []string, request func(n int) load.Request) error {
	var next atomic.Int64
	done := load.Get("/healthz", "")
	done.Then = func([]byte) error { return load.ErrDone }
	_, err := load.Closed(ctx, s.server.Address, 64, time.Hour, func(int) load.Source {
		return func() load.Request {
			if n := int(next.Add(1)); n <= len(keys) {
				return request(n - 1)
			}
			return done
		}
	})
	return err
}

func marketOrder(key, side, quantity string) load.Request {
	return load.Request{
		Method: http.MethodPost, Path: orderPath, APIKey: key, Want: http.StatusCreated,
		Body: fmt.Appendf(nil, `{"symbol":"BTCUSDT","side":%q,"type":"market","quantity":%q}`, side, quantity),
	}
}

// anyOrder is a market order of any agent, on any side.
func anyOrder(keys []string) load.Request {
	return marketOrder(keys[mathrand.IntN(len(keys))], []string{"buy", "sell"}[mathrand.IntN(2)], nextQuantity)
}

type measuredOrders struct {
	*scene
	plan plan
	keys []string

	crowds                         []*contender // by connections
	hot, fleet                     *contender
	transactions, statements, bare *contender
	best                           [2]int // clients of pgbench
	other                          *contender
	offered                        load.Open
}

// crowds are how many connections place orders at once, and what is asked of the ratio to pgbench.
var crowds = []struct {
	connections                         int
	goal, floor, goalOfOne, floorOfThat string
}{{connections: 16}, {connections: 64, goal: "1.8", floor: "1.5"}, {256, "2.8", "2.2", "1.4", "1.1"}}

func (m *measuredOrders) run(ctx context.Context) (err error) {
	orders, err := m.bench.Orders(m.plan.agents)
	if err != nil {
		return err
	}
	answer, err := m.canned(ctx, orderPath, anyOrder(m.keys))
	if err != nil {
		return err
	}
	bare, err := load.StartBare(ctx, answer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	anybody := func(int) load.Source { return func() load.Request { return anyOrder(m.keys) } }
	for _, crowd := range crowds {
		name := fmt.Sprintf("market orders, %d connections", crowd.connections)
		m.crowds = append(m.crowds, closed(name, m.server.Address, crowd.connections, anybody))
	}
	m.hot = closed("market orders of one agent, 64 connections", m.server.Address, 64, func(n int) load.Source { return m.oneAgent(n) })
	m.fleet = closed("mixed load of a fleet, 64 connections", m.server.Address, 64, func(int) load.Source { return newMember(m.keys).next })
	m.transactions = rival("pgbench, one transaction per order", m.bench, orders.Transaction)
	m.statements = rival("pgbench, one statement per order", m.bench, orders.Statement)
	m.bare = closed("bare Echo, 64 connections", bare.Address, 64, anybody)
	all := append([]*contender{m.hot, m.fleet, m.transactions, m.statements, m.bare}, m.crowds...)
	if err := takeTurns(ctx, m.plan.rounds, m.plan.warmUp, m.plan.round, all...); err != nil {
		return err
	}
	m.best = [2]int{orders.Transaction.Clients(), orders.Statement.Clients()}
	return m.crossCheck(ctx)
}

// oneAgent buys and sells in turn, so that neither runs out.
func (m *measuredOrders) oneAgent(n int) load.Source {
	return func() load.Request {
		n++
		return marketOrder(m.keys[0], []string{"buy", "sell"}[n%2], nextQuantity)
	}
}

// crossCheck lets another client place orders: as fast as it can, and on schedule.
func (m *measuredOrders) crossCheck(ctx context.Context) (err error) {
	anybody := func() load.Request { return anyOrder(m.keys) }
	m.other = &contender{name: "by vegeta", run: func(ctx context.Context, duration time.Duration) (load.Result, error) {
		return load.ByVegeta(ctx, m.server.Address, 64, duration, anybody)
	}}
	if err := takeTurns(ctx, 1, m.plan.warmUp, m.plan.round, m.other); err != nil {
		return err
	}
	m.offered, err = load.Offer(ctx, m.server.Address, m.other.rate()/2, m.plan.round, anybody)
	if err == nil && (m.offered.Unexpected > 0 || m.offered.Lost > 0) {
		err = fmt.Errorf("of the orders placed on schedule, %d were lost and %d answered wrongly: %s",
			m.offered.Lost, m.offered.Unexpected, m.offered.FirstUnexpected)
	}
	return err
}

func (m *measuredOrders) describe(ctx context.Context) (report.Section, error) {
	row := func(c *contender, goals ...string) []string {
		goals = append(goals, "", "", "", "")
		return []string{
			c.name, report.Grouped(c.rate()), report.Ratio(c.over(m.transactions)), goals[0], goals[1],
			report.Ratio(c.over(m.statements)), goals[2], goals[3], report.Ratio(c.over(m.bare)),
			report.Milliseconds(c.p50()), report.Milliseconds(c.p99()),
		}
	}
	reference := func(c *contender) []string {
		return []string{c.name, report.Grouped(c.rate()), "", "", "", "", "", "", "", "", ""}
	}
	alone := func(name string, r load.Result) []string {
		return []string{name, report.Grouped(r.PerSecond), "", "", "", "", "", "", "", report.Milliseconds(r.P50), report.Milliseconds(r.P99)}
	}
	s := report.Section{Title: "Orders per second, durable when answered", Table: [][]string{{
		"load", "per second", "÷ transaction", "goal", "floor", "÷ statement", "goal", "floor", "÷ bare Echo", "p50", "p99",
	}}}
	for n, crowd := range crowds {
		s.Table = append(s.Table, row(m.crowds[n], crowd.goal, crowd.floor, crowd.goalOfOne, crowd.floorOfThat))
	}
	s.Table = append(s.Table, row(m.hot, "3.0", "2.0"), row(m.fleet), reference(m.transactions), reference(m.statements), reference(m.bare),
		alone("cross-check: market orders by vegeta, 64 connections", m.other.results[0]),
		alone(fmt.Sprintf("open loop by vegeta: %.0f market orders/s offered", m.offered.Offered),
			load.Result{PerSecond: m.offered.Goodput, Latencies: m.offered.Accepted}))
	var err error
	s.Notes, err = m.notes(ctx,
		fmt.Sprintf("%s agents with a position each; a market order is a buy or a sell of one of them at random, and every answer is "+
			"201, which comes after the commit. Medians of %d rounds of %s, in which all take turns; a ratio is the median of the "+
			"rounds' ratios.", report.Grouped(float64(m.plan.agents)), m.plan.rounds, m.plan.round),
		fleetNote,
		fmt.Sprintf("pgbench writes the same rows of the same database without judging anything, prepared, at the number of clients "+
			"that suits it best of %s: %d for the transaction, which locks the agent, updates two balances, and inserts an order, a "+
			"trade and three postings, a statement each (the postings together), and %d for the same as one statement of common table "+
			"expressions. Bare Echo answers the bytes of an order and does nothing else.", m.plan.bestOf(), m.best[0], m.best[1]),
		closedLoop,
		"Vegeta's client shares the cores too, and costs several times as much a request, which is why it is not what the rates are "+
			"measured by: it does the same as the row of 64 connections, once. The open loop sends on schedule, at half the rate that "+
			"vegeta reached, and counts from the scheduled time.",
		"The agents looked at reconcile afterwards (checked).")
	return s, err
}
