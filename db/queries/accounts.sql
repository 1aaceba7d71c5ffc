-- name: AccountInsert :exec
insert into accounts (
    id, display_name, email, email_folded, api_key_digest, api_secret_digest, starting_balance, default_agent_id,
    created_at
) values (
    @id::uuid, @display_name::text, sqlc.narg('email')::text, sqlc.narg('email_folded')::text, @api_key_digest::bytea,
    @api_secret_digest::bytea, @starting_balance::numeric, @default_agent_id::uuid, @created_at::timestamptz
);

-- AccountGetCredentials answers who has an API key, the digest of the secret that goes with it, and which key signs
-- tokens now, so that a replica that missed a rotation notices before it signs.
-- name: AccountGetCredentials :one
select
    id,
    api_secret_digest,
    (
        select s.id from signing_keys as s where s.expires_at is null order by s.created_at desc, s.id desc limit 1
    )::uuid as signing_key_id
from accounts
where api_key_digest = @api_key_digest::bytea;

-- name: AccountClearDefaultAgent :exec
update accounts set default_agent_id = null
where id = @id::uuid and default_agent_id = @agent_id::uuid;
