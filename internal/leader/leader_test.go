package leader_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/leader"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

const patience = 15 * time.Second

// contest is an election in which several replicas take part.
type contest struct {
	t     *testing.T
	pool  *pgxpool.Pool // to look at the database and to cut connections
	url   string
	terms chan term // the replicas that became the leader, in that order
	fail  chan error

	leading atomic.Int32
	cut     atomic.Bool // a connection was cut: nothing orders its leader's last moment before its successor's first
	twoLed  atomic.Bool
	running sync.WaitGroup
}

// term is the time for which a replica leads.
type term struct {
	replica int
	backend uint32 // of the connection that holds the lock
}

func newContest(t *testing.T) *contest {
	c := &contest{t: t, url: testkit.Database(t), terms: make(chan term, 100), fail: make(chan error)}
	pool, err := postgres.Open(t.Context(), c.url, 2)
	require.NoError(t, err)
	c.pool = pool
	t.Cleanup(func() {
		c.running.Wait() // t.Context has ended, and so does every replica
		require.False(t, c.twoLed.Load() && !c.cut.Load(), "two led at once")
		require.Zero(t, c.leading.Load())
		pool.Close()
	})
	return c
}

// join lets a replica take part until ctx ends.
func (c *contest) join(ctx context.Context, replica int) (ended <-chan error) {
	election := leader.Election{
		Name: "a contest", Log: slog.New(slog.DiscardHandler),
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return postgres.Connect(ctx, c.url) },
	}
	run := make(chan error, 1)
	c.running.Go(func() {
		run <- election.Run(ctx, func(ctx context.Context, conn *pgx.Conn) error { return c.lead(ctx, conn, replica) })
	})
	return run
}

// lead does what a leader does: it uses its connection, by whose errors it learns that the lock is lost.
func (c *contest) lead(ctx context.Context, conn *pgx.Conn, replica int) error {
	if c.leading.Add(1) > 1 {
		c.twoLed.Store(true)
	}
	defer c.leading.Add(-1)
	c.terms <- term{replica, conn.PgConn().PID()}
	lost := make(chan error, 1)
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	var listening sync.WaitGroup
	defer listening.Wait()
	defer stop()
	listening.Go(func() {
		_, err := conn.WaitForNotification(waiting)
		lost <- err
	})
	select {
	case err := <-lost:
		if ctx.Err() != nil {
			return nil
		}
		return err
	case err := <-c.fail:
		return err
	}
}

// elected waits for the next replica that leads.
func (c *contest) elected() term {
	c.t.Helper()
	select {
	case next := <-c.terms:
		require.Equal(c.t, []uint32{next.backend}, c.holders())
		return next
	case <-time.After(patience):
		require.FailNow(c.t, "nobody leads")
		return term{}
	}
}

// holders are the backends that hold the lock.
func (c *contest) holders() []uint32 {
	c.t.Helper()
	rows, err := c.pool.Query(c.t.Context(), `select l.pid from pg_locks as l inner join pg_database as d on d.oid = l.database
		where d.datname = current_database() and l.locktype = 'advisory' and l.granted`)
	require.NoError(c.t, err)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	require.NoError(c.t, err)
	return pids
}

// connections are the backends of the replicas.
func (c *contest) connections() []uint32 {
	c.t.Helper()
	rows, err := c.pool.Query(c.t.Context(), `select pid from pg_stat_activity
		where datname = current_database() and query like '%pg_try_advisory_lock(%' and pid <> pg_backend_pid() order by pid`)
	require.NoError(c.t, err)
	pids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	require.NoError(c.t, err)
	return pids
}

