package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// crowd is how many clients place orders concurrently.
type crowd struct{ agents, clientsOfEach int }

var (
	few  = crowd{4, 3}
	many = crowd{32, 8}
)

// The database keeps running; the server is killed at a random moment of an order's life, and the next one starts at
// once.
func TestKilledServerNeitherLosesNorRepeatsAnOrder(t *testing.T) {
	t.Parallel()
	_, env := foreignDatabase(t, false)
	crashAgainAndAgain(t, env, few, 18, func() {})
}

func TestServerKilledUnderManyConnectionsNeitherLosesNorRepeatsAnOrder(t *testing.T) {
	t.Parallel()
	_, env := foreignDatabase(t, false)
	crashAgainAndAgain(t, env, many, 3, func() {})
}

// All processes of the server's own PostgreSQL are killed with it; it must recover everything it had acknowledged.
func TestServerKilledWithItsDatabaseNeitherLosesNorRepeatsAnOrder(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	crashAgainAndAgain(t, environment(dir), few, 4, func() {
		postmaster := postmasterOf(t, dir)
		all := append([]int{postmaster}, childrenOf(t, postmaster)...)
		for _, pid := range all { // including children that have been signalled but have not acted yet
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// Two servers share one database. A request in progress when one of them is killed is either known to the other or lost
// entirely.
func TestKilledReplicaLeavesTheOtherWithEveryOrder(t *testing.T) {
	t.Parallel()
	_, env := foreignDatabase(t, false)
	survivor := serveIn(t, env)
	account := survivor.account()
	const rounds = 4
	orders := 0
	for range rounds {
		victim := serveIn(t, env)
		r := newCrashRound(t, survivor, survivor.requireKnown(account), few)
		r.load([]*process{victim, survivor}, func() { require.NoError(t, victim.command.Process.Kill()) })
		_ = victim.command.Wait()
		orders += r.verify(survivor)
		survivor, victim = serveIn(t, env), survivor // kill the older one next
		victim.stop(syscall.SIGTERM)
	}
	survivor.stop(syscall.SIGTERM)
	require.Greater(t, orders, 10*rounds, "the load is too small to prove anything")
}

// The server keeps running; PostgreSQL is shut down immediately and comes back soon.
func TestRestartedDatabaseNeitherLosesNorRepeatsAnOrder(t *testing.T) {
	t.Parallel()
	database, env := foreignDatabase(t, true)
	server := serveIn(t, env)
	account := server.account()
	const rounds = 4
	orders := 0
	for range rounds {
		r := newCrashRound(t, server, server.requireKnown(account), few)
		r.load([]*process{server}, func() { require.NoError(t, database.ShutDownAtOnce()) })
		orders += r.verify(server)
	}
	server.stop(syscall.SIGTERM)
	require.Greater(t, orders, 10*rounds, "the load is too small to prove anything")
}

// foreignDatabase starts a PostgreSQL that the servers do not own, and returns the servers' environment.
func foreignDatabase(t *testing.T, durable bool) (*testkit.Postgres, []string) {
	t.Helper()
	database, err := testkit.StartPostgres(t.Context(), durable)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Stop(context.Background())) })
	key, err := auth.NewMasterKey(rand.Reader)
	require.NoError(t, err)
	return database, append(environment(dataDir(t)), "DATABASE_URL="+database.URL(), "AGENTEXCHANGE_MASTER_KEY="+key.Base64())
}

// childrenOf returns the children of a process, if the system tells.
func childrenOf(t *testing.T, parent int) (children []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		pid, rest, _ := strings.Cut(string(text), " (")
		fields := strings.Fields(rest[strings.LastIndex(rest, ")")+1:]) // state, parent, ...
		if number, err := strconv.Atoi(pid); err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			children = append(children, number)
		}
	}
	return children
}

func crashAgainAndAgain(t *testing.T, env []string, crowd crowd, rounds int, alsoKill func()) {
	t.Helper()
	server := serveIn(t, env)
	account := server.account()
	orders := 0
	for range rounds {
		r := newCrashRound(t, server, server.requireKnown(account), crowd)
		r.load([]*process{server}, func() {
			alsoKill()
			require.NoError(t, server.command.Process.Kill())
		})
		_ = server.command.Wait()
		server = serveIn(t, env)
		orders += r.verify(server)
	}
	require.NoError(t, server.command.Process.Kill())
	_ = server.command.Wait()
	t.Logf("%d orders were answered before a crash", orders)
	require.Greater(t, orders, 10*rounds, "the load is too small to prove anything")
}

// serveIn is serve with a given environment.
func serveIn(t *testing.T, env []string) *process {
	t.Helper()
	p := &process{t: t, command: exec.CommandContext(context.Background(), testkit.Command(t), "serve")}
	p.command.Env, p.command.Stderr = env, &p.log
	out, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	for lines := bufio.NewScanner(out); p.url == "" && lines.Scan(); {
		if match := ready.FindStringSubmatch(lines.Text()); match != nil {
			p.url = match[1]
		}
	}
	if p.url == "" {
		_ = p.command.Wait()
		t.Fatalf("not ready: %s", p.log.String())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return p
}
