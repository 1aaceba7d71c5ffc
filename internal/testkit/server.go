package testkit

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/app"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

// Server is a running server with a database of its own. When its test ends, neither its log nor its database may hold
// a key, secret or token that it handed out.
type Server struct {
	App       *app.App
	URL       string
	MasterKey string
	Config    config.Server
	Pool      *pgxpool.Pool // to look behind the server's back
	Log       *Log

	mu        sync.Mutex
	handedOut map[string]bool
}

// Log keeps what a server logged.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Start runs a server for one test, with a new database unless the configuration names one.
func Start(tb testing.TB, configure ...func(*config.Server)) *Server {
	tb.Helper()
	key, err := auth.NewMasterKey(rand.Reader)
	require.NoError(tb, err)
	cfg := config.Server{
		Database:          config.Database{MasterKey: key.Base64(), MaxConns: 16},
		Addr:              "127.0.0.1:0",
		MaxBody:           65536,
		MaxInFlight:       1024,
		RequestTimeout:    20 * time.Second,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		ShutdownTimeout:   20 * time.Second,
	}
	for _, change := range configure {
		change(&cfg)
	}
	if cfg.URL == "" {
		cfg.URL = Database(tb)
	}
	s := &Server{MasterKey: cfg.MasterKey, Config: cfg, Log: &Log{}, handedOut: map[string]bool{}}
	ctx := context.Background()
	s.App, err = app.Start(ctx, cfg, slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	require.NoError(tb, err)
	s.URL = s.App.URL()
	s.Pool, err = postgres.Open(ctx, cfg.URL, 4)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		s.Stop(tb)
		s.requireNothingLeaked(tb)
		s.Pool.Close()
	})
	return s
}

// Stop closes the server as SIGTERM does.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, s.App.Close(context.Background()))
}

// Vault opens what this server sealed.
func (s *Server) Vault(tb testing.TB) *auth.Vault {
	tb.Helper()
	keys, err := auth.NewGivenKeys(s.MasterKey, "")
	require.NoError(tb, err)
	return auth.NewVault(rand.Reader, time.Now, keys)
}

// remember keeps the credentials that an answer hands out.
func (s *Server) remember(body []byte) {
	if !bytes.Contains(body, []byte("_live_")) && !bytes.Contains(body, []byte("eyJ")) {
		return // as most, which the expression would take long to find out
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, found := range credential.FindAll(body, -1) {
		s.handedOut[string(found)] = true
	}
}

// HandedOut returns every key, secret and token that the server has handed out.
func (s *Server) HandedOut() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]string, 0, len(s.handedOut))
	for secret := range s.handedOut {
		all = append(all, secret)
	}
	return all
}

func (s *Server) requireNothingLeaked(tb testing.TB) {
	tb.Helper()
	log, dump := s.Log.String(), s.Dump(tb)
	for _, secret := range s.HandedOut() {
		require.NotContains(tb, log, secret, "the log holds a credential")
		require.False(tb, strings.Contains(dump, secret) || strings.Contains(dump, hex.EncodeToString([]byte(secret))),
			"the database holds a credential that begins with %s", secret[:12])
	}
	require.NotContains(tb, log, s.MasterKey, "the log holds the master key")
}

// Dump returns every row of every table as text.
func (s *Server) Dump(tb testing.TB) string {
	tb.Helper()
	ctx := context.Background()
	s.Pool.Reset() // the test may have cut its connections
	rows, err := s.Pool.Query(ctx, `select quote_ident(table_name) from information_schema.tables
		where table_schema = 'public' order by table_name`)
	require.NoError(tb, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(tb, err)
	require.NotEmpty(tb, tables)
	var dump strings.Builder
	for _, table := range tables {
		rows, err := s.Pool.Query(ctx, fmt.Sprintf("select t::text from %s as t", table))
		require.NoError(tb, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(tb, err)
		dump.WriteString(table + "\n" + strings.Join(lines, "\n") + "\n")
	}
	return dump.String()
}
