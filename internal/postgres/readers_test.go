package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// busyReader is a single reader, busy with a read that waits for a lock.
type busyReader struct {
	*postgres.Readers
	t       *testing.T
	proxy   *testkit.Proxy
	lock    *pgx.Conn
	reading sync.WaitGroup
	end     func()
}

func newBusyReader(t *testing.T, timeout time.Duration) *busyReader {
	t.Helper()
	url := testkit.EmptyDatabase(t)
	b := &busyReader{t: t, proxy: testkit.NewProxy(t, url)}
	pool := open(t, b.proxy.URL)
	b.Readers = postgres.NewReaders(pool, 1)
	b.WaitFor(timeout)
	running, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var readers sync.WaitGroup
	readers.Go(func() { _ = b.Run(running) })
	b.end = func() { stop(); readers.Wait() }
	t.Cleanup(b.end)
	direct, err := postgres.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = direct.Close(context.WithoutCancel(t.Context())) })
	b.lock = direct
	_, err = b.lock.Exec(t.Context(), "select pg_advisory_lock(1)")
	require.NoError(t, err)
	b.reading.Go(func() { _, _ = b.read(t.Context(), "select 1 from pg_advisory_xact_lock(1)") })
	require.Eventually(t, func() bool {
		var waiting bool
		err := b.lock.QueryRow(t.Context(), `
			select exists (
				select from pg_locks inner join pg_database as d on d.oid = database and datname = current_database()
				where locktype = 'advisory' and not granted
			)`).Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, time.Millisecond)
	return b
}

// read reads integers.
func (b *busyReader) read(ctx context.Context, sql string) ([]int32, error) {
	rows, err := postgres.Rows[struct{ Value int32 }](ctx, b.Readers, sql)
	var values []int32
	for _, row := range rows {
		values = append(values, row.Value)
	}
	return values, err
}

// queue starts read in a goroutine, and returns when it is the n-th in the queue.
func (b *busyReader) queue(n int, read func()) {
	b.t.Helper()
	b.reading.Go(read)
	require.Eventually(b.t, func() bool { return b.Waiting() == n }, 10*time.Second, time.Millisecond)
}

// release releases the lock, and returns the traffic to the database until all reads had ended.
func (b *busyReader) release() testkit.Traffic {
	b.t.Helper()
	before := b.proxy.Traffic()
	_, err := b.lock.Exec(b.t.Context(), "select pg_advisory_unlock(1)")
	require.NoError(b.t, err)
	b.reading.Wait()
	return b.proxy.Traffic().Sub(before)
}

func TestReadsThatQueueShareARoundTripAndEachGetsItsOwnRows(t *testing.T) {
	t.Parallel()
	b := newBusyReader(t, time.Minute)
	const reads = 20
	for n := range int32(reads) {
		b.queue(int(n)+1, func() {
			values, err := b.read(t.Context(), fmt.Sprintf("select %d union all select %[1]d + 100", n))
			if err != nil || len(values) != 2 || values[0] != n || values[1] != n+100 {
				t.Errorf("read %d was answered %v, %v", n, values, err)
			}
		})
	}
	traffic := b.release()
	require.EqualValues(t, reads, traffic.Statements)
	require.LessOrEqual(t, traffic.RoundTrips, int64(2), "one of them prepares the statements")
}

func TestAReadThatFailsFailsAlone(t *testing.T) {
	t.Parallel()
	b := newBusyReader(t, time.Minute)
	b.queue(1, func() {
		values, err := b.read(t.Context(), "select 1")
		if err != nil || len(values) != 1 {
			t.Errorf("the read before the bad one was answered %v, %v", values, err)
		}
	})
	b.queue(2, func() {
		_, err := b.read(t.Context(), "select 1 / (select 0)")
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "22012" {
			t.Errorf("the bad read was answered %v", err)
		}
	})
	b.queue(3, func() {
		values, err := b.read(t.Context(), "select 3")
		if err != nil || len(values) != 1 {
			t.Errorf("the read after the bad one was answered %v, %v", values, err)
		}
	})
	b.release()
}

func TestAPanicWhileRowsAreReadReachesOnlyItsCaller(t *testing.T) {
	t.Parallel()
	b := newBusyReader(t, time.Minute)
	b.queue(1, func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		var statement pgx.Batch
		statement.Queue("select 1").Query(func(pgx.Rows) error { panic("of a reader of rows") })
		_ = b.Read(t.Context(), &statement)
	})
	b.queue(2, func() {
		if values, err := b.read(t.Context(), "select 2"); err != nil || len(values) != 1 {
			t.Errorf("the read after the panic was answered %v, %v", values, err)
		}
	})
	b.release()
}

func TestReadsSurviveTheLossOfTheirSharedConnection(t *testing.T) {
	t.Parallel()
	b := newBusyReader(t, time.Minute)
	b.proxy.CutAfter("select 42")
	for n := range 3 {
		b.queue(n+1, func() {
			if values, err := b.read(t.Context(), fmt.Sprintf("select 4%d", n)); err != nil || len(values) != 1 {
				t.Errorf("read %d was answered %v, %v", n, values, err)
			}
		})
	}
	b.release()
}

func TestReadsRunAloneOnceTheReadersHaveEnded(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	readers := postgres.NewReaders(pool, 1)
	ended, end := context.WithCancel(t.Context())
	end()
	require.NoError(t, readers.Run(ended))
	rows, err := postgres.Rows[struct{ Value int32 }](t.Context(), readers, "select 7")
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

func TestASlowReadDelaysOthersForAtMostTheTimeout(t *testing.T) {
	t.Parallel()
	b := newBusyReader(t, 100*time.Millisecond)
	values, err := b.read(t.Context(), "select 1") // while the single reader waits for the lock
	require.NoError(t, err)
	require.Len(t, values, 1)
	b.release()
}

func TestAReadIsWithdrawnWhenItsCallerHasGone(t *testing.T) {
	t.Parallel()
	b := newBusyReader(t, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	b.queue(1, func() {
		_, err := b.read(ctx, "select 1")
		gone <- err
	})
	cancel()
	require.ErrorIs(t, <-gone, context.Canceled, "it does not wait for the reader")
	require.Zero(t, b.release().Statements)
}
