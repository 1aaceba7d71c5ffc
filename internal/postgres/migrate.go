package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/agentexchange/agentexchange/db"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema up to date. Replicas may call it concurrently: one migrates under a lock and the others
// wait.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return withMigrations(pool, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// Migrated reports, in one round trip, whether the schema is this binary's or a later one.
func Migrated(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	names, err := fs.Glob(db.Migrations, "migrations/*.sql") // sorted
	if err != nil {
		return false, err
	}
	newest, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		return false, err
	}
	var migrated bool
	err = pool.QueryRow(ctx, "select coalesce(max(version_id), 0) >= $1 from goose_db_version where is_applied", newest).Scan(&migrated)
	if IsUndefinedTable(err) {
		return false, nil
	}
	return migrated, err
}

// IsUndefinedTable reports whether err means that a table does not exist, as in a database that was never migrated.
func IsUndefinedTable(err error) bool {
	refusal, ok := errors.AsType[*pgconn.PgError](err)
	return ok && refusal.Code == "42P01"
}

func withMigrations(pool *pgxpool.Pool, do func(*goose.Provider) error) error {
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		return err
	}
	// Try once a second, for a minute.
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return err
	}
	conns := stdlib.OpenDBFromPool(pool)
	defer func() { _ = conns.Close() }()
	provider, err := goose.NewProvider(goose.DialectPostgres, conns, files, goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	if err := do(provider); err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	return nil
}
