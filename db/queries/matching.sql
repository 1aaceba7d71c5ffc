-- name: MatcherTryLock :one
select pg_try_advisory_lock(hashtextextended('agentexchange matcher', 0));

-- RestingList pages through every pending order.
-- name: RestingList :many
select agent_id, id, symbol, side, type, price, trigger_price, created_at from orders
where status = 'pending' and (agent_id, id) > (@after_agent_id::uuid, @after_id::uuid)
order by agent_id, id
limit @page_limit::integer;

-- OrderChangesTake takes out what has changed since it was asked last: orders that rest now, and with no symbol those
-- that do not any more.
-- name: OrderChangesTake :many
with taken as (
    delete from order_changes returning agent_id, order_id
)
select distinct
    taken.agent_id, taken.order_id, orders.symbol, orders.side, orders.type, orders.price, orders.trigger_price,
    orders.created_at
from taken
left join orders on orders.agent_id = taken.agent_id and orders.id = taken.order_id and orders.status = 'pending';

-- PositionPage pages through the books of the agents that hold a position.
-- name: PositionPage :many
select
    a.id as agent_id, a.starting_balance, b.asset, (b.available + b.locked)::numeric as total, b.cost_basis
from (
    select distinct h.agent_id from balances as h
    where h.asset <> 'USDT' and h.agent_id > @after_agent_id::uuid
    order by h.agent_id
    limit @page_limit::integer
) as page
inner join agents as a on a.id = page.agent_id
inner join balances as b on b.agent_id = a.id
order by a.id;

-- EquityThin deletes, in one agent's points between two times, all but the last of each bucket.
-- name: EquityThin :execrows
delete from equity_points as p
where p.agent_id = @agent_id::uuid and p.at >= @since::timestamptz and p.at < @until::timestamptz
    and exists (
        select from equity_points as later
        where later.agent_id = p.agent_id and later.at > p.at
            and date_bin(@bucket::interval, later.at, 'epoch'::timestamptz) = date_bin(@bucket::interval, p.at, 'epoch'::timestamptz)
    );

-- EquityAgentPage pages through the agents that have points.
-- name: EquityAgentPage :many
select distinct agent_id from equity_points
where agent_id > @after_agent_id::uuid
order by agent_id
limit @page_limit::integer;
