package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReleaseReplacesTheReleasedDocumentOnceForEachVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "internal/httpapi/testdata")
	require.NoError(t, os.MkdirAll(kept, 0o700))
	makefile, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	write := func(path, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600))
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(kept, name))
		require.NoError(t, err)
		return string(text)
	}
	run := func(name string, args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = dir
		said, err := command.CombinedOutput()
		return string(said), err
	}
	commit := func() {
		for _, args := range []string{"init -q", "add -A", "-c user.name=a -c user.email=a@example.com commit -q -m a"} {
			said, err := run("git", strings.Fields(args)...)
			require.NoError(t, err, said)
		}
	}
	first, second := "info:\n  version: 1.0.0\npaths:\n", "info:\n  version: 1.1.0\npaths:\n"
	write("Makefile", string(makefile))
	write("openapi.yaml", first)
	write("internal/httpapi/testdata/released.yaml", first)
	write("internal/httpapi/testdata/allowed-changes.json", "[{}]\n")
	commit()

	said, err := run("make", "release-spec")
	require.Error(t, err)
	require.Contains(t, said, "1.0.0 is released already")

	write("openapi.yaml", second)
	said, err = run("make", "release-spec")
	require.Error(t, err)
	require.Contains(t, said, "commit what has changed first")

	commit()
	said, err = run("make", "release-spec")
	require.NoError(t, err, said)
	require.Equal(t, second, read("released.yaml"))
	require.Equal(t, "[]\n", read("allowed-changes.json"))
}
