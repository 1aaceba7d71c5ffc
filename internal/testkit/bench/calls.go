package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// call is an operation that is measured.
type call struct {
	name     string
	file     string // of its profile
	method   string
	route    string
	requests func(number int) [][]byte // that worker takes in turn
	sql      variant
}

const agentsPath = "/api/v1/agents"

// calls prepares what the calls need.
func (s *stage) calls(ctx context.Context) ([]*call, error) {
	owner, err := s.newAccount(ctx, "Owner")
	if err != nil {
		return nil, err
	}
	if err := s.addAgents(ctx, []uuid.UUID{owner.id}, 1, agentsListed); err != nil {
		return nil, err
	}
	get, err := s.getAgent(ctx, owner)
	if err != nil {
		return nil, err
	}
	list, err := s.listAgents(ctx, owner)
	if err != nil {
		return nil, err
	}
	create, err := s.createAgent(ctx)
	return []*call{get, list, create}, err
}

// sqlWorker makes a call without HTTP.
type sqlWorker func(ctx context.Context) error

func (w sqlWorker) do(ctx context.Context) error { return w(ctx) }
func (w sqlWorker) close() error                 { return nil }

// getAgent reads the owner's agents in turn.
func (s *stage) getAgent(ctx context.Context, owner account) (*call, error) {
	rows, err := s.pool.Query(ctx, "select id from agents where account_id = $1 order by created_at", owner.id)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, err
	}
	requests := make([][]byte, len(ids))
	for i, id := range ids {
		if requests[i], err = render(ctx, http.MethodGet, agentsPath+"/"+id.String(), owner.token, nil); err != nil {
			return nil, err
		}
	}
	// Each worker begins elsewhere.
	start := func(number int) int { return number * len(ids) / connections }
	return &call{
		name: "GET " + agentsPath + "/{agent_id}", file: "get", method: http.MethodGet, route: agentsPath + "/:agent_id",
		requests: func(number int) [][]byte {
			return append(requests[start(number):len(requests):len(requests)], requests[:start(number)]...)
		},
		sql: func(_ context.Context, number int) (worker, error) {
			next := start(number)
			return sqlWorker(func(ctx context.Context) error {
				next = (next + 1) % len(ids)
				_, err := db.New().AgentGet(ctx, s.pool, db.AgentGetParams{ID: ids[next], AccountID: owner.id})
				return err
			}), nil
		},
	}, nil
}

// listAgents reads the owner's first 100 agents.
func (s *stage) listAgents(ctx context.Context, owner account) (*call, error) {
	request, err := render(ctx, http.MethodGet, activePage.path, owner.token, nil)
	reader := activePage.reader(s.pool, owner.id, content{rows: int(pageLimit), total: agentsListed})
	return &call{
		name: fmt.Sprintf("GET %s (of %s)", activePage.path, grouped(agentsListed)), file: "list",
		method: http.MethodGet, route: agentsPath,
		requests: func(int) [][]byte { return [][]byte{request} },
		sql:      func(context.Context, int) (worker, error) { return reader, nil },
	}, err
}

// createAgent makes agents, for each worker in an account of its own.
func (s *stage) createAgent(ctx context.Context) (*call, error) {
	body, err := json.Marshal(map[string]any{
		"display_name": "Momentum Bot", "starting_balance": "10000.00", "llm_model": "gpt-4o", "framework": "langchain",
		"strategy_tags": []string{"momentum", "btc"},
	})
	if err != nil {
		return nil, err
	}
	accounts, requests := make([]account, connections), make([][]byte, connections)
	for n := range accounts {
		if accounts[n], err = s.newAccount(ctx, fmt.Sprintf("Maker %02d", n)); err != nil {
			return nil, err
		}
		if requests[n], err = render(ctx, http.MethodPost, agentsPath, accounts[n].token, body); err != nil {
			return nil, err
		}
	}
	return &call{
		name: "POST " + agentsPath, file: "create", method: http.MethodPost, route: agentsPath,
		requests: func(number int) [][]byte { return requests[number : number+1] },
		sql: func(_ context.Context, number int) (worker, error) {
			return sqlWorker(func(ctx context.Context) error {
				return insertAgent(ctx, s.pool, s.vault, accounts[number].id)
			}), nil
		},
	}, nil
}

// insertAgent is the transaction of the server's POST, statement by statement.
func insertAgent(ctx context.Context, pool *pgxpool.Pool, vault *auth.Vault, accountID uuid.UUID) error {
	key, err := auth.MintKey(rand.Reader, auth.KindAPIKey)
	if err != nil {
		return err
	}
	var ids [3]uuid.UUID // of the agent, its session, its deposit
	for n := range ids {
		if ids[n], err = uuid.NewV7(); err != nil {
			return err
		}
	}
	now := time.Now()
	model, framework := "gpt-4o", "langchain"
	params := db.AgentCreateParams{
		ID: ids[0], AccountID: accountID, DisplayName: "Momentum Bot", StartingBalance: startingBalance,
		LLMModel: &model, Framework: &framework, StrategyTags: []string{"momentum", "btc"},
		MaxPositionSizePct: 10, DailyLossLimitPct: 5, MaxOpenOrders: 5,
		APIKeyDigest: auth.DigestKey(key), APIKeyPreview: auth.PreviewKey(key), CreatedAt: now,
		SessionID: ids[1], DayStartedAt: now.UTC().Truncate(24 * time.Hour), DepositID: ids[2],
	}
	return postgres.InTx(ctx, pool, func(tx pgx.Tx) error {
		sealer, err := vault.Sealer(ctx, tx)
		if err != nil {
			return err
		}
		if params.APIKeySealed, err = sealer.Seal(ids[0], auth.PurposeAgentKey, []byte(key.Reveal())); err != nil {
			return err
		}
		_, err = db.New().AgentCreate(ctx, tx, params)
		return err
	})
}

var startingBalance = decimal.MustParse("10000")
