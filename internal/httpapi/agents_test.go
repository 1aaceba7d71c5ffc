package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func TestAgentLivesAndDies(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	id := account.Create(map[string]any{"display_name": "RSI Scalper"})
	require.Equal(t, "active", account.Do(http.MethodGet, "/api/v1/agents/"+id, nil).Want(200).Text("status"))
	account.Do(http.MethodDelete, "/api/v1/agents/"+id, nil).Want(204)
	account.Do(http.MethodDelete, "/api/v1/agents/"+id, nil).WantError(404, "AGENT_NOT_FOUND")
}
