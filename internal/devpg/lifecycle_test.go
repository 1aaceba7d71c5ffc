//go:build unix

package devpg

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestDataSurvivesStop(t *testing.T) {
	t.Parallel()
	dir := initialised.borrow(t)
	for _, durable := range []bool{true, false} {
		cfg := Config{DataDir: dir, Durable: durable}
		first := started(t, cfg)
		remember(t, first.URL(), "kept")
		stopped(t, first)

		second := started(t, cfg)
		require.Equal(t, "kept", recall(t, second.URL()))
		require.Equal(t, "UTF8 C", query(t, second.URL(),
			`SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database WHERE datname = current_database()`))
		stopped(t, second)
	}
}

func TestFilesAreProtected(t *testing.T) {
	t.Parallel()
	dir := newDataDir(t)
	s := started(t, Config{DataDir: dir})
	for name, mode := range map[string]os.FileMode{"": 0o711, "pg": 0o700, "pg.password": 0o600, "lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), "%q", name)
		owner, _, err := ownerOf(filepath.Join(dir, name))
		require.NoError(t, err)
		if name == "pg" && s.as.credential != nil {
			require.Equal(t, s.as.credential.Uid, owner.Uid)
		} else {
			require.EqualValues(t, os.Geteuid(), owner.Uid, "%q", name)
		}
	}
	entries, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, entries, 3, "nothing else may stay: %v", entries)

	stranger := strings.Replace(s.URL(), s.password, strings.Repeat("0", len(s.password)), 1)
	_, err = tryQuery(testContext(t), stranger, `SELECT 'in'`)
	require.Equal(t, invalidPassword, sqlState(err))
}

func TestPasswordIsNowhereToBeSeen(t *testing.T) {
	t.Parallel()
	log := newJournal()
	s := started(t, Config{DataDir: newDataDir(t), Durable: true, Logger: log.logger()})
	require.NotContains(t, strings.Join(s.arguments(), " "), s.password)
	stopped(t, s)
	require.Contains(t, log.text(), "database system is shut down")
	require.NotContains(t, log.text(), s.password)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	dir := initialised.borrow(t)
	for _, c := range []struct {
		durable  bool
		expected string
	}{{true, "on"}, {false, "off"}} {
		s := started(t, Config{
			DataDir: dir, Durable: c.durable,
			// Nobody can take the durability back by a setting.
			Settings: map[string]string{"timezone": "Asia/Kathmandu", "fsync": "off", "listen_addresses": "*"},
		})
		for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
			require.Equal(t, c.expected, query(t, s.URL(), "SHOW "+name), name)
		}
		require.Equal(t, "Asia/Kathmandu", query(t, s.URL(), "SHOW timezone"))
		require.Equal(t, "127.0.0.1", query(t, s.URL(), "SHOW listen_addresses"))
		stopped(t, s)
	}
	_, err := Start(testContext(t), Config{DataDir: dir, Settings: map[string]string{"a b": ""}})
	require.ErrorContains(t, err, `"a b" is not the name of a PostgreSQL setting`)
	_, err = Start(testContext(t), Config{DataDir: dir, Settings: map[string]string{"work_mem": "plenty"}})
	require.ErrorContains(t, err, "invalid value for parameter", "PostgreSQL's last words explain the failure")
}

func TestSecondStartIsRefused(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t)}
	first := started(t, cfg)
	_, err := Start(testContext(t), cfg)
	require.ErrorIs(t, err, ErrLocked)
	require.EqualError(t, err, "another agentexchange server is using the data directory "+cfg.DataDir+"; stop it, or choose another directory")
	require.Equal(t, "unharmed", query(t, first.URL(), `SELECT 'unharmed'`))
	stopped(t, first)
	started(t, cfg)
}

func TestStopManyTimes(t *testing.T) {
	t.Parallel()
	s := started(t, Config{DataDir: initialised.borrow(t)})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { stopped(t, s) })
	}
	all.Wait()
	stopped(t, s)
}

func TestStopWithoutTime(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t), Durable: true}
	s := started(t, cfg)
	remember(t, s.URL(), "kept")
	pid := postmasterPid(t, cfg.DataDir)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, s.Stop(now), context.Canceled)
	require.False(t, dataDir(cfg.DataDir).runsPostmaster(pid))
	require.Equal(t, "kept", recall(t, started(t, cfg).URL()))
}

func TestStartIsCancelled(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: newDataDir(t)}
	ctx, cancel := context.WithCancel(testContext(t))
	log := newJournal()
	cfg.Logger = log.logger()
	done := make(chan error)
	go func() {
		_, err := Start(ctx, cfg)
		done <- err
	}()
	log.await(t, "running bootstrap script") // initdb is at work
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	cfg.Logger = nil
	started(t, cfg)
}

func TestKilledPostmasterComesBack(t *testing.T) {
	t.Parallel()
	log := newJournal()
	dir := initialised.borrow(t)
	s := started(t, Config{DataDir: dir, Durable: true, Logger: log.logger()})
	remember(t, s.URL(), "kept")
	pid := postmasterPid(t, dir)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	log.await(t, "PostgreSQL ended unexpectedly")
	log.await(t, "PostgreSQL is back")
	require.Equal(t, "kept", recall(t, s.URL()), "at the same address")
	require.NotEqual(t, pid, postmasterPid(t, dir))
	require.NotContains(t, log.text(), s.password)
}

