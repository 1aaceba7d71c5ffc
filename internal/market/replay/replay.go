// Package replay is a market out of a file: recorded prices that happen again, from the moment that it is run, at the
// speed of then or another.
//
// # The file
//
// A recording is text, a line per price, at most MaxSize bytes:
//
//	#pair,BTCUSDT,0.00001,0.00001,0.01,5
//	# bought in a quiet week
//	time,symbol,price,quantity
//	2026-03-01T12:00:00Z,BTCUSDT,48000.00,0.015
//	2026-03-01T12:00:00.25Z,ETHUSDT,2600.10,
//	1772366400500,BTCUSDT,48000.01,0.2
//
// A line is a time (RFC 3339 with up to nine decimals, or milliseconds since 1970), a symbol, a price above 0 and below
// 10^12, and the quantity in base that was traded at it. A quantity that is empty or 0 makes the line a price that
// nobody traded at; the whole column may be missing. Times never fall and span at most a year. Symbols are capital
// letters and digits and end in USDT, and a pair is listed for each.
//
// Lines in front of the header that begin with #pair give a pair's filters, in the order min_qty, step_size, tick_size,
// min_notional. A pair without has 0.00001, 0.00001, the coarsest power of ten that its prices fit, and 5. Other lines
// that begin with #, and empty ones, mean nothing.
//
// # The market
//
// A price holds until the next line of its pair, so prices are fresh as long as the replay goes on, and after its last
// line too unless Options.Expire is set. Before Run, and before its first line, a pair has the price of its first line.
// Candles, tickers and trades are made of the lines that have happened: there is no candle where there was no line, and
// only lines with a quantity are trades. The order book is invented around the price.
//
// Each process replays on its own: two servers of one recording have different prices unless they began at the same
// moment.
package replay

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

const (
	// MaxSize is the greatest size of a recording, in bytes. In memory it takes some eight times as much.
	MaxSize = 16 << 20

	// backlog is how late Run still delivers every single line.
	backlog = 5 * time.Second

	// glance is how often Run looks at the clock, which may have been set.
	glance = 250 * time.Millisecond
)

// The slowest and the fastest speeds but 0.
const (
	MinSpeed = 0.01
	MaxSpeed = 1_000_000
)

// Options say how a recording is replayed.
type Options struct {
	// Speed is how fast time passes in it: 1 is as recorded, 2 twice as fast. 0 is as fast as possible: every line
	// happens when it is its turn, at the time of then.
	Speed float64
	// Expire lets prices grow old after the last line of the recording, as those of a market that has gone away do.
	// Otherwise they hold for ever.
	Expire bool
}

// Replay is a market.Feed. All methods work without Run, but nothing happens.
type Replay struct {
	recording
	opts  Options
	clock func() time.Time

	start atomic.Pointer[time.Time] // when Run began; nil before
	done  atomic.Int64              // at speed 0, how many lines have happened
}

var _ market.Feed = (*Replay)(nil)

// Open reads a recording. It fails if the file cannot be read or is not as the package says; the error names the line.
func Open(path string, opts Options, clock func() time.Time) (*Replay, error) {
	if speed := opts.Speed; speed != 0 && !(speed >= MinSpeed && speed <= MaxSpeed) {
		return nil, fmt.Errorf("a speed of replay is 0, or between %v and %v", MinSpeed, MaxSpeed)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a recording: %w", err)
	}
	defer file.Close()
	recording, err := read(file)
	if err != nil {
		return nil, fmt.Errorf("reading the recording %s: %w", path, err)
	}
	if opts.Speed != 0 {
		for n := range recording.lines {
			l := &recording.lines[n]
			l.offset = time.Duration(float64(l.offset) / opts.Speed)
		}
	}
	return &Replay{recording: *recording, opts: opts, clock: clock}, nil
}

// Pairs implements market.Feed.
func (r *Replay) Pairs() []market.Pair {
	pairs := make([]market.Pair, len(r.series))
	for n, s := range r.series {
		pairs[n] = s.Pair
	}
	return pairs
}

// Pair implements market.Feed.
func (r *Replay) Pair(symbol string) (market.Pair, bool) {
	s, ok := r.bySymbol[symbol]
	if !ok {
		return market.Pair{}, false
	}
	return s.Pair, true
}

