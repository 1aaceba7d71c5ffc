// Package memory decides how much of it the process takes for speed.
package memory

import (
	"context"
	"os"
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

// Pace lets garbage gather while the process is busy, and gives memory back when it is idle, until ctx ends. Whoever sets
// GOGC has decided otherwise.
func Pace(ctx context.Context) {
	debug.FreeOSMemory() // parsing the document took three times what is kept of it
	if os.Getenv("GOGC") != "" {
		return
	}
	p := pace{percent: usualPercent}
	readings := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(readings)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		collections := readings[0].Value.Uint64()
		metrics.Read(readings)
		before := p.percent
		if p.observe(readings[0].Value.Uint64()-collections, readings[1].Value.Uint64()); p.percent == before {
			continue
		}
		debug.SetGCPercent(p.percent)
		if p.calm >= calmAfter {
			debug.FreeOSMemory()
		}
	}
}

// pace is how much garbage may gather, in percent of what is alive.
type pace struct {
	percent int
	calm    time.Duration // since the last collection
}

// observe is told how many collections there were since the last look, and what the last one of all found alive.
func (p *pace) observe(collections, alive uint64) {
	if p.calm += lookEvery; collections > 0 {
		p.calm = 0
	}
	hurried := p.percent > usualPercent && p.calm < calmAfter
	p.percent = usualPercent
	if hurried || collections >= busyFrom {
		p.percent = max(usualPercent, int(100*roomUnderLoad/max(alive, 1<<20)))
	}
}
