-- +goose Up
-- The index includes the id, so that it returns the newest first and the planner uses it even while the table is empty.
-- Planned by the primary key, a query for open orders would search all orders that the agent ever had.
drop index orders_pending_idx;
create index orders_pending_idx on orders (agent_id, id) where status = 'pending';

-- +goose Down
drop index orders_pending_idx;
create index orders_pending_idx on orders (agent_id) where status = 'pending';
