package memory

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGarbageAccumulatesOnlyWhileTheProcessIsBusy(t *testing.T) {
	t.Parallel()
	const base = roomUnderLoad / 4
	p := pace{percent: usualPercent}
	expect := func(when string, calmed bool, want int) {
		t.Helper()
		require.Equal(t, want, p.percent, when)
		require.False(t, calmed, when)
	}
	for range 30 {
		expect("with a collection a second", p.observe(1, base), usualPercent)
	}
	expect("when busy", p.observe(busyFrom, base), 400)
	expect("when the larger room has made collections rare", p.observe(1, base), 400)
	expect("when twice as much is alive", p.observe(1, 2*base), 200)
	expect("when more is alive than the room", p.observe(busyFrom, 8*base), usualPercent)
	expect("when it is less again", p.observe(1, base), 400)
	for p.calm+checkEvery < calmAfter {
		expect("in a short pause", p.observe(0, base), 400)
	}
	require.True(t, p.observe(0, base), "when it is calm")
	require.Equal(t, usualPercent, p.percent)
	expect("with a collection after it", p.observe(1, base), usualPercent)
}

// Not parallel: it changes the collector of the whole process.
func TestGarbageIsBoundedByTheRoomUnderLoad(t *testing.T) { //nolint:paralleltest // see above
	var deep sync.WaitGroup
	done := make(chan struct{})
	for range 2000 { // stacks count
		ready := make(chan struct{})
		deep.Go(func() { dig(64, func() { close(ready); <-done }) })
		<-ready
	}
	defer deep.Wait()
	defer close(done)
	alive := make([]byte, 16<<20)
	runtime.GC()
	var p pace
	p.observe(busyFrom, readStats().base)
	defer debug.SetGCPercent(debug.SetGCPercent(p.percent))
	runtime.GC()
	goal := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(goal)
	runtime.KeepAlive(alive)
	require.InEpsilon(t, roomUnderLoad, goal[0].Value.Uint64()-goal[1].Value.Uint64(), 0.1)
}

func TestRunEndsWithItsContext(t *testing.T) { //nolint:paralleltest // it collects the whole process's garbage
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Run(ctx) }()
	cancel()
	require.NoError(t, <-ended)
}

func dig(depth int, do func()) {
	var room [256]byte
	if depth == 0 {
		do()
	} else {
		dig(depth-1, do)
	}
	runtime.KeepAlive(room)
}
