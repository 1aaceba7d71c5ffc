package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/app"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connections is how many clients there are at once, and how many connections a pool has at most.
const connections = 16

// stage is a database with a server on it, and a pool of the same kind as the server's to do the same without it.
type stage struct {
	plan  plan
	name  string
	url   string // of the database
	app   *app.App
	pool  *pgxpool.Pool
	vault *auth.Vault
}

func newStage(ctx context.Context, p plan, name string) (*stage, error) {
	s, key, err := newBareStage(ctx, p, name)
	if err != nil {
		return nil, err
	}
	if err := s.serve(ctx, key); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// newBareStage makes a database, and the key to seal with, but no server.
func newBareStage(ctx context.Context, p plan, name string) (*stage, auth.MasterKey, error) {
	s := &stage{plan: p, name: fmt.Sprintf("bench_%s_%d", name, os.Getpid())}
	key, err := auth.NewMasterKey(rand.Reader)
	if err != nil {
		return nil, key, err
	}
	keys, err := auth.NewGivenKeys(key.Base64(), "")
	if err != nil {
		return nil, key, err
	}
	s.vault = auth.NewVault(rand.Reader, time.Now, keys)
	where, err := url.Parse(p.server)
	if err != nil {
		return nil, key, err
	}
	where.Path = "/" + s.name
	s.url = where.String()
	return s, key, s.administer(ctx, "create database "+s.name)
}

func (s *stage) serve(ctx context.Context, key auth.MasterKey) (err error) {
	log := slog.New(slog.NewJSONHandler(io.Discard, &slog.HandlerOptions{ //nolint:sloglint // to be written, as in production
		Level: slog.LevelInfo,
	}))
	s.app, err = app.Start(ctx, config.Server{
		Database:          config.Database{URL: s.url, MasterKey: key.Base64(), MaxConns: connections},
		Addr:              "127.0.0.1:0",
		MaxBody:           65536,
		MaxInFlight:       1024,
		RequestTimeout:    20 * time.Second,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ShutdownTimeout:   20 * time.Second,
	}, log)
	if err != nil {
		return err
	}
	s.pool, err = postgres.Open(ctx, s.url, connections)
	return err
}

// close removes everything. It does so also when the run is interrupted, and therefore takes no context.
func (s *stage) close() error {
	var errs []error
	if s.app != nil {
		errs = append(errs, s.app.Close(context.Background()))
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return errors.Join(append(errs, s.administer(context.Background(), "drop database "+s.name+" with (force)"))...)
}

// administer executes a statement outside the stage's own database.
func (s *stage) administer(ctx context.Context, statement string) (err error) {
	conn, err := pgx.Connect(ctx, s.plan.server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// address is where the server listens.
func (s *stage) address() string { return strings.TrimPrefix(s.app.URL(), "http://") }

// account is one that is logged in and has no agents.
type account struct {
	id    uuid.UUID
	token string
}

func (s *stage) newAccount(ctx context.Context, name string) (account, error) {
	var made struct {
		AccountID uuid.UUID `json:"account_id"`
		AgentID   uuid.UUID `json:"agent_id"`
		APIKey    string    `json:"api_key"`
		APISecret string    `json:"api_secret"`
	}
	err := s.send(ctx, http.MethodPost, "/api/v1/auth/register", "", map[string]string{"display_name": name}, &made)
	if err != nil {
		return account{}, err
	}
	var login struct {
		Token string `json:"token"`
	}
	credentials := map[string]string{"api_key": made.APIKey, "api_secret": made.APISecret}
	if err := s.send(ctx, http.MethodPost, "/api/v1/auth/login", "", credentials, &login); err != nil {
		return account{}, err
	}
	// Without the agent that every account begins with, each account has exactly the agents it is given here.
	err = s.send(ctx, http.MethodDelete, "/api/v1/agents/"+made.AgentID.String(), login.Token, nil, nil)
	return account{id: made.AccountID, token: login.Token}, err
}

// send makes a request that prepares, not one that is measured.
func (s *stage) send(ctx context.Context, method, path, token string, body, answer any) error {
	var encoded []byte
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := newRequest(ctx, method, s.app.URL()+path, token, encoded)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s answered %s: %s", method, path, response.Status, read)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(read, answer)
}

func newRequest(ctx context.Context, method, url, token string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

// insertAgents gives accounts number first to last of the array agents in turn. Ids sort by time and every text has
// the same length, as the server's own have; so do times, for their fractions never end in a zero.
const insertAgents = `
insert into agents (
    id, account_id, display_name, api_key_digest, api_key_preview, starting_balance, llm_model, framework,
    strategy_tags, max_position_size_pct, daily_loss_limit_pct, max_open_orders, color, status, created_at, updated_at, session_id,
    session_started_at
)
select
    overlay(gen_random_uuid()::text placing lpad(to_hex(n), 8, '0') from 1 for 8)::uuid,
    ($1::uuid[])[1 + n % cardinality($1::uuid[])],
    'Agent ' || lpad(n::text, 8, '0'), sha256(n::text::bytea), 'ak_live_' || left(md5(n::text), 4) || '...', 10000,
    'gpt-4o', 'langchain', '{momentum,btc}', 10, 5, 5, null, 'active', at, at, gen_random_uuid(), at
from generate_series($2::integer, $3::integer) as n,
    lateral (select '2026-01-01 00:00:00.123456Z'::timestamptz + n * interval '1 second') as made (at)`

// addAgents adds agents number first to last, the accounts taking turns.
func (s *stage) addAgents(ctx context.Context, accounts []uuid.UUID, first, last int) error {
	_, err := s.pool.Exec(ctx, insertAgents, accounts, first, last)
	return err
}

// settle leaves the table as autovacuum would, and nothing for the disk to do that was not asked while measuring.
func (s *stage) settle(ctx context.Context) error {
	for _, statement := range []string{"vacuum (analyze) agents", "checkpoint"} {
		if _, err := s.pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
