//go:build unix

package devpg

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// stagingPrefix names the directories in which a database is initialised
// before it is moved to its place.
const stagingPrefix = "pg.init-"

// dataDir is the absolute path, free of symbolic links, of a Config.DataDir.
type dataDir string

// openDataDir makes sure that the directory exists. An existing one keeps its
// mode: it may be a directory that serves other purposes too.
func openDataDir(path string) (dataDir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	if err := makeDir(path, 0o711); err != nil {
		return "", fmt.Errorf("create the data directory: %w", err)
	}
	path, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", fmt.Errorf("find the data directory: %w", err)
	}
	return dataDir(path), nil
}

// makeDir creates a directory, with exactly this mode whatever the umask, and
// its parents where they are missing.
func makeDir(path string, mode fs.FileMode) error {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(path, mode); errors.Is(err, fs.ErrExist) {
		return nil // another process was quicker
	} else if err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

func (d dataDir) join(name string) string { return filepath.Join(string(d), name) }
func (d dataDir) cluster() string         { return d.join("pg") }
func (d dataDir) passwordFile() string    { return d.join("pg.password") }
func (d dataDir) lockFile() string        { return d.join("lock") }
func (d dataDir) pidFile() string         { return filepath.Join(d.cluster(), "postmaster.pid") }

// clusterMajor is the major version that initialised the database, or 0 when
// there is none yet. A database appears in its place complete, by one rename,
// so anything else found there was not made by this package.
func (d dataDir) clusterMajor() (int, error) {
	text, err := os.ReadFile(filepath.Join(d.cluster(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		// An empty directory, from a mistaken mkdir say, does no harm.
		if err := os.Remove(d.cluster()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("%s exists but holds no database: move it away, or choose another data directory", d.cluster())
		}
		return 0, nil
	}
	if errors.Is(err, fs.ErrPermission) {
		return 0, fmt.Errorf("the database in %s belongs to another user, as it does after a start by root; run as that user, or choose another data directory", d.cluster())
	}
	if err != nil {
		return 0, fmt.Errorf("read the version of the database: %w", err)
	}
	// Before version 10 the major version had two parts (9.6).
	number, _, _ := strings.Cut(strings.TrimSpace(string(text)), ".")
	major, err := strconv.Atoi(number)
	if err != nil || major <= 0 {
		return 0, fmt.Errorf("%s/PG_VERSION does not name a version: the database is damaged", d.cluster())
	}
	return major, nil
}

// password returns the superuser's password, made up on the first start. It is
// on disk before the database that it opens is initialised.
func (d dataDir) password(initialised bool) (string, error) {
	password, err := d.readPassword()
	if !errors.Is(err, fs.ErrNotExist) {
		return password, err
	}
	if initialised {
		return "", fmt.Errorf("%s is missing, and the database in %s cannot be opened without it: put it back from a backup", d.passwordFile(), d.cluster())
	}
	secret := make([]byte, 24)
	_, _ = rand.Read(secret) // never fails
	password = hex.EncodeToString(secret)
	if err := writeDurably(d.passwordFile(), []byte(password+"\n")); err != nil {
		return "", fmt.Errorf("store the database password: %w", err)
	}
	return password, nil
}

// readPassword returns an error that is fs.ErrNotExist if no password was made
// up yet.
func (d dataDir) readPassword() (string, error) {
	text, err := os.ReadFile(d.passwordFile())
	if err != nil {
		return "", fmt.Errorf("read the database password: %w", err)
	}
	password := strings.TrimSpace(string(text))
	if password == "" {
		return "", fmt.Errorf("%s is empty: put it back from a backup", d.passwordFile())
	}
	return password, nil
}

// sweep removes what interrupted initialisations left. Only the holder of the
// lock may call it. Failing is no reason not to start: each initialisation has
// a directory of its own.
func (d dataDir) sweep(log *slog.Logger) {
	abandoned, _ := filepath.Glob(d.join(stagingPrefix + "*"))
	for _, path := range abandoned {
		if err := os.RemoveAll(path); err != nil {
			log.Warn("cannot remove an abandoned directory", "error", err)
		}
	}
}

// writeDurably replaces a file, readable by this user alone, so that after a
// crash there is either the old content or the new.
func writeDurably(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails, as it should, after the rename
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the creation and renaming of files in a directory durable.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
