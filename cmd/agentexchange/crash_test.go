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

// crowd is how many clients place orders at once.
type crowd struct{ agents, clientsOfEach int }

var (
	few  = crowd{4, 3}
	many = crowd{32, 8}
)

// The database lives on; the server is killed at any moment of the life of an order, and the next one starts at once.
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

// The server's own PostgreSQL is killed with it, every process of it, and has to recover what it had acknowledged.
func TestServerKilledWithItsDatabaseNeitherLosesNorRepeatsAnOrder(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	crashAgainAndAgain(t, environment(dir), few, 4, func() {
		postmaster := postmasterOf(t, dir)
		all := append([]int{postmaster}, childrenOf(t, postmaster)...)
		for _, pid := range all { // whatever they were told to do and have not done yet will not be done
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// Two servers work on one database. What one of them had in hand when it was killed is known to the other, or to
// nobody.
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
		survivor, victim = serveIn(t, env), survivor // the next one is killed that was there before
		victim.stop(syscall.SIGTERM)
	}
	survivor.stop(syscall.SIGTERM)
	require.Greater(t, orders, 10*rounds, "the load is too small to prove anything")
}

// The server lives on; PostgreSQL is shut down under it, without waiting for anybody, and is there again soon.
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

// foreignDatabase starts a PostgreSQL that servers do not own, and answers their environment.
func foreignDatabase(t *testing.T, durable bool) (*testkit.Postgres, []string) {
	t.Helper()
	database, err := testkit.StartPostgres(t.Context(), durable)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Stop(context.Background())) })
	key, err := auth.NewMasterKey(rand.Reader)
	require.NoError(t, err)
	return database, append(environment(dataDir(t)), "DATABASE_URL="+database.URL(), "AGENTEXCHANGE_MASTER_KEY="+key.Base64())
}

// childrenOf lists the processes that a process has started, where the system tells.
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

// serveIn is serve with an environment of its own.
func serveIn(t *testing.T, env []string) *process {
	t.Helper()
	p := &process{t: t, command: exec.CommandContext(context.Background(), binary, "serve")}
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
