package app_test

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/app"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func newKey(t *testing.T) string {
	t.Helper()
	key, err := auth.NewMasterKey(rand.Reader)
	require.NoError(t, err)
	return key.Base64()
}

func TestReplicasMayStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url, key := testkit.EmptyDatabase(t), newKey(t)
	var servers [3]*testkit.Server
	var starting sync.WaitGroup
	for i := range servers {
		starting.Go(func() {
			servers[i] = testkit.Start(t, func(c *config.Server) { c.URL, c.MasterKey = url, key })
		})
	}
	starting.Wait()
	account := servers[0].Register(t)
	for _, server := range servers {
		server.Client(t).Do(http.MethodGet, "/readyz", nil).Want(200)
		server.Client(t).Bearer(account.Token).Do(http.MethodGet, "/api/v1/agents/"+account.AgentID, nil).Want(200)
	}
}

func TestWrongMasterKeyIsRejectedWithASentence(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	cfg := server.Config
	cfg.MasterKey = newKey(t)
	_, err := app.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, auth.ErrWrongMasterKey)
	require.NotContains(t, err.Error(), cfg.MasterKey)
}

func TestInvalidConfigurationIsRejectedWithASentence(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for want, spoil := range map[string]func(c *config.Server){
		"AGENTEXCHANGE_MASTER_KEY must be too": func(c *config.Server) { c.MasterKey = "" },
		"openssl rand -base64 32":              func(c *config.Server) { c.MasterKey = "c2hvcnQ=" },
		"AGENTEXCHANGE_NEXT_MASTER_KEY":        func(c *config.Server) { c.NextMasterKey = "x" },
		"the database URL cannot be read":      func(c *config.Server) { c.URL = "postgres://user:hunter2@[" },
		"AGENTEXCHANGE_PUBLIC_URL":             func(c *config.Server) { c.PublicURL = "example.com" },
		"AGENTEXCHANGE_ADDR":                   func(c *config.Server) { c.Addr = "127.0.0.1:99999" },
		"AGENTEXCHANGE_REQUEST_TIMEOUT":        func(c *config.Server) { c.RequestTimeout = 0 },
		"at least 2":                           func(c *config.Server) { c.MaxConns = 1 },
	} {
		cfg := server.Config
		spoil(&cfg)
		_, err := app.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestRotatedSigningKeysVerifyUntilTheirTokensExpire(t *testing.T) {
	t.Parallel()
	first := testkit.Start(t)
	second := testkit.Start(t, func(c *config.Server) { c.URL, c.MasterKey = first.Config.URL, first.MasterKey })
	before := first.Register(t)
	require.NoError(t, app.RotateSigningKey(t.Context(), first.Config.Database, slog.New(slog.DiscardHandler)))
	after := first.Register(t) // its token is signed by the new key, which the second replica has not seen
	for _, server := range []*testkit.Server{second, first} {
		for _, account := range []*testkit.Account{after, before} {
			server.Client(t).Bearer(account.Token).Do(http.MethodGet, "/api/v1/agents", nil).Want(200)
		}
	}
	var expiring, lasting int
	require.NoError(t, first.Pool.QueryRow(t.Context(), `select
		count(*) filter (where expires_at between now() + interval '1 hour' and now() + interval '62 minutes'),
		count(*) filter (where expires_at is null) from signing_keys`).Scan(&expiring, &lasting))
	require.Equal(t, [2]int{1, 1}, [2]int{expiring, lasting})
}

// Clients that send made-up key ids do not keep fresh tokens from being accepted.
func TestFreshTokensAreAcceptedWhateverOthersSend(t *testing.T) {
	t.Parallel()
	first := testkit.Start(t)
	second := testkit.Start(t, func(c *config.Server) { c.URL, c.MasterKey = first.Config.URL, first.MasterKey })
	madeUp := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"`+uuid.NewString()+`"}`)) + ".e30." + strings.Repeat("A", 86)
	flood := func() {
		second.Client(t).Bearer(madeUp).Do(http.MethodGet, "/api/v1/agents", nil).WantError(401, "INVALID_TOKEN")
	}
	flood()
	require.NoError(t, app.RotateSigningKey(t.Context(), first.Config.Database, slog.New(slog.DiscardHandler)))
	account := first.Register(t)
	var others sync.WaitGroup
	for range 5 {
		others.Go(flood)
	}
	second.Client(t).Bearer(account.Token).Do(http.MethodGet, "/api/v1/agents", nil).Want(200)
	others.Wait()
}

// The clocks of the servers that made the keys do not decide which key signs.
func TestRetiredSigningKeysSignNothing(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	_, err := server.Pool.Exec(t.Context(), "update signing_keys set created_at = created_at + interval '5 minutes'")
	require.NoError(t, err)
	var retired string
	require.NoError(t, server.Pool.QueryRow(t.Context(), "select id from signing_keys").Scan(&retired))
	require.NoError(t, app.RotateSigningKey(t.Context(), server.Config.Database, slog.New(slog.DiscardHandler)))
	account := server.Register(t)
	token, err := jwt.ParseInsecure([]byte(account.Token))
	require.NoError(t, err)
	require.Equal(t, account.ID, token.Subject())
	message, err := jws.ParseString(account.Token)
	require.NoError(t, err)
	require.NotEqual(t, retired, message.Signatures()[0].ProtectedHeaders().KeyID())
	keys := server.Client(t).Do(http.MethodGet, "/.well-known/jwks.json", nil).Want(200).Fields()["keys"].([]any)
	require.Len(t, keys, 2)
	require.NotEqual(t, retired, keys[0].(map[string]any)["kid"], "the one that signs now first")
}

// A rotation that was cut short, here after its first step, is finished by the next.
func TestInterruptedRotationIsFinished(t *testing.T) {
	t.Parallel()
	next := newKey(t)
	server := testkit.Start(t, func(c *config.Server) { c.NextMasterKey = next })
	account := server.Register(t)
	for range 3 { // each finishes what the previous one left, if anything
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Millisecond)
		_ = app.RotateMasterKey(ctx, server.Config.Database, slog.New(slog.DiscardHandler))
		cancel()
		account.Do(http.MethodGet, "/api/v1/agents/"+account.AgentID+"/api-key", nil).Want(200)
		account.Create(map[string]any{"display_name": "A"})
	}
	require.NoError(t, app.RotateMasterKey(t.Context(), server.Config.Database, slog.New(slog.DiscardHandler)))
	rotated := testkit.Start(t, func(c *config.Server) { c.URL, c.MasterKey = server.Config.URL, next })
	page := rotated.Client(t).Bearer(account.Token).Do(http.MethodGet, "/api/v1/agents/overview", nil).Want(200).Fields()
	for _, agent := range page["agents"].([]any) {
		rotated.Client(t).Bearer(account.Token).Do(http.MethodGet, "/api/v1/agents/"+agent.(map[string]any)["id"].(string)+"/api-key", nil).Want(200)
	}
}

// While clients go on, everything is sealed anew; a server that was given the next key beforehand notices nothing.
func TestMasterKeyIsRotatedUnderLoad(t *testing.T) {
	t.Parallel()
	next := newKey(t)
	server := testkit.Start(t, func(c *config.Server) { c.NextMasterKey = next })
	account := server.Register(t)
	keyed := account.With("Idempotency-Key", "k")
	first := keyed.Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"}).Want(201)

	stop, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for stop.Err() == nil {
				id := account.Create(map[string]any{"display_name": "B"})
				account.Do(http.MethodPost, "/api/v1/agents/"+id+"/regenerate-key", nil).Want(200)
				account.Do(http.MethodGet, "/api/v1/agents/"+id+"/api-key", nil).Want(200)
			}
		})
	}
	require.NoError(t, app.RotateMasterKey(t.Context(), server.Config.Database, slog.New(slog.DiscardHandler)))
	account.Create(map[string]any{"display_name": "after"})
	cancel()
	load.Wait()
	server.Register(t) // which logs in, with a signing key read before the rotation

	// From now on the old key is neither needed nor sufficient.
	cfg := server.Config
	_, err := app.Start(t.Context(), without(cfg, server.MasterKey), slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, auth.ErrWrongMasterKey)
	rotated := testkit.Start(t, func(c *config.Server) { c.URL, c.MasterKey = cfg.URL, next })
	client := rotated.Client(t).Bearer(account.Token)
	page := client.Do(http.MethodGet, "/api/v1/agents/overview", nil).Want(200).Fields()
	for _, agent := range page["agents"].([]any) {
		client.Do(http.MethodGet, "/api/v1/agents/"+agent.(map[string]any)["id"].(string)+"/api-key", nil).Want(200)
	}
	again := client.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"}).Want(201)
	require.Equal(t, first.Body, again.Body)
}

func without(cfg config.Server, key string) config.Server {
	cfg.MasterKey, cfg.NextMasterKey = key, ""
	return cfg
}

// A server without the new key rejects what it cannot open or seal, and loses nothing.
func TestServerWithARetiredMasterKeySealsNothing(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	rotating := server.Config.Database
	rotating.NextMasterKey = newKey(t)
	require.NoError(t, app.RotateMasterKey(t.Context(), rotating, slog.New(slog.DiscardHandler)))
	account.Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"}).WantError(503, "UNAVAILABLE")
	account.Do(http.MethodGet, "/api/v1/agents/"+account.AgentID+"/api-key", nil).WantError(503, "UNAVAILABLE")
	account.Do(http.MethodGet, "/api/v1/agents/"+account.AgentID, nil).Want(200)
}

func TestRunningRequestsEndBeforeTheServerDoes(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	tx, err := server.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "select from agents for update")
	require.NoError(t, err)
	var running, closing sync.WaitGroup
	var answer *testkit.Answer
	running.Go(func() { answer = account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/archive", nil) })
	require.Eventually(t, func() bool {
		var waiting bool
		err := server.Pool.QueryRow(context.Background(), "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')").Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, 5*time.Millisecond)
	closing.Go(func() { server.Stop(t) })
	require.Eventually(t, func() bool {
		_, err := server.Client(t).Try(http.MethodGet, "/healthz", nil)
		return err != nil // no new connections
	}, 10*time.Second, 5*time.Millisecond)
	require.NoError(t, tx.Rollback(t.Context()))
	running.Wait()
	closing.Wait()
	require.Equal(t, "archived", answer.Want(200).Text("status"))
}

func TestServerReportsNotReadyBeforeItStops(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.DrainDelay = time.Hour })
	server.Client(t).Do(http.MethodGet, "/readyz", nil).Want(200)
	ctx, cancel := context.WithCancel(t.Context())
	var draining sync.WaitGroup
	draining.Go(func() { server.App.StopReady(ctx) })
	require.Eventually(t, func() bool {
		return server.Client(t).Do(http.MethodGet, "/readyz", nil).Status == 503
	}, 10*time.Second, 5*time.Millisecond)
	server.Client(t).Do(http.MethodGet, "/healthz", nil).Want(200)
	server.Register(t) // it still serves
	cancel()
	draining.Wait()
}
