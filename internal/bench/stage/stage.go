// Package stage sets up what is measured: a database with agents in it, and a server that is a process of its own, as a
// user runs it.
package stage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Stage is a migrated database.
type Stage struct {
	URL   string
	Pool  *pgxpool.Pool // to put in what is measured, and to look behind the server's back
	Vault *auth.Vault

	key      auth.MasterKey
	name     string
	postgres string // the URL of the database from which others are made
}

var count atomic.Int64

// New makes a database on a PostgreSQL.
func New(ctx context.Context, postgresURL string) (_ *Stage, err error) {
	s := &Stage{name: fmt.Sprintf("bench_%d_%d", os.Getpid(), count.Add(1)), postgres: postgresURL}
	if s.key, err = auth.NewMasterKey(rand.Reader); err != nil {
		return nil, err
	}
	keys, err := auth.NewGivenKeys(s.key.Base64(), "")
	if err != nil {
		return nil, err
	}
	s.Vault = auth.NewVault(rand.Reader, time.Now, keys)
	where, err := url.Parse(postgresURL)
	if err != nil {
		return nil, err
	}
	where.Path = "/" + s.name
	s.URL = where.String()
	if err := s.Administer(ctx, "create database "+s.name); err != nil {
		return nil, err
	}
	if s.Pool, err = postgres.Open(ctx, s.URL, 16); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := postgres.Migrate(ctx, s.Pool); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close removes the database. It does so also when the run is interrupted, and therefore takes no context.
func (s *Stage) Close() error {
	if s.Pool != nil {
		s.Pool.Close()
	}
	return s.Administer(context.Background(), "drop database "+s.name+" with (force)")
}

// Administer executes a statement outside the stage's own database.
func (s *Stage) Administer(ctx context.Context, statement string) (err error) {
	conn, err := pgx.Connect(ctx, s.postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// Set changes a setting of PostgreSQL for the sessions that will connect to this database.
func (s *Stage) Set(ctx context.Context, setting, value string) error {
	return s.Administer(ctx, fmt.Sprintf("alter database %s set %s = %s", s.name, setting, value))
}

// Settle leaves the tables as autovacuum would, and nothing for the disk to do that was not asked while measuring.
func (s *Stage) Settle(ctx context.Context) error {
	for _, statement := range []string{"vacuum (analyze)", "checkpoint"} {
		if _, err := s.Pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