// Last implements market.Feed. A price holds until the next, so its time is now.
func (r *Replay) Last(symbol string) (market.Tick, bool) {
	v, ok := r.view(symbol)
	if !ok {
		return market.Tick{}, false
	}
	return market.Tick{Symbol: symbol, Price: v.price(v.count), Time: v.seen}, true
}

// DayOpen implements market.Feed: the price at 00:00 UTC, or on the day on which the replay began the first of all.
func (r *Replay) DayOpen(symbol string) (market.Tick, bool) {
	v, ok := r.view(symbol)
	midnight := v.now.Truncate(24 * time.Hour)
	if !ok || v.seen.Before(midnight) {
		return market.Tick{}, false
	}
	if v.start.After(midnight) {
		return market.Tick{Symbol: symbol, Price: v.price(0), Time: v.start}, true
	}
	return market.Tick{Symbol: symbol, Price: v.price(v.after(midnight)), Time: midnight}, true
}

// Run implements market.Feed. The first line happens now. Of what it missed while ticks was at work, or the machine
// asleep, it delivers the last few seconds in order and of what was before only the newest prices. When all has
// happened it waits for ctx.
func (r *Replay) Run(ctx context.Context, ticks func([]market.Tick)) error {
	start := r.now()
	r.start.Store(&start)
	for next := 0; next < len(r.lines) && ctx.Err() == nil; {
		end := r.advance(next)
		if end == next {
			r.wait(ctx, r.timeOf(next))
			continue
		}
		ticks(r.ticks(next, end))
		next = end
	}
	<-ctx.Done()
	return nil
}

// advance returns the end of the lines that are delivered next, which is where they begin if it is not time yet.
func (r *Replay) advance(next int) int {
	if r.opts.Speed == 0 {
		end := r.batch(next)
		r.happen(next, end)
		return end
	}
	now := r.now()
	if end := r.missed(next, now.Add(-backlog)); end > next {
		return end
	}
	if r.timeOf(next).After(now) {
		return next
	}
	return r.batch(next)
}

// wait waits until a time, or for a short while.
func (r *Replay) wait(ctx context.Context, until time.Time) {
	timer := time.NewTimer(min(max(until.Sub(r.now()), 0), glance))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// happen makes lines happen now. It writes lines that nobody reads before done says so.
func (r *Replay) happen(from, to int) {
	offset := r.now().Sub(*r.start.Load())
	if from > 0 {
		offset = max(offset, r.lines[from-1].offset) // the clock may have been set back
	}
	for n := from; n < to; n++ {
		r.lines[n].offset = max(offset, 0)
	}
	r.done.Store(int64(to))
}

// batch returns the end of the lines that happen at once, at most one of a pair.
func (r *Replay) batch(from int) int {
	end := from
	for end < len(r.lines) && r.lines[end].offset == r.lines[from].offset && r.lines[end].series.batch != from+1 {
		r.lines[end].series.batch = from + 1
		end++
	}
	return end
}

// missed returns the end of the lines that happened before a time.
func (r *Replay) missed(from int, before time.Time) int {
	return from + sort.Search(len(r.lines)-from, func(n int) bool { return !r.timeOf(from + n).Before(before) })
}

// ticks returns the newest price of each pair in some lines, sorted by symbol.
func (r *Replay) ticks(from, to int) []market.Tick {
	newest := make(map[*series]int, min(to-from, len(r.series)))
	for n := from; n < to; n++ {
		newest[r.lines[n].series] = n
	}
	ticks := make([]market.Tick, 0, len(newest))
	for s, n := range newest {
		ticks = append(ticks, market.Tick{Symbol: s.Symbol, Price: s.points[r.lines[n].point].price, Time: r.timeOf(n)})
	}
	slices.SortFunc(ticks, func(a, b market.Tick) int { return strings.Compare(a.Symbol, b.Symbol) })
	return ticks
}

// timeOf returns when a line happens. Run has begun.
func (r *Replay) timeOf(line int) time.Time { return r.start.Load().Add(r.lines[line].offset) }

func (r *Replay) now() time.Time { return r.clock().UTC().Round(0) }
