-- +goose Up
-- With the id, so that the index gives the newest first, and is what a plan is made of even while the table is empty: by
-- the primary key an agent's open orders would be looked for among all that it ever had.
drop index orders_pending_idx;
create index orders_pending_idx on orders (agent_id, id) where status = 'pending';

-- +goose Down
drop index orders_pending_idx;
create index orders_pending_idx on orders (agent_id) where status = 'pending';
