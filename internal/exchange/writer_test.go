package exchange

import (
	"context"
	"testing"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// queued puts a job of an agent into a writer's queue, as submit does.
func queued(w *writer, agent uuid.UUID) *job {
	j := &job{scope: book.Scope{AgentID: agent}, done: make(chan outcome, 1)}
	w.waiting.Add(1)
	w.queue <- j
	return j
}

func TestTheJobsOfAHeldAgentAreParkedAndOthersGoOn(t *testing.T) {
	t.Parallel()
	w, held, other := newWriter(nil), uuid.New(), uuid.New()
	release := w.hold(held)
	parked, free := queued(w, held), queued(w, other)
	require.Equal(t, []*job{free}, w.gather(<-w.queue))
	require.EqualValues(t, 1, w.waiting.Load(), "a parked job still waits")
	again := w.hold(held)
	release()
	require.Empty(t, w.parked)
	require.Equal(t, []*job{parked}, w.gather(<-w.queue), "a job is parked once at most, though its agent is held again")
	require.Zero(t, w.waiting.Load())
	again()
	require.Empty(t, w.held)
}

func TestAJobWhoseCallerHasGoneIsNotBegun(t *testing.T) {
	t.Parallel()
	w := newWriter(nil)
	ctx, leave := context.WithCancel(t.Context())
	leave()
	gone := &job{ctx: ctx, done: make(chan outcome, 1)}
	require.ErrorIs(t, w.submit(gone).err, context.Canceled)
	stays := queued(w, uuid.New())
	require.Equal(t, []*job{stays}, w.gather(<-w.queue))
	require.Zero(t, w.waiting.Load())
}

func TestAFullQueueRefusesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWriter(nil)
	for range queueLimit {
		queued(w, uuid.Nil)
	}
	refused := w.submit(&job{ctx: t.Context(), done: make(chan outcome, 1)})
	require.True(t, fault.Is(refused.err, fault.Overloaded))
	require.EqualValues(t, queueLimit, w.waiting.Load())
	require.Len(t, w.gather(<-w.queue), maxBatch)
	require.Len(t, w.queue, queueLimit-maxBatch)
}
