package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func TestWhatTheClientHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	replica := server.Replica(t).Client(t).Bearer(account.Token)
	agent := "/api/v1/agents/" + account.AgentID
	for _, path := range []string{agent, agent + "/risk-profile", "/api/v1/agents?limit=1", "/api/v1/agents?offset=7", "/api/v1/agents/overview"} {
		tag := account.Do(http.MethodGet, path, nil).Want(http.StatusOK).Header.Get("ETag")
		require.NotEmpty(t, tag, path)
		for _, sent := range []string{tag, "W/" + tag, `"another", ` + tag, "*"} {
			answer := account.With("If-None-Match", sent).Do(http.MethodGet, path, nil).Want(http.StatusNotModified)
			require.Equal(t, tag, answer.Header.Get("ETag"))
			require.Empty(t, answer.Body)
		}
		account.With("If-None-Match", tag).Do(http.MethodHead, path, nil).Want(http.StatusNotModified)
		account.With("If-None-Match", `"another"`).Do(http.MethodGet, path, nil).Want(http.StatusOK)
		require.Equal(t, tag, replica.Do(http.MethodGet, path, nil).Header.Get("ETag"), "every replica says the same")
		server.Register(t).With("If-None-Match", "*").Do(http.MethodGet, agent, nil).WantError(http.StatusNotFound, "AGENT_NOT_FOUND")
	}
}

// Also where two changes happen at the same time by the clock.
func TestEveryChangeThatAnOwnerSeesHasAnotherEntityTag(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t, testkit.NewClock().Use).Register(t)
	trader := account.NewAgent(map[string]any{"display_name": "Trader"})
	one, all := "/api/v1/agents/"+trader.ID, "/api/v1/agents?include_archived=true"
	tags := func() [2]string {
		return [2]string{
			account.Do(http.MethodGet, one, nil).Want(http.StatusOK).Header.Get("ETag"),
			account.Do(http.MethodGet, all, nil).Want(http.StatusOK).Header.Get("ETag"),
		}
	}
	seen := map[string]bool{}
	changes := []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, one, map[string]any{"display_name": "A"}},
		{http.MethodPut, one, map[string]any{"display_name": "B"}},
		{http.MethodPut, one + "/risk-profile", map[string]any{"max_position_size_pct": 9, "daily_loss_limit_pct": 9, "max_open_orders": 9}},
		{http.MethodPost, one + "/regenerate-key", nil},
		{http.MethodPost, one + "/archive", nil},
		{http.MethodPost, one + "/unarchive", nil},
		{http.MethodPost, one + "/reset", nil},
	}
	for _, change := range changes {
		before := tags()
		account.Do(change.method, change.path, change.body).Want(http.StatusOK)
		after := tags()
		for n := range after {
			require.NotEqual(t, before[n], after[n], "%s %s", change.method, change.path)
			require.False(t, seen[after[n]], "never the tag of an earlier state")
			seen[after[n]] = true
		}
	}
	before := tags()
	account.Do(http.MethodPost, one+"/unarchive", nil).Want(http.StatusOK)
	account.With("X-Agent-Id", trader.ID).Place(marketOrder("buy", "BTCUSDT", "0.0001")).Want(http.StatusCreated)
	require.Equal(t, before, tags(), "neither what changes nothing nor an order is seen here")
	account.Create(map[string]any{"display_name": "Another"})
	require.NotEqual(t, before[1], tags()[1])
}
