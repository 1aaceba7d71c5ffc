package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/bench/stage"
)

// fewAgents is how many there are before the tables grow.
const fewAgents = 1000

// measureGrowth is about what calls cost when the tables have grown but what the calls are about has not. The server, its
// connections and the plans that these keep are the same throughout. Autovacuum leaves the tables alone, so that it is
// known when the plans are made anew.
func measureGrowth(ctx context.Context, p plan) (report.Section, error) {
	return p.enactServed(ctx, func(s *scene) (report.Section, error) {
		g := &growth{scene: s, plan: p}
		if err := g.plant(ctx); err != nil {
			return report.Section{}, err
		}
		if err := g.run(ctx); err != nil {
			return report.Section{}, err
		}
		return g.describe(ctx)
	})
}

func (g *growth) run(ctx context.Context) (err error) {
	if g.few, err = g.measure(ctx, "few agents"); err != nil {
		return err
	}
	begun := time.Now()
	if err := g.addOthers(ctx, fewAgents-agentsPerAccount+1, g.plan.grown-agentsPerAccount); err != nil {
		return err
	}
	g.growing = time.Since(begun)
	if _, err := g.Pool.Exec(ctx, "checkpoint"); err != nil {
		return err
	}
	if g.stale, err = g.measure(ctx, "many agents, not analyzed yet"); err != nil {
		return err
	}
	progressf("growth: vacuum and analyze")
	if err := g.Settle(ctx); err != nil {
		return err
	}
	g.many, err = g.measure(ctx, "many agents")
	return err
}

var grownTables = []string{"agents", "agent_keys", "sessions", "balances", "orders", "trades", "ledger"}

type growth struct {
	*scene
	plan  plan
	owner stage.Account // of the agents that are measured
	maker stage.Account // owns the agents that are made and deleted, and the one that trades, so that the other accounts get no history
	keys  []string
	ids   []string // of agents
	order []string // of each agent, one

	trader string // its key

	few, stale, many []cost
	growing          time.Duration
}

// plant makes the first agents.
func (g *growth) plant(ctx context.Context) error {
	progressf("growth: preparing %d agents", fewAgents)
	for _, table := range grownTables {
		if _, err := g.Pool.Exec(ctx, "alter table "+table+" set (autovacuum_enabled = false)"); err != nil {
			return err
		}
	}
	accounts, err := g.server.NewAccounts(ctx, 2)
	if err != nil {
		return err
	}
	g.owner, g.maker = accounts[0], accounts[1]
	if g.keys, err = g.addMeasured(ctx, g.owner); err != nil {
		return err
	}
	if err := g.addTrader(ctx); err != nil {
		return err
	}
	rows, err := g.Pool.Query(ctx, `
		select a.id::text, (select o.id::text from orders as o where o.agent_id = a.id order by o.id limit 1)
		from generate_series(1, $1::integer) as n inner join agents as a on a.id = `+stage.AgentOf("n")+` order by n`, agentsPerAccount)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, order string
		if err := rows.Scan(&id, &order); err != nil {
			return err
		}
		g.ids, g.order = append(g.ids, id), append(g.order, order)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := g.addOthers(ctx, 1, fewAgents-agentsPerAccount); err != nil {
		return err
	}
	return g.Settle(ctx)
}

// sampled is a call, or two that take turns.
type sampled struct {
	names   []string
	next    load.Source
	times   [][]time.Duration // of each
	tooLong bool              // the server gives up
}

// calls are about any of the agents that there are from the beginning, but for those that place orders or make agents.
func (g *growth) calls() []sampled {
	some := func() int { return mathrand.IntN(len(g.keys)) }
	byKey := func(name, path string) sampled {
		return sampled{names: []string{name}, next: func() load.Request { return load.Get(path, g.keys[some()]) }}
	}
	byToken := func(name string, path func(n int) string) sampled {
		return sampled{names: []string{name}, next: func() load.Request {
			request := load.Get(path(some()), "")
			request.Token = g.owner.Token
			return request
		}}
	}
	placing := &member{}
	return []sampled{
		byKey("GET price, which reads no rows", "/api/v1/market/price/BTCUSDT"),
		byKey("GET balance", "/api/v1/account/balance"),
		byKey("GET positions", "/api/v1/account/positions"),
		byKey("GET orders", "/api/v1/trade/orders"),
		byKey("GET open orders", "/api/v1/trade/orders/open"),
		{names: []string{"GET order"}, next: func() load.Request {
			n := some()
			return load.Get("/api/v1/trade/order/"+g.order[n], g.keys[n])
		}},
		byKey("GET trades", "/api/v1/trade/history"),
		byKey("GET ledger", "/api/v1/account/ledger"),
		byKey("GET reconcile", "/api/v1/account/reconcile"),
		byKey("GET performance", "/api/v1/analytics/performance"),
		byKey("GET portfolio history", "/api/v1/analytics/portfolio/history"),
		byKey("GET leaderboard", "/api/v1/analytics/leaderboard"),
		byToken("GET agent", func(n int) string { return agentsPath + "/" + g.ids[n] }),
		byToken("GET list of 100 agents", func(int) string { return agentsPath + "?limit=100" }),
		byToken("GET overview", func(int) string { return agentsPath + "/overview" }),
		{names: []string{"place a limit order", "cancel it"}, next: func() load.Request { return placing.limitOrder(g.trader) }},
		{names: []string{"place a market order"}, next: func() load.Request { return marketOrder(g.trader, "buy", nextQuantity) }},
		{names: []string{"create an agent", "delete it"}, next: g.createAndDelete()},
	}
}

