-- LeaderTryLock tries to become the one leader under a name, for as long as the connection lives.
-- name: LeaderTryLock :one
select pg_try_advisory_lock(hashtextextended(@name::text, 0));
