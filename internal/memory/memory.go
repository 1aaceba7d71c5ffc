// Package memory decides how much of it the process takes for speed.
package memory

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// roomUnderLoad is how much garbage may gather between two collections while the server is busy. A collection costs
	// by what is alive, which is little here, and at Go's own pace there are so many of them that they took a fifth of
	// the server's time, and processors from the database beside it.
	roomUnderLoad = 128 << 20
	usualPercent  = 100 // Go's own pace: as much garbage as there is alive

	lookEvery = time.Second
	busyFrom  = 2                // collections between two looks
	calmAfter = 10 * time.Second // without a collection
)

// Pace lets garbage gather while the process is busy, and gives memory back when it is idle, until ctx ends. Whoever
// sets GOGC has decided otherwise.
func Pace(ctx context.Context) {
	giveBack() // parsing the document took three times what is kept of it
	if os.Getenv("GOGC") != "" {
		return
	}
	p := pace{percent: usualPercent}
	seen := look()
	ticks := time.NewTicker(lookEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		before, percent := seen, p.percent
		seen = look()
		calmed := p.observe(seen.collections-before.collections, seen.base)
		if p.percent != percent {
			debug.SetGCPercent(p.percent)
		}
		if calmed {
			giveBack()
			seen = look() // these collections are not for want of room
		}
	}
}

// giveBack collects twice, because a sync.Pool keeps what it has through one collection.
func giveBack() {
	runtime.GC()
	debug.FreeOSMemory()
}

// sight is what the runtime says of itself.
type sight struct {
	collections uint64
	base        uint64 // bytes that the percent is of: what the last collection found alive, stacks and globals
}

// leastBase is the heap for which Go does not collect at its usual pace, however little is alive.
const leastBase = 4 << 20

func look() sight {
	readings := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
	}
	metrics.Read(readings)
	return sight{
		collections: readings[0].Value.Uint64(),
		base:        max(leastBase, readings[1].Value.Uint64()+readings[2].Value.Uint64()+readings[3].Value.Uint64()),
	}
}

// pace is how much garbage may gather, in percent of the base.
type pace struct {
	percent int
	busy    bool
	calm    time.Duration // since the last collection
}

// observe is told how many collections there were since the last look, and the base now. It reports whether the process
// has calmed down.
func (p *pace) observe(collections, base uint64) (calmed bool) {
	if p.calm += lookEvery; collections > 0 {
		p.calm = 0
	}
	wasBusy := p.busy
	p.busy = collections >= busyFrom || wasBusy && p.calm < calmAfter
	p.percent = usualPercent
	if p.busy {
		p.percent = max(usualPercent, int(100*roomUnderLoad/base))
	}
	return wasBusy && !p.busy
}
