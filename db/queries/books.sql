-- BookRead reads the agents of books. The package bookdb appends the lock to it. What follows it are statements of their own, so that
-- they see what was committed while the lock was waited for. Arrays go in parallel: one element of each is a row.
-- name: BookRead :many
select id, account_id, api_key_digest, status, starting_balance, max_position_size_pct, daily_loss_limit_pct,
    max_open_orders, session_id, session_started_at, day_started_at, day_start_equity
from agents
where id = any(@ids::uuid[]);

-- name: BookExisting :many
select id from agents where id = any(@ids::uuid[]);

-- BookBalances returns the balances of agents and, with the USDT that each agent has a row of, the last id of its orders
-- and postings. Where the row does not have it yet, the orders and postings are looked at. A trade's id is never the last:
-- its postings follow.
-- name: BookBalances :many
select
    b.agent_id, b.asset, b.available, b.locked, b.cost_basis, b.opened_at,
    case when b.asset = 'USDT' then coalesce(b.last_id, greatest(
        (select o.id from orders as o where o.agent_id = b.agent_id order by o.id desc limit 1),
        (select p.id from ledger as p where p.agent_id = b.agent_id order by p.id desc limit 1)
    ), '00000000-0000-0000-0000-000000000000'::uuid)
    else '00000000-0000-0000-0000-000000000000'::uuid end as last_id
from balances as b
where b.agent_id = any(@agent_ids::uuid[]);

-- BookResting sums up the pending orders of each symbol: how many, the value of the buys at their limits, and what the
-- buys hold of USDT and the sells of the base.
-- name: BookResting :many
select
    agent_id,
    symbol,
    count(*)::integer as orders,
    coalesce(sum(value) filter (where side = 'buy'), 0)::numeric as buys,
    coalesce(sum(hold) filter (where side = 'buy'), 0)::numeric as held_quote,
    coalesce(sum(hold) filter (where side = 'sell'), 0)::numeric as held_base
from orders
where agent_id = any(@agent_ids::uuid[]) and status = 'pending'
group by agent_id, symbol;

-- BookGet returns an agent with its balances, a row for each.
-- name: BookGet :many
select
    a.id, a.account_id, a.api_key_digest, a.status, a.starting_balance, a.max_position_size_pct,
    a.daily_loss_limit_pct, a.max_open_orders, a.session_id, a.session_started_at, a.day_started_at,
    a.day_start_equity, a.display_name, a.api_key_preview, a.created_at,
    b.asset, b.available, b.locked, b.cost_basis, b.opened_at
from agents as a
inner join balances as b on b.agent_id = a.id
where a.id = @id::uuid
order by b.asset;

-- name: BookDayStart :exec
update agents set day_started_at = v.day, day_start_equity = v.equity
from (
    select unnest(@ids::uuid[]) as id, unnest(@days::timestamptz[]) as day, unnest(@equities::numeric[]) as equity
) as v
where agents.id = v.id;

-- name: BalanceInsertMany :exec
insert into balances (agent_id, asset, available, locked, cost_basis, opened_at, last_id)
select
    unnest(@agent_ids::uuid[]), unnest(@assets::text[]), unnest(@availables::numeric[]), unnest(@lockeds::numeric[]),
    unnest(@cost_bases::numeric[]), unnest(@opened_ats::timestamptz[]), unnest(@last_ids::uuid[]);

-- name: BalanceUpdateMany :exec
update balances set
    available = v.available, locked = v.locked, cost_basis = v.cost_basis, opened_at = v.opened_at, last_id = v.last_id
from (
    select
        unnest(@agent_ids::uuid[]) as agent_id, unnest(@assets::text[]) as asset,
        unnest(@availables::numeric[]) as available, unnest(@lockeds::numeric[]) as locked,
        unnest(@cost_bases::numeric[]) as cost_basis, unnest(@opened_ats::timestamptz[]) as opened_at,
        unnest(@last_ids::uuid[]) as last_id
) as v
where balances.agent_id = v.agent_id and balances.asset = v.asset;

-- name: BalanceDeleteMany :exec
delete from balances
using (select unnest(@agent_ids::uuid[]) as agent_id, unnest(@assets::text[]) as asset) as v
where balances.agent_id = v.agent_id and balances.asset = v.asset;
