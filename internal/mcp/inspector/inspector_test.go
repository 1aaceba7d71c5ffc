// Package inspector_test uses the tools with the official inspector of the Model Context Protocol.
package inspector_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// The official inspector is another client than the SDK's, in another language, and judges the schemas, too.
func TestTheInspectorIsContent(t *testing.T) {
	t.Parallel()
	tools := toolchain.For(t, "package-lock.json")
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	ways := map[string][]string{
		"http":  {server.URL + "/mcp", "--transport", "http", "--header", "X-API-Key: " + agent.Key},
		"stdio": {testkit.Command(t), "mcp", "-e", "AGENTEXCHANGE_BASE_URL=" + server.URL, "-e", "AGENTEXCHANGE_API_KEY=" + agent.Key},
	}
	for name, way := range ways {
		inspect := func(t *testing.T, want int, what ...string) map[string]any {
			t.Helper()
			arguments := append(append([]string{"--cli"}, way...), what...)
			command := tools.Command(t.Context(), "mcp-inspector", arguments...)
			command.Env = append(command.Env, "HOME="+t.TempDir()) // it keeps what it has seen there
			var out, said bytes.Buffer
			command.Stdout, command.Stderr = &out, &said
			err := command.Run()
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				require.Equal(t, want, exit.ExitCode(), "%s%s", out.String(), said.String())
			} else {
				require.NoError(t, err)
				require.Zero(t, want, out.String())
			}
			var answer map[string]any
			require.NoError(t, json.Unmarshal(out.Bytes(), &answer), said.String())
			return answer
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Len(t, inspect(t, 0, "--method", "tools/list", "--strict")["tools"], 15)
			order := []string{"--method", "tools/call", "--tool-name", "place_order", "--tool-arg", "symbol=BTCUSDT", "side=buy", "type=market"}
			placed := inspect(t, 0, append(order, `quantity="0.001"`)...)
			require.Equal(t, "filled", placed["structuredContent"].(map[string]any)["status"])

			const isError = 5 // the inspector's exit code for a tool's error
			refused := inspect(t, isError, append(order, `quantity="1"`)...)
			require.Equal(t, "ORDER_REJECTED", refused["structuredContent"].(map[string]any)["error"].(map[string]any)["code"])
		})
	}
}
