// Package devpg runs a real PostgreSQL as a child of this process, so that
// neither a developer nor a test has to install or configure one.
//
// The binaries are those of the machine (PG_BIN, PATH, the usual package
// directories) or, where there are none, a pinned and verified download. The
// data stays in a directory of the caller's choice from one run to the next.
// The server listens on the loopback address alone and takes a password that
// only this user can read.
//
// It does so on Unix alone. Elsewhere Start returns an error that names
// DATABASE_URL as the way out.
package devpg

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
)

const applicationDir = "agentexchange"

// Config says where a server keeps its files and how it runs.
type Config struct {
	// DataDir is created with mode 0711 if it does not exist. It holds pg/
	// (0700, the database, owned by the user PostgreSQL runs as), pg.password
	// (0600) and lock. Other files of the caller may live beside them.
	// Empty means DefaultDataDir.
	DataDir string
	// CacheDir is where downloaded binaries are unpacked.
	// Empty means DefaultCacheDir.
	CacheDir string
	// Durable turns fsync, synchronous_commit and full_page_writes on. Without
	// it all three are off, and a crash of the machine may destroy the
	// database: for tests only.
	Durable bool
	// Settings are further settings of postgresql.conf. They are visible to
	// every user of the machine, and cannot override what this package
	// decides (address, port, durability, logging).
	Settings map[string]string
	// Logger receives what PostgreSQL writes, at debug level unless it is a
	// warning, and this package's own messages. Nil discards both.
	Logger *slog.Logger
}

// ErrLocked is wrapped by the error of Start when another process, or another
// Server of this one, owns the data directory.
var ErrLocked = errors.New("another agentexchange server is using the data directory")

// DefaultDataDir is where a database lives when nobody says otherwise:
// /var/lib/agentexchange for root, whose home directory is closed to the user
// that PostgreSQL runs as, and the customary place below the home directory
// for everybody else. It is empty when there is no home directory.
func DefaultDataDir() string {
	if os.Geteuid() == 0 {
		return filepath.Join("/var/lib", applicationDir)
	}
	return userDir("XDG_DATA_HOME", ".local/share", "Library/Application Support")
}

// DefaultCacheDir is where downloaded binaries are kept when nobody says
// otherwise; see DefaultDataDir.
func DefaultCacheDir() string {
	if os.Geteuid() == 0 {
		return filepath.Join("/var/cache", applicationDir)
	}
	return userDir("XDG_CACHE_HOME", ".cache", "Library/Caches")
}

func userDir(variable, usual, mac string) string {
	// The XDG specification says to ignore relative paths.
	if base := os.Getenv(variable); filepath.IsAbs(base) {
		return filepath.Join(base, applicationDir)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	switch runtime.GOOS {
	case "darwin":
		usual = mac
	case "windows":
		usual = "AppData/Local"
	}
	return filepath.Join(home, usual, applicationDir)
}