func TestStopDuringRestart(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t)}
	for _, moment := range []string{"PostgreSQL is ready", "PostgreSQL ended unexpectedly", "redo", "PostgreSQL is back"} {
		log := newJournal()
		cfg.Logger = log.logger()
		s := started(t, cfg)
		require.NoError(t, syscall.Kill(postmasterPid(t, cfg.DataDir), syscall.SIGKILL))
		log.await(t, moment)
		stopped(t, s)
		requireNoPostmaster(t, cfg.DataDir)
	}
}

// requireNoPostmaster fails if the process in postmaster.pid runs.
func requireNoPostmaster(t *testing.T, dir string) {
	t.Helper()
	lines, err := dataDir(dir).pidLines()
	require.NoError(t, err)
	if lines == nil {
		return
	}
	pid, err := strconv.Atoi(lines[0])
	require.NoError(t, err)
	require.False(t, dataDir(dir).runsPostmaster(pid), "a postmaster still runs in %s", dir)
}

func TestKilledOwnerLeavesNoOrphan(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t), Durable: true}
	o := startOwner(t, cfg, nil)
	url := o.await(t, "owner ready")["url"].(string)
	remember(t, url, "kept")
	pid := postmasterPid(t, cfg.DataDir)

	// An idle connection sees the end of the server as it happens.
	witness, err := pgx.Connect(testContext(t), url)
	require.NoError(t, err)
	o.kill()
	if diesWithOwner {
		_, err = witness.WaitForNotification(testContext(t))
		require.Error(t, err)
		require.NotErrorIs(t, err, context.DeadlineExceeded, "the server lives on")
		require.Eventually(t, func() bool { return !dataDir(cfg.DataDir).runsPostmaster(pid) },
			patience, 5*time.Millisecond, "the postmaster is an orphan")
	}
	require.NoError(t, witness.Close(testContext(t)))

	require.Equal(t, "kept", recall(t, started(t, cfg).URL()))
}

func TestStartRightAfterOwnerIsKilled(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t), Durable: true}
	o := startOwner(t, cfg, nil)
	remember(t, o.await(t, "owner ready")["url"].(string), "kept")
	pid := postmasterPid(t, cfg.DataDir)
	o.kill()
	s := started(t, cfg)
	require.False(t, dataDir(cfg.DataDir).runsPostmaster(pid), "two postmasters")
	require.Equal(t, "kept", recall(t, s.URL()))
}

func TestLeftoverPostmasterIsStopped(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t)}
	s := started(t, cfg)
	remember(t, s.URL(), "kept")
	stopped(t, s)
	// One that nobody looks after, and that no death signal ends.
	leftover, err := command{
		path: s.bin.path("postgres"), args: s.arguments(), dir: s.dir.cluster(), as: s.as, log: func(string) {},
	}.start()
	require.NoError(t, err)
	require.NoError(t, s.awaitReady(testContext(t), leftover))

	m := thisMachine()
	m.leftoverGrace = 0
	next := startedOn(t, cfg, m)
	<-leftover.exited
	require.Equal(t, "exit status 0", leftover.state, "it was not asked politely")
	require.Equal(t, "kept", recall(t, next.URL()))
}

// An unrelated process may have the id that a crashed postmaster left behind.
func TestReusedProcessID(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t)}
	s := started(t, cfg)
	remember(t, s.URL(), "kept")
	pidFile, err := os.ReadFile(s.dir.pidFile())
	require.NoError(t, err)
	stopped(t, s)
	// PostgreSQL takes only a process of its own user for a postmaster.
	other, err := command{path: "/bin/sleep", args: []string{"600"}, dir: "/", as: s.as, deathSignal: syscall.SIGKILL}.start()
	require.NoError(t, err)
	defer other.end(syscall.SIGKILL)

	_, rest, _ := strings.Cut(string(pidFile), "\n")
	for _, content := range []string{strconv.Itoa(other.pid) + "\n" + rest, ""} {
		require.NoError(t, os.WriteFile(s.dir.pidFile(), []byte(content), 0o600))
		require.NoError(t, s.as.give(s.dir.pidFile()))
		next := started(t, cfg)
		require.Equal(t, "kept", recall(t, next.URL()))
		stopped(t, next)
	}
	select {
	case <-other.exited:
		require.Fail(t, "the unrelated process was killed")
	default:
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	dir := newDataDir(t)
	requireNotRunning := func() {
		t.Helper()
		url, running, err := Attach(dir)
		require.NoError(t, err)
		require.False(t, running)
		require.Empty(t, url)
	}
	requireNotRunning()
	o := startOwner(t, Config{DataDir: dir}, nil)
	expected := o.await(t, "owner ready")["url"].(string)
	url, running, err := Attach(dir)
	require.NoError(t, err)
	require.True(t, running)
	require.Equal(t, expected, url)
	require.Equal(t, "in", query(t, url, `SELECT 'in'`))
	o.leave(t)
	requireNotRunning()

	// Looking never gets in the way of a start.
	looking, stop := context.WithCancel(context.Background())
	var looker sync.WaitGroup
	looker.Go(func() {
		for looking.Err() == nil {
			_, _, _ = Attach(dir)
		}
	})
	started(t, Config{DataDir: dir})
	stop()
	looker.Wait()
}

func TestAttachWhileStarting(t *testing.T) {
	t.Parallel()
	dir, err := openDataDir(newDataDir(t))
	require.NoError(t, err)
	lock, err := dir.acquire(testContext(t))
	require.NoError(t, err)
	defer lock.release()
	_, running, err := Attach(string(dir))
	require.True(t, running)
	require.ErrorContains(t, err, "is still starting; try again when it is ready")
}
