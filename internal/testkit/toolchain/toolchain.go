// Package toolchain installs the Python and Node.js programs that tests and generators run: just what a lock file names,
// once a machine, into the user's cache.
package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// patience is how long an installation may take, the wait for another process that makes the same one included.
const patience = 15 * time.Minute

// Env is where the programs of one lock file are installed.
type Env struct {
	// Dir is a virtual environment, or the directory that holds node_modules.
	Dir string
	bin string
}

// ecosystem is how to install what a lock file names.
type ecosystem struct {
	needs   string     // what must be there
	check   [][]string // commands that fail if it is not
	program string     // the one that the installation depends on
	version []string   // prints what it depends on besides the lock
	bin     string     // where the programs are
	install func(ctx context.Context, lock, dir string) error
}

var ecosystems = map[string]ecosystem{
	"requirements.txt": {
		needs:   "Python 3.11 or newer with its venv module (Debian: python3-venv)",
		check:   [][]string{{"python3", "-c", "import sys, venv, ensurepip; assert sys.version_info >= (3, 11)"}},
		program: "python3",
		version: []string{"-c", "import sys; print(sys.version, sys.prefix)"},
		bin:     "bin",
		install: installPython,
	},
	"package-lock.json": {
		needs:   "Node.js 20 or newer with npm",
		check:   [][]string{{"node", "-e", "if (parseInt(process.versions.node) < 20) process.exit(1)"}, {"npm", "--version"}},
		program: "npm",
		version: []string{"--version"},
		bin:     filepath.Join("node_modules", ".bin"),
		install: installNode,
	},
}

// Check returns an error that says what to install, unless this machine has what the tests need besides Go.
func Check(ctx context.Context) error {
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(ecosystems)) {
		if ecosystems[name].missing(ctx) {
			missing = append(missing, ecosystems[name].needs)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("install %s, which tests and generators run on", strings.Join(missing, ", and "))
}

func (e ecosystem) missing(ctx context.Context) bool {
	for _, command := range e.check {
		if _, err := output(ctx, "", command[0], command[1:]...); err != nil {
			return true
		}
	}
	return false
}

// For installs what a lock file names, for one test.
func For(tb testing.TB, lock string) Env {
	tb.Helper()
	env, err := Install(context.Background(), lock)
	if err != nil {
		tb.Fatal(err)
	}
	return env
}

// Install makes sure that what a lock file names is installed: a requirements.txt with hashes, or a package-lock.json
// beside its package.json. Other processes may do the same at once: one installs, the others wait.
func Install(ctx context.Context, lock string) (Env, error) {
	kind, known := ecosystems[filepath.Base(lock)]
	if !known {
		return Env{}, fmt.Errorf("toolchain: %s is not a requirements.txt or package-lock.json", lock)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	lock, err := filepath.Abs(lock)
	if err != nil {
		return Env{}, fmt.Errorf("toolchain: %w", err)
	}
	dir, err := kind.home(ctx, lock)
	if err != nil {
		return Env{}, fmt.Errorf("toolchain: %w", err)
	}
	env := Env{Dir: dir, bin: filepath.Join(dir, kind.bin)}
	err = once(ctx, dir, func() error {
		fmt.Fprintf(os.Stderr, "installing %s, once, into %s\n", lock, dir)
		return kind.install(ctx, lock, dir)
	})
	if err != nil {
		return Env{}, fmt.Errorf("toolchain: install %s: %w", lock, err)
	}
	return env, nil
}

// home is the directory for what the lock names: another lock or another interpreter has another.
func (e ecosystem) home(ctx context.Context, lock string) (string, error) {
	if e.missing(ctx) {
		return "", errors.New("install " + e.needs)
	}
	version, err := output(ctx, "", e.program, e.version...)
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(lock)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append([]byte(version), text...))
	return filepath.Join(cache, "agentexchange", "tools", e.program+"-"+hex.EncodeToString(sum[:8])), nil
}

// once makes dir, unless that was done before, on this machine, to its end.
func once(ctx context.Context, dir string, install func() error) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	lock := flock.New(dir + ".lock")
	if _, err := lock.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return fmt.Errorf("wait for another process that installs it: %w", err)
	}
	defer lock.Close()
	complete := filepath.Join(dir, ".complete")
	if _, err := os.Stat(complete); err == nil {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil { // what was cut off
		return err
	}
	if err := install(); err != nil {
		return err
	}
	return os.WriteFile(complete, nil, 0o600)
}

func installPython(ctx context.Context, lock, dir string) error {
	if _, err := output(ctx, "", "python3", "-m", "venv", dir); err != nil {
		return err
	}
	_, err := output(ctx, "", filepath.Join(dir, "bin", "python"), "-m", "pip", "install", "--quiet",
		"--disable-pip-version-check", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", lock)
	return err
}

func installNode(ctx context.Context, lock, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(filepath.Dir(lock), name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			return err
		}
	}
	_, err := output(ctx, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	return err
}

// Command is a program of the environment, or another that then finds the environment's programs on its PATH.
func (e Env) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	if own := filepath.Join(e.bin, name); isFile(own) {
		name = own
	}
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), "PATH="+e.bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return command
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// output runs a program; when it fails, the error holds what it said.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	var said strings.Builder
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Stderr = dir, &said
	text, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s%s", strings.Join(append([]string{name}, args...), " "), err, said.String(), text)
	}
	return string(text), nil
}
