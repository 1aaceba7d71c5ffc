-- IdempotencyLockMany tells, for each key, whether this transaction is the only one at work on it.
-- name: IdempotencyLockMany :many
select pg_try_advisory_xact_lock(unnest(@lock_ids::bigint[]))::boolean;

-- name: IdempotencyGetMany :many
select k.owner_id, k.key_digest, k.request_digest, k.sealed_answer
from (select unnest(@owner_ids::uuid[]) as owner_id, unnest(@key_digests::bytea[]) as key_digest) as v
inner join idempotency_keys as k on k.owner_id = v.owner_id and k.key_digest = v.key_digest
where k.expires_at > @now::timestamptz;

-- IdempotencyPutMany stores answers, in place of those that have expired and are not swept yet.
-- name: IdempotencyPutMany :exec
insert into idempotency_keys (owner_id, key_digest, request_digest, sealed_answer, expires_at)
select
    unnest(@owner_ids::uuid[]), unnest(@key_digests::bytea[]), unnest(@request_digests::bytea[]),
    unnest(@sealed_answers::bytea[]), @expires_at::timestamptz
on conflict (owner_id, key_digest) do update set
    request_digest = excluded.request_digest,
    sealed_answer = excluded.sealed_answer,
    expires_at = excluded.expires_at;

-- IdempotencySweep deletes one small batch of what has expired.
-- name: IdempotencySweep :execrows
delete from idempotency_keys
where (owner_id, key_digest) in (
    select k.owner_id, k.key_digest from idempotency_keys as k
    where k.expires_at <= @now::timestamptz
    order by k.expires_at
    limit @batch_size::integer
    for update skip locked
);

-- IdempotencyPage holds its rows until they are sealed anew.
-- name: IdempotencyPage :many
select owner_id, key_digest, sealed_answer from idempotency_keys
where (owner_id, key_digest) > (@after_owner_id::uuid, @after_key_digest::bytea)
order by owner_id, key_digest
limit @page_limit::integer
for no key update;

-- name: IdempotencyReplaceMany :exec
update idempotency_keys set sealed_answer = v.sealed
from (
    select
        unnest(@owner_ids::uuid[]) as owner_id,
        unnest(@key_digests::bytea[]) as key_digest,
        unnest(@sealeds::bytea[]) as sealed
) as v
where idempotency_keys.owner_id = v.owner_id and idempotency_keys.key_digest = v.key_digest;
