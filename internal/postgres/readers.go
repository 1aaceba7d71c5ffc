package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	maxShared     = 64          // reads per shared round trip
	sharedTimeout = time.Second // per shared round trip; slower reads run alone, so they do not delay others
)

// Readers send quick reads of any kind in shared round trips. Reads that arrive during a reader's round trip go
// together in its next one; there is no timer. Waking up for a look-up is most of its cost to the database.
type Readers struct {
	pool    *pgxpool.Pool
	timeout time.Duration
	readers int
	queue   chan *sharedRead
	ended   chan struct{} // closed when the readers end
}

// A sharedRead is either claimed by a reader or withdrawn by its caller, whichever happens first.
type sharedRead struct {
	statements *pgx.Batch
	claimed    atomic.Bool
	done       chan error // buffered, for one result
}

// NewReaders makes this many readers, which read once Run is called. Each uses one of the pool's connections while it has
// something to read.
func NewReaders(pool *pgxpool.Pool, readers int) *Readers {
	return &Readers{
		pool: pool, timeout: sharedTimeout, readers: readers, queue: make(chan *sharedRead, readers*maxShared),
		ended: make(chan struct{}),
	}
}

// Run reads until ctx ends. Later reads each use a connection of their own.
func (r *Readers) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for range r.readers {
		running.Go(func() { r.run(ctx) })
	}
	<-ctx.Done()
	close(r.ended)
	running.Wait()
	return nil
}

// Waiting returns the number of queued reads.
func (r *Readers) Waiting() int { return len(r.queue) }

// Read sends quick statements, which must not begin a transaction, and reads their rows with the functions queued with
// them. Those functions may be called twice, and in a reader's goroutine. The statements are executed in order, with no
// others between them. If a shared round trip fails, each of its reads is repeated alone, since only one may be the
// cause. Read waits for a round trip that has begun even if ctx ends, for at most a second.
func (r *Readers) Read(ctx context.Context, statements *pgx.Batch) error {
	read := &sharedRead{statements: statements, done: make(chan error, 1)}
	select {
	case r.queue <- read:
		if read.wait(ctx, r.ended) == nil {
			return nil
		}
	case <-ctx.Done():
		return ctx.Err()
	case <-r.ended:
	}
	var own pgx.Batch
	for _, s := range statements.QueuedQueries { // copies: pgx stores in a query how the first connection prepared it
		own.QueuedQueries = append(own.QueuedQueries, &pgx.QueuedQuery{SQL: s.SQL, Arguments: s.Arguments, Fn: s.Fn})
	}
	return Send(ctx, r.pool, &own)
}

var errWithdrawn = errors.New("the read was withdrawn")

// wait returns the result of the read, or withdraws the read.
func (r *sharedRead) wait(ctx context.Context, ended <-chan struct{}) error {
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
	case <-ended:
	}
	if r.claimed.CompareAndSwap(false, true) {
		return errWithdrawn
	}
	return <-r.done // wait for it, as it writes to the caller's variables
}

func (r *Readers) run(ctx context.Context) {
	for {
		select {
		case first := <-r.queue:
			r.share(r.gather(first))
		case <-ctx.Done():
			return
		}
	}
}

// gather claims first and the reads queued behind it, except withdrawn ones.
func (r *Readers) gather(first *sharedRead) []*sharedRead {
	var reads []*sharedRead
	for read := first; ; {
		if read.claimed.CompareAndSwap(false, true) {
			reads = append(reads, read)
		}
		if len(reads) == maxShared {
			return reads
		}
		select {
		case read = <-r.queue:
		default:
			return reads
		}
	}
}

// share sends the reads in one round trip.
func (r *Readers) share(reads []*sharedRead) {
	if len(reads) == 0 {
		return
	}
	var pipeline pgx.Batch
	for _, read := range reads {
		pipeline.QueuedQueries = append(pipeline.QueuedQueries, read.statements.QueuedQueries...)
	}
	err := r.send(&pipeline)
	for _, read := range reads {
		read.done <- err
	}
}

func (r *Readers) send(pipeline *pgx.Batch) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // the read that caused it will panic again, alone
			err = fmt.Errorf("reading rows: panic: %v", p)
		}
	}()
	return Send(ctx, r.pool, pipeline)
}
