// Package postgres is how the server talks to its database: the pool, transactions, migrations, and which of the
// database's errors mean what.
package postgres

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Open makes a pool of at most maxConns connections and proves that the database answers. What a client may send is
// bounded elsewhere; here a statement that hangs is: by the deadline of the request's context.
func Open(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	return open(ctx, url, maxConns, nil)
}

// OpenWriters makes the pool of the writers, a connection for each. A lock is waited for no longer than a second, as
// one agent's long work must not stall the others.
func OpenWriters(ctx context.Context, url string, writers int32) (*pgxpool.Pool, error) {
	return open(ctx, url, writers, map[string]string{
		"lock_timeout": "1s", "statement_timeout": "6s",
	})
}

// Connect opens one connection for somebody who keeps a lock by it. The database notices within some seconds when the
// machine at the other end is gone, and frees the lock.
func Connect(ctx context.Context, url string) (*pgx.Conn, error) {
	config, err := configure(url)
	if err != nil {
		return nil, err
	}
	maps.Copy(config.ConnConfig.RuntimeParams, map[string]string{
		"tcp_keepalives_idle": "1", "tcp_keepalives_interval": "1", "tcp_keepalives_count": "2", "tcp_user_timeout": "3000",
	})
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, err
	}
	return conn, config.AfterConnect(ctx, conn)
}

func open(ctx context.Context, url string, maxConns int32, settings map[string]string) (*pgxpool.Pool, error) {
	config, err := configure(url)
	if err != nil {
		return nil, err
	}
	config.MaxConns = maxConns
	maps.Copy(config.ConnConfig.RuntimeParams, settings)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the database does not answer: %w", err)
	}
	return pool, nil
}

// configure is what all connections have in common.
func configure(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's own text can quote the URL, and with it a password.
		return nil, fmt.Errorf("the database URL cannot be read; it should look like postgres://user:password@host:5432/name")
	}
	config.MaxConnLifetimeJitter = time.Minute
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "agentexchange"
	// Every statement has a plan by an index that does for all of its arguments, and is planned once. Left to choose,
	// PostgreSQL plans some of them anew each time once it has statistics: a quarter of what small reads took.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// A connection keeps those plans. One made while a table was small would be a sequential scan, and go on being one
	// when the table has grown to a million rows; measured, a list page of 100 took 300 ms instead of 2.
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	// The same goes for joins that read a whole table to look a few rows up in it: the leaderboard of an account of ten
	// agents read the trades of all accounts, until statistics told how many those are.
	config.ConnConfig.RuntimeParams["enable_hashjoin"] = "off"
	config.ConnConfig.RuntimeParams["enable_mergejoin"] = "off"
	// A scan that there is no other way than to make is then reckoned to cost so much that PostgreSQL would compile
	// each such statement before executing it; measured, the matcher's look at what has changed took 100 ms instead of
	// 1.
	config.ConnConfig.RuntimeParams["jit"] = "off"
	// Locks are taken by one statement and what they protect is read by the next, which must see what was committed
	// while the lock was waited for.
	config.ConnConfig.RuntimeParams["default_transaction_isolation"] = "read committed"
	// A replica that is lost with its machine must not keep its locks until TCP gives up.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30s"
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		registerBinary(conn.TypeMap())
		return nil
	}
	return config, nil
}
