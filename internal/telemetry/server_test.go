package telemetry

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServerServesUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	metrics := New()
	metrics.Gauge("answer", func() float64 { return 42 })
	server, err := Listen(t.Context(), "127.0.0.1:0", time.Second, metrics)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()

	client := http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	response, err := client.Get(server.URL()) //nolint:noctx // a test
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Contains(t, string(body), "agentexchange_answer 42\n")

	cancel()
	require.NoError(t, <-ended)
	_, err = client.Get(server.URL()) //nolint:noctx // a test
	require.Error(t, err)
}

func TestServerNamesTheSettingOfAnAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	require.NoError(t, err)
	defer taken.Close()
	_, err = Listen(t.Context(), taken.Addr().String(), time.Second, New())
	require.ErrorContains(t, err, "AGENTEXCHANGE_METRICS_ADDR")
}
