\set n random(1, {agents})
begin;
select session_id as session, gen_random_uuid() as order from agents where id = md5('agent ' || :n)::uuid for no key update \gset
update balances set available = available {usdt} where agent_id = md5('agent ' || :n)::uuid and asset = 'USDT' returning available as usdt \gset
update balances set available = available {btc}, cost_basis = cost_basis {basis} where agent_id = md5('agent ' || :n)::uuid and asset = 'BTC' returning available as btc \gset
insert into orders (agent_id, id, symbol, side, type, time_in_force, status, quantity, hold, value, executed_price, slippage_pct, fee, created_at, closed_at) values (md5('agent ' || :n)::uuid, :order::uuid, 'BTCUSDT', '{side}', 'market', 'IOC', 'filled', 0.0005, 0, 24.00002400, 48000.04800000, 0.01, 0.02400002, now(), now());
insert into trades (agent_id, id, order_id, session_id, symbol, side, quantity, price, value, fee, realized_pnl, equity, unrealized_pnl, executed_at) values (md5('agent ' || :n)::uuid, gen_random_uuid(), :order::uuid, :session::uuid, 'BTCUSDT', '{side}', 0.0005, 48000.04800000, 24.00002400, 0.02400002, {pnl}, 9998.12345678, 1.12345678, now());
insert into ledger (agent_id, id, order_id, asset, amount, source, target, source_after, target_after, kind, created_at) values (md5('agent ' || :n)::uuid, gen_random_uuid(), :order::uuid, 'USDT', 24.00002400, '{cash_source}', '{cash_target}', {cash_source_after}, {cash_target_after}, 'trade', now()), (md5('agent ' || :n)::uuid, gen_random_uuid(), :order::uuid, 'USDT', 0.02400002, 'available', 'fee', {usdt_after}, null, 'fee', now()), (md5('agent ' || :n)::uuid, gen_random_uuid(), :order::uuid, 'BTC', 0.0005, '{coin_source}', '{coin_target}', {coin_source_after}, {coin_target_after}, 'trade', now());
commit;
