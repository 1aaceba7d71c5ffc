-- EquityCurve returns every known point since a time of the current session of an agent, or of each agent of its account
-- that is not archived: at their trades and between them. Before each agent's points comes its last known one before that
-- time, the opening, if it has one.
-- name: EquityCurve :many
with tracked as (
    select one.id, one.session_id, one.session_started_at from agents as one
    where one.id = @agent_id::uuid and not @whole_account::boolean
    union all
    select each.id, each.session_id, each.session_started_at from agents as each
    where @whole_account::boolean and each.status = 'active'
        and each.account_id = (select own.account_id from agents as own where own.id = @agent_id::uuid)
)
select
    m.id::uuid as agent_id, known.at::timestamptz as at, '00000000-0000-0000-0000-000000000000'::uuid as trade_id,
    known.equity::numeric as equity, ''::text as side, 0::numeric as realized_pnl, true as opening
from tracked as m
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
) as known
union all
select t.agent_id, t.executed_at, t.id, t.equity, t.side, t.realized_pnl, false
from tracked as m
cross join lateral (
    select * from trades
    where trades.agent_id = m.id and trades.session_id = m.session_id and trades.id >= @first_id::uuid
    offset 0 -- agent by agent: the planner may not turn this around and look for agents of all trades
) as t
union all
select p.agent_id, p.at, '00000000-0000-0000-0000-000000000000'::uuid, p.equity, ''::text, 0::numeric, false
from tracked as m
cross join lateral (
    select * from equity_points
    where equity_points.agent_id = m.id and equity_points.at >= greatest(@since::timestamptz, m.session_started_at)
    offset 0
) as p
order by 1, 7 desc, 2, 3;

-- EquityHistory returns, for each of the times since the agent was made, the last known point at or before it, by two probes
-- of an index each. The ids are the first of the millisecond after the time.
-- name: EquityHistory :many
select
    v.at::timestamptz as at, coalesce(last.equity, s.starting_balance)::numeric as equity,
    coalesce(last.unrealized_pnl, 0)::numeric as unrealized_pnl, coalesce(last.realized_pnl, 0)::numeric as realized_pnl
from (select unnest(@ats::timestamptz[]) as at, unnest(@before_ids::uuid[]) as before_id) as v
cross join lateral (
    select sessions.starting_balance, sessions.started_at from sessions
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

-- LeaderboardBooks returns the agents of an agent's account, with their balances and their sessions.
-- name: LeaderboardBooks :many
select
    a.id as agent_id, a.account_id, a.display_name, a.starting_balance, a.session_started_at, b.asset,
    (b.available + b.locked)::numeric as total, b.cost_basis
from (
    select * from agents
    where agents.status = 'active'
        and agents.account_id = (select own.account_id from agents as own where own.id = @agent_id::uuid)
    offset 0
) as a
cross join lateral (select * from balances where balances.agent_id = a.id offset 0) as b
order by a.id;

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

-- EquityAgentPage pages through the agents that have points.
-- name: EquityAgentPage :many
select distinct agent_id from equity_points
where agent_id > @after_agent_id::uuid
order by agent_id
limit @page_limit::integer;

-- EquityThin deletes, in one agent's points between two times, all but the last of each bucket.
-- name: EquityThin :execrows
delete from equity_points as p
where p.agent_id = @agent_id::uuid and p.at >= @since::timestamptz and p.at < @until::timestamptz
    and exists (
        select from equity_points as later
        where later.agent_id = p.agent_id and later.at > p.at
            and date_bin(@bucket::interval, later.at, 'epoch'::timestamptz) = date_bin(@bucket::interval, p.at, 'epoch'::timestamptz)
    );
