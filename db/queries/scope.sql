-- CredentialResolve finds out whom a key or an account stands for. For an agent's key: that agent. For an account's key or
-- an account: the agent that is asked for, else the default one, or the nil id where there is no such agent.
-- name: CredentialResolve :many
select k.account_id, a.id as agent_id, a.status, true as by_agent
from agent_keys as k
inner join agents as a on a.id = k.agent_id and a.api_key_digest = k.digest
where k.digest = sqlc.narg('key_digest')::bytea
union all
select
    c.id as account_id, coalesce(a.id, '00000000-0000-0000-0000-000000000000'::uuid) as agent_id, coalesce(a.status, '') as status,
    false as by_agent
from (
    select * from accounts where accounts.api_key_digest = sqlc.narg('key_digest')::bytea
    union all
    select * from accounts where sqlc.narg('key_digest')::bytea is null and accounts.id = sqlc.narg('account_id')::uuid
) as c
left join agents as a on a.id = coalesce(sqlc.narg('agent_id')::uuid, c.default_agent_id) and a.account_id = c.id;

-- AgentProof goes before what is read of an agent in the same pipeline: by its row, book.Agent.MayRead proves that the
-- caller may read the rest.
-- name: AgentProof :many
select account_id, api_key_digest, status from agents where id = @id::uuid;
