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

-- name: LedgerInsertMany :exec
insert into ledger (
    agent_id, id, order_id, asset, amount, source, target, source_after, target_after, kind, created_at
)
select
    unnest(@agent_ids::uuid[]), unnest(@ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@assets::text[]),
    unnest(@amounts::numeric[]), unnest(@sources::text[]), unnest(@targets::text[]),
    unnest(@source_afters::numeric[]), unnest(@target_afters::numeric[]), unnest(@kinds::text[]),
    unnest(@created_ats::timestamptz[]);

-- LedgerReconcile compares, per asset and in one snapshot, the ledger with the balances and the holds of the open orders.
-- name: LedgerReconcile :many
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
