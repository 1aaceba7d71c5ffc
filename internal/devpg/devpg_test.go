//go:build unix

package devpg

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// ownerVariable makes the test binary run as the owner of a server, with the
// Config in the variable, instead of running tests.
const ownerVariable = "DEVPG_TEST_OWNER"

// diesWithOwner tells where a child dies together with the process that
// started it.
const diesWithOwner = runtime.GOOS == "linux"

func TestMain(m *testing.M) {
	if config, ok := os.LookupEnv(ownerVariable); ok {
		os.Exit(runOwner(config))
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(exitCode int) {
		initialised.removeAll()
		os.Exit(exitCode)
	}))
}

// patience is for events that come at once or never: how long to believe that
// they may still come on a busy machine.
const patience = time.Minute

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// newDir returns a directory that the user of a child can reach, which
// t.TempDir is not for root. There is a space in its name, as in the usual
// place on a Mac.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "devpg test ")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	dir, err = filepath.EvalSymlinks(dir) // /tmp is a link on a Mac
	require.NoError(t, err)
	return dir
}

// newDataDir is for tests that watch a database being made.
func newDataDir(t *testing.T) string { return filepath.Join(newDir(t), "data") }

// dataDirs lends out directories with an initialised database, because making
// one is by far the slowest part of a test.
type dataDirs struct {
	mu   sync.Mutex
	free []string
}

var initialised dataDirs

// borrow returns a directory that no server uses. Call it before starting one:
// the directory is given back after everything that the test cleans up later.
func (d *dataDirs) borrow(t *testing.T) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	var dir string
	if n := len(d.free); n > 0 {
		dir, d.free = d.free[n-1], d.free[:n-1]
	} else {
		base, err := os.MkdirTemp("", "devpg test ")
		require.NoError(t, err)
		require.NoError(t, os.Chmod(base, 0o755))
		base, err = filepath.EvalSymlinks(base)
		require.NoError(t, err)
		dir = filepath.Join(base, "data")
	}
	t.Cleanup(func() {
		if t.Failed() { // who knows what became of it
			_ = os.RemoveAll(filepath.Dir(dir))
			return
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.free = append(d.free, dir)
	})
	return dir
}

func (d *dataDirs) removeAll() {
	for _, dir := range d.free {
		_ = os.RemoveAll(filepath.Dir(dir))
	}
}

// started starts a server and stops it at the end of the test.
func started(t *testing.T, cfg Config) *Server {
	t.Helper()
	return startedOn(t, cfg, thisMachine())
}

func startedOn(t *testing.T, cfg Config, m machine) *Server {
	t.Helper()
	s, err := start(testContext(t), cfg, m)
	require.NoError(t, err)
	t.Cleanup(func() { stopped(t, s) })
	return s
}

func stopped(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, s.Stop(ctx))
}

// query runs one statement on a connection of its own and returns its only
// value as text.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	value, err := tryQuery(testContext(t), url, sql)
	require.NoError(t, err)
	return value
}

func tryQuery(ctx context.Context, url, sql string) (value string, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, sql).Scan(&value)
	return value, err
}

