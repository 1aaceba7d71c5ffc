package httpapi_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

const atOnce = 50

func TestConcurrentRegenerationsLeaveOneKey(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	path := "/api/v1/agents/" + account.AgentID
	keys := make([]string, atOnce)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			keys[i] = account.Do(http.MethodPost, path+"/regenerate-key", nil).Want(200).Text("api_key")
		})
	}
	all.Wait()
	living := account.Do(http.MethodGet, path+"/api-key", nil).Want(200).Text("api_key")
	require.Contains(t, keys, living)
	requireOneLivingKey(t, server, account.AgentID, living)
}

func requireOneLivingKey(t *testing.T, server *testkit.Server, agentID, key string) {
	t.Helper()
	rows, err := server.Pool.Query(t.Context(), `select k.digest, a.api_key_digest from agent_keys as k
		join agents as a on a.id = k.agent_id where k.agent_id = $1`, agentID)
	require.NoError(t, err)
	defer rows.Close()
	count := 0
	for rows.Next() {
		var digest, repeated []byte
		require.NoError(t, rows.Scan(&digest, &repeated))
		require.Equal(t, auth.DigestKey(auth.Secret(key)), digest)
		require.Equal(t, digest, repeated)
		count++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 1, count)
}

// Everything at once on the same few agents, deletion too: each call either works or says that the agent is gone, and
// what is left is whole.
func TestEverythingAtOnceKeepsTheInvariants(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	agents := []string{account.AgentID}
	for i := range 4 {
		agents = append(agents, account.Create(map[string]any{"display_name": fmt.Sprint(i)}))
	}
	var all sync.WaitGroup
	for i := range atOnce {
		path := "/api/v1/agents/" + agents[i%len(agents)]
		do := func(status int, method, path string, body any) {
			all.Go(func() {
				if answer := account.Do(method, path, body); answer.Status != status {
					answer.WantError(404, "AGENT_NOT_FOUND")
				}
			})
		}
		do(201, http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "new"})
		do(200, http.MethodPut, path, map[string]any{"display_name": fmt.Sprint("renamed ", i)})
		do(200, http.MethodPost, path+"/regenerate-key", nil)
		do(200, http.MethodPost, path+"/archive", nil)
		do(200, http.MethodPost, path+"/reset", nil)
		do(201, http.MethodPost, path+"/clone", nil)
		do(200, http.MethodPut, path+"/risk-profile", map[string]any{"max_position_size_pct": 1 + i, "daily_loss_limit_pct": 1 + i, "max_open_orders": 1 + i})
		if i%len(agents) < 2 { // two of the five are deleted, again and again
			do(204, http.MethodDelete, path, nil)
		}
	}
	all.Wait()
	requireInvariants(t, server)
	for _, deleted := range agents[:2] {
		account.Do(http.MethodGet, "/api/v1/agents/"+deleted, nil).WantError(404, "AGENT_NOT_FOUND")
		require.NotContains(t, server.Dump(t), deleted)
	}
}

// requireInvariants holds for every database, whatever happened before.
func requireInvariants(t *testing.T, server *testkit.Server) {
	t.Helper()
	for what, query := range map[string]string{
		"agents without exactly one key": `select a.id::text from agents a left join agent_keys k on k.agent_id = a.id
			group by a.id having count(k.digest) <> 1`,
		"keys that are not their agent's": `select k.agent_id::text from agent_keys k left join agents a on a.id = k.agent_id
			where a.id is null or a.api_key_digest <> k.digest or a.account_id <> k.account_id`,
		"agents without a sealed key": `select a.id::text from agents a left join sealed_keys s on s.agent_id = a.id where s.agent_id is null`,
		"agents not funded": `select a.id::text from agents a left join balances b on b.agent_id = a.id and b.asset = 'USDT'
			where b.available is distinct from a.starting_balance or b.locked <> 0`,
		"limits that were never set together": `select id::text from agents where max_position_size_pct <> 25
			and not (max_position_size_pct = daily_loss_limit_pct and daily_loss_limit_pct = max_open_orders)`,
		"default agents that are gone": `select c.id::text from accounts c left join agents a on a.id = c.default_agent_id
			where c.default_agent_id is not null and a.id is null`,
	} {
		rows, err := server.Pool.Query(t.Context(), query)
		require.NoError(t, err)
		for rows.Next() {
			var id string
			require.NoError(t, rows.Scan(&id))
			t.Errorf("%s: %s", what, id)
		}
		require.NoError(t, rows.Err())
	}
	requireSealedKeysOpen(t, server)
}

func requireSealedKeysOpen(t *testing.T, server *testkit.Server) {
	t.Helper()
	vault := server.Vault(t)
	rows, err := server.Pool.Query(context.Background(), "select s.agent_id, s.sealed, a.api_key_digest from sealed_keys s join agents a on a.id = s.agent_id")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var sealed, digest []byte
		require.NoError(t, rows.Scan(&id, &sealed, &digest))
		key, err := vault.Open(id, auth.PurposeAgentKey, sealed)
		require.NoError(t, err)
		require.Equal(t, digest, auth.DigestKey(auth.Secret(key)))
	}
	require.NoError(t, rows.Err())
}
