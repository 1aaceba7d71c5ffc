package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"strings"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/pgbench"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/bench/stage"
)

const agentsPath = "/api/v1/agents"

// measureAgents is about what owners change.
func measureAgents(ctx context.Context, p plan) (report.Section, error) {
	return p.enactServed(ctx, func(s *scene) (report.Section, error) {
		progressf("agents: preparing %d agents of %d accounts", p.agents, owners)
		accounts, err := s.server.NewAccounts(ctx, owners)
		if err != nil {
			return report.Section{}, err
		}
		if _, err := s.AddAgents(ctx, accounts, p.agents); err != nil {
			return report.Section{}, err
		}
		if err := s.Settle(ctx); err != nil {
			return report.Section{}, err
		}
		create := func() load.Request { return createAgent(accounts[mathrand.IntN(owners)]) }
		regenerate := func() load.Request {
			n := 1 + mathrand.IntN(p.agents)
			return load.Request{
				Method: http.MethodPost, Path: agentsPath + "/" + stage.AgentID(n).String() + "/regenerate-key",
				Token: accounts[n%owners].Token, Want: http.StatusOK,
			}
		}
		described := report.Section{
			Title: "Agents per second, 16 connections",
			Table: [][]string{{"call", "HTTP", "pgbench", "bare Echo", "HTTP ÷ pgbench", "HTTP ÷ bare Echo", "p50", "p99"}},
		}
		for _, c := range []change{
			{"create an agent", agentsPath, create, createScript(accounts)},
			{"regenerate its key", agentsPath + "/:agent_id/regenerate-key", regenerate, regenerateScript(p.agents, accounts)},
		} {
			row, err := s.measureChange(ctx, p, c)
			if err != nil {
				return report.Section{}, err
			}
			described.Table = append(described.Table, row)
		}
		described.Notes, err = s.notes(ctx,
			fmt.Sprintf("Durable when answered. Medians of %d rounds of %s, in which all take turns. pgbench writes the same rows with "+
				"the server's own statements, at the best of %s clients; it makes and seals no keys.", p.rounds, p.brief, p.bestOf()),
			closedLoop)
		return described, err
	})
}

func createAgent(owner stage.Account) load.Request {
	return load.Request{
		Method: http.MethodPost, Path: agentsPath, Token: owner.Token, Want: http.StatusCreated,
		Body: []byte(`{"display_name":"Momentum Bot","starting_balance":"10000.00","llm_model":"gpt-4o","framework":"langchain",` +
			`"strategy_tags":["momentum","btc"]}`),
	}
}

// agentIn reads the id of an agent that has just been created.
func agentIn(body []byte) (string, error) {
	var made struct {
		ID string `json:"agent_id"`
	}
	err := json.Unmarshal(body, &made)
	return made.ID, err
}

// change is a call that changes something, and how pgbench changes the same.
type change struct {
	name, route string
	request     load.Source
	script      string
}

func (s *scene) measureChange(ctx context.Context, p plan, c change) (_ []string, err error) {
	answer, err := s.canned(ctx, c.route, c.request())
	if err != nil {
		return nil, err
	}
	bare, err := load.StartBare(ctx, answer)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, bare.Close()) }()
	script, err := s.bench.Write(c.script)
	if err != nil {
		return nil, err
	}
	source := func(int) load.Source { return c.request }
	served := closed(c.name, s.server.Address, 16, source)
	ceiling := closed(c.name+", bare Echo", bare.Address, 16, source)
	same := rival(c.name+", pgbench", s.bench, script)
	if err := takeTurns(ctx, p.rounds, p.warmUp, p.brief, served, ceiling, same); err != nil {
		return nil, err
	}
	return []string{
		c.name, report.Grouped(served.rate()), report.Grouped(same.rate()), report.Grouped(ceiling.rate()), report.Ratio(served.over(same)),
		report.Ratio(served.over(ceiling)), report.Milliseconds(served.p50()), report.Milliseconds(served.p99()),
	}, nil
}

// createScript makes an agent in one statement, as the server does, of ids that are told from a number which never
// comes twice.
func createScript(accounts []stage.Account) string {
	return "\\set n random(1, 1000000000000000000)\n" + pgbench.Statement(db.AgentCreate,
		stage.AgentOf(":n"), "'"+accounts[0].ID.String()+"'", "'Momentum Bot'", "sha256((:n::text || ' key')::bytea)",
		"'ak_live_abcd...'", "10000", "'gpt-4o'", "'langchain'", "'{momentum,btc}'", "10", "5", "5", "null", "now()", "md5('session ' || :n)", "now()", stage.SealedKey, "gen_random_uuid()")
}

// regenerateScript gives a new key to one of the agents, which belong to the accounts in turn.
func regenerateScript(agents int, accounts []stage.Account) string {
	one := scriptsOf(agents, accounts)
	return one.choose + "\\set digest random(1, 1000000000000000000)\nbegin;\n" +
		pgbench.Statement(db.AgentLock, one.agentID, one.accountID) +
		pgbench.Statement(db.AgentKeyReplace, "sha256((:digest::text || ' key')::bytea)", "'ak_live_abcd...'", "now()",
			one.agentID, one.accountID, "(select api_key_digest from agents where id = "+one.agentID+")", stage.SealedKey) + "commit;\n"
}

func accountIDs(accounts []stage.Account) string {
	ids := make([]string, len(accounts))
	for n, account := range accounts {
		ids[n] = account.ID.String()
	}
	return strings.Join(ids, ",")
}
