//go:build unix

package devpg

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakePostgres makes a directory with programs that only know their version.
func fakePostgres(t *testing.T, dir, version string) string {
	t.Helper()
	writeProgram(t, filepath.Join(dir, "postgres"), `echo 'postgres (PostgreSQL) `+version+` (from a test)'`)
	writeProgram(t, filepath.Join(dir, "initdb"), `exit 1`)
	return dir
}

func findIn(t *testing.T, m machine, major int) (binaries, error) {
	t.Helper()
	as, err := childAccount("/nonexistent")
	require.NoError(t, err)
	return m.find(testContext(t), search{
		major: major, as: as, cluster: "/data/pg", cacheDir: newDir(t), log: slog.New(slog.DiscardHandler),
	})
}

func TestFind(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	at := func(parts ...string) string { return filepath.Join(append([]string{dir}, parts...)...) }
	old := fakePostgres(t, at("path", "old"), "14.11")
	inPath := fakePostgres(t, at("path", "new"), "15.2")
	for _, v := range []string{"9.6", "13", "15", "16", "17"} {
		fakePostgres(t, at("packages", v, "bin"), v+".1")
	}
	require.NoError(t, os.MkdirAll(at("packages", "18", "bin"), 0o755)) // uninstalled
	// As /usr/local/bin/postgres may be a link to where it was installed.
	require.NoError(t, os.MkdirAll(at("links"), 0o755))
	require.NoError(t, os.Symlink(at("packages", "16", "bin", "postgres"), at("links", "postgres")))
	unusable := at("unusable")
	writeProgram(t, filepath.Join(unusable, "postgres"), `echo cannot load a library >&2; exit 127`)
	writeProgram(t, filepath.Join(unusable, "initdb"), ``)

	path := func(dirs ...string) string { return strings.Join(dirs, string(filepath.ListSeparator)) }
	packages := []string{at("packages", "*", "bin")}
	for _, c := range []struct {
		name    string
		machine machine
		major   int
		dir     string
		version string
	}{
		{"PG_BIN before all", machine{pgBin: at("packages", "15", "bin"), path: inPath, patterns: packages}, 0, at("packages", "15", "bin"), "15.1"},
		{"PATH before packages", machine{path: path("/none", inPath), patterns: packages}, 0, inPath, "15.2"},
		{"link", machine{path: at("links")}, 0, at("packages", "16", "bin"), "16.1"},
		{"PG_BIN with a link", machine{pgBin: at("links")}, 0, at("packages", "16", "bin"), "16.1"},
		{"old and broken ones skipped", machine{path: path(old, unusable, "relative", inPath)}, 0, inPath, "15.2"},
		{"newest package", machine{path: old, patterns: packages}, 0, at("packages", "17", "bin"), "17.1"},
		{"the database's version", machine{path: inPath, patterns: packages}, 16, at("packages", "16", "bin"), "16.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found, err := findIn(t, c.machine, c.major)
			require.NoError(t, err)
			require.Equal(t, c.dir, found.dir)
			require.Equal(t, c.version, found.version)
		})
	}
	for _, c := range []struct {
		name    string
		machine machine
		major   int
		message string
	}{
		{"PG_BIN missing", machine{pgBin: at("none"), path: inPath}, 0,
			"PG_BIN is " + at("none") + ", which is not a directory with a usable PostgreSQL: " + at("none") + " holds no initdb"},
		{"PG_BIN broken", machine{pgBin: unusable, path: inPath}, 0, "exit status 127: cannot load a library"},
		{"PG_BIN old", machine{pgBin: old, path: inPath}, 0,
			"PG_BIN is " + old + ", which holds PostgreSQL 14.11, but version 15 or newer is needed"},
		{"PG_BIN of another version than the database", machine{pgBin: inPath, patterns: packages}, 16,
			"the database in /data/pg was made by PostgreSQL 16, but PG_BIN is " + inPath + ", which holds version 15.2: set PG_BIN to that version, or choose another data directory"},
		{"database of another version", machine{path: inPath, patterns: packages}, 19,
			"the database in /data/pg was made by PostgreSQL 19, which is not on this machine: install that version, set PG_BIN to its programs, or choose another data directory"},
		{"database of a version that is too old", machine{path: old}, 14, "was made by PostgreSQL 14, which is not on this machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := findIn(t, c.machine, c.major)
			require.ErrorContains(t, err, c.message)
		})
	}
}

// The same through the front door, with a database that really exists.
func TestOtherMajorVersionIsRefused(t *testing.T) {
	t.Parallel()
	cfg := Config{DataDir: initialised.borrow(t)}
	s := started(t, cfg)
	stopped(t, s)
	other := strconv.Itoa(s.bin.major + 1)
	_, err := start(testContext(t), cfg, machine{path: fakePostgres(t, newDir(t), other+".0")})
	require.EqualError(t, err, "the database in "+s.dir.cluster()+" was made by PostgreSQL "+strconv.Itoa(s.bin.major)+
		", which is not on this machine: install that version, set PG_BIN to its programs, or choose another data directory")
	_, err = start(testContext(t), cfg, machine{pgBin: fakePostgres(t, newDir(t), other+".0")})
	require.ErrorContains(t, err, "but PG_BIN is")
	started(t, cfg)
}
