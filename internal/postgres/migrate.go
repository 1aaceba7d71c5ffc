package postgres

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/agentexchange/agentexchange/db"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrate brings the schema up to date. Replicas may do so at once: one migrates under a lock, the others wait for it.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return withMigrations(pool, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// Migrated reports whether the schema is that of this binary or a later one.
func Migrated(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	migrated := false
	err := withMigrations(pool, func(p *goose.Provider) error {
		pending, err := p.HasPending(ctx)
		migrated = !pending
		return err
	})
	return migrated, err
}

func withMigrations(pool *pgxpool.Pool, do func(*goose.Provider) error) error {
	files, err := fs.Sub(db.Migrations, "migrations")
	if err != nil {
		return err
	}
	// One try a second for a minute.
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
