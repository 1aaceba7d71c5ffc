\set n random(1, {agents})
with agent as (
    select id, session_id, gen_random_uuid() as order_id from agents where id = md5('agent ' || :n)::uuid for no key update
), usdt as (
    update balances set available = available {usdt} from agent
    where balances.agent_id = agent.id and asset = 'USDT' returning available
), btc as (
    update balances set available = available {btc}, cost_basis = cost_basis {basis} from agent
    where balances.agent_id = agent.id and asset = 'BTC' returning available
), o as (
    insert into orders (agent_id, id, symbol, side, type, time_in_force, status, quantity, hold, value, executed_price, slippage_pct, fee, created_at, closed_at)
    select id, order_id, 'BTCUSDT', '{side}', 'market', 'IOC', 'filled', 0.0005, 0, 24.00002400, 48000.04800000, 0.01, 0.02400002, now(), now() from agent
), t as (
    insert into trades (agent_id, id, order_id, session_id, symbol, side, quantity, price, value, fee, realized_pnl, equity, unrealized_pnl, executed_at)
    select id, gen_random_uuid(), order_id, session_id, 'BTCUSDT', '{side}', 0.0005, 48000.04800000, 24.00002400, 0.02400002, {pnl}, 9998.12345678, 1.12345678, now() from agent
)
insert into ledger (agent_id, id, order_id, asset, amount, source, target, source_after, target_after, kind, created_at)
select agent.id, gen_random_uuid(), agent.order_id, v.*, now()
from agent, usdt, btc, lateral (values
    ('USDT', 24.00002400, '{cash_source}', '{cash_target}', {cash_source_after}::numeric, {cash_target_after}::numeric, 'trade'),
    ('USDT', 0.02400002, 'available', 'fee', {usdt_after}, null, 'fee'),
    ('BTC', 0.0005, '{coin_source}', '{coin_target}', {coin_source_after}, {coin_target_after}, 'trade')
) as v;
