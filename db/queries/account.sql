-- What agents and their owners read. An agent in scope is named by its id and by the proof that the caller may: the digest
-- of its key, or the account that it belongs to. A statement that finds nothing says only that: why is asked afterwards.

-- ScopeResolve finds out whom a key or an account stands for. Of an agent's key: that agent. Of an account's key or an
-- account: the agent that is asked for, else the default one, or the nil id where there is none such.
-- name: ScopeResolve :many
select k.account_id, a.id as agent_id, a.status, true as by_agent
from agent_keys as k
inner join agents as a on a.id = k.agent_id and a.api_key_digest = k.digest
where k.digest = sqlc.narg('key_digest')::bytea
union all
select
    c.id as account_id, coalesce(a.id, '00000000-0000-0000-0000-000000000000'::uuid) as agent_id, coalesce(a.status, '') as status,
    false as by_agent
from (
    select * from accounts where accounts.api_key_digest = sqlc.narg('key_digest')::bytea
    union all
    select * from accounts where sqlc.narg('key_digest')::bytea is null and accounts.id = sqlc.narg('account_id')::uuid
) as c
left join agents as a on a.id = coalesce(sqlc.narg('agent_id')::uuid, c.default_agent_id) and a.account_id = c.id;

-- ScopeStatus goes before what is read of an agent in the same pipeline: no row, no right to read it.
-- name: ScopeStatus :many
select status from agents
where id = @id::uuid and (api_key_digest = @key_digest::bytea or account_id = @account_id::uuid);

-- BookGet answers an agent with its balances, a row for each.
-- name: BookGet :many
select
    a.id, a.account_id, a.api_key_digest, a.status, a.starting_balance, a.max_position_size_pct,
    a.daily_loss_limit_pct, a.max_open_orders, a.session_id, a.session_started_at, a.day_started_at,
    a.day_start_equity, a.display_name, a.api_key_preview, a.created_at,
    b.asset, b.available, b.locked, b.cost_basis, b.opened_at
from agents as a
inner join balances as b on b.agent_id = a.id
where a.id = @id::uuid and (a.api_key_digest = @key_digest::bytea or a.account_id = @account_id::uuid)
order by b.asset;

-- name: OrderGet :many
select * from orders where agent_id = @agent_id::uuid and id = @id::uuid;

-- name: OrderGetByDedup :many
select * from orders where agent_id = @agent_id::uuid and dedup = @dedup::uuid;

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

-- OrderCountAll, and its like below, count from an index alone, where a filter needs the rows.
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

-- name: TradeList :many
select * from trades
where agent_id = @agent_id::uuid
    and (sqlc.narg('symbol')::text is null or symbol = sqlc.narg('symbol')::text)
    and (sqlc.narg('side')::text is null or side = sqlc.narg('side')::text)
order by id desc
limit @page_limit::integer offset @page_offset::integer;

-- name: TradeCount :one
select count(*)::bigint from trades
where agent_id = @agent_id::uuid
    and (sqlc.narg('symbol')::text is null or symbol = sqlc.narg('symbol')::text)
    and (sqlc.narg('side')::text is null or side = sqlc.narg('side')::text);

-- name: TradeCountAll :one
select count(*)::bigint from trades
where agent_id = @agent_id::uuid;

-- name: LedgerList :many
select * from ledger
where agent_id = @agent_id::uuid and (sqlc.narg('asset')::text is null or asset = sqlc.narg('asset')::text)
order by id desc
limit @page_limit::integer offset @page_offset::integer;

-- name: LedgerCount :one
select count(*)::bigint from ledger
where agent_id = @agent_id::uuid and (sqlc.narg('asset')::text is null or asset = sqlc.narg('asset')::text);

-- name: LedgerCountAll :one
select count(*)::bigint from ledger
where agent_id = @agent_id::uuid;

