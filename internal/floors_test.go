// Package internal_test holds the house against its plan: which package may know which.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/agentexchange/agentexchange/"

// floors are the rooms from the ground up, named by their path below internal. A room knows the floors below its own, and
// a folder within a room is on the room's floor unless it is named.
var floors = [][]string{
	{"decimal", "fault", "memory", "telemetry", "config"},
	{"devpg", "postgres"},
	{"market"},
	{"market/sim", "market/binance", "market/replay"},
	{"performance"},
	{"book"},
	{"book/bookdb"},
	{"auth"},
	{"idempotency", "leader"},
	{"exchange"},
	{"agents", "matching", "portfolio"},
	{"spec"},
	{"mcp", "skill", "web"},
	{"httpapi"},
	{"app"},
	{"../cmd"},
	{"testkit"},
	{"bench", "contract", "sdk"},
}

// mayKnow lists who may import what is generated.
var mayKnow = map[string][]string{
	"gen/api": {"spec", "httpapi"},
	"gen/db": {
		"postgres", "book/bookdb", "auth", "idempotency", "leader", "exchange", "agents", "matching", "portfolio", "bench",
	},
}

// imports are the packages of this module that a package imports, by the first file that does.
type imports map[string]string

// importsOf reads the imports of every package but the generated ones, by the package's path. Tests count only where
// wanted.
func importsOf(t *testing.T, wanted func(file string) bool) map[string]imports {
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	found := map[string]imports{}
	err = fs.WalkDir(os.DirFS(root), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && file != "." || file == "gen" ||
			entry.Name() == "testdata" || entry.Name() == "node_modules") {
			if entry != nil && entry.IsDir() && err == nil {
				return fs.SkipDir
			}
			return err
		}
		if entry.IsDir() || path.Ext(file) != ".go" || !wanted(file) {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
			if ours {
				if found[path.Dir(file)] == nil {
					found[path.Dir(file)] = imports{}
				}
				found[path.Dir(file)][imported] = file
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

func notATest(file string) bool { return !strings.HasSuffix(file, "_test.go") }

// roomOf names the room of a package and its floor.
func roomOf(pkg string) (room string, floor int) {
	below := strings.TrimPrefix(pkg, "internal/")
	if strings.HasPrefix(pkg, "cmd/") {
		below = "../cmd"
	}
	for ; below != "."; below = path.Dir(below) {
		for n, rooms := range floors {
			if slices.Contains(rooms, below) {
				return below, n
			}
		}
	}
	return "", -1
}

func TestNoImportRunsUpwards(t *testing.T) {
	t.Parallel()
	found := importsOf(t, notATest)
	for _, pkg := range slices.Sorted(maps.Keys(found)) {
		room, floor := roomOf(pkg)
		if pkg == "db" {
			continue // the migrations and queries, which import nothing
		}
		require.NotEmpty(t, room, "%s has no floor: give it one in floors", pkg)
		for imported, file := range found[pkg] {
			if !strings.HasPrefix(imported, "internal/") {
				continue
			}
			other, below := roomOf(imported)
			require.True(t, other == room || below < floor, "%s imports %s, which is not on a floor below", file, imported)
		}
	}
}

func TestWhatIsGeneratedStaysWithThoseWhoMayKnowIt(t *testing.T) {
	t.Parallel()
	for pkg, imported := range importsOf(t, notATest) {
		room, _ := roomOf(pkg)
		for generated, may := range mayKnow {
			if file, does := imported[generated]; does {
				require.Contains(t, may, room, "%s imports %s", file, generated)
			}
		}
	}
}

// The rules run in a test, in a simulation or on a command line without PostgreSQL, and so do their tests.
func TestTheBookIsPure(t *testing.T) {
	t.Parallel()
	found := importsOf(t, func(file string) bool { return strings.HasPrefix(file, "internal/book/") })
	for imported, file := range found["internal/book"] {
		require.Contains(t, []string{"internal/decimal", "internal/fault", "internal/market"}, imported, "%s imports it", file)
	}
	entries, err := os.ReadDir("book")
	require.NoError(t, err)
	for _, entry := range entries {
		if path.Ext(entry.Name()) != ".go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join("book", entry.Name()), nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			require.NotContains(t, []string{"context", "net/http", "database/sql", "os"}, imported, entry.Name())
			require.NotContains(t, imported, "pgx", entry.Name())
		}
	}
}

// A room that holds more is a hall: give what is in it rooms of its own.
func TestNoRoomIsAHall(t *testing.T) {
	t.Parallel()
	const mostFiles, mostLines = 16, 2500
	files, lines := map[string]int{}, map[string]int{}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		files[filepath.Dir(file)]++
		lines[filepath.Dir(file)] += strings.Count(string(text), "\n")
		return nil
	})
	require.NoError(t, err)
	for pkg, count := range files {
		require.LessOrEqual(t, count, mostFiles, "files in %s", pkg)
		require.LessOrEqual(t, lines[pkg], mostLines, "lines in %s", pkg)
	}
}
