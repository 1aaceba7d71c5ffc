package exchange

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/google/uuid"
)

const (
	maxBatch   = 128  // jobs of one transaction
	queueLimit = 2048 // jobs that may wait for one writer; more are refused
)

// job is one request to change a book. Exactly one of place, cancel and match says how.
type job struct {
	ctx      context.Context //nolint:containedctx // it is the caller's, who waits; the writer asks only whether it has ended
	scope    book.Scope      // proven under the agent's lock, so that a key is dead the moment it is replaced
	internal bool            // the exchange itself acts, and needs no proof

	place  *book.Request
	cancel *cancellation
	match  *crossing

	idempotent *Idempotent
	state      atomic.Int32
	parked     bool         // once already; the writer's mutex guards it
	done       chan outcome // of one
}

type cancellation struct {
	orderID uuid.UUID
	as      book.Status
}

// crossing is a resting order and the tick that reached it.
type crossing struct {
	orderID uuid.UUID
	tick    market.Tick
}

// outcome is what became of a job.
type outcome struct {
	order   *book.Order
	existed bool   // it is an earlier order with the same client order id
	stored  []byte // the stored answer to the same request, in place of everything else
	err     error
}

// A job is taken by its writer or withdrawn by its caller, whichever happens first.
const (
	waiting int32 = iota
	taken
	withdrawn
)

// writer commits the jobs of its share of the agents, one transaction after the other.
type writer struct {
	exchange *Exchange
	queue    chan *job
	waiting  atomic.Int32 // in the queue or parked

	mu     sync.Mutex
	held   map[uuid.UUID]int // agents on which exclusive work is going on
	parked map[uuid.UUID][]*job
}

func newWriter(x *Exchange) *writer {
	return &writer{exchange: x, queue: make(chan *job, queueLimit), held: map[uuid.UUID]int{}, parked: map[uuid.UUID][]*job{}}
}

// submit queues a job and waits for its outcome. A caller that goes away takes its job along, unless a writer has begun
// with it; then the outcome is waited for, because it is about to be durable.
func (w *writer) submit(j *job) outcome {
	if w.waiting.Add(1) > queueLimit {
		w.waiting.Add(-1)
		return outcome{err: fault.New(fault.Overloaded)}
	}
	w.queue <- j // there is room: no more than queueLimit are waiting
	select {
	case o := <-j.done:
		return o
	case <-j.ctx.Done():
		if j.state.CompareAndSwap(waiting, withdrawn) {
			return outcome{err: j.ctx.Err()}
		}
		return <-j.done
	}
}

// run commits batches until ctx ends and the queue is empty. There is no timer: a batch is what queued while the last
// one was committed.
func (w *writer) run(ctx context.Context) {
	for {
		select {
		case j := <-w.queue:
			w.exchange.commit(w.gather(j))
		case <-ctx.Done():
			for {
				select {
				case j := <-w.queue:
					w.exchange.commit(w.gather(j))
				default:
					return
				}
			}
		}
	}
}

// gather takes the job and what waits behind it.
func (w *writer) gather(first *job) []*job {
	jobs := w.take(make([]*job, 0, maxBatch), first)
	for len(jobs) < maxBatch {
		select {
		case j := <-w.queue:
			jobs = w.take(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// take appends a job unless its caller has gone or exclusive work is going on on its agent.
func (w *writer) take(jobs []*job, j *job) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held[j.scope.AgentID] > 0 && !j.parked && j.state.Load() == waiting {
		j.parked = true
		w.parked[j.scope.AgentID] = append(w.parked[j.scope.AgentID], j)
		return jobs
	}
	w.waiting.Add(-1)
	if !j.state.CompareAndSwap(waiting, taken) {
		return jobs
	}
	return append(jobs, j)
}

// hold parks an agent's jobs while an exclusive transaction runs on it, so that other agents' jobs do not wait for its
// lock. The caller releases it. A job is parked once at most: if much exclusive work comes at once, it waits for the lock
// in the end, so that no caller can keep jobs parked for ever.
func (w *writer) hold(agentID uuid.UUID) (release func()) {
	w.mu.Lock()
	w.held[agentID]++
	w.mu.Unlock()
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.held[agentID]--; w.held[agentID] == 0 {
			delete(w.held, agentID)
		}
		for _, j := range w.parked[agentID] {
			w.queue <- j // it is still counted, so there is room
		}
		delete(w.parked, agentID)
	}
}
