-- +goose Up
-- Trading. Rows of these tables are only inserted under the lock of the agent's row, so the agent exists; a foreign key
-- would check that again for every row of every order. Deleting an agent deletes them by agent_id.

-- A session starts when the agent is created or reset. Statistics cover one session.
alter table agents
    add column session_id uuid,
    add column session_started_at timestamptz,
    -- 00:00 UTC of the last day on which the book changed, and the equity at that time.
    add column day_started_at timestamptz,
    add column day_start_equity numeric(28, 8);
update agents set session_id = gen_random_uuid(), session_started_at = created_at;
alter table agents
    alter column session_id set not null,
    alter column session_started_at set not null,
    add constraint agents_day_start_whole check ((day_started_at is null) = (day_start_equity is null));

create table sessions (
    agent_id uuid not null,
    id uuid not null,
    starting_balance numeric(28, 8) not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    ending_equity numeric(28, 8),
    primary key (agent_id, id)
);
insert into sessions (agent_id, id, starting_balance, started_at)
select id, session_id, starting_balance, session_started_at from agents;

-- A balance of an asset other than USDT is also a position: its cost, fees included, and since when it is held.
alter table balances
    add column cost_basis numeric(28, 8) not null default 0,
    add column opened_at timestamptz,
    add constraint balances_cost_basis_not_negative check (cost_basis >= 0 and cost_basis <> 'NaN');
-- The agents with positions, for the equity curve.
create index balances_positions_idx on balances (agent_id) where asset <> 'USDT';

create table orders (
    agent_id uuid not null,
    id uuid not null,
    client_order_id text,
    -- The first 16 bytes of sha256(agent_id, client_order_id), so that one column identifies a repeated order.
    dedup uuid,
    symbol text not null,
    side text not null,
    type text not null,
    time_in_force text not null,
    status text not null,
    quantity numeric(28, 8) not null,
    price numeric(28, 8),
    trigger_price numeric(28, 8),
    -- The amount held for the order while it is pending, in the asset that it gives. Exactly this amount is released.
    hold numeric(28, 8) not null,
    -- The quantity times the limit price while the order is pending, times the executed price once it is filled.
    value numeric(28, 8),
    executed_price numeric(28, 8),
    slippage_pct numeric(28, 8),
    fee numeric(28, 8),
    created_at timestamptz not null,
    closed_at timestamptz,
    primary key (agent_id, id),
    constraint orders_hold_not_negative check (hold >= 0 and hold <> 'NaN')
);
create unique index orders_dedup_key on orders (dedup, agent_id) where dedup is not null;
create index orders_pending_idx on orders (agent_id) where status = 'pending';

create table trades (
    agent_id uuid not null,
    id uuid not null,
    order_id uuid not null,
    session_id uuid not null,
    symbol text not null,
    side text not null,
    quantity numeric(28, 8) not null,
    price numeric(28, 8) not null,
    value numeric(28, 8) not null,
    fee numeric(28, 8) not null,
    realized_pnl numeric(28, 8) not null,
    -- Equity after the trade, a point of the equity curve.
    equity numeric(28, 8) not null,
    unrealized_pnl numeric(28, 8) not null,
    executed_at timestamptz not null,
    primary key (agent_id, id)
);

-- The ledger. Each row is a complete double entry: the amount leaves one account and enters another, so the postings of
-- an asset always sum to zero. available and locked are the agent's accounts; equity, fee and market are the other
-- side.
create table ledger (
    agent_id uuid not null,
    id uuid not null,
    order_id uuid,
    asset text not null,
    amount numeric(28, 8) not null,
    source text not null,
    target text not null,
    source_after numeric(28, 8),
    target_after numeric(28, 8),
    kind text not null,
    created_at timestamptz not null,
    primary key (agent_id, id),
    constraint ledger_amount_positive check (amount > 0 and amount <> 'NaN')
);
insert into ledger (agent_id, id, asset, amount, source, target, target_after, kind, created_at)
select
    b.agent_id,
    -- A version 7 UUID, like all later ones: entries are sorted by it.
    (v.ms || '-7000-8000-' || right(gen_random_uuid()::text, 11) || '0')::uuid,
    b.asset, b.available, 'equity', 'available', b.available, 'deposit', a.created_at
from balances as b
inner join agents as a on a.id = b.agent_id
cross join lateral (
    select overlay(lpad(to_hex(floor(extract(epoch from a.created_at) * 1000)::bigint), 12, '0') placing '-' from 9 for 0) as ms
) as v
where b.available > 0;

-- The equity curve between trades. Old points are thinned out.
create table equity_points (
    agent_id uuid not null references agents (id) on delete cascade,
    at timestamptz not null,
    equity numeric(28, 8) not null,
    unrealized_pnl numeric(28, 8) not null,
    realized_pnl numeric(28, 8) not null,
    primary key (agent_id, at)
);

-- Orders that started or stopped resting, for the matcher, which deletes the rows. The table may be lost in a crash of
-- the database: a matcher starts by reading every pending order.
create unlogged table order_changes (
    agent_id uuid not null,
    order_id uuid not null
);

-- +goose Down
drop table order_changes;
drop table equity_points;
drop table ledger;
drop table trades;
drop table orders;
drop index balances_positions_idx;
alter table balances drop column cost_basis, drop column opened_at;
drop table sessions;
alter table agents drop column session_id, drop column session_started_at, drop column day_started_at,
    drop column day_start_equity;
