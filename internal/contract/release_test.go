package contract_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// releaseLine is the first line of the released document.
var releaseLine = regexp.MustCompile(`^# (\S+), as make release-spec wrote it; sha256 of what follows: ([0-9a-f]{64})$`)

// A change of the released document would hide what the change breaks.
func TestReleasedDocumentIsAsItWasReleased(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(released)
	require.NoError(t, err)
	requireRelease(t, string(text))
}

// requireRelease checks that make release-spec wrote this text, and returns the released document.
func requireRelease(t *testing.T, text string) string {
	t.Helper()
	first, document, _ := strings.Cut(text, "\n")
	parts := releaseLine.FindStringSubmatch(first)
	require.NotNil(t, parts, "make release-spec did not write this: %s", first)
	require.Contains(t, document, "\n  version: "+parts[1]+"\n")
	require.Equal(t, parts[2], fmt.Sprintf("%x", sha256.Sum256([]byte(document))), "changed by other means than make release-spec")
	return document
}

func TestReleaseReplacesTheReleasedDocumentOnceForEachVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "internal/contract/testdata")
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
	write("internal/contract/testdata/released.yaml", first)
	write("internal/contract/testdata/allowed-changes.json", "[{}]\n")
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
	require.Equal(t, second, requireRelease(t, read("released.yaml")))
	require.Equal(t, "[]\n", read("allowed-changes.json"))
}
