// Package postgres connects the server to its database: pools, transactions, shared reads, migrations, and the meaning
// of the database's errors.
package postgres

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Open returns a pool of at most maxConns connections and checks that the database answers. It sets no statement
// timeout: the deadline of the request's context bounds each statement.
func Open(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	return open(ctx, url, maxConns, nil)
}

// OpenWriters returns a pool with one connection per writer. Statements wait for a lock for at most a second, so that
// one agent's long work does not stall the others.
func OpenWriters(ctx context.Context, url string, writers int32) (*pgxpool.Pool, error) {
	return open(ctx, url, writers, map[string]string{
		"lock_timeout": "1s", "statement_timeout": "6s",
	})
}

// Connect opens one connection for a caller that holds a lock by it. If the caller's machine disappears, the database
// notices within seconds and releases the lock.
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

// configure returns the settings that all connections share.
func configure(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's own message can quote the URL, and with it a password.
		return nil, fmt.Errorf("the database URL cannot be read; it should look like postgres://user:password@host:5432/name")
	}
	config.MaxConnLifetimeJitter = time.Minute
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "agentexchange"
	// Every statement has an index plan that suits all of its arguments, so plan it once. By default PostgreSQL replans
	// some statements at every execution once it has statistics: a quarter of the time of small reads.
	config.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	// A connection keeps those plans. One made while a table was small would be a sequential scan and stay one when the
	// table has grown to a million rows: a list page of 100 then took 300 ms instead of 2.
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	// The same holds for joins that read a whole table to find a few rows: without statistics, the leaderboard of an
	// account of ten agents read the trades of all accounts.
	config.ConnConfig.RuntimeParams["enable_hashjoin"] = "off"
	config.ConnConfig.RuntimeParams["enable_mergejoin"] = "off"
	// With enable_seqscan off, the estimated cost of an unavoidable scan is so high that PostgreSQL would JIT-compile
	// the statement: the matcher's query for changes then took 100 ms instead of 1.
	config.ConnConfig.RuntimeParams["jit"] = "off"
	// One statement takes locks and the next reads what they protect. It must see what was committed while the first
	// waited.
	config.ConnConfig.RuntimeParams["default_transaction_isolation"] = "read committed"
	// A replica whose machine is lost must not keep its locks until TCP gives up.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30s"
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		registerBinary(conn.TypeMap())
		return nil
	}
	return config, nil
}
