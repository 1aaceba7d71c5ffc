// Package replay is a market from a file: it replays recorded prices from the moment it runs, at the original speed or
// another.
//
// # The file
//
// A recording is a text file with one line per price, of at most MaxSize bytes:
//
//	#pair,BTCUSDT,0.00001,0.00001,0.01,5
//	# bought in a quiet week
//	time,symbol,price,quantity
//	2026-03-01T12:00:00Z,BTCUSDT,48000.00,0.015
//	2026-03-01T12:00:00.25Z,ETHUSDT,2600.10,
//	1772366400500,BTCUSDT,48000.01,0.2
//
// A line has a time (RFC 3339 with up to nine decimals, or milliseconds since 1970), a symbol, a price above 0 and
// below 10^12, and the quantity traded at that price, in base. If the quantity is empty or 0, the line is a price
// without a trade; the whole column may be missing. Times never decrease and span at most a year. Symbols consist of
// capital letters and digits and end in USDT. Each symbol becomes a pair.
//
// Lines before the header that begin with #pair give a pair's filters in the order min_qty, step_size, tick_size,
// min_notional. The defaults are 0.00001, 0.00001, the largest power of ten of which all its prices are multiples, and
// 5. Other lines that begin with #, and empty lines, are ignored.
//
// # The market
//
// A price holds until the next line of its pair, so prices are fresh during the replay, and also after its last line
// unless Options.Expire is set. Until its first line, and before Run, a pair has the price of its first line. Candles,
// tickers and trades are computed from the lines replayed so far: an interval without a line has no candle, and only
// lines with a quantity are trades. The order book is made up around the price.
//
// Each process replays independently: two servers with the same recording have different prices unless they started at
// the same moment.
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
	// MaxSize is the largest size of a recording, in bytes. In memory it takes about eight times as much.
	MaxSize = 16 << 20

	// backlog is how late Run may be and still deliver every single line.
	backlog = 5 * time.Second

	// glance is how often Run checks the clock, which may have been set.
	glance = 250 * time.Millisecond
)

// The slowest and the fastest speeds other than 0.
const (
	MinSpeed = 0.01
	MaxSpeed = 1_000_000
)

// Options say how a recording is replayed.
type Options struct {
	// Speed is how fast time passes in the recording: 1 is as recorded, 2 twice as fast. 0 is as fast as possible: each
	// line happens as soon as the previous ones are delivered, with that moment as its time.
	Speed float64
	// Expire lets prices grow old after the recording's last line, like those of a market that is no longer reachable.
	// Otherwise they hold for ever.
	Expire bool
}

// Replay is a market.Feed. All methods work before Run, but prices do not change.
type Replay struct {
	recording
	opts  Options
	clock func() time.Time

	start atomic.Pointer[time.Time] // when Run began; nil before
	done  atomic.Int64              // at speed 0, how many lines have been replayed
}

var _ market.Feed = (*Replay)(nil)

// Open reads a recording. It fails if the file cannot be read or does not have the format described above; the error
// names the line.
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

// Last implements market.Feed. A price holds until the next one, so its time is now.
func (r *Replay) Last(symbol string) (market.Tick, bool) {
	v, ok := r.view(symbol)
	if !ok {
		return market.Tick{}, false
	}
	return market.Tick{Symbol: symbol, Price: v.price(v.count), Time: v.seen}, true
}

// DayOpen implements market.Feed. It returns the price at 00:00 UTC, or on the day the replay started, the first price.
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

// Run implements market.Feed. The first line happens now. If Run falls behind, because ticks is slow or the machine was
// asleep, it delivers the last few seconds in order, and only the latest prices of what was before. After the last line
// it waits for ctx to end.
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

// advance returns the end of the lines to deliver next, or next itself if it is not time for any.
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

// wait waits until a time, but at most for glance.
func (r *Replay) wait(ctx context.Context, until time.Time) {
	timer := time.NewTimer(min(max(until.Sub(r.now()), 0), glance))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// happen sets the time of lines to now. Other goroutines read these lines only once done includes them.
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

// batch returns the end of the lines that happen at the same time, at most one per pair.
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

// ticks returns the latest price of each pair in a range of lines, sorted by symbol.
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

// timeOf returns when a line happens. Run must have started.
func (r *Replay) timeOf(line int) time.Time { return r.start.Load().Add(r.lines[line].offset) }

func (r *Replay) now() time.Time { return r.clock().UTC().Round(0) }
