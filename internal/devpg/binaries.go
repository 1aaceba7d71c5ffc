//go:build unix

package devpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// binaries is an installed PostgreSQL.
type binaries struct {
	dir     string
	major   int
	version string
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// machine is what a start takes from the machine it happens on. Tests narrow it.
type machine struct {
	pgBin         string   // PG_BIN: use these and nothing else
	path          string   // PATH
	patterns      []string // where packages install PostgreSQL, the best first
	download      download
	leftoverGrace time.Duration
}

func thisMachine() machine {
	return machine{
		pgBin: os.Getenv("PG_BIN"),
		path:  os.Getenv("PATH"),
		patterns: []string{
			"/usr/lib/postgresql/*/bin", // Debian
			"/usr/pgsql-*/bin",          // PostgreSQL's own packages for Red Hat
			"/opt/homebrew/opt/postgresql@*/bin",
			"/usr/local/opt/postgresql@*/bin", // Homebrew on Intel
			"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
		},
		download:      pinnedDownload(),
		leftoverGrace: leftoverGrace,
	}
}

// search says which binaries are wanted.
type search struct {
	major    int // of the existing database; 0 when any will do
	as       account
	cluster  string
	cacheDir string
	log      *slog.Logger
}

// find returns the first usable PostgreSQL: PG_BIN, which excludes all others,
// then PATH, then the package directories, then the download. The database's
// major version decides if there is one.
func (m machine) find(ctx context.Context, want search) (binaries, error) {
	if m.pgBin != "" {
		return m.fromVariable(ctx, want)
	}
	for _, dir := range m.candidates() {
		found, err := probe(ctx, dir, want.as)
		switch {
		case ctx.Err() != nil:
			return binaries{}, context.Cause(ctx)
		case err != nil:
			want.log.Debug("skipping an unusable PostgreSQL", "directory", dir, "error", err)
		case found.major < minMajor:
			want.log.Debug("skipping a PostgreSQL that is too old", "directory", dir, "version", found.version)
		case want.major == 0 || want.major == found.major:
			return found, nil
		}
	}
	if want.major != 0 && want.major != m.download.major {
		return binaries{}, fmt.Errorf("the database in %s was made by PostgreSQL %d, which is not on this machine: install that version, set PG_BIN to its programs, or choose another data directory", want.cluster, want.major)
	}
	return m.downloaded(ctx, want)
}

func (m machine) fromVariable(ctx context.Context, want search) (binaries, error) {
	found, err := probe(ctx, resolve(m.pgBin), want.as)
	switch {
	case ctx.Err() != nil:
		return found, context.Cause(ctx)
	case err != nil:
		return found, fmt.Errorf("PG_BIN is %s, which is not a directory with a usable PostgreSQL: %w", m.pgBin, err)
	case found.major < minMajor:
		return found, fmt.Errorf("PG_BIN is %s, which holds PostgreSQL %s, but version %d or newer is needed", m.pgBin, found.version, minMajor)
	case want.major != 0 && want.major != found.major:
		return found, fmt.Errorf("the database in %s was made by PostgreSQL %d, but PG_BIN is %s, which holds version %s: set PG_BIN to that version, or choose another data directory", want.cluster, want.major, m.pgBin, found.version)
	}
	return found, nil
}

func (m machine) downloaded(ctx context.Context, want search) (binaries, error) {
	const advice = "install PostgreSQL, set PG_BIN to the directory of its programs, or set DATABASE_URL to a running server"
	dir, err := m.download.fetch(ctx, want.cacheDir, want.log)
	if err != nil {
		return binaries{}, fmt.Errorf("no PostgreSQL %d or newer is installed, and it could not be downloaded (%w): %s", minMajor, err, advice)
	}
	found, err := probe(ctx, dir, want.as)
	if err != nil {
		return binaries{}, fmt.Errorf("the downloaded PostgreSQL does not run on this machine (%w): %s", err, advice)
	}
	return found, nil
}

var majorInPath = regexp.MustCompile(`(\d+)(?:\.\d+)*/bin$`)

// candidates are the directories that may hold PostgreSQL, the best first.
func (m machine) candidates() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(m.path) {
		// A relative entry means a program that lies in whatever directory we
		// happen to be in; like the shell's own look-up in Go, refuse it.
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, pattern := range m.patterns {
		installed, _ := filepath.Glob(pattern)
		slices.SortStableFunc(installed, func(a, b string) int { return cmp.Compare(pathMajor(b), pathMajor(a)) })
		dirs = append(dirs, installed...)
	}
	var found []string
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err != nil {
			continue
		}
		if dir = resolve(dir); !slices.Contains(found, dir) {
			found = append(found, dir)
		}
	}
	return found
}

func pathMajor(dir string) int {
	match := majorInPath.FindStringSubmatch(dir)
	if match == nil {
		return 0
	}
	major, _ := strconv.Atoi(match[1])
	return major
}

// resolve follows dir/postgres, if it is a symbolic link, to the directory it
// was installed in: PostgreSQL finds its other files from there.
func resolve(dir string) string {
	target, err := filepath.EvalSymlinks(filepath.Join(dir, "postgres"))
	if err != nil {
		return dir
	}
	installed := filepath.Dir(target)
	if _, err := os.Stat(filepath.Join(installed, "initdb")); err != nil {
		return dir
	}
	return installed
}

var versionOutput = regexp.MustCompile(`\(PostgreSQL\) ((\d+)\S*)`)

// probe asks a PostgreSQL for its version, as the user that is to run it and
// may lack the right to.
func probe(ctx context.Context, dir string, as account) (binaries, error) {
	for _, program := range []string{"initdb", "postgres"} {
		info, err := os.Stat(filepath.Join(dir, program))
		if errors.Is(err, fs.ErrNotExist) {
			return binaries{}, fmt.Errorf("%s holds no %s", dir, program)
		}
		if err != nil {
			return binaries{}, err
		}
		if info.IsDir() {
			return binaries{}, fmt.Errorf("%s in %s is a directory", program, dir)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	postgres := filepath.Join(dir, "postgres")
	cmd := exec.CommandContext(ctx, postgres, "--version")
	cmd.Env, cmd.Dir = childEnvironment(), "/"
	cmd.SysProcAttr = childAttributes(0)
	cmd.SysProcAttr.Credential = as.credential
	cmd.WaitDelay = time.Second // its children may keep the pipe open
	output, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s --version: %w", postgres, as.explain(err, postgres))
		if said := strings.TrimSpace(string(output)); said != "" {
			err = fmt.Errorf("%w: %.300s", err, said)
		}
		return binaries{}, err
	}
	match := versionOutput.FindSubmatch(output)
	if match == nil {
		return binaries{}, fmt.Errorf("%s --version answers %.100q", postgres, output)
	}
	major, err := strconv.Atoi(string(match[2]))
	if err != nil {
		return binaries{}, fmt.Errorf("%s --version answers %.100q", postgres, output)
	}
	return binaries{dir: dir, major: major, version: string(match[1])}, nil
}
