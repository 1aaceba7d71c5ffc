package app_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func TestMetricsReportWhatTheServerDoes(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.MetricsAddr = "127.0.0.1:0" })
	account := server.Register(t)
	account.Agent().Place(map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.001"}).Want(201)
	server.Client(t).Do(http.MethodGet, "/no/such/path", nil).Want(404)
	server.Client(t).Do(http.MethodGet, "/nor/this", nil).Want(404)
	server.Client(t).Do(http.MethodGet, "/metrics", nil).Want(404) // not on the public port

	response, err := http.Get(server.App.MetricsURL()) //nolint:noctx // a test
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	for _, line := range []string{
		`agentexchange_http_request_duration_seconds_count{operation="placeOrder",status="201"} 1`,
		`agentexchange_http_request_duration_seconds_count{operation="other",status="404"} 3`,
		"agentexchange_batch_jobs_sum 1",
		`agentexchange_batch_duration_seconds_count{outcome="committed"} 1`,
		"agentexchange_jobs_waiting 0",
		"agentexchange_database_connections_max 16",
		"go_goroutines ",
	} {
		require.Contains(t, string(text), line)
	}
	require.NotContains(t, string(text), account.AgentID)
}
