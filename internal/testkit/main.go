package testkit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// running is set while Main runs tests, and so will clear away what they start.
var running atomic.Bool

var errNoMain = errors.New("testkit: this package needs func TestMain(m *testing.M) { testkit.Main(m) }, " +
	"or nothing stops the PostgreSQL that its tests start")

// Main runs a package's tests, stops what they started, and fails if they left a goroutine. checks run last, and only if
// all tests passed.
func Main(m *testing.M, checks ...func() error) {
	running.Store(true)
	code := m.Run()
	running.Store(false)
	if err := errors.Join(stopOwnServer(), removeCommand()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	transport.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	for _, check := range append([]func() error{func() error { return goleak.Find() }}, checks...) {
		if code != 0 {
			break
		}
		if err := check(); err != nil {
			fmt.Fprintln(os.Stderr, "FAIL:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// EnvCommand names the agentexchange command if it is built already. Without it each test binary builds its own.
const EnvCommand = "AGENTEXCHANGE_TEST_COMMAND"

var (
	commandDir   string // empty unless this test binary has built the command
	buildCommand = sync.OnceValues(func() (string, error) {
		if path := os.Getenv(EnvCommand); path != "" {
			return path, nil
		}
		if !running.Load() {
			return "", errNoMain
		}
		var err error
		if commandDir, err = os.MkdirTemp("", "agentexchange-command-"); err != nil {
			return "", err
		}
		path := filepath.Join(commandDir, "agentexchange")
		// With the flags of make build, so that both compile the same packages once.
		build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-o", path,
			"github.com/agentexchange/agentexchange/cmd/agentexchange")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the command: %w: %s", err, out)
		}
		return path, nil
	})
)

// Command returns the path of the agentexchange command, as a user has it.
func Command(tb testing.TB) string {
	tb.Helper()
	path, err := buildCommand()
	require.NoError(tb, err)
	return path
}

func removeCommand() error {
	if commandDir == "" {
		return nil
	}
	return os.RemoveAll(commandDir)
}
