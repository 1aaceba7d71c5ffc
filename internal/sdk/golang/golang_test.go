// Package golang holds what makes the Go SDK, and its tests.
package golang

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// run runs a command in a directory as a user of the SDK would, with the server's address in the environment and
// nothing else of this test's.
func run(tb testing.TB, baseURL, dir string, command ...string) string {
	tb.Helper()
	c := exec.CommandContext(context.Background(), command[0], command[1:]...)
	c.Dir = dir
	c.Env = append(os.Environ(), "AGENTEXCHANGE_BASE_URL="+baseURL)
	said, err := c.CombinedOutput()
	require.NoError(tb, err, string(said))
	return string(said)
}

func TestTheExampleTradesUntilALimitStopsItAndResets(t *testing.T) {
	t.Parallel()
	said := run(t, testkit.Start(t).URL, "example", "go", "run", ".")
	require.Regexp(t, `(?s)^Created agent [0-9a-f-]{36} with 5000 USDT\.\n(Bought .* BTCUSDT at .*\.\n){3}Refused by position_limit_exceeded; at most 0\.\d+ more BTCUSDT\.\nReset to 5000 USDT\.\n$`, said)
}

func TestTheSDKsOwnTestsPass(t *testing.T) {
	t.Parallel()
	url := testkit.Start(t).URL
	run(t, url, "tests", "go", "test", "-count=1", "./...")
	run(t, url, "../../../gen/sdk/go", "go", "test", "-count=1", "./...")
}
