-- +goose Up
-- The primary key of every table with an agent's data begins with the agent's id, so that an agent's rows are stored
-- together and the schema can be sharded by it.

-- Users. An account owns agents. Only a digest of its secret is stored.
create table accounts (
    id uuid primary key,
    display_name text not null,
    email text,
    -- The address in lower case, folded by the server so that equality does not depend on the database's locale.
    email_folded text,
    api_key_digest bytea not null,
    api_secret_digest bytea not null,
    starting_balance numeric(28, 8) not null,
    -- The agent that the account's own key acts for. Not a foreign key, because the two rows refer to each other.
    default_agent_id uuid,
    created_at timestamptz not null,
    constraint accounts_starting_balance_positive check (starting_balance > 0 and starting_balance <> 'NaN')
);

create unique index accounts_api_key_digest_key on accounts (api_key_digest);
create unique index accounts_email_folded_key on accounts (email_folded);

create table agents (
    id uuid primary key,
    account_id uuid not null references accounts (id),
    display_name text not null,
    -- A copy of agent_keys.digest, so that the statement which locks an agent can check that the key is still current.
    api_key_digest bytea not null,
    api_key_preview text not null,
    starting_balance numeric(28, 8) not null,
    llm_model text,
    framework text,
    strategy_tags text[] not null,
    max_position_size_pct integer not null,
    daily_loss_limit_pct integer not null,
    max_open_orders integer not null,
    color text,
    status text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint agents_starting_balance_positive check (starting_balance > 0 and starting_balance <> 'NaN'),
    constraint agents_status_known check (status in ('active', 'archived'))
);

-- The two lists of agents: all of an account, and those not archived.
create index agents_account_idx on agents (account_id, created_at, id);
create index agents_account_active_idx on agents (account_id, created_at, id) where status = 'active';

-- The agent that a key belongs to. A separate table, because a unique index must contain the sharding column of its
-- table, and this table is looked up by digest.
create table agent_keys (
    digest bytea primary key,
    agent_id uuid not null,
    account_id uuid not null
);

-- The agents' keys, sealed under the master key, for GET …/api-key and skill.md.
create table sealed_keys (
    agent_id uuid primary key references agents (id) on delete cascade,
    sealed bytea not null
);

-- An agent's balance of each asset: available is free to use, locked is held for open orders.
create table balances (
    agent_id uuid not null references agents (id) on delete cascade,
    asset text not null,
    available numeric(28, 8) not null,
    locked numeric(28, 8) not null,
    primary key (agent_id, asset),
    constraint balances_available_not_negative check (available >= 0 and available <> 'NaN'),
    constraint balances_locked_not_negative check (locked >= 0 and locked <> 'NaN')
) with (fillfactor = 70);

-- Keys that sign tokens, shared by all replicas. A key that was rotated out still verifies until it expires.
create table signing_keys (
    id uuid primary key,
    public_key bytea not null,
    sealed_private_key bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz
);

-- The id of the master key in force, with a canary to check a key against; one row.
create table master_key (
    only_row boolean primary key default true,
    key_id bytea not null,
    canary bytea not null,
    constraint master_key_one_row check (only_row)
);

-- The first answers to requests with an Idempotency-Key, sealed because answers can contain API keys.
create table idempotency_keys (
    owner_id uuid not null,
    key_digest bytea not null,
    request_digest bytea not null,
    sealed_answer bytea not null,
    expires_at timestamptz not null,
    primary key (owner_id, key_digest)
);

create index idempotency_keys_expires_at_idx on idempotency_keys (expires_at);

-- +goose Down
drop table idempotency_keys;
drop table master_key;
drop table signing_keys;
drop table balances;
drop table sealed_keys;
drop table agent_keys;
drop table agents;
drop table accounts;