-- Reconcile compares, per asset, the ledger with the balances and the holds of the open orders, in one snapshot.
-- name: Reconcile :many
with posted as (
    select
        asset,
        sum(
            case when target in ('available', 'locked') then amount else 0 end
            - case when source in ('available', 'locked') then amount else 0 end
        ) as total,
        sum(case when target = 'locked' then amount else 0 end - case when source = 'locked' then amount else 0 end)
            as locked
    from ledger
    where ledger.agent_id = @agent_id::uuid
    group by asset
), held as (
    select case when side = 'buy' then 'USDT' else regexp_replace(symbol, 'USDT$', '') end as asset, sum(hold) as locked
    from orders
    where orders.agent_id = @agent_id::uuid and status = 'pending'
    group by 1
), owned as (
    select asset, available, locked from balances where balances.agent_id = @agent_id::uuid
), bought as (
    -- Trades of this session; a reset closes every position.
    select regexp_replace(symbol, 'USDT$', '') as asset, sum(case when side = 'buy' then quantity else -quantity end) as quantity
    from trades
    inner join agents on agents.id = trades.agent_id and agents.session_id = trades.session_id
    where trades.agent_id = @agent_id::uuid
    group by 1
), assets as (
    select asset from posted union select asset from held union select asset from owned union select asset from bought
)
select
    assets.asset::text as asset,
    coalesce(posted.total, 0)::numeric as ledger,
    (coalesce(owned.available, 0) + coalesce(owned.locked, 0))::numeric as balance,
    (
        coalesce(posted.locked, 0) = coalesce(owned.locked, 0)
        and coalesce(held.locked, 0) = coalesce(owned.locked, 0)
        and (assets.asset = 'USDT' or coalesce(bought.quantity, 0) = coalesce(owned.available, 0) + coalesce(owned.locked, 0))
    )::boolean as agrees
from assets
left join posted on posted.asset = assets.asset
left join held on held.asset = assets.asset
left join owned on owned.asset = assets.asset
left join bought on bought.asset = assets.asset
order by assets.asset = 'USDT' desc, assets.asset;

-- TradeSums adds up the trades of the current session since a time, by the first id of that time.
-- name: TradeSums :many
select
    coalesce(sum(t.realized_pnl), 0)::numeric as realized,
    coalesce(sum(t.fee), 0)::numeric as fees,
    count(*) filter (where t.side = 'sell' and t.realized_pnl > 0)::bigint as wins,
    count(*) filter (where t.side = 'sell' and t.realized_pnl < 0)::bigint as losses,
    count(*)::bigint as trades
from trades as t
inner join agents as a on a.id = t.agent_id and a.session_id = t.session_id
    and (a.api_key_digest = @key_digest::bytea or a.account_id = @account_id::uuid)
where t.agent_id = @agent_id::uuid and t.id >= @first_id::uuid;

-- EquityCurve answers every known point since a time of the current session of an agent, or of each agent of its account
-- that is not archived: at their trades and between them.
-- name: EquityCurve :many
with measured as (
    select one.id, one.session_id, one.session_started_at from agents as one
    where one.id = @agent_id::uuid and (one.api_key_digest = @key_digest::bytea or one.account_id = @account_id::uuid)
        and not @whole_account::boolean
    union all
    select each.id, each.session_id, each.session_started_at from agents as each
    where @whole_account::boolean and each.status = 'active'
        and each.account_id = (
            select owned.account_id from agents as owned
            where owned.id = @agent_id::uuid
                and (owned.api_key_digest = @key_digest::bytea or owned.account_id = @account_id::uuid)
        )
)
select
    t.agent_id, t.executed_at::timestamptz as at, t.id::uuid as trade_id, t.equity::numeric as equity,
    t.side::text as side, t.realized_pnl::numeric as realized_pnl
from measured as m
cross join lateral (
    select * from trades
    where trades.agent_id = m.id and trades.session_id = m.session_id and trades.id >= @first_id::uuid
    offset 0 -- agent by agent: the planner may not turn this around and look for agents of all trades
) as t
union all
select p.agent_id, p.at, '00000000-0000-0000-0000-000000000000'::uuid, p.equity, ''::text, 0::numeric
from measured as m
cross join lateral (
    select * from equity_points
    where equity_points.agent_id = m.id and equity_points.at >= greatest(@since::timestamptz, m.session_started_at)
    offset 0
) as p
order by 1, 2, 3;

