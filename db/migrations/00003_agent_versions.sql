-- +goose Up
-- Counts the changes of an agent that its owner can see, so that an unchanged answer need not be sent again.
alter table agents add column version bigint not null default 1;

-- +goose Down
alter table agents drop column version;
