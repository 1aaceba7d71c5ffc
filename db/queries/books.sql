-- BookLock begins what the writers do: reading each book under the lock of its agent. What follows it are statements of
-- their own, so that they see what was committed while the lock was waited for. Arrays go in parallel: one element of
-- each is a row.
-- name: BookLock :many
select id, account_id, api_key_digest, status, starting_balance, max_position_size_pct, daily_loss_limit_pct,
    max_open_orders, session_id, session_started_at, day_started_at, day_start_equity
from agents
where id = any(@ids::uuid[])
order by id
for no key update;

-- BookLockFree is BookLock without the agents that somebody else holds.
-- name: BookLockFree :many
select id, account_id, api_key_digest, status, starting_balance, max_position_size_pct, daily_loss_limit_pct,
    max_open_orders, session_id, session_started_at, day_started_at, day_start_equity
from agents
where id = any(@ids::uuid[])
order by id
for no key update skip locked;

-- BookRead is BookLock without a lock, for a judgement that changes nothing.
-- name: BookRead :many
select id, account_id, api_key_digest, status, starting_balance, max_position_size_pct, daily_loss_limit_pct,
    max_open_orders, session_id, session_started_at, day_started_at, day_start_equity
from agents
where id = any(@ids::uuid[]);

-- name: BookExisting :many
select id from agents where id = any(@ids::uuid[]);

-- name: BookBalances :many
select agent_id, asset, available, locked, cost_basis, opened_at from balances
where agent_id = any(@agent_ids::uuid[]);

-- BookResting sums up the pending orders of each symbol: how many, and the value of the buys at their limits.
-- name: BookResting :many
select
    agent_id,
    symbol,
    count(*)::integer as orders,
    coalesce(sum(value) filter (where side = 'buy'), 0)::numeric as buys
from orders
where agent_id = any(@agent_ids::uuid[]) and status = 'pending'
group by agent_id, symbol;

-- name: BookDuplicates :many
select * from orders where dedup = any(@dedups::uuid[]);

-- name: BookOrders :many
select orders.*
from (select unnest(@agent_ids::uuid[]) as agent_id, unnest(@ids::uuid[]) as id) as v
inner join orders on orders.agent_id = v.agent_id and orders.id = v.id;

-- name: BookPending :many
select * from orders where agent_id = @agent_id::uuid and status = 'pending' order by id;

-- TransactionID is what TransactionStatus asks for, when nobody heard whether the commit succeeded.
-- name: TransactionID :one
select pg_current_xact_id()::text;

-- name: TransactionStatus :one
select coalesce(pg_xact_status(cast(@id::text as xid8)), '')::text;

-- RowExists looks for a row of the ledger or an order.
-- name: RowExists :one
select (
    exists (select from ledger where ledger.agent_id = @agent_id::uuid and ledger.id = @id::uuid)
    or exists (select from orders where orders.agent_id = @agent_id::uuid and orders.id = @id::uuid)
)::boolean;

-- name: BookDayStart :exec
update agents set day_started_at = v.day, day_start_equity = v.equity
from (
    select unnest(@ids::uuid[]) as id, unnest(@days::timestamptz[]) as day, unnest(@equities::numeric[]) as equity
) as v
where agents.id = v.id;

-- name: BalanceInsertMany :exec
insert into balances (agent_id, asset, available, locked, cost_basis, opened_at)
select
    unnest(@agent_ids::uuid[]), unnest(@assets::text[]), unnest(@availables::numeric[]), unnest(@lockeds::numeric[]),
    unnest(@cost_bases::numeric[]), unnest(@opened_ats::timestamptz[]);

-- name: BalanceUpdateMany :exec
update balances set
    available = v.available, locked = v.locked, cost_basis = v.cost_basis, opened_at = v.opened_at
from (
    select
        unnest(@agent_ids::uuid[]) as agent_id, unnest(@assets::text[]) as asset,
        unnest(@availables::numeric[]) as available, unnest(@lockeds::numeric[]) as locked,
        unnest(@cost_bases::numeric[]) as cost_basis, unnest(@opened_ats::timestamptz[]) as opened_at
) as v
where balances.agent_id = v.agent_id and balances.asset = v.asset;

-- name: BalanceDeleteMany :exec
delete from balances
using (select unnest(@agent_ids::uuid[]) as agent_id, unnest(@assets::text[]) as asset) as v
where balances.agent_id = v.agent_id and balances.asset = v.asset;

