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
	maxShared     = 64          // reads that share a round trip
	sharedTimeout = time.Second // for a round trip; what takes longer is read alone, and holds up nobody
)

// Readers send quick reads, of whatever kind, in round trips that they share: what arrived while a reader's last one
// was under way goes together in its next, without a timer. Most of what a look-up costs the database is to be woken
// for it.
type Readers struct {
	pool    *pgxpool.Pool
	timeout time.Duration
	queue   chan *sharedRead
	ended   <-chan struct{}
	stop    context.CancelFunc
	running sync.WaitGroup
}

// A sharedRead is taken by a reader or withdrawn by its caller, whoever comes first.
type sharedRead struct {
	statements *pgx.Batch
	claimed    atomic.Bool
	done       chan error // of one
}

// StartReaders starts that many readers, each of which takes one of the pool's connections while it has something to
// do.
func StartReaders(pool *pgxpool.Pool, readers int) *Readers {
	ctx, stop := context.WithCancel(context.Background())
	r := &Readers{
		pool: pool, timeout: sharedTimeout, queue: make(chan *sharedRead, readers*maxShared), ended: ctx.Done(), stop: stop,
	}
	for range readers {
		r.running.Go(func() { r.run(ctx) })
	}
	return r
}

// Waiting is how many reads are queued.
func (r *Readers) Waiting() int { return len(r.queue) }

// Close ends the readers. Whoever still reads does so alone.
func (r *Readers) Close() {
	r.stop()
	r.running.Wait()
}

// Read sends statements that are quick and begin no transaction, and reads their rows by the functions queued with
// them: they may be called twice, and in a goroutine of the readers. The statements are executed in order, and others'
// between them never. Where a round trip fails, everybody in it reads again alone, as only one may be to blame. One
// that has begun is waited for, though ctx ends: a second at most.
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
	var alone pgx.Batch
	for _, s := range statements.QueuedQueries { // pgx keeps by each how it was prepared on the connection it was sent by
		alone.QueuedQueries = append(alone.QueuedQueries, &pgx.QueuedQuery{SQL: s.SQL, Arguments: s.Arguments, Fn: s.Fn})
	}
	return Send(ctx, r.pool, &alone)
}

var errWithdrawn = errors.New("the read was withdrawn")

// wait answers what became of the read, or withdraws it.
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
	return <-r.done // it writes into what is the caller's
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

// gather takes the read and what waits behind it, but for what was withdrawn.
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

// share sends reads in one round trip.
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
		if p := recover(); p != nil { // whoever caused it will do so again, alone
			err = fmt.Errorf("reading rows: panic: %v", p)
		}
	}()
	return Send(ctx, r.pool, pipeline)
}
