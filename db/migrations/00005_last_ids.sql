-- +goose Up
-- The last id of an agent's orders, trades and postings, in its USDT row, which nearly every order updates anyway. Ids made
-- later follow it, whatever the clocks of two servers say. Null until the row is next written: then the rows are looked at.
alter table balances add column last_id uuid;

-- +goose Down
alter table balances drop column last_id;