// tries waits until each of so many replicas has asked for the lock after this moment, so many times, and returns the
// backends by which they did.
func (c *contest) tries(replicas, times int) []uint32 {
	c.t.Helper()
	asked := map[uint32]map[time.Time]bool{}
	require.Eventually(c.t, func() bool {
		rows, err := c.pool.Query(c.t.Context(), `select pid, query_start from pg_stat_activity
			where datname = current_database() and query like '%pg_try_advisory_lock(%' and pid <> pg_backend_pid()`)
		require.NoError(c.t, err)
		var pid uint32
		var at time.Time
		_, err = pgx.ForEachRow(rows, []any{&pid, &at}, func() error {
			if asked[pid] == nil {
				asked[pid] = map[time.Time]bool{}
			}
			asked[pid][at] = true
			return nil
		})
		require.NoError(c.t, err)
		often := 0
		for _, starts := range asked {
			if len(starts) > times { // the first is from before
				often++
			}
		}
		return often >= replicas
	}, patience, 20*time.Millisecond)
	var backends []uint32
	for pid := range asked {
		backends = append(backends, pid)
	}
	return backends
}

func TestOneOfManyLeads(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	for replica := range 4 {
		c.join(t.Context(), replica)
	}
	c.elected()
	c.tries(3, 2)
	require.Empty(t, c.terms, "another leads while the first does")
	require.EqualValues(t, 1, c.leading.Load())
}

func TestAReplicaThatDoesNotLeadKeepsItsConnection(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	c.join(t.Context(), 0)
	c.elected()
	c.join(t.Context(), 1)
	require.Len(t, c.tries(1, 3), 2, "one connection of the leader, and one by which the other asked each time")
	require.Len(t, c.connections(), 2)
}

func TestALeaderWhoseConnectionIsCutIsReplaced(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	for replica := range 3 {
		c.join(t.Context(), replica)
	}
	c.cut.Store(true)
	for range 3 {
		cut := c.elected()
		var ended bool
		require.NoError(t, c.pool.QueryRow(t.Context(), "select pg_terminate_backend($1)", cut.backend).Scan(&ended))
		require.True(t, ended)
	}
	c.elected()
}

func TestALeaderThatFailsGivesTheLockBack(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	ended := c.join(t.Context(), 0)
	first := c.elected()
	c.fail <- errors.New("it cannot do its work")
	again := c.elected()
	require.NotEqual(t, first.backend, again.backend, "the lock was held by the connection, which is closed")
	require.Empty(t, ended, "it still takes part")
}

func TestTheEndOfALeaderLetsAnotherLead(t *testing.T) {
	t.Parallel()
	c := newContest(t)
	first, end := context.WithCancel(t.Context())
	defer end()
	ended := c.join(first, 1)
	require.Equal(t, 1, c.elected().replica)
	c.join(t.Context(), 2)
	c.tries(1, 1)
	end()
	require.NoError(t, <-ended)
	require.Equal(t, 2, c.elected().replica)
}

func TestAReplicaWithoutADatabaseGoesOnTrying(t *testing.T) {
	t.Parallel()
	url := testkit.Database(t)
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var attempts atomic.Int32
	election := leader.Election{
		Name: "a contest", Log: slog.New(slog.DiscardHandler),
		Connect: func(ctx context.Context) (*pgx.Conn, error) {
			if attempts.Add(1) < 3 {
				return nil, errors.New("no database")
			}
			return postgres.Connect(ctx, url)
		},
	}
	require.NoError(t, election.Run(ctx, func(context.Context, *pgx.Conn) error {
		end()
		return nil
	}))
	require.EqualValues(t, 3, attempts.Load())
}

func TestWhatALeaderDoesTogetherEndsTogether(t *testing.T) {
	t.Parallel()
	failure := errors.New("one of them failed")
	var ended atomic.Int32
	untilTheEnd := func(ctx context.Context) error {
		<-ctx.Done()
		ended.Add(1)
		return nil
	}
	err := leader.Together(t.Context(), untilTheEnd, func(context.Context) error { return failure }, untilTheEnd)
	require.ErrorIs(t, err, failure)
	require.EqualValues(t, 2, ended.Load(), "it waits for the others")

	ctx, end := context.WithCancel(t.Context())
	end()
	require.NoError(t, leader.Together(ctx, untilTheEnd, untilTheEnd))
	require.EqualValues(t, 4, ended.Load())
}
