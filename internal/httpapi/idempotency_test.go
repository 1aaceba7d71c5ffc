package httpapi_test

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// Every POST of the spec but login and previewOrder, which create nothing, replays its first answer.
func TestPostsAreReplayed(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	other := testkit.Start(t, func(c *config.Server) { c.URL, c.MasterKey = server.Config.URL, server.MasterKey })
	eachOperation(func(path, method string, op *openapi3.Operation) {
		if method != http.MethodPost || op.OperationID == "login" || op.OperationID == "previewOrder" {
			return
		}
		t.Run(op.OperationID, func(t *testing.T) {
			t.Parallel()
			agent := account.Create(map[string]any{"display_name": "A"})
			key := "the key of " + op.OperationID + " " + uuid.NewString()
			var body, another map[string]any
			switch {
			case op.OperationID == "placeOrder":
				body = map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.001"}
				another = map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.002"}
			case op.OperationID == "resetAccount":
				body, another = map[string]any{"confirm": true}, map[string]any{}
			case op.RequestBody != nil:
				body, another = map[string]any{"display_name": "B"}, map[string]any{"display_name": "C"}
			}
			send := func(s *testkit.Server, body any) *testkit.Answer {
				client := s.Client(t).Bearer(account.Token).With("Idempotency-Key", key)
				if len(*op.Security) > 1 { // of an agent's
					client = client.With("X-Agent-Id", agent)
				}
				return client.Do(method, fill(path, agent), body)
			}
			var sent any
			if body != nil {
				sent = body
			}
			first := send(server, sent)
			require.Less(t, first.Status, 300, string(first.Body))
			require.Empty(t, first.Header.Get("Idempotency-Replayed"))
			for _, s := range []*testkit.Server{server, other} {
				again := send(s, sent)
				require.Equal(t, first.Status, again.Status)
				require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
				require.Equal(t, string(first.Body), string(again.Body))
				require.Equal(t, first.Header.Get("Cache-Control"), again.Header.Get("Cache-Control"))
			}
			if body != nil {
				send(server, another).WantError(422, "IDEMPOTENCY_KEY_REUSED")
			}
		})
	})
}

func TestIdempotencyKeysBelongToOneCaller(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	ada, bob := server.Register(t), server.Register(t)
	body := map[string]any{"display_name": "A"}
	first := ada.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents", body).Want(201)
	second := bob.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents", body).Want(201)
	require.NotEqual(t, first.Text("agent_id"), second.Text("agent_id"))
	// Another path, another query: another request.
	for _, path := range []string{"/reset", "/clone", "/clone?new_name=x"} {
		ada.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents/"+ada.AgentID+path, nil).WantError(422, "IDEMPOTENCY_KEY_REUSED")
	}
}

func TestIdempotencyKeysHaveLimits(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	for key, good := range map[string]bool{"": false, "a": true, strings.Repeat("k", 255): true, strings.Repeat("k", 256): false, "é": false} {
		answer := account.With("Idempotency-Key", key).Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/unarchive", nil)
		if good {
			answer.Want(200)
		} else {
			answer.WantError(422, "VALIDATION_ERROR")
			require.Contains(t, fieldsOf(answer), "/Idempotency-Key")
		}
	}
	register := func(key string) *testkit.Answer {
		return server.Client(t).With("Idempotency-Key", key).Do(http.MethodPost, "/api/v1/auth/register", map[string]any{"display_name": "A"})
	}
	register(strings.Repeat("k", 31)).WantError(422, "VALIDATION_ERROR")
	register(strings.Repeat("k", 32)).Want(201)
}

func TestErrorsAreNotReplayed(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	keyed := account.With("Idempotency-Key", "k")
	keyed.Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": ""}).WantError(422, "VALIDATION_ERROR")
	keyed.Do(http.MethodPost, "/api/v1/agents/"+uuid.NewString()+"/reset", nil).WantError(404, "AGENT_NOT_FOUND")
	made := keyed.Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"}).Want(201)
	require.Empty(t, made.Header.Get("Idempotency-Replayed"))
}

func TestOneOfManyAtOnceTakesEffect(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	var answers [32]*testkit.Answer
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = account.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"})
		})
	}
	all.Wait()
	ids := map[string]bool{}
	for _, answer := range answers {
		if answer.Status != 201 {
			answer.WantError(409, "IDEMPOTENCY_IN_FLIGHT")
			continue
		}
		ids[answer.Text("agent_id")] = true
	}
	require.Len(t, ids, 1)
	require.Equal(t, 2.0, account.Do(http.MethodGet, "/api/v1/agents", nil).Fields()["total"])
}

func TestFirstRequestInFlightIsSaid(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	accountID := uuid.MustParse(account.ID)
	// Another replica is at work on this key: it holds the key's lock.
	tx, err := server.Pool.Begin(t.Context())
	require.NoError(t, err)
	lock := idempotency.NewKey(accountID, "k", [sha256.Size]byte{}).LockID()
	_, err = tx.Exec(t.Context(), "select pg_advisory_xact_lock($1)", lock)
	require.NoError(t, err)
	send := func() *testkit.Answer {
		return account.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"})
	}
	send().WantError(409, "IDEMPOTENCY_IN_FLIGHT")
	require.NoError(t, tx.Rollback(t.Context()))
	send().Want(201)
}

func TestExpiredAnswersAreForgottenAndSwept(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	send := func() *testkit.Answer {
		return account.With("Idempotency-Key", "k").Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A"}).Want(201)
	}
	first := send()
	expire := func() {
		_, err := server.Pool.Exec(t.Context(), "update idempotency_keys set expires_at = now() - interval '1 second'")
		require.NoError(t, err)
	}
	expire()
	second := send()
	require.NotEqual(t, first.Text("agent_id"), second.Text("agent_id"))
	require.Equal(t, second.Text("agent_id"), send().Text("agent_id"))

	_, err := server.Pool.Exec(t.Context(), `insert into idempotency_keys
		select gen_random_uuid(), '', '', '', now() + interval '1 hour' from generate_series(1, 1200)`)
	require.NoError(t, err)
	expire()
	store := idempotency.Store{Pool: server.Pool, Vault: server.Vault(t), Now: time.Now}
	require.NoError(t, store.SweepOnce(t.Context()))
	var left int
	require.NoError(t, server.Pool.QueryRow(t.Context(), "select count(*) from idempotency_keys").Scan(&left))
	require.Zero(t, left)
}
