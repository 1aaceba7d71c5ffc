-- +goose Up
-- Counts the changes of what an agent's owner sees of it, so that an answer that has not changed need not be sent again.
alter table agents add column version bigint not null default 1;

-- +goose Down
alter table agents drop column version;
