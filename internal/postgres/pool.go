// Package postgres is how the server talks to its database: the pool, transactions, migrations, and which of the
// database's errors mean what.
package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Open makes a pool of at most maxConns connections and proves that the database answers. What a client may send is
// bounded elsewhere; here a statement that hangs is: by the deadline of the request's context.
func Open(ctx context.Context, url string, maxConns int32) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// pgx's own text can quote the URL, and with it a password.
		return nil, fmt.Errorf("the database URL cannot be read; it should look like postgres://user:password@host:5432/name")
	}
	config.MaxConns = maxConns
	config.MaxConnLifetimeJitter = time.Minute
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "agentexchange"
	// A connection keeps the plans of its statements. One made while a table was small would be a sequential scan, and
	// go on being one when the table has grown to a million rows; measured, a list page of 100 took 300 ms instead of 2.
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	// Locks are taken by one statement and what they protect is read by the next, which must see what was committed while
	// the lock was waited for.
	config.ConnConfig.RuntimeParams["default_transaction_isolation"] = "read committed"
	// A replica that is lost with its machine must not keep its locks until TCP gives up.
	config.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "30s"
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		// pgx would answer times in the zone of this machine.
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
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