-- EquityOpening answers the last known point before a time of the current sessions that EquityCurve goes through.
-- name: EquityOpening :many
with measured as (
    select one.id, one.session_id, one.session_started_at from agents as one
    where one.id = @agent_id::uuid and (one.api_key_digest = @key_digest::bytea or one.account_id = @account_id::uuid)
        and not @whole_account::boolean
    union all
    select each.id, each.session_id, each.session_started_at from agents as each
    where @whole_account::boolean and each.status = 'active'
        and each.account_id = (
            select owned.account_id from agents as owned
            where owned.id = @agent_id::uuid
                and (owned.api_key_digest = @key_digest::bytea or owned.account_id = @account_id::uuid)
        )
)
select m.id::uuid as agent_id, known.equity::numeric as equity
from measured as m
cross join lateral (
    select v.at, v.equity from (
        (
            select t.executed_at as at, t.equity from trades as t
            where t.agent_id = m.id and t.session_id = m.session_id and t.id < @first_id::uuid
            order by t.id desc limit 1
        )
        union all
        (
            select p.at, p.equity from equity_points as p
            where p.agent_id = m.id and p.at < @since::timestamptz and p.at >= m.session_started_at
            order by p.at desc limit 1
        )
    ) as v
    order by v.at desc limit 1
) as known;

-- EquityHistory answers, for each of the times since the agent was made, the last known point at or before it: two probes
-- of an index each. The ids are the first of the millisecond after the time.
-- name: EquityHistory :many
select
    v.at::timestamptz as at, coalesce(last.equity, s.starting_balance)::numeric as equity,
    coalesce(last.unrealized_pnl, 0)::numeric as unrealized_pnl, coalesce(last.realized_pnl, 0)::numeric as realized_pnl
from (select unnest(@ats::timestamptz[]) as at, unnest(@before_ids::uuid[]) as before_id) as v
cross join lateral (
    select sessions.starting_balance, sessions.started_at from sessions
    inner join agents as a on a.id = sessions.agent_id
        and (a.api_key_digest = @key_digest::bytea or a.account_id = @account_id::uuid)
    where sessions.agent_id = @agent_id::uuid
    order by sessions.started_at limit 1
) as s
left join lateral (
    select * from (
        (
            select
                t.executed_at as at, t.equity, t.unrealized_pnl,
                (t.equity - t.unrealized_pnl - ts.starting_balance) as realized_pnl
            from trades as t
            inner join sessions as ts on ts.agent_id = t.agent_id and ts.id = t.session_id
            where t.agent_id = @agent_id::uuid and t.id < v.before_id
            order by t.id desc limit 1
        )
        union all
        (
            select p.at, p.equity, p.unrealized_pnl, p.realized_pnl from equity_points as p
            where p.agent_id = @agent_id::uuid and p.at <= v.at
            order by p.at desc limit 1
        )
    ) as known
    order by known.at desc limit 1
) as last on true
where v.at >= s.started_at
order by v.at;

-- LeaderboardBooks answers the agents of an agent's account, with their balances and their sessions.
-- name: LeaderboardBooks :many
select
    a.id as agent_id, a.account_id, a.display_name, a.starting_balance, a.session_started_at, b.asset,
    (b.available + b.locked)::numeric as total, b.cost_basis
from (
    select * from agents
    where agents.status = 'active'
        and agents.account_id = (
            select owned.account_id from agents as owned
            where owned.id = @agent_id::uuid
                and (owned.api_key_digest = @key_digest::bytea or owned.account_id = @account_id::uuid)
        )
    offset 0
) as a
cross join lateral (select * from balances where balances.agent_id = a.id offset 0) as b
order by a.id;
