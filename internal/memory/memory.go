// Package memory trades memory for speed: it sets how much garbage may accumulate between two collections.
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
	// roomUnderLoad is how much garbage may accumulate between two collections while the server is busy. The live heap
	// is small, so at Go's default pace collections are frequent: they took a fifth of the server's time, and CPU from
	// the database next to it.
	roomUnderLoad = 128 << 20
	usualPercent  = 100 // Go's default: as much garbage as live memory

	checkEvery = time.Second
	busyFrom   = 2                // collections between two checks
	calmAfter  = 10 * time.Second // without a collection
)

// Run lets garbage accumulate while the process is busy, and returns memory to the system when it is idle, until ctx
// ends. It leaves the pace alone if GOGC is set, because then the operator has chosen one. It returns nil.
func Run(ctx context.Context) error {
	giveBack() // parsing the spec took three times the memory of the result
	if os.Getenv("GOGC") != "" {
		return nil
	}
	p := pace{percent: usualPercent}
	before := readStats()
	ticks := time.NewTicker(checkEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		now, percent := readStats(), p.percent
		calmed := p.observe(now.collections-before.collections, now.base)
		if p.percent != percent {
			debug.SetGCPercent(p.percent)
		}
		if calmed {
			giveBack()
			now = readStats() // so that these two collections do not count as load
		}
		before = now
	}
}

// giveBack collects twice, because objects in a sync.Pool survive one collection.
func giveBack() {
	runtime.GC()
	debug.FreeOSMemory()
}

// stats are readings of the runtime.
type stats struct {
	collections uint64
	base        uint64 // bytes to which the percentage applies: live heap, stacks and globals
}

// leastBase is the base below which Go does not collect at its default pace, however little is live.
const leastBase = 4 << 20

func readStats() stats {
	readings := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
	}
	metrics.Read(readings)
	return stats{
		collections: readings[0].Value.Uint64(),
		base:        max(leastBase, readings[1].Value.Uint64()+readings[2].Value.Uint64()+readings[3].Value.Uint64()),
	}
}

// pace decides how much garbage may accumulate, in percent of the base.
type pace struct {
	percent int
	busy    bool
	calm    time.Duration // since the last collection
}

// observe takes the number of collections since the last check and the current base. It reports whether the process has
// just become idle.
func (p *pace) observe(collections, base uint64) (calmed bool) {
	if p.calm += checkEvery; collections > 0 {
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
