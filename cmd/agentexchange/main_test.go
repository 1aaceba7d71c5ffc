package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// dataDir returns a directory that PostgreSQL's user can also reach.
func dataDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "agentexchange-data-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	return dir
}

// process is a server, started as a user would.
type process struct {
	t       *testing.T
	command *exec.Cmd
	url     string
	log     bytes.Buffer
}

func environment(dir string) []string {
	return append(os.Environ(), "AGENTEXCHANGE_ADDR=127.0.0.1:0", "AGENTEXCHANGE_DATA_DIR="+dir, "DATABASE_URL=", "AGENTEXCHANGE_MASTER_KEY=")
}

var ready = regexp.MustCompile(`API +(http://\S+)/api/v1`)

func serve(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{t: t, command: exec.CommandContext(context.Background(), testkit.Command(t), "serve")}
	p.command.Env, p.command.Stderr = environment(dir), &p.log
	out, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Data") {
			break
		}
	}
	match := ready.FindStringSubmatch(said.String())
	if match == nil {
		_ = p.command.Wait()
		t.Fatalf("not ready: %s%s", said.String(), p.log.String())
	}
	require.Contains(t, said.String(), match[1]+"/docs")
	require.Contains(t, said.String(), dir)
	p.url = match[1]
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return p
}

func (p *process) stop(signal syscall.Signal) {
	p.t.Helper()
	require.NoError(p.t, p.command.Process.Signal(signal))
	require.NoError(p.t, p.command.Wait(), p.log.String())
}

// run runs a command to its end and returns its output.
func run(t *testing.T, dir string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), testkit.Command(t), arguments...)
	command.Env = environment(dir)
	out, err := command.CombinedOutput()
	return string(out), err
}

func (p *process) call(method, path, token string, body any) (int, map[string]any) {
	p.t.Helper()
	encoded, err := json.Marshal(body)
	require.NoError(p.t, err)
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, bytes.NewReader(encoded))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	if body == nil {
		request.Body, request.ContentLength = http.NoBody, 0
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	defer func() { _ = response.Body.Close() }()
	var fields map[string]any
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&fields))
	return response.StatusCode, fields
}

// account registers an account and returns its credentials.
func (p *process) account() (credentials map[string]any) {
	p.t.Helper()
	status, made := p.call(http.MethodPost, "/api/v1/auth/register", "", map[string]any{"display_name": "Ada"})
	require.Equal(p.t, http.StatusCreated, status)
	return made
}

// requireKnown checks that the account can log in and read its agent's key.
func (p *process) requireKnown(account map[string]any) (token string) {
	p.t.Helper()
	status, login := p.call(http.MethodPost, "/api/v1/auth/login", "", map[string]any{"api_key": account["api_key"], "api_secret": account["api_secret"]})
	require.Equal(p.t, http.StatusOK, status)
	token = login["token"].(string)
	p.requireKey(account, token)
	return token
}

func (p *process) requireKey(account map[string]any, token string) {
	p.t.Helper()
	status, key := p.call(http.MethodGet, "/api/v1/agents/"+account["agent_id"].(string)+"/api-key", token, nil)
	require.Equal(p.t, http.StatusOK, status, key)
	require.Equal(p.t, account["agent_api_key"], key["api_key"])
}

func TestServeKeepsItsDataBetweenRuns(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := serve(t, dir)
	account := first.account()
	info, err := os.Stat(filepath.Join(dir, "master.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	out, err := run(t, dir, "serve")
	require.Error(t, err, "one server to a data directory")
	require.Contains(t, out, dir)
	require.NotContains(t, out, "goroutine")

	first.stop(syscall.SIGTERM)
	second := serve(t, dir)
	second.requireKnown(account)
	second.stop(syscall.SIGINT)
}

// After SIGTERM the server reports that it is not ready, keeps serving until load balancers have noticed, and exits
// with 0.
func TestTerminatedServerDrains(t *testing.T) {
	t.Parallel()
	server := serve(t, dataDir(t))
	require.NoError(t, server.command.Process.Signal(syscall.SIGTERM))
	notReady := false
	require.Eventually(t, func() bool {
		response, err := http.Get(server.url + "/readyz")
		if err != nil {
			return true // gone
		}
		notReady = notReady || response.StatusCode == http.StatusServiceUnavailable
		return response.Body.Close() != nil
	}, 20*time.Second, 10*time.Millisecond)
	require.True(t, notReady)
	require.NoError(t, server.command.Wait())
}

func TestServerStoppedBeforeItIsReadyExitsCleanly(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), testkit.Command(t), "serve")
	var out bytes.Buffer
	command.Env, command.Stderr = environment(dataDir(t)), &out
	require.NoError(t, command.Start())
	dir := environmentOf(command, "AGENTEXCHANGE_DATA_DIR")
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(dir, "lock")); return err == nil }, 20*time.Second, time.Millisecond)
	require.NoError(t, command.Process.Signal(syscall.SIGTERM))
	require.NoError(t, command.Wait(), out.String())
}

