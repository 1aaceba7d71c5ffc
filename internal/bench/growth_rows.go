package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/bench/stage"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// insertHistory gives the agents of a temporary table their past.
//
//go:embed growth.sql
var insertHistory string

// insertOthers makes agents number $1 to $2, of accounts in turn. Their ids sort by number, as those of the server sort
// by time. One in ten holds a position.
const insertOthers = `
with agent as (
    insert into agents (
        id, account_id, display_name, api_key_digest, api_key_preview, starting_balance, strategy_tags,
        max_position_size_pct, daily_loss_limit_pct, max_open_orders, status, created_at, updated_at, session_id,
        session_started_at, day_started_at, day_start_equity
    )
    select
        overlay(md5(n::text) placing lpad(to_hex(n), 8, '0') from 1 for 8)::uuid, ($3::uuid[])[1 + n % cardinality($3::uuid[])],
        'Other ' || lpad(n::text, 8, '0'), sha256(n::text::bytea), 'ak_live_abcd...', 10000, '{momentum,btc}', 10, 5, 5,
        'active', at, at, gen_random_uuid(), at, date_trunc('day', now(), 'UTC'), 10000
    from generate_series($1::integer, $2::integer) as n,
        lateral (select '2026-01-01 00:00:00.123456Z'::timestamptz + n * interval '1 second') as made (at)
    returning *
), key as (
    insert into agent_keys (digest, agent_id, account_id) select api_key_digest, id, account_id from agent
), session as (
    insert into sessions (agent_id, id, starting_balance, started_at)
    select id, session_id, starting_balance, session_started_at from agent
), cash as (
    insert into balances (agent_id, asset, available, locked) select id, 'USDT', 9760, 0 from agent
), coin as (
    insert into balances (agent_id, asset, available, locked, cost_basis, opened_at)
    select id, 'BTC', 0.005, 0, 240, now() from agent where right(display_name, 1) = '0'
)
insert into ledger (agent_id, id, asset, amount, source, target, target_after, kind, created_at)
select
    id, gen_random_uuid(), 'USDT', starting_balance, 'equity', 'available', starting_balance, 'deposit', created_at
from agent`

const (
	othersAtOnce     = 20_000
	agentsPerAccount = 100
)

// addOthers adds agents number first to last of others than those that are measured, with their history.
func (s *scene) addOthers(ctx context.Context, first, last int) error {
	accounts, err := s.AddAccounts(ctx, max(1, (last-first+1)/agentsPerAccount))
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(accounts))
	for n, account := range accounts {
		ids[n] = account.ID
	}
	begun := time.Now()
	for from := first; from <= last; from += othersAtOnce {
		to := min(from+othersAtOnce-1, last)
		err := postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, insertOthers, from, to, ids); err != nil {
				return err
			}
			return addHistory(ctx, tx, fmt.Sprintf("display_name between 'Other %08d' and 'Other %08d'", from, to),
				fmt.Sprintf("id >= '%08x-0000-0000-0000-000000000000' and id <= '%08x-ffff-ffff-ffff-ffffffffffff'", from, to))
		})
		if err != nil {
			return err
		}
		if to == last || to/othersAtOnce%5 == 0 {
			progressf("growth: %s agents with their orders after %s", report.Grouped(float64(to)), time.Since(begun).Round(time.Second))
		}
	}
	return nil
}

// addHistory gives some agents their past.
func addHistory(ctx context.Context, tx pgx.Tx, conditions ...string) error {
	for _, statement := range []string{
		"set local synchronous_commit = off",
		"create temporary table chunk on commit drop as select row_number() over (order by id) as n, id, session_id from agents where " +
			strings.Join(conditions, " and "),
		insertHistory,
	} {
		// Without arguments, so that one may be several statements.
		if _, err := tx.Conn().PgConn().Exec(ctx, statement).ReadAll(); err != nil {
			return err
		}
	}
	return nil
}

// addMeasured gives an account the agents that are measured, and answers their keys.
func (s *scene) addMeasured(ctx context.Context, owner stage.Account) ([]string, error) {
	keys, err := s.AddAgents(ctx, []stage.Account{owner}, agentsPerAccount)
	if err != nil {
		return nil, err
	}
	if _, err := s.Pool.Exec(ctx, insertBooks, openOrdersEach); err != nil {
		return nil, err
	}
	return keys, postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) error {
		return addHistory(ctx, tx, fmt.Sprintf("account_id = '%s'", owner.ID))
	})
}
