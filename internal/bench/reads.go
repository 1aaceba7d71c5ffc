package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strconv"
	"strings"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/pgbench"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/bench/stage"
)

const (
	owners         = 20
	assetsHeld     = 4 // by each agent, with USDT
	openOrdersEach = 3 // of each agent
)

// insertBooks gives agents positions and orders that rest.
const insertBooks = `
with held as (
    insert into balances (agent_id, asset, available, locked, cost_basis, opened_at)
    select id, asset, 1, 0, 100, now() from agents, unnest('{BTC,ETH,SOL}'::text[]) as asset
)
insert into orders (agent_id, id, symbol, side, type, time_in_force, status, quantity, price, hold, value, created_at)
select
    id, overlay(gen_random_uuid()::text placing lpad(to_hex(n), 8, '0') from 1 for 8)::uuid, 'BTCUSDT', 'buy', 'limit',
    'GTC', 'pending', 0.001, 10000, 10.01, 10, now()
from agents, generate_series(1, $1::integer) as n`

// read is a call that reads, and how pgbench reads the same rows.
type read struct {
	name, route string
	request     func() load.Request
	script      string // empty where the server reads no rows
	count       int    // of what an answer has of each
	each        string
}

// measureReads is about what is read most.
func measureReads(ctx context.Context, p plan) (report.Section, error) {
	return p.enactServed(ctx, func(s *scene) (report.Section, error) {
		progressf("reads: preparing %d agents with %d balances and %d open orders each", p.agents, assetsHeld, openOrdersEach)
		reads, err := s.reads(ctx, p.agents)
		if err != nil {
			return report.Section{}, err
		}
		described := report.Section{
			Title: "Reads per second, 64 connections",
			Table: [][]string{{"call", "HTTP", "pgbench", "bare Echo", "HTTP ÷ pgbench", "goal", "floor", "HTTP ÷ bare Echo", "p50", "p99"}},
		}
		var best []string
		for _, r := range reads {
			row, clients, err := s.measureRead(ctx, p, r)
			if err != nil {
				return report.Section{}, err
			}
			described.Table = append(described.Table, row)
			if clients > 0 {
				best = append(best, strconv.Itoa(clients))
			}
		}
		described.Notes, err = s.notes(ctx,
			fmt.Sprintf("%s agents of %d accounts, with %d balances and %d open orders each; every request is about one of them at random. "+
				"Medians of %d rounds of %s, in which all take turns; a ratio is the median of the rounds' ratios.",
				report.Grouped(float64(p.agents)), owners, assetsHeld, openOrdersEach, p.rounds, p.brief),
			"pgbench runs the server's own statements on the same rows, prepared and pipelined as the server does it, at the number of "+
				"clients that suits it best of "+p.bestOf()+": "+strings.Join(best, ", ")+". Candles are arithmetic on the simulated "+
				"market, so that there are no rows to read. Bare Echo answers the same bytes and does nothing else.",
			closedLoop)
		return described, err
	})
}

func (s *scene) measureRead(ctx context.Context, p plan, r read) (_ []string, clientsOfPgbench int, err error) {
	answer, err := s.canned(ctx, r.route, r.request())
	if err != nil {
		return nil, 0, err
	}
	bare, err := load.StartBare(ctx, answer)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	source, err := r.checked(answer.Body)
	if err != nil {
		return nil, 0, err
	}
	served := closed(r.name, s.server.Address, 64, source)
	ceiling := closed(r.name+", bare Echo", bare.Address, 64, source)
	turns := []*contender{served, ceiling}
	var script *pgbench.Script
	if r.script != "" {
		if script, err = s.bench.Write(r.script); err != nil {
			return nil, 0, err
		}
		turns = append(turns, rival(r.name+", pgbench", s.bench, script))
	}
	if err := takeTurns(ctx, p.rounds, p.warmUp, p.brief, turns...); err != nil {
		return nil, 0, err
	}
	row := []string{
		r.name, report.Grouped(served.rate()), "", report.Grouped(ceiling.rate()), "", "", "", report.Ratio(served.over(ceiling)),
		report.Milliseconds(served.p50()), report.Milliseconds(served.p99()),
	}
	if script == nil {
		return row, 0, nil
	}
	same := turns[2]
	row[2], row[4], row[5], row[6] = report.Grouped(same.rate()), report.Ratio(served.over(same)), "0.40", "0.25"
	return row, script.Clients(), nil
}

