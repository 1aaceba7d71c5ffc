-- IdempotencyTryLock tells whether this transaction is the only one at work on a key.
-- name: IdempotencyTryLock :one
select pg_try_advisory_xact_lock(@lock_id::bigint);

-- name: IdempotencyGet :one
select request_digest, sealed_answer from idempotency_keys
where owner_id = @owner_id::uuid and key_digest = @key_digest::bytea and expires_at > @now::timestamptz;

-- IdempotencyPut stores an answer, in place of one that has expired and has not been swept yet.
-- name: IdempotencyPut :exec
insert into idempotency_keys (owner_id, key_digest, request_digest, sealed_answer, expires_at)
values (
    @owner_id::uuid, @key_digest::bytea, @request_digest::bytea, @sealed_answer::bytea, @expires_at::timestamptz
)
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
