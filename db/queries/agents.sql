-- AgentCreate makes an agent with its key, sealed and as a digest, and its first balance, in one statement.
-- name: AgentCreate :one
with agent as (
    insert into agents (
        id, account_id, display_name, api_key_digest, api_key_preview, starting_balance, llm_model, framework,
        strategy_tags, max_position_size_pct, daily_loss_limit_pct, max_open_orders, color, status, created_at,
        updated_at, session_id, session_started_at, day_started_at, day_start_equity
    ) values (
        @id::uuid, @account_id::uuid, @display_name::text, @api_key_digest::bytea, @api_key_preview::text,
        @starting_balance::numeric, sqlc.narg('llm_model')::text, sqlc.narg('framework')::text, @strategy_tags::text[],
        @max_position_size_pct::integer, @daily_loss_limit_pct::integer, @max_open_orders::integer,
        sqlc.narg('color')::text, 'active', @created_at::timestamptz, @created_at::timestamptz, @session_id::uuid,
        @created_at::timestamptz, @day_started_at::timestamptz, @starting_balance::numeric
    )
    returning *
), key as (
    insert into agent_keys (digest, agent_id, account_id)
    values (@api_key_digest::bytea, @id::uuid, @account_id::uuid)
), sealed as (
    insert into sealed_keys (agent_id, sealed) values (@id::uuid, @api_key_sealed::bytea)
), balance as (
    insert into balances (agent_id, asset, available, locked, last_id)
    values (@id::uuid, 'USDT', @starting_balance::numeric, 0, @deposit_id::uuid)
), session as (
    insert into sessions (agent_id, id, starting_balance, started_at)
    values (@id::uuid, @session_id::uuid, @starting_balance::numeric, @created_at::timestamptz)
), deposit as (
    insert into ledger (agent_id, id, asset, amount, source, target, target_after, kind, created_at)
    values (
        @id::uuid, @deposit_id::uuid, 'USDT', @starting_balance::numeric, 'equity', 'available',
        @starting_balance::numeric, 'deposit', @created_at::timestamptz
    )
)
select * from agent;

-- name: AgentList :many
select * from agents
where account_id = @account_id::uuid
order by created_at, id
limit sqlc.narg('page_limit')::integer offset @page_offset::integer;

-- AgentListActive is AgentList of the agents that are not archived, which have an index of their own.
-- name: AgentListActive :many
select * from agents
where account_id = @account_id::uuid and status = 'active'
order by created_at, id
limit sqlc.narg('page_limit')::integer offset @page_offset::integer;

-- name: AgentCount :one
select count(*)::bigint from agents where account_id = @account_id::uuid;

-- name: AgentCountActive :one
select count(*)::bigint from agents where account_id = @account_id::uuid and status = 'active';

-- name: AgentGet :one
select * from agents where id = @id::uuid and account_id = @account_id::uuid;

-- AgentLock reads an agent and holds it against every other change of its book until the transaction ends.
-- name: AgentLock :one
select * from agents where id = @id::uuid and account_id = @account_id::uuid for no key update;

-- AgentUpdate changes the fields whose flag is set.
-- name: AgentUpdate :one
update agents set
    display_name = case when @set_display_name::boolean then @display_name::text else display_name end,
    llm_model = case when @set_llm_model::boolean then sqlc.narg('llm_model')::text else llm_model end,
    framework = case when @set_framework::boolean then sqlc.narg('framework')::text else framework end,
    strategy_tags = case when @set_strategy_tags::boolean then @strategy_tags::text[] else strategy_tags end,
    color = case when @set_color::boolean then sqlc.narg('color')::text else color end,
    updated_at = greatest(updated_at, @updated_at::timestamptz),
    version = version + 1
where id = @id::uuid and account_id = @account_id::uuid
returning *;

-- name: AgentUpdateRiskProfile :one
update agents set
    max_position_size_pct = @max_position_size_pct::integer,
    daily_loss_limit_pct = @daily_loss_limit_pct::integer,
    max_open_orders = @max_open_orders::integer,
    updated_at = greatest(updated_at, @updated_at::timestamptz),
    version = version + 1
where id = @id::uuid and account_id = @account_id::uuid
returning *;

-- AgentSetStatus leaves updated_at alone where the status is the same already.
-- name: AgentSetStatus :one
update agents set
    status = @status::text,
    updated_at = case
        when status = @status::text then updated_at else greatest(updated_at, @updated_at::timestamptz)
    end,
    version = version + case when status = @status::text then 0 else 1 end
where id = @id::uuid and account_id = @account_id::uuid
returning *;

-- AgentBeginSession begins a new session of a locked agent, which is active again if it was archived.
-- name: AgentBeginSession :exec
update agents set
    status = 'active',
    starting_balance = @starting_balance::numeric,
    session_id = @session_id::uuid,
    session_started_at = @now::timestamptz,
    day_started_at = @day_started_at::timestamptz,
    day_start_equity = @starting_balance::numeric,
    updated_at = greatest(updated_at, @now::timestamptz),
    version = version + 1
where id = @id::uuid;

-- AgentDelete deletes everything of an agent that is locked, and tells the matcher of its pending orders.
-- name: AgentDelete :exec
with changed as (
    insert into order_changes (agent_id, order_id)
    select o.agent_id, o.id from orders as o where o.agent_id = @id::uuid and o.status = 'pending'
), ordered as (
    delete from orders where orders.agent_id = @id::uuid
), traded as (
    delete from trades where trades.agent_id = @id::uuid
), posted as (
    delete from ledger where ledger.agent_id = @id::uuid
), begun as (
    delete from sessions where sessions.agent_id = @id::uuid
), answered as (
    delete from idempotency_keys where idempotency_keys.owner_id = @id::uuid
)
delete from agents where agents.id = @id::uuid and agents.account_id = @account_id::uuid;

-- name: AgentKeyDelete :exec
delete from agent_keys where digest = @digest::bytea;

-- AgentKeyReplace puts a new key in the place of the one that the locked agent has.
-- name: AgentKeyReplace :exec
with dropped as (
    delete from agent_keys where digest = @old_digest::bytea
), added as (
    insert into agent_keys (digest, agent_id, account_id) values (@digest::bytea, @id::uuid, @account_id::uuid)
), sealed as (
    update sealed_keys set sealed = @sealed::bytea where agent_id = @id::uuid
)
update agents set
    api_key_digest = @digest::bytea,
    api_key_preview = @preview::text,
    updated_at = greatest(updated_at, @updated_at::timestamptz),
    version = version + 1
where id = @id::uuid and account_id = @account_id::uuid;

-- name: AgentGetSealedKey :one
select sqlc.embed(agents), sealed_keys.sealed
from agents
inner join sealed_keys on sealed_keys.agent_id = agents.id
where agents.id = @id::uuid and agents.account_id = @account_id::uuid;
