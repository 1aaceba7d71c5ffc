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
where t.agent_id = @agent_id::uuid and t.id >= @first_id::uuid;

-- name: TradeInsertMany :exec
insert into trades (
    agent_id, id, order_id, session_id, symbol, side, quantity, price, value, fee, realized_pnl, equity, unrealized_pnl,
    executed_at, liquidity
)
select
    unnest(@agent_ids::uuid[]), unnest(@ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@session_ids::uuid[]),
    unnest(@symbols::text[]), unnest(@sides::text[]), unnest(@quantities::numeric[]), unnest(@prices::numeric[]),
    unnest(@values::numeric[]), unnest(@fees::numeric[]), unnest(@realized_pnls::numeric[]),
    unnest(@equities::numeric[]), unnest(@unrealized_pnls::numeric[]), unnest(@executed_ats::timestamptz[]),
    unnest(@liquidities::text[]);