// addTrader makes an agent with enough to buy all the time.
func (g *growth) addTrader(ctx context.Context) error {
	request := createAgent(g.maker)
	request.Body = []byte(`{"display_name":"Trader","starting_balance":"100000000.00",` +
		`"risk_profile":{"max_position_size_pct":100,"daily_loss_limit_pct":100,"max_open_orders":200}}`)
	request.Then = func(body []byte) error {
		var made struct {
			Key string `json:"api_key"`
		}
		err := json.Unmarshal(body, &made)
		g.trader = made.Key
		return err
	}
	return load.Do(ctx, g.server.Address, request)
}

// createAndDelete makes agents of another account, and deletes each before it makes the next.
func (g *growth) createAndDelete() load.Source {
	var made string
	return func() load.Request {
		if made != "" {
			path := agentsPath + "/" + made
			made = ""
			return load.Request{Method: http.MethodDelete, Path: path, Token: g.maker.Token, Want: http.StatusNoContent}
		}
		request := createAgent(g.maker)
		request.Then = func(body []byte) (err error) {
			made, err = agentIn(body)
			return err
		}
		return request
	}
}

// cost is the median time of a call.
type cost struct {
	name   string
	median time.Duration // 0: it takes so long that the server gives up
}

func (c cost) text() string {
	if c.median == 0 {
		return "503"
	}
	return report.Milliseconds(c.median)
}

func (c cost) over(other cost) string {
	if c.median == 0 || other.median == 0 {
		return ""
	}
	return report.Ratio(c.median.Seconds() / other.median.Seconds())
}

const (
	turns  = 10              // in which the calls are made, so that what disturbs the machine for a while disturbs all of them
	enough = 1 * time.Second // for a call in one turn
)

// measure takes the median of each call. The first turn is to warm up.
func (g *growth) measure(ctx context.Context, phase string) ([]cost, error) {
	progressf("growth: measuring calls: %s", phase)
	// Their own curves have grown too, by a point a minute; but what strangers have is what this is about.
	if _, err := g.Pool.Exec(ctx, "delete from equity_points where agent_id = any($1::uuid[])", g.ids); err != nil {
		return nil, err
	}
	calls := g.calls()
	for turn := range 1 + turns {
		for n := range calls {
			if err := g.sample(ctx, &calls[n], turn > 0); err != nil {
				return nil, fmt.Errorf("%s: %w", calls[n].names[0], err)
			}
		}
	}
	var costs []cost
	for _, call := range calls {
		for n, name := range call.names {
			c := cost{name: name}
			if !call.tooLong {
				c.median = report.Median(call.times[n])
			}
			costs = append(costs, c)
		}
	}
	return costs, nil
}

// sample makes a call again and again, unless the server has given it up before.
func (g *growth) sample(ctx context.Context, call *sampled, keep bool) error {
	if call.tooLong {
		return nil
	}
	kinds := len(call.names)
	times, err := load.Sequence(ctx, g.server.Address, g.plan.samples/turns*kinds, enough, call.next)
	if errors.Is(err, load.ErrUnavailable) {
		call.tooLong = true
		return nil
	}
	if err != nil {
		return err
	}
	if call.times == nil {
		call.times = make([][]time.Duration, kinds)
	}
	for at, took := range times {
		if keep {
			call.times[at%kinds] = append(call.times[at%kinds], took)
		}
	}
	return nil
}

func (g *growth) describe(ctx context.Context) (report.Section, error) {
	number := report.Grouped(float64(g.plan.grown))
	described := report.Section{
		Title: fmt.Sprintf("Calls with %s and with %s agents in the tables", report.Grouped(fewAgents), number),
		Table: [][]string{{"call", report.Grouped(fewAgents), number + ", not analyzed", number, "ratio, not analyzed", "ratio", "goal"}},
	}
	for n, first := range g.few {
		stale, many := g.stale[n], g.many[n]
		described.Table = append(described.Table, []string{
			first.name, first.text(), stale.text(), many.text(), stale.over(first), many.over(first), "1.20",
		})
	}
	var rows int64
	err := g.Pool.QueryRow(ctx, "select sum(n_live_tup)::bigint from pg_stat_user_tables where relname = any($1)", grownTables).Scan(&rows)
	if err != nil {
		return described, err
	}
	described.Notes, err = g.notes(ctx,
		fmt.Sprintf("Medians of up to %d calls, one at a time and in turns, each about one of %d agents of one account that are there from the beginning, "+
			"with ten market orders, their trades and postings, and %d open orders each. Every other agent has as many, but rests "+
			"nothing: %s rows in all, put in by SQL in %s. The equity curves of the 100, which grow by a point a minute, begin "+
			"each time empty but for their trades.", g.plan.samples, agentsPerAccount, openOrdersEach,
			report.Grouped(float64(rows)), g.growing.Round(time.Second)),
		"The same server with the same connections throughout, whose plans are as old as they. \"Not analyzed\" is the moment before "+
			"autovacuum has noticed the growth. The first row reads no rows and shows what the machine did meanwhile. "+
			"503: it takes longer than the server works on a request.")
	return described, err
}
