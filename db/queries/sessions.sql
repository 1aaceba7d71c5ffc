-- name: SessionEnd :exec
update sessions set ended_at = @ended_at::timestamptz, ending_equity = @ending_equity::numeric
where agent_id = @agent_id::uuid and id = @id::uuid;

-- name: SessionInsert :exec
insert into sessions (agent_id, id, starting_balance, started_at)
values (@agent_id::uuid, @id::uuid, @starting_balance::numeric, @started_at::timestamptz);
