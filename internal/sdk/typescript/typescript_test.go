// Package typescript_test packs the TypeScript SDK, installs the package as a user would, and runs the SDK's own tests
// and example from there against a live server.
package typescript_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/sdk/readme"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const sdk = "../../../gen/sdk/typescript"

func TestThePackedSDKWorksForItsUsers(t *testing.T) {
	t.Parallel()
	tools := toolchain.For(t, "package-lock.json")
	project := t.TempDir()
	install(t, project)
	bring(t, project)
	run(t, tools.Command(t.Context(), "tsc", "--typeRoots", filepath.Join(tools.Dir, "node_modules", "@types")), project)

	t.Run("its own tests pass", func(t *testing.T) {
		t.Parallel()
		server := testkit.Start(t)
		spec := filepath.Join(t.TempDir(), "openapi.json")
		text, err := json.Marshal(testkit.Spec().T)
		require.NoError(t, err)
		write(t, spec, text)
		tests, err := filepath.Glob(filepath.Join(project, "out", "tests", "*.test.js"))
		require.NoError(t, err)
		require.NotEmpty(t, tests)
		said := run(t, tools.Command(t.Context(), "node", append([]string{"--test", "--test-reporter=spec"}, tests...)...), project,
			"AGENTEXCHANGE_BASE_URL="+server.URL, "SPEC="+spec, "EXPIRED="+expiredToken(t, server))
		t.Log(said)
	})
	t.Run("its example runs", func(t *testing.T) {
		t.Parallel()
		said := run(t, tools.Command(t.Context(), "node", "out/example.js"), project,
			"AGENTEXCHANGE_BASE_URL="+testkit.Start(t).URL)
		require.Contains(t, said, "Refused: position_limit_exceeded. At most 0.")
		require.Contains(t, said, "After the reset: 5000.00000000 USDT.")
	})
}

func TestAMethodNamesNoErrorsOfOtherOperations(t *testing.T) {
	t.Parallel()
	before, _, found := strings.Cut(string(read(t, filepath.Join(sdk, "src", "client.ts"))), "async login(")
	require.True(t, found)
	docs := before[strings.LastIndex(before, "/**"):]
	require.Contains(t, docs, " * - 400: The body is not JSON (`MALFORMED_BODY`).\n   * - 401, 422: the error's `code` tells why.\n")
}

func TestItInstallsAndRunsAsTheReadmeSays(t *testing.T) {
	t.Parallel()
	tools := toolchain.For(t, "package-lock.json")
	page := filepath.Join(sdk, "README.md")
	checkout, project := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(checkout, "gen/sdk/typescript"), os.DirFS(sdk)))
	example := filepath.Join(checkout, "internal/sdk/typescript/example.ts")
	require.NoError(t, os.MkdirAll(filepath.Dir(example), 0o700))
	write(t, example, read(t, "example.ts"))
	write(t, filepath.Join(project, "package.json"), []byte(`{}`))
	write(t, filepath.Join(project, "quickstart.mjs"), []byte(readme.Blocks(t, page, "ts")[0]))

	said := run(t, tools.Command(t.Context(), "bash", "-c", readme.Script(t, page, checkout)), project,
		"AGENTEXCHANGE_BASE_URL="+testkit.Start(t).URL,
		"npm_config_offline=true", "npm_config_audit=false", "npm_config_fund=false")
	require.Regexp(t, `(?m)^bought at \d+\.\d+, fee \d+\.\d+$`, said)
	require.Contains(t, said, "After the reset: 5000.00000000 USDT.")
}

// install packs the SDK and creates a project with only that package, without a registry.
func install(t *testing.T, project string) {
	t.Helper()
	tools := toolchain.For(t, "package-lock.json")
	directory, err := filepath.Abs(sdk)
	require.NoError(t, err)
	packs := t.TempDir()
	run(t, tools.Command(t.Context(), "npm", "pack", "--offline", directory), packs)
	packed, err := filepath.Glob(filepath.Join(packs, "agentexchange-*.tgz"))
	require.NoError(t, err)
	require.Len(t, packed, 1)
	write(t, filepath.Join(project, "package.json"), []byte(`{"type": "module"}`))
	run(t, tools.Command(t.Context(), "npm", "install", "--offline", "--no-audit", "--no-fund", packed[0]), project)
}

// bring copies the sources to compile into the project: the example, the tests, and the code of the SDK's README.
func bring(t *testing.T, project string) {
	t.Helper()
	require.NoError(t, os.CopyFS(filepath.Join(project, "tests"), os.DirFS("tests")))
	for _, name := range []string{"tsconfig.json", "example.ts"} {
		write(t, filepath.Join(project, name), read(t, name))
	}
	examples := strings.Join(readme.Blocks(t, filepath.Join(sdk, "README.md"), "ts"), "")
	write(t, filepath.Join(project, "readme.ts"), []byte(examples))
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return text
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, text, 0o600))
}

// expiredToken returns a token of the server that expired an hour ago.
func expiredToken(t *testing.T, server *testkit.Server) string {
	t.Helper()
	return server.Replica(t, func(cfg *config.Server) {
		cfg.Now = func() time.Time { return time.Now().Add(-2 * time.Hour) }
	}).Register(t).Token
}

// run runs a command and returns its output.
func run(t *testing.T, command *exec.Cmd, dir string, env ...string) string {
	t.Helper()
	command.Dir, command.Env = dir, append(command.Env, env...)
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, said)
	return string(said)
}
