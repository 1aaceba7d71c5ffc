package stage

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Account is one that is logged in.
type Account struct {
	ID           uuid.UUID
	Token        string
	DefaultAgent uuid.UUID
}

// NewAccount registers an account.
func (s *Server) NewAccount(ctx context.Context, name string) (Account, error) {
	var made struct {
		AccountID uuid.UUID `json:"account_id"`
		AgentID   uuid.UUID `json:"agent_id"`
		APIKey    string    `json:"api_key"`
		APISecret string    `json:"api_secret"`
	}
	if err := s.post(ctx, "/api/v1/auth/register", http.StatusCreated, map[string]string{"display_name": name}, &made); err != nil {
		return Account{}, err
	}
	var login struct {
		Token string `json:"token"`
	}
	err := s.post(ctx, "/api/v1/auth/login", http.StatusOK, map[string]string{"api_key": made.APIKey, "api_secret": made.APISecret}, &login)
	return Account{ID: made.AccountID, Token: login.Token, DefaultAgent: made.AgentID}, err
}

// NewAccounts registers a number of accounts, and deletes the agent that each begins with.
func (s *Server) NewAccounts(ctx context.Context, count int) ([]Account, error) {
	accounts := make([]Account, count)
	for n := range accounts {
		var err error
		if accounts[n], err = s.NewAccount(ctx, fmt.Sprintf("Account %04d", n)); err != nil {
			return nil, err
		}
		err = load.Do(ctx, s.Address, load.Request{
			Method: http.MethodDelete, Path: "/api/v1/agents/" + accounts[n].DefaultAgent.String(), Token: accounts[n].Token,
			Want: http.StatusNoContent,
		})
		if err != nil {
			return nil, err
		}
	}
	return accounts, nil
}

func (s *Server) post(ctx context.Context, path string, want int, body, answer any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return load.Do(ctx, s.Address, load.Request{
		Method: http.MethodPost, Path: path, Body: encoded, Want: want,
		Then: func(body []byte) error { return json.Unmarshal(body, answer) },
	})
}

// AddAccounts makes accounts that are never logged in to.
func (s *Stage) AddAccounts(ctx context.Context, number int) ([]Account, error) {
	rows, err := s.Pool.Query(ctx, `
		insert into accounts (id, display_name, api_key_digest, api_secret_digest, starting_balance, created_at)
		select gen_random_uuid(), 'Other ' || n, sha256(gen_random_uuid()::text::bytea), sha256(gen_random_uuid()::text::bytea), 10000, now()
		from generate_series(1, $1::integer) as n
		returning id`, number)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a Account, err error) { return a, row.Scan(&a.ID) })
}

// insertAgents gives accounts agents in turn, one for each digest of a key. The id of agent n, from 1, is
// md5('agent ' || n), so that pgbench can tell it; that the server's own begin with a time makes no difference to
// anything measured. Their times all have six decimals, so that all pages are of the same length.
const insertAgents = `
with agent as (
    insert into agents (
        id, account_id, display_name, api_key_digest, api_key_preview, starting_balance, llm_model, framework,
        strategy_tags, max_position_size_pct, daily_loss_limit_pct, max_open_orders, status, created_at, updated_at,
        session_id, session_started_at, day_started_at, day_start_equity
    )
    select
        md5('agent ' || n)::uuid, ($2::uuid[])[1 + n % cardinality($2::uuid[])], 'Agent ' || lpad(n::text, 8, '0'), digest,
        'ak_live_' || left(md5(n::text), 4) || '...', $3::numeric, 'gpt-4o', 'langchain', '{momentum,btc}', 100, 100,
        $4::integer, 'active', at, at, gen_random_uuid(), at, date_trunc('day', now(), 'UTC'), $3::numeric
    from unnest($1::bytea[]) with ordinality as k (digest, n),
        lateral (select '2026-01-01 00:00:00.123456Z'::timestamptz + n * interval '1 second') as made (at)
    returning *
), key as (
    insert into agent_keys (digest, agent_id, account_id) select api_key_digest, id, account_id from agent
), sealed as (
    insert into sealed_keys (agent_id, sealed) select id, ` + SealedKey + ` from agent
), session as (
    insert into sessions (agent_id, id, starting_balance, started_at)
    select id, session_id, starting_balance, session_started_at from agent
), balance as (
    insert into balances (agent_id, asset, available, locked) select id, 'USDT', starting_balance, 0 from agent
)
insert into ledger (agent_id, id, asset, amount, source, target, target_after, kind, created_at)
select
    id, gen_random_uuid(), 'USDT', starting_balance, 'equity', 'available', starting_balance, 'deposit', created_at
from agent`

// SealedKey is the SQL of something as long as a sealed key, which nothing here opens.
const SealedKey = "sha256(gen_random_uuid()::text::bytea) || sha256(gen_random_uuid()::text::bytea) || substr(sha256(''), 1, 28)"

// AgentOf is the SQL of the id of agent n, where number is the SQL of n.
func AgentOf(number string) string { return "md5('agent ' || " + number + ")::uuid" }

// AgentID is the id of agent n.
func AgentID(n int) uuid.UUID { return md5.Sum(fmt.Appendf(nil, "agent %d", n)) }

// StartingBalance lasts for as many orders, and their fees, as one agent will ever be asked to place here.
const StartingBalance = 10_000_000

// OpenOrders is how many orders of an agent may rest, as the spec has it.
const OpenOrders = 200

// AddAgents gives accounts agents in turn, with enough money to trade for long, and returns their keys: that of agent n
// is number n-1.
func (s *Stage) AddAgents(ctx context.Context, accounts []Account, number int) ([]string, error) {
	keys, digests := make([]string, number), make([][]byte, number)
	for n := range keys {
		key, err := auth.MintKey(rand.Reader, auth.KindAPIKey)
		if err != nil {
			return nil, err
		}
		keys[n], digests[n] = key.Reveal(), auth.DigestKey(key)
	}
	ids := make([]uuid.UUID, len(accounts))
	for n, account := range accounts {
		ids[n] = account.ID
	}
	_, err := s.Pool.Exec(ctx, insertAgents, digests, ids, StartingBalance, OpenOrders)
	return keys, err
}

// Reconcile fails unless the server finds that ledger and balances of some of the agents agree.
func (s *Server) Reconcile(ctx context.Context, keys []string) error {
	for n := 0; n < len(keys); n += max(1, len(keys)/50) {
		request := load.Get("/api/v1/account/reconcile", keys[n])
		request.Then = func(body []byte) error {
			var reconciled struct{ OK bool }
			if err := json.Unmarshal(body, &reconciled); err != nil || !reconciled.OK {
				return fmt.Errorf("agent %d does not reconcile: %s", n+1, body)
			}
			return nil
		}
		if err := load.Do(ctx, s.Address, request); err != nil {
			return err
		}
	}
	return nil
}
