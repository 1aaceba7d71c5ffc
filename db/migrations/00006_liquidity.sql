-- +goose Up
-- Which side of its fill an order was: taker or maker. What was filled before has none, and neither has what a server of
-- the previous version fills meanwhile: it counts as taker.
alter table orders add column liquidity text;
alter table trades add column liquidity text;

-- +goose Down
alter table orders drop column liquidity;
alter table trades drop column liquidity;
