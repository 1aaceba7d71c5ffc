//go:build unix

package devpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInterruptedInitialisation(t *testing.T) {
	t.Parallel()
	real, cfg := installed(t), Config{DataDir: newDataDir(t), Durable: true}
	halfway := newDir(t)
	writeProgram(t, filepath.Join(halfway, "postgres"), fmt.Sprintf(`exec '%s' "$@"`, real.path("postgres")))
	writeProgram(t, filepath.Join(halfway, "initdb"), `
		for arg; do case $arg in --pgdata=*) data=${arg#--pgdata=} ;; esac; done
		mkdir -p "$data/base" && echo `+strconv.Itoa(real.major)+` >"$data/PG_VERSION" && echo half way $$
		exec sleep 600`)
	o := startOwner(t, cfg, nil, "PG_BIN="+halfway)
	said := o.await(t, "half way")["msg"].(string)
	pid, err := strconv.Atoi(strings.TrimPrefix(said, "half way "))
	require.NoError(t, err)
	o.kill()
	if diesWithOwner {
		require.Eventually(t, func() bool { return strings.Join(commandLine(pid), "") == "" },
			patience, 5*time.Millisecond, "initdb is an orphan")
	} else {
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	}

	s := started(t, cfg)
	require.Equal(t, "whole", query(t, s.URL(), `SELECT 'whole'`))
	abandoned, err := filepath.Glob(filepath.Join(cfg.DataDir, stagingPrefix+"*"))
	require.NoError(t, err)
	require.Empty(t, abandoned)
}

func TestFailedInitialisation(t *testing.T) {
	t.Parallel()
	broken := newDir(t)
	writeProgram(t, filepath.Join(broken, "postgres"), `echo 'postgres (PostgreSQL) 15.1'`)
	writeProgram(t, filepath.Join(broken, "initdb"), `echo the disk is full; exit 3`)
	dir := newDataDir(t)
	_, err := start(testContext(t), Config{DataDir: dir}, machine{pgBin: broken})
	require.EqualError(t, err, "initdb failed (exit status 3) and said:\n\tthe disk is full")
	started(t, Config{DataDir: dir})
}

// An ordinary user needs nothing prepared: the default directories are made
// below the home directory. Root becomes such a user for this test.
func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	home, uid := newDir(t), uint32(os.Geteuid())
	var credential *syscall.Credential
	if uid == 0 {
		nobody, err := lookUpAccount("nobody")
		require.NoError(t, err)
		require.NoError(t, nobody.give(home))
		credential, uid = nobody.credential, nobody.credential.Uid
	}
	env := []string{"HOME=" + home, "XDG_DATA_HOME=" + filepath.Join(home, "share"), "XDG_CACHE_HOME="}
	o := startOwner(t, Config{Durable: true}, credential, env...)
	ready := o.await(t, "owner ready")
	dir := filepath.Join(home, "share", "agentexchange")
	require.Equal(t, dir, ready["dataDir"])
	for _, name := range []string{"", "pg", "pg.password", "lock"} {
		owner, exists, err := ownerOf(filepath.Join(dir, name))
		require.NoError(t, err)
		require.True(t, exists, name)
		require.Equal(t, uid, owner.Uid, name)
	}
	remember(t, ready["url"].(string), "kept")
	o.leave(t)

	// Whoever may read the files, and root may, can start it as well: it still
	// runs as the user that it belongs to.
	s := started(t, Config{DataDir: dir})
	require.Equal(t, "kept", recall(t, s.URL()))
	owner, _, err := ownerOf(filepath.Join(dir, "pg", "postmaster.pid"))
	require.NoError(t, err)
	require.Equal(t, uid, owner.Uid)
}

// A backup that root restored belongs to root, as whom PostgreSQL does not run.
func TestRestoredDatabaseIsTakenOver(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t)}
	s := started(t, cfg)
	remember(t, s.URL(), "kept")
	stopped(t, s)
	require.NoError(t, filepath.WalkDir(s.dir.cluster(), func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, os.Geteuid(), os.Getegid()))
	}))
	require.Equal(t, "kept", recall(t, started(t, cfg).URL()))
}

