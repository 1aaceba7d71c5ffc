-- What agents have that have traded for a while, for those of the temporary table chunk (n, id, session_id): ten market
-- orders, each with its trade and three postings. Their ids begin with their times, as the server's own do.
create temporary table done on commit drop as
select
    chunk.*, k, v.at,
    lpad(to_hex((extract(epoch from v.at) * 1000)::bigint), 12, '0') as began,
    right(md5(n::text || ' ' || k::text), 12) as ending
from chunk, generate_series(1, 10) as k, lateral (select now() - (12 - k) * interval '1 hour' + n * interval '1 microsecond' as at) as v;

insert into orders (
    agent_id, id, symbol, side, type, time_in_force, status, quantity, hold, value, executed_price, slippage_pct, fee,
    created_at, closed_at
)
select
    id, (began || '70008000' || ending)::uuid, 'BTCUSDT', 'buy', 'market', 'IOC', 'filled', 0.0005, 0, 24.00002400,
    48000.04800000, 0.01, 0.02400002, at, at
from done;

insert into trades (
    agent_id, id, order_id, session_id, symbol, side, quantity, price, value, fee, realized_pnl, equity, unrealized_pnl,
    executed_at
)
select
    id, (began || '70018000' || ending)::uuid, (began || '70008000' || ending)::uuid, session_id, 'BTCUSDT', 'buy', 0.0005,
    48000.04800000, 24.00002400, 0.02400002, 0, 9998.12345678, 1.12345678, at
from done;

insert into ledger (
    agent_id, id, order_id, asset, amount, source, target, source_after, target_after, kind, created_at
)
select
    id, (began || posting.version || '8000' || ending)::uuid, (began || '70008000' || ending)::uuid, posting.asset,
    posting.amount, posting.source, posting.target, posting.source_after, posting.target_after, posting.kind, at
from done, (values
    ('7002', 'USDT', 24.00002400, 'available', 'market', 9976, null, 'trade'),
    ('7003', 'USDT', 0.02400002, 'available', 'fee', 9976, null, 'fee'),
    ('7004', 'BTC', 0.0005, 'market', 'available', null, 1, 'trade')
) as posting (version, asset, amount, source, target, source_after, target_after, kind);
