-- TransactionID is what TransactionStatus asks for when the answer to a commit was lost.
-- name: TransactionID :one
select pg_current_xact_id()::text;

-- name: TransactionStatus :one
select coalesce(pg_xact_status(cast(@id::text as xid8)), '')::text;

-- RowExists looks for a row of the ledger or an order.
-- name: RowExists :one
select (
    exists (select from ledger where ledger.agent_id = @agent_id::uuid and ledger.id = @id::uuid)
    or exists (select from orders where orders.agent_id = @agent_id::uuid and orders.id = @id::uuid)
)::boolean;
