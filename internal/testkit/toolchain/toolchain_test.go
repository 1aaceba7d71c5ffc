package toolchain_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/stretchr/testify/require"
)

// The smallest package there is, with the hash that PyPI publishes for it.
const six = "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"

func TestALockedEnvironmentIsInstalledOnceForAllWhoAskAtOnce(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	lock := filepath.Join(t.TempDir(), "requirements.txt")
	require.NoError(t, os.WriteFile(lock, []byte(six), 0o600))

	var group sync.WaitGroup
	envs := make([]toolchain.Env, 4)
	for i := range envs {
		group.Go(func() { envs[i] = toolchain.For(t, lock) })
	}
	group.Wait()
	for _, env := range envs {
		require.Equal(t, envs[0], env)
	}
	version, err := envs[0].Command(t.Context(), "python", "-c", "import six; print(six.__version__)").Output()
	require.NoError(t, err)
	require.Equal(t, "1.17.0", strings.TrimSpace(string(version)))
}

func TestWhatDoesNotMatchItsHashIsNotInstalled(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	lock := filepath.Join(t.TempDir(), "requirements.txt")
	require.NoError(t, os.WriteFile(lock, []byte(strings.Replace(six, "4721", "0000", 1)), 0o600))

	for range 2 { // what was cut off does not count as installed
		_, err := toolchain.Install(t.Context(), lock)
		require.ErrorContains(t, err, "DO NOT MATCH THE HASHES")
	}
}

func TestOneSentenceSaysWhatToInstall(t *testing.T) {
	require.NoError(t, toolchain.Check(t.Context()))

	programs := t.TempDir()
	t.Setenv("PATH", programs)
	require.EqualError(t, toolchain.Check(t.Context()), "install Node.js 20 or newer with npm, and "+
		"Python 3.11 or newer with its venv module (Debian: python3-venv), which tests and generators run on")

	for _, program := range []string{"node", "npm"} {
		works := []byte("#!/bin/sh\nexit 0\n")
		require.NoError(t, os.WriteFile(filepath.Join(programs, program), works, 0o700))
	}
	tooOld := []byte("#!/bin/sh\nexit 1\n")
	require.NoError(t, os.WriteFile(filepath.Join(programs, "python3"), tooOld, 0o700))
	require.EqualError(t, toolchain.Check(t.Context()), "install "+
		"Python 3.11 or newer with its venv module (Debian: python3-venv), which tests and generators run on")
	_, err := toolchain.Install(t.Context(), "requirements.txt")
	require.ErrorContains(t, err, "install Python 3.11 or newer")
}
