-- name: OrderGet :many
select * from orders where agent_id = @agent_id::uuid and id = @id::uuid;

-- name: OrderGetByDedup :many
select * from orders where agent_id = @agent_id::uuid and dedup = @dedup::uuid;

-- name: OrderGetMany :many
select orders.*
from (select unnest(@agent_ids::uuid[]) as agent_id, unnest(@ids::uuid[]) as id) as v
inner join orders on orders.agent_id = v.agent_id and orders.id = v.id;

-- name: OrderGetManyByDedup :many
select * from orders where dedup = any(@dedups::uuid[]);

-- name: OrderList :many
select * from orders
where agent_id = @agent_id::uuid
    and (sqlc.narg('status')::text is null or status = sqlc.narg('status')::text)
    and (sqlc.narg('symbol')::text is null or symbol = sqlc.narg('symbol')::text)
order by id desc
limit @page_limit::integer offset @page_offset::integer;

-- name: OrderCount :one
select count(*)::bigint from orders
where agent_id = @agent_id::uuid
    and (sqlc.narg('status')::text is null or status = sqlc.narg('status')::text)
    and (sqlc.narg('symbol')::text is null or symbol = sqlc.narg('symbol')::text);

-- OrderCountAll, like the other counts of all rows, reads an index alone; a filter needs the rows.
-- name: OrderCountAll :one
select count(*)::bigint from orders
where agent_id = @agent_id::uuid;

-- name: OrderListPending :many
select * from orders
where agent_id = @agent_id::uuid and status = 'pending'
    and (sqlc.narg('symbol')::text is null or symbol = sqlc.narg('symbol')::text)
order by id desc
limit @page_limit::integer offset @page_offset::integer;

-- name: OrderCountPending :one
select count(*)::bigint from orders
where agent_id = @agent_id::uuid and status = 'pending'
    and (sqlc.narg('symbol')::text is null or symbol = sqlc.narg('symbol')::text);

-- name: OrderListAllPending :many
select * from orders where agent_id = @agent_id::uuid and status = 'pending' order by id;

-- OrderPagePending pages through the pending orders of all agents.
-- name: OrderPagePending :many
select agent_id, id, symbol, side, type, price, trigger_price, created_at from orders
where status = 'pending' and (agent_id, id) > (@after_agent_id::uuid, @after_id::uuid)
order by agent_id, id
limit @page_limit::integer;

-- name: OrderInsertMany :exec
insert into orders (
    agent_id, id, client_order_id, dedup, symbol, side, type, time_in_force, status, quantity, price, trigger_price,
    hold, value, executed_price, slippage_pct, fee, created_at, closed_at,
    liquidity
)
select
    unnest(@agent_ids::uuid[]), unnest(@ids::uuid[]), unnest(@client_order_ids::text[]), unnest(@dedups::uuid[]),
    unnest(@symbols::text[]), unnest(@sides::text[]), unnest(@types::text[]), unnest(@times_in_force::text[]),
    unnest(@statuses::text[]), unnest(@quantities::numeric[]), unnest(@prices::numeric[]),
    unnest(@trigger_prices::numeric[]), unnest(@holds::numeric[]), unnest(@values::numeric[]),
    unnest(@executed_prices::numeric[]), unnest(@slippages::numeric[]), unnest(@fees::numeric[]),
    unnest(@created_ats::timestamptz[]), unnest(@closed_ats::timestamptz[]),
    unnest(@liquidities::text[]);

-- OrderCloseMany ends orders that were pending.
-- name: OrderCloseMany :exec
update orders set
    status = v.status, value = v.value, executed_price = v.executed_price, slippage_pct = v.slippage, fee = v.fee,
    closed_at = v.closed_at, liquidity = v.liquidity
from (
    select
        unnest(@agent_ids::uuid[]) as agent_id, unnest(@ids::uuid[]) as id, unnest(@statuses::text[]) as status,
        unnest(@values::numeric[]) as value, unnest(@executed_prices::numeric[]) as executed_price,
        unnest(@slippages::numeric[]) as slippage, unnest(@fees::numeric[]) as fee,
        unnest(@closed_ats::timestamptz[]) as closed_at, unnest(@liquidities::text[]) as liquidity
) as v
where orders.agent_id = v.agent_id and orders.id = v.id;

-- name: OrderChangeInsertMany :exec
insert into order_changes (agent_id, order_id)
select unnest(@agent_ids::uuid[]), unnest(@order_ids::uuid[]);

-- OrderChangeTakeAll takes out what has changed since the last call: orders that rest now and, without a symbol, those that
-- no longer do.
-- name: OrderChangeTakeAll :many
with taken as (
    delete from order_changes returning agent_id, order_id
)
select distinct
    taken.agent_id, taken.order_id, orders.symbol, orders.side, orders.type, orders.price, orders.trigger_price,
    orders.created_at
from taken
left join orders on orders.agent_id = taken.agent_id and orders.id = taken.order_id and orders.status = 'pending';