func TestChildAccount(t *testing.T) {
	t.Parallel()
	as, err := childAccount(filepath.Join(newDir(t), "none"))
	require.NoError(t, err)
	if os.Geteuid() == 0 {
		require.NotNil(t, as.credential)
		require.NotZero(t, as.credential.Uid)
		require.Contains(t, []string{"postgres", "nobody"}, as.name)
	} else {
		require.Nil(t, as.credential)
	}
}

func TestClosedDirectoryIsNamed(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	closed := filepath.Join(dir, "closed")
	inner := filepath.Join(closed, "inner")
	require.NoError(t, os.MkdirAll(inner, 0o755))
	require.NoError(t, os.Chmod(closed, 0o700))

	other := account{name: "other", credential: &syscall.Credential{Uid: 12345, Gid: 12345}}
	err := other.explain(fs.ErrPermission, dir, inner)
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorContains(t, err, "runs as other when started by root, and "+closed+" is closed to it")
	require.Equal(t, fs.ErrPermission, other.explain(fs.ErrPermission, dir))
	require.Equal(t, fs.ErrNotExist, other.explain(fs.ErrNotExist, inner))

	// From the outside: closed to another user if we are root, and to
	// ourselves otherwise.
	if os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(closed, 0))
		t.Cleanup(func() { require.NoError(t, os.Chmod(closed, 0o700)) })
	}
	_, err = Start(testContext(t), Config{DataDir: filepath.Join(inner, "data")})
	require.ErrorIs(t, err, fs.ErrPermission)
	require.ErrorContains(t, err, closed)
}

func TestUnusableDataDirectory(t *testing.T) {
	t.Parallel()
	dir := newDataDir(t)
	pg := filepath.Join(dir, "pg")
	startError := func() string {
		t.Helper()
		_, err := Start(testContext(t), Config{DataDir: dir})
		require.Error(t, err)
		return err.Error()
	}
	require.NoError(t, os.MkdirAll(pg, 0o755))
	require.NoError(t, os.Chmod(dir, 0o711))
	require.NoError(t, os.WriteFile(filepath.Join(pg, "photo.jpg"), nil, 0o600))
	require.Equal(t, pg+" exists but holds no database: move it away, or choose another data directory", startError())

	require.NoError(t, os.Remove(filepath.Join(pg, "photo.jpg")))
	s := started(t, Config{DataDir: dir}) // an empty directory is no obstacle
	stopped(t, s)

	right, err := os.ReadFile(s.dir.passwordFile())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(s.dir.passwordFile(), []byte("wrong\n"), 0o600))
	require.Equal(t, "the database in "+pg+" does not accept the password in "+dir+"/pg.password: put the right one back from a backup", startError())
	require.NoError(t, os.WriteFile(s.dir.passwordFile(), nil, 0o600))
	require.Equal(t, dir+"/pg.password is empty: put it back from a backup", startError())
	require.NoError(t, os.Remove(s.dir.passwordFile()))
	require.Equal(t, dir+"/pg.password is missing, and the database in "+pg+" cannot be opened without it: put it back from a backup", startError())
	require.NoError(t, os.WriteFile(s.dir.passwordFile(), right, 0o600))

	version := filepath.Join(pg, "PG_VERSION")
	require.NoError(t, os.WriteFile(version, []byte("9.6\n"), 0o600))
	require.Contains(t, startError(), "the database in "+pg+" was made by PostgreSQL 9, ")
	require.NoError(t, os.WriteFile(version, nil, 0o600))
	require.Equal(t, pg+"/PG_VERSION does not name a version: the database is damaged", startError())
}

func TestDefaultDirectories(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	t.Setenv("XDG_DATA_HOME", "/xdg/data")
	t.Setenv("XDG_CACHE_HOME", "relative")
	require.Equal(t, "/xdg/data/agentexchange", userDir("XDG_DATA_HOME", "a", "a"))
	require.Equal(t, "/home/u/a/b/agentexchange", userDir("XDG_CACHE_HOME", "a/b", "a/b"))
	t.Setenv("HOME", "")
	require.Empty(t, userDir("XDG_CACHE_HOME", "a/b", "a/b"))
	if os.Geteuid() == 0 {
		require.Equal(t, "/var/lib/agentexchange", DefaultDataDir())
		require.Equal(t, "/var/cache/agentexchange", DefaultCacheDir())
	} else {
		require.Equal(t, "/xdg/data/agentexchange", DefaultDataDir())
		require.Empty(t, DefaultCacheDir())
	}
}