// remember makes a word the only thing in the database, recall reads it.
func remember(t *testing.T, url, word string) {
	t.Helper()
	ctx := testContext(t)
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS memory (word text)`)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `TRUNCATE memory`)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, `INSERT INTO memory VALUES ($1)`, word)
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

func recall(t *testing.T, url string) string {
	t.Helper()
	return query(t, url, `SELECT string_agg(word, ' ' ORDER BY word) FROM memory`)
}

func postmasterPid(t *testing.T, dir string) int {
	t.Helper()
	pid := dataDir(dir).readyPid()
	require.NotZero(t, pid, "no postmaster is ready in %s", dir)
	return pid
}

// installed is the PostgreSQL that the tests run on.
func installed(t *testing.T) binaries {
	t.Helper()
	as, err := childAccount("/nonexistent")
	require.NoError(t, err)
	found, err := thisMachine().find(testContext(t), search{
		as: as, cacheDir: DefaultCacheDir(), log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return found
}

// writeProgram makes a shell script. No child may be forked meanwhile: it
// would hold the file open for writing, and then nobody could run it.
func writeProgram(t *testing.T, path, script string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

// journal is a log that can be waited for and searched.
type journal struct {
	mu      sync.Mutex
	entries []string
	changed chan struct{} // closed and replaced at every entry
}

func newJournal() *journal { return &journal{changed: make(chan struct{})} }

func (j *journal) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (j *journal) Write(entry []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, string(entry))
	close(j.changed)
	j.changed = make(chan struct{})
	return len(entry), nil
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.entries, "")
}

func (j *journal) await(t *testing.T, words string) {
	t.Helper()
	ctx := testContext(t)
	for {
		j.mu.Lock()
		found := slices.ContainsFunc(j.entries, func(e string) bool { return strings.Contains(e, words) })
		changed := j.changed
		j.mu.Unlock()
		if found {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			require.FailNow(t, "not logged", "%q in:\n%s", words, j.text())
		}
	}
}

// runOwner starts a server, reports on its standard output, and stops the
// server when its standard input ends.
func runOwner(config string) int {
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var cfg Config
	if err := json.Unmarshal([]byte(config), &cfg); err != nil {
		log.Error("owner failed", "error", err)
		return 1
	}
	cfg.Logger = log
	s, err := Start(context.Background(), cfg)
	if err != nil {
		log.Error("owner failed", "error", err)
		return 1
	}
	log.Info("owner ready", "url", s.URL(), "dataDir", string(s.dir))
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(context.Background()); err != nil {
		log.Error("owner failed", "error", err)
		return 1
	}
	return 0
}

// owner is another process that owns a server.
type owner struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	records chan map[string]any // its log
	ended   bool
}

// startOwner runs an owner with additional or different environment variables,
// and as another user if credential is not nil.
func startOwner(t *testing.T, cfg Config, credential *syscall.Credential, env ...string) *owner {
	t.Helper()
	config, err := json.Marshal(struct {
		DataDir, CacheDir string
		Durable           bool
	}{cfg.DataDir, cfg.CacheDir, cfg.Durable})
	require.NoError(t, err)
	cmd := exec.Command(ownerProgram(t))
	cmd.Env = append(append(os.Environ(), ownerVariable+"="+string(config)), env...)
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	read, write, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdout = write
	require.NoError(t, cmd.Start())
	require.NoError(t, write.Close())

	o := &owner{cmd: cmd, stdin: stdin, records: make(chan map[string]any, 10_000)}
	go func() {
		defer close(o.records)
		defer read.Close()
		for lines := bufio.NewScanner(read); lines.Scan(); {
			record := map[string]any{}
			if json.Unmarshal(lines.Bytes(), &record) == nil {
				o.records <- record
			}
		}
	}()
	t.Cleanup(o.kill)
	return o
}

// ownerProgram is a copy of this program where every user can run it.
func ownerProgram(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	in, err := os.Open(self)
	require.NoError(t, err)
	defer in.Close()
	path := filepath.Join(newDir(t), "owner")
	syscall.ForkLock.RLock() // see writeProgram
	defer syscall.ForkLock.RUnlock()
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	require.NoError(t, err)
	_, err = io.Copy(out, in)
	require.NoError(t, errors.Join(err, out.Close()))
	return path
}

// await returns the first record whose message contains the words.
func (o *owner) await(t *testing.T, words string) map[string]any {
	t.Helper()
	ctx := testContext(t)
	for {
		select {
		case record, ok := <-o.records:
			require.True(t, ok, "the owner ended before it said %q", words)
			message, _ := record["msg"].(string)
			if strings.Contains(message, words) {
				return record
			}
			require.NotEqual(t, "owner failed", message, "%v", record["error"])
		case <-ctx.Done():
			require.FailNow(t, "the owner did not say it", "%q", words)
		}
	}
}

// kill ends the owner as brutally as possible and waits for its end.
func (o *owner) kill() {
	if o.ended {
		return
	}
	o.ended = true
	_ = o.cmd.Process.Kill()
	_ = o.cmd.Wait()
	for range o.records { // until its pipe is closed
	}
}

// leave ends the owner in an orderly way.
func (o *owner) leave(t *testing.T) {
	t.Helper()
	require.NoError(t, o.stdin.Close())
	o.ended = true
	require.NoError(t, o.cmd.Wait())
	for range o.records {
	}
}
