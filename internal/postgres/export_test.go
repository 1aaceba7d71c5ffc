package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"
)

// MigrateDown reverts every migration, and so deletes everything that is stored.
func MigrateDown(ctx context.Context, pool *pgxpool.Pool) error {
	return withMigrations(pool, func(p *goose.Provider) error {
		_, err := p.DownTo(ctx, 0)
		return err
	})
}

// WaitFor sets how long a shared round trip may take. Call it before anything is read.
func (r *Readers) WaitFor(timeout time.Duration) { r.timeout = timeout }
