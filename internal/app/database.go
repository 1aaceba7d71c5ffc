package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/devpg"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5/pgxpool"
)

// database is a migrated database with the vault of its sealed values.
type database struct {
	pool  *pgxpool.Pool
	vault *auth.Vault
	url   string
	where string // for people
	closers
}

// openDatabase connects to the configured database, or starts a PostgreSQL of our own, brings its schema up to date and
// checks the master key. attach allows using the PostgreSQL that a running server has started.
func openDatabase(ctx context.Context, cfg config.Database, log *slog.Logger, attach bool) (_ *database, err error) {
	db := &database{}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := db.connect(ctx, cfg, log, attach); err != nil {
		return nil, err
	}
	return db, auth.Bootstrap(ctx, db.pool, db.vault)
}

// connect also migrates the schema, unless the database was sealed under another master key.
func (db *database) connect(ctx context.Context, cfg config.Database, log *slog.Logger, attach bool) error {
	dir := cfg.DataDir
	if dir == "" {
		dir = devpg.DefaultDataDir()
	}
	source, err := keySource(cfg, dir)
	if err != nil {
		return err
	}
	db.url, db.where = cfg.URL, "in the database of DATABASE_URL"
	if db.url == "" {
		db.where = dir
		if db.url, err = db.startPostgres(ctx, dir, log, attach); err != nil {
			return err
		}
	}
	if db.pool, err = postgres.Open(ctx, db.url, cfg.MaxConns); err != nil {
		return err
	}
	db.add(func(context.Context) error { db.pool.Close(); return nil })
	db.vault = auth.NewVault(rand.Reader, time.Now, source)
	if err := auth.CheckMasterKey(ctx, db.pool, db.vault); err != nil {
		return err
	}
	return postgres.Migrate(ctx, db.pool)
}

func keySource(cfg config.Database, dir string) (auth.KeySource, error) {
	if cfg.MasterKey != "" {
		return auth.NewGivenKeys(cfg.MasterKey, cfg.NextMasterKey)
	}
	return auth.KeyFile{Path: filepath.Join(dir, "master.key")}, nil
}

// startPostgres starts a PostgreSQL of our own and returns its URL.
func (db *database) startPostgres(ctx context.Context, dir string, log *slog.Logger, attach bool) (string, error) {
	if attach {
		if url, running, err := devpg.Attach(dir); err != nil || running {
			return url, err
		}
	}
	server, err := devpg.Start(ctx, devpg.Config{DataDir: dir, Durable: true, Logger: log})
	if err != nil {
		return "", err
	}
	db.add(server.Stop)
	return server.URL(), nil
}

// closers are called in reverse order of opening.
type closers []func(context.Context) error

func (c *closers) add(closer func(context.Context) error) { *c = append(*c, closer) }

func (c *closers) close(ctx context.Context) error {
	var errs []error
	for _, closer := range slices.Backward(*c) {
		errs = append(errs, closer(ctx))
	}
	*c = nil
	return errors.Join(errs...)
}