func environmentOf(command *exec.Cmd, name string) (value string) {
	for _, entry := range command.Env {
		if found, ok := strings.CutPrefix(entry, name+"="); ok {
			value = found
		}
	}
	return value
}

func TestKilledServerLeavesNoOrphanAndRecovers(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	first := serve(t, dir)
	account := first.account()
	postmaster := postmasterOf(t, dir)
	require.NoError(t, first.command.Process.Kill())
	_ = first.command.Wait()
	second := serve(t, dir) // at once
	second.requireKnown(account)
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(postmaster, 0), syscall.ESRCH) }, 20*time.Second, 10*time.Millisecond)
	now := postmasterOf(t, dir)
	require.NoError(t, second.command.Process.Kill())
	_ = second.command.Wait()
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(now, 0), syscall.ESRCH) }, 20*time.Second, 10*time.Millisecond,
		"PostgreSQL goes with the server that started it")
}

func postmasterOf(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "pg", "postmaster.pid"))
	require.NoError(t, err)
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	require.NoError(t, err)
	return pid
}

// Both rotations work with and without a running server, and a running server follows them.
func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	server := serve(t, dir)
	account := server.account()
	token := server.requireKnown(account)
	before, err := os.ReadFile(filepath.Join(dir, "master.key"))
	require.NoError(t, err)
	rotate := func(keys ...string) {
		for _, what := range keys {
			out, err := run(t, dir, "keys", what)
			require.NoError(t, err, out)
		}
	}
	rotate("rotate-master")
	after, err := os.ReadFile(filepath.Join(dir, "master.key"))
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	server.requireKey(account, token) // old token, new master key
	server.requireKnown(account)
	server.account() // seals under the new key
	server.requireKnown(account)
	rotate("rotate", "rotate-master")
	server.requireKnown(account)
	server.stop(syscall.SIGTERM)
	rotate("rotate", "rotate-master")
	server = serve(t, dir)
	server.requireKey(account, token)
	server.requireKnown(account)
	server.stop(syscall.SIGTERM)
	entries, err := filepath.Glob(filepath.Join(dir, "master.key*"))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestMissingOrWrongMasterKeyIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	serve(t, dir).stop(syscall.SIGTERM)
	path := filepath.Join(dir, "master.key")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	out, err := run(t, dir, "serve")
	require.Error(t, err)
	require.Contains(t, out, path+" is missing; put back the one that was backed up with the database")
	require.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(path, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), 0o600))
	out, err = run(t, dir, "serve")
	require.Error(t, err)
	require.Contains(t, out, "the master key is not the one that sealed this database")
	require.NoError(t, os.WriteFile(path, kept, 0o600))
	serve(t, dir).stop(syscall.SIGTERM)
}

func TestForeignDatabaseNeedsAMasterKey(t *testing.T) {
	t.Parallel()
	out, err := run(t, dataDir(t), "serve", "--database-url=postgres://nobody@127.0.0.1:1/none")
	require.Error(t, err)
	require.Contains(t, out, "AGENTEXCHANGE_MASTER_KEY must be too")
}

// Every setting is documented in --help and in the guide, with its default.
func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "internal", "web", "guide", "configuration.md"))
	require.NoError(t, err)
	for command, settings := range map[string]reflect.Type{"serve": reflect.TypeFor[config.Server](), "mcp": reflect.TypeFor[config.MCP]()} {
		help, err := run(t, dataDir(t), command, "--help")
		require.NoError(t, err)
		documented := 0
		for _, field := range reflect.VisibleFields(settings) {
			name := field.Tag.Get("env")
			if name == "" {
				require.Contains(t, []string{"Database", "Now", "Toolsets", "ReadOnly"}, field.Name)
				continue
			}
			documented++
			require.Contains(t, help, "$"+name)
			row := "| `" + name + "` | "
			if fallback := field.Tag.Get("default"); fallback != "" {
				row += "`" + fallback + "` |"
			}
			require.Contains(t, string(guide), row)
		}
		require.Positive(t, documented)
	}
}

func TestVersionIsPrinted(t *testing.T) {
	t.Parallel()
	out, err := run(t, dataDir(t), "version")
	require.NoError(t, err)
	require.Regexp(t, `^agentexchange \S+\n$`, out)
}