// checked fails unless an answer has what it should, and lets every other answer be about as long.
func (r read) checked(answer []byte) (func(int) load.Source, error) {
	if found := bytes.Count(answer, []byte(r.each)); found != r.count {
		return nil, fmt.Errorf("%s was answered with %d of %s, where %d were expected: %s", r.name, found, r.each, r.count, answer)
	}
	return func(int) load.Source {
		return func() load.Request {
			request := r.request()
			request.Then = func(body []byte) error {
				if len(body) < len(answer)*9/10 { // figures differ in their digits
					return fmt.Errorf("%s was answered with no more than %s", r.name, body)
				}
				return nil
			}
			return request
		}
	}, nil
}

// reads prepares what the calls need.
func (s *scene) reads(ctx context.Context, agents int) ([]read, error) {
	accounts, err := s.server.NewAccounts(ctx, owners)
	if err != nil {
		return nil, err
	}
	keys, err := s.AddAgents(ctx, accounts, agents)
	if err != nil {
		return nil, err
	}
	if _, err := s.Pool.Exec(ctx, insertBooks, openOrdersEach); err != nil {
		return nil, err
	}
	if err := s.Settle(ctx); err != nil {
		return nil, err
	}
	ofAny := func(path string) func() load.Request {
		return func() load.Request { return load.Get(path, keys[mathrand.IntN(len(keys))]) }
	}
	script := scriptsOf(agents, accounts)
	return []read{
		{"GET balance", "/api/v1/account/balance", ofAny("/api/v1/account/balance"), script.balance(), assetsHeld, `"asset":`},
		{"GET agent", "/api/v1/agents/:agent_id", func() load.Request {
			n := 1 + mathrand.IntN(agents)
			request := load.Get("/api/v1/agents/"+stage.AgentID(n).String(), "")
			request.Token = accounts[n%owners].Token
			return request
		}, script.agent(), 1, `"display_name":`},
		{"GET list of 100 agents", "/api/v1/agents", func() load.Request {
			request := load.Get("/api/v1/agents?limit=100", "")
			request.Token = accounts[mathrand.IntN(owners)].Token
			return request
		}, script.list(), 100, `"display_name":`},
		{"GET open orders", "/api/v1/trade/orders/open", ofAny("/api/v1/trade/orders/open"), script.openOrders(), openOrdersEach, `"order_id":`},
		{"GET 100 candles", "/api/v1/market/candles/:symbol", func() load.Request {
			return load.Get("/api/v1/market/candles/BTCUSDT?interval=1h&limit=100", "")
		}, "", 100, `"close":`},
	}, nil
}

// scripts are the server's statements about any of the agents.
type scripts struct{ choose, agentID, accountID string }

func scriptsOf(agents int, accounts []stage.Account) scripts {
	return scripts{
		choose: fmt.Sprintf("\\set n random(1, %d)\n", agents), agentID: stage.AgentOf(":n"),
		accountID: fmt.Sprintf("('{%s}'::uuid[])[1 + :n %% %d]", accountIDs(accounts), len(accounts)),
	}
}

// Whose account proves the right to read stands in the place of whose key does: the row is the same.
func (s scripts) balance() string {
	return s.choose + pgbench.Statement(db.BookGet, s.agentID)
}

func (s scripts) agent() string {
	return s.choose + pgbench.Statement(db.AgentGet, s.agentID, s.accountID)
}

func (s scripts) list() string {
	return s.choose + pgbench.Pipelined("begin isolation level repeatable read read only;\n",
		pgbench.Statement(db.AgentListActive, s.accountID, "0", "100"), pgbench.Statement(db.AgentCountActive, s.accountID), "commit;\n")
}

func (s scripts) openOrders() string {
	return s.choose + pgbench.Pipelined(pgbench.Statement(db.AgentProof, s.agentID),
		pgbench.Statement(db.OrderListPending, s.agentID, "null", "0", "50"), pgbench.Statement(db.OrderCountPending, s.agentID, "null"))
}