-- name: OrderInsertMany :exec
insert into orders (
    agent_id, id, client_order_id, dedup, symbol, side, type, time_in_force, status, quantity, price, trigger_price,
    hold, value, executed_price, slippage_pct, fee, created_at, closed_at
)
select
    unnest(@agent_ids::uuid[]), unnest(@ids::uuid[]), unnest(@client_order_ids::text[]), unnest(@dedups::uuid[]),
    unnest(@symbols::text[]), unnest(@sides::text[]), unnest(@types::text[]), unnest(@times_in_force::text[]),
    unnest(@statuses::text[]), unnest(@quantities::numeric[]), unnest(@prices::numeric[]),
    unnest(@trigger_prices::numeric[]), unnest(@holds::numeric[]), unnest(@values::numeric[]),
    unnest(@executed_prices::numeric[]), unnest(@slippages::numeric[]), unnest(@fees::numeric[]),
    unnest(@created_ats::timestamptz[]), unnest(@closed_ats::timestamptz[]);

-- OrderCloseMany ends orders that were pending.
-- name: OrderCloseMany :exec
update orders set
    status = v.status, value = v.value, executed_price = v.executed_price, slippage_pct = v.slippage, fee = v.fee,
    closed_at = v.closed_at
from (
    select
        unnest(@agent_ids::uuid[]) as agent_id, unnest(@ids::uuid[]) as id, unnest(@statuses::text[]) as status,
        unnest(@values::numeric[]) as value, unnest(@executed_prices::numeric[]) as executed_price,
        unnest(@slippages::numeric[]) as slippage, unnest(@fees::numeric[]) as fee,
        unnest(@closed_ats::timestamptz[]) as closed_at
) as v
where orders.agent_id = v.agent_id and orders.id = v.id;

-- name: TradeInsertMany :exec
insert into trades (
    agent_id, id, order_id, session_id, symbol, side, quantity, price, value, fee, realized_pnl, equity, unrealized_pnl,
    executed_at
)
select
    unnest(@agent_ids::uuid[]), unnest(@ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@session_ids::uuid[]),
    unnest(@symbols::text[]), unnest(@sides::text[]), unnest(@quantities::numeric[]), unnest(@prices::numeric[]),
    unnest(@values::numeric[]), unnest(@fees::numeric[]), unnest(@realized_pnls::numeric[]),
    unnest(@equities::numeric[]), unnest(@unrealized_pnls::numeric[]), unnest(@executed_ats::timestamptz[]);

-- name: LedgerInsertMany :exec
insert into ledger (
    agent_id, id, order_id, asset, amount, source, target, source_after, target_after, kind, created_at
)
select
    unnest(@agent_ids::uuid[]), unnest(@ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@assets::text[]),
    unnest(@amounts::numeric[]), unnest(@sources::text[]), unnest(@targets::text[]),
    unnest(@source_afters::numeric[]), unnest(@target_afters::numeric[]), unnest(@kinds::text[]),
    unnest(@created_ats::timestamptz[]);

-- name: OrderChangeInsertMany :exec
insert into order_changes (agent_id, order_id)
select unnest(@agent_ids::uuid[]), unnest(@order_ids::uuid[]);

-- name: IdempotencyLockMany :many
select pg_try_advisory_xact_lock(unnest(@lock_ids::bigint[]))::boolean;

-- name: IdempotencyGetMany :many
select k.owner_id, k.key_digest, k.request_digest, k.sealed_answer
from (select unnest(@owner_ids::uuid[]) as owner_id, unnest(@key_digests::bytea[]) as key_digest) as v
inner join idempotency_keys as k on k.owner_id = v.owner_id and k.key_digest = v.key_digest
where k.expires_at > @now::timestamptz;

-- name: IdempotencyPutMany :exec
insert into idempotency_keys (owner_id, key_digest, request_digest, sealed_answer, expires_at)
select
    unnest(@owner_ids::uuid[]), unnest(@key_digests::bytea[]), unnest(@request_digests::bytea[]),
    unnest(@sealed_answers::bytea[]), @expires_at::timestamptz
on conflict (owner_id, key_digest) do update set
    request_digest = excluded.request_digest,
    sealed_answer = excluded.sealed_answer,
    expires_at = excluded.expires_at;

-- name: SessionEnd :exec
update sessions set ended_at = @ended_at::timestamptz, ending_equity = @ending_equity::numeric
where agent_id = @agent_id::uuid and id = @id::uuid;

-- name: SessionInsert :exec
insert into sessions (agent_id, id, starting_balance, started_at)
values (@agent_id::uuid, @id::uuid, @starting_balance::numeric, @started_at::timestamptz);

-- name: EquityPointInsertMany :exec
insert into equity_points (agent_id, at, equity, unrealized_pnl, realized_pnl)
select
    v.agent_id, v.at, v.equity, v.unrealized_pnl, v.realized_pnl
from (
    select
        unnest(@agent_ids::uuid[]) as agent_id, unnest(@ats::timestamptz[]) as at,
        unnest(@equities::numeric[]) as equity, unnest(@unrealized_pnls::numeric[]) as unrealized_pnl,
        unnest(@realized_pnls::numeric[]) as realized_pnl
) as v
-- An agent may have been deleted since its book was read.
inner join agents on agents.id = v.agent_id
on conflict (agent_id, at) do nothing;
