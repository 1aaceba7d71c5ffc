// Package python_test runs the Python SDK against a live server.
package python_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/agentexchange/agentexchange/internal/sdk/readme"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/stretchr/testify/require"
)

const sdk = "../../../gen/sdk/python"

func TestMain(m *testing.M) { testkit.Main(m) }

// run runs a program of the locked tools, which can import the SDK by default, and returns its output.
func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	home, err := filepath.Abs(sdk)
	require.NoError(t, err)
	command := toolchain.For(t, "requirements.txt").Command(t.Context(), name, args...)
	command.Env = append(command.Env, "PYTHONPATH="+home, "PYTHONDONTWRITEBYTECODE=1")
	command.Env = append(command.Env, env...)
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
	return string(printed)
}

func at(server *testkit.Server) []string { return []string{"AGENTEXCHANGE_BASE_URL=" + server.URL} }

func TestItsOwnTestsPassAgainstALiveServer(t *testing.T) {
	t.Parallel()
	t.Log(run(t, at(testkit.Start(t)), "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "tests"))
}

func TestTheExampleTradesUntilALimitStopsItAndResets(t *testing.T) {
	t.Parallel()
	printed := run(t, at(testkit.Start(t)), "python", "-W", "error", "example.py")
	require.Contains(t, printed, "Refused: position_limit_exceeded. At most 0.0")
	require.Contains(t, printed, "After the reset: 5000.00000000 USDT.")
}

func TestItInstallsAndRunsAsTheReadmeSays(t *testing.T) {
	t.Parallel()
	checkout, installed := t.TempDir(), t.TempDir()
	for _, part := range []string{"gen/sdk/python", "internal/sdk/python"} {
		require.NoError(t, os.CopyFS(filepath.Join(checkout, part), os.DirFS(filepath.Join("../../..", part))))
	}
	script := readme.Script(t, filepath.Join(checkout, "gen/sdk/python/README.md"), checkout)
	// The locked tools contain the build backend and all dependencies, so no registry is needed.
	env := append(at(testkit.Start(t)), "PYTHONPATH="+installed, "PIP_TARGET="+installed,
		"PIP_NO_INDEX=1", "PIP_NO_DEPS=1", "PIP_NO_BUILD_ISOLATION=0")
	printed := run(t, env, "bash", "-c", script)
	require.Contains(t, printed, "After the reset: 5000.00000000 USDT.")
}

func TestItAndWhatUsesItAreTyped(t *testing.T) {
	t.Parallel()
	const cache = "../../../.build/mypy" // it knows by their content which files have changed
	for _, oldest := range []string{"3.10", "3.13"} {
		run(t, nil, "mypy", "--strict", "--cache-dir", cache, "--python-version", oldest,
			filepath.Join(sdk, "agentexchange"), "example.py", "tests")
	}
	run(t, nil, "mypy", "--strict", "--cache-dir", cache, "generate.py")
	run(t, nil, "ruff", "check", "--no-cache", "--config", filepath.Join(sdk, "pyproject.toml"), ".")
	run(t, nil, "ruff", "format", "--check", "--no-cache", "--config", filepath.Join(sdk, "pyproject.toml"), ".")
}

func TestItBuildsAndInstallsAlone(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	source, dist, empty := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(source, os.DirFS(sdk)))

	run(t, nil, "python", "-m", "build", "--no-isolation", "--outdir", dist, source)
	wheels, err := filepath.Glob(filepath.Join(dist, "*.whl"))
	require.NoError(t, err)
	require.Len(t, wheels, 1)
	run(t, nil, "python", "-m", "venv", empty)
	python := filepath.Join(empty, "bin", "python")
	run(t, nil, python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", wheels[0])

	// It needs only httpx and httpx's dependencies.
	needs := run(t, nil, "python", "-c", "import httpx, pathlib; print(pathlib.Path(httpx.__file__).parents[1], end='')")
	printed := run(t, append(at(server), "PYTHONPATH="+needs), python, "-W", "error", "-c", `
import agentexchange
assert agentexchange.__file__.startswith(`+"'"+empty+"'"+`), agentexchange.__file__
print(agentexchange.AgentExchangeClient().get_health().status)`)
	require.Equal(t, "ok\n", printed)
}
