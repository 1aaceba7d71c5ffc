-- MasterKeyLockShared holds off a rotation of the master key until the transaction ends. It must be a statement of its
-- own before MasterKeyGet: one that had to wait for its lock would still see what was there before.
-- name: MasterKeyLockShared :exec
select pg_advisory_xact_lock_shared(hashtextextended('agentexchange master key', 0));

-- MasterKeyLock waits until nothing is being sealed, and holds off whatever would be.
-- name: MasterKeyLock :exec
select pg_advisory_xact_lock(hashtextextended('agentexchange master key', 0));

-- RotationTryLock keeps other rotations of the master key out for as long as this connection lives.
-- name: RotationTryLock :one
select pg_try_advisory_lock(hashtextextended('agentexchange master key rotation', 0));

-- SealedUnderOtherKey tells whether anything is sealed under another master key than this one. A sealed value begins
-- with a byte of version and 8 of the key's id.
-- name: SealedUnderOtherKey :one
select (
    exists (select from sealed_keys where substring(sealed from 2 for 8) <> @key_id::bytea)
    or exists (select from signing_keys where substring(sealed_private_key from 2 for 8) <> @key_id::bytea)
    or exists (select from idempotency_keys where substring(sealed_answer from 2 for 8) <> @key_id::bytea)
)::boolean;

-- name: MasterKeyGet :one
select key_id, canary from master_key;

-- name: MasterKeySet :exec
insert into master_key (only_row, key_id, canary) values (true, @key_id::bytea, @canary::bytea)
on conflict (only_row) do update set key_id = excluded.key_id, canary = excluded.canary;

-- SigningKeyList answers the keys that may still verify a token, the one that signs now first.
-- name: SigningKeyList :many
select * from signing_keys
where expires_at is null or expires_at > @now::timestamptz
order by expires_at desc nulls first, created_at desc, id desc;

-- SigningKeyLockAll answers every key, and holds them until they are sealed anew.
-- name: SigningKeyLockAll :many
select * from signing_keys order by id for no key update;

-- name: SigningKeyInsert :exec
insert into signing_keys (id, public_key, sealed_private_key, created_at)
values (@id::uuid, @public_key::bytea, @sealed_private_key::bytea, @created_at::timestamptz);

-- name: SigningKeyRetireOthers :exec
update signing_keys set expires_at = @expires_at::timestamptz
where id <> @id::uuid and expires_at is null;

-- name: SigningKeyDeleteExpired :exec
delete from signing_keys where expires_at <= @now::timestamptz;

-- SealedKeyPage holds its rows against a change of the key until they are sealed anew.
-- name: SealedKeyPage :many
select agent_id, sealed from sealed_keys
where agent_id > @after_agent_id::uuid
order by agent_id
limit @page_limit::integer
for no key update;

-- name: SealedKeyReplaceMany :exec
update sealed_keys set sealed = v.sealed
from (select unnest(@agent_ids::uuid[]) as agent_id, unnest(@sealeds::bytea[]) as sealed) as v
where sealed_keys.agent_id = v.agent_id;

-- name: SigningKeyReseal :exec
update signing_keys set sealed_private_key = @sealed_private_key::bytea where id = @id::uuid;
