// Package testkit gives tests the real parts: a database of their own, a running server, and a client that holds every
// answer against the spec.
package testkit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/agentexchange/agentexchange/db"
	"github.com/agentexchange/agentexchange/internal/devpg"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// EnvDatabaseURL names the PostgreSQL that tests make their databases in. Without it each test binary starts its own.
const EnvDatabaseURL = "AGENTEXCHANGE_TEST_DATABASE_URL"

// Postgres is a throw-away server.
type Postgres struct {
	*devpg.Server
	dir string
}

// StartPostgres starts a throw-away server. Unless durable it trades safety for speed.
func StartPostgres(ctx context.Context, durable bool) (*Postgres, error) {
	dir, err := os.MkdirTemp("", "agentexchange-test-")
	if err != nil {
		return nil, err
	}
	// Not only for us: as root, PostgreSQL runs as another user.
	if err := os.Chmod(dir, 0o711); err != nil {
		return nil, err
	}
	server, err := devpg.Start(ctx, devpg.Config{
		DataDir: dir, Durable: durable, Settings: map[string]string{"max_connections": "400", "shared_buffers": "256MB"},
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Postgres{Server: server, dir: dir}, nil
}

// Stop stops the server and removes what it stored.
func (p *Postgres) Stop(ctx context.Context) error {
	return errors.Join(p.Server.Stop(ctx), os.RemoveAll(p.dir))
}

// ShutDownAtOnce ends the server as pg_ctl stop -m immediate does. It is started again on the same port.
func (p *Postgres) ShutDownAtOnce() error {
	text, err := os.ReadFile(filepath.Join(p.dir, "pg", "postmaster.pid"))
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return err
	}
	postmaster, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return postmaster.Signal(syscall.SIGQUIT)
}

var (
	ownServer   *Postgres
	startServer = sync.OnceValues(func() (string, error) {
		if !running.Load() {
			return "", errNoMain
		}
		if url := os.Getenv(EnvDatabaseURL); url != "" {
			return url, nil
		}
		var err error
		if ownServer, err = StartPostgres(context.Background(), false); err != nil {
			return "", err
		}
		return ownServer.URL(), nil
	})
	databaseCount atomic.Int64
)

func stopOwnServer() error {
	if ownServer == nil {
		return nil
	}
	return ownServer.Stop(context.Background())
}

// EmptyDatabase makes a database for one test, with no schema, and answers its URL.
func EmptyDatabase(tb testing.TB) string {
	tb.Helper()
	return createDatabase(tb, "template0")
}

// Database makes a migrated database for one test, and answers its URL.
func Database(tb testing.TB) string {
	tb.Helper()
	template, err := migratedTemplate(context.Background())
	require.NoError(tb, err)
	return createDatabase(tb, template)
}

func createDatabase(tb testing.TB, template string) string {
	tb.Helper()
	server, err := startServer()
	require.NoError(tb, err)
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databaseCount.Add(1))
	execute(tb, server, fmt.Sprintf("create database %s template %s", name, template))
	// A zone that is never UTC and never whole hours, to surface mistakes with zones.
	execute(tb, server, fmt.Sprintf("alter database %s set timezone to 'America/St_Johns'", name))
	tb.Cleanup(func() { execute(tb, server, fmt.Sprintf("drop database %s with (force)", name)) })
	return databaseURL(server, name)
}

func execute(tb testing.TB, server, sql string) {
	tb.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, conn.Close(ctx)) }()
	_, err = conn.Exec(ctx, sql)
	require.NoError(tb, err)
}

func databaseURL(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

// migratedTemplate makes, once per server and schema, the database that those of the tests are copied from.
var migratedTemplate = func() func(context.Context) (string, error) {
	var mu sync.Mutex
	var name string
	return func(ctx context.Context) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if name != "" {
			return name, nil
		}
		made, err := makeTemplate(ctx)
		name = made
		return name, err
	}
}()

func makeTemplate(ctx context.Context) (_ string, err error) {
	server, err := startServer()
	if err != nil {
		return "", err
	}
	name, err := templateName()
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }() // releases the lock
	// Other test binaries may be at it.
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtextextended('template', 0))"); err != nil {
		return "", err
	}
	var exists bool
	err = conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		return name, err
	}
	if _, err := conn.Exec(ctx, "create database "+name+" template template0"); err != nil {
		return "", err
	}
	pool, err := postgres.Open(ctx, databaseURL(server, name), 2)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	return name, postgres.Migrate(ctx, pool)
}

// templateName tells one schema from another.
func templateName() (string, error) {
	var schema strings.Builder
	err := fs.WalkDir(db.Migrations, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(db.Migrations, path)
		schema.Write(text)
		return err
	})
	return fmt.Sprintf("template_%x", sha256.Sum256([]byte(schema.String())))[:40], err
}
