// Package sim is a simulated market: prices, candles, trades and an order book that are functions of a seed, a symbol
// and the time. It needs no network and stores nothing. It uses no floating point, so the same seed gives the same
// market to the last digit on every machine and after every restart. Any moment from 1970 to 2106 can be computed at
// the same cost. Every price stays between half and twice its pair's anchor. Anyone who knows the seed can compute
// future prices.
package sim

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// Step is the time between price changes. Steps are counted from 1970.
	Step = 250 * time.Millisecond

	stepsPerDay = int64(24 * time.Hour / Step)

	// backlog is how many missed steps Run delivers late: 5 s.
	backlog = int64(5 * time.Second / Step)
)

// Sim is a market.Feed. All Sims with the same seed agree. All methods work without Run.
type Sim struct {
	clock       func() time.Time
	instruments []*instrument // sorted by symbol
	bySymbol    map[string]*instrument
	bars        *lru.Cache[steps, bar] // of finished candles
}

var _ market.Feed = (*Sim)(nil)

// New returns the market of a seed. The clock alone decides what time it is; nothing later is ever shown. A clock
// before 1970 or after 2106 counts as the nearer end.
func New(seed uint64, clock func() time.Time) *Sim {
	bars, err := lru.New[steps, bar](maxRemembered)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	s := &Sim{clock: clock, bySymbol: make(map[string]*instrument, len(listings)), bars: bars}
	for _, l := range listings {
		i := newInstrument(stream(seed), l)
		s.instruments = append(s.instruments, i)
		s.bySymbol[i.Symbol] = i
	}
	return s
}

// Pairs implements market.Feed.
func (s *Sim) Pairs() []market.Pair {
	pairs := make([]market.Pair, len(s.instruments))
	for n, i := range s.instruments {
		pairs[n] = i.Pair
	}
	return pairs
}

// Pair implements market.Feed.
func (s *Sim) Pair(symbol string) (market.Pair, bool) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return market.Pair{}, false
	}
	return i.Pair, true
}

// Last implements market.Feed. It returns the price of the current step, at most Step old.
func (s *Sim) Last(symbol string) (market.Tick, bool) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return market.Tick{}, false
	}
	return i.tickAt(s.now()), true
}

// DayOpen implements market.Feed. It returns the price at 00:00 UTC.
func (s *Sim) DayOpen(symbol string) (market.Tick, bool) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return market.Tick{}, false
	}
	now := s.now()
	return i.tickAt(now - now%stepsPerDay), true
}

// Ticks returns the current step's price of every symbol, sorted by symbol. Run delivers the same; Ticks is for callers
// that move the clock themselves.
func (s *Sim) Ticks() []market.Tick { return s.ticksAt(s.now()) }

// Run implements market.Feed. It starts with the current step and then delivers each step as the clock reaches it. If
// Run falls behind, because ticks is slow or the machine was asleep, it delivers the steps of the last few seconds in
// order and skips earlier ones. If the clock is set back, Run waits for it.
func (s *Sim) Run(ctx context.Context, ticks func([]market.Tick)) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for next := s.now(); ; {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := s.now()
		for next = max(next, now-backlog); next <= now && ctx.Err() == nil; next++ {
			ticks(s.ticksAt(next))
		}
		timer.Reset(Step - s.clock().Sub(timeOf(0))%Step)
	}
}

func (s *Sim) ticksAt(step int64) []market.Tick {
	ticks := make([]market.Tick, len(s.instruments))
	for n, i := range s.instruments {
		ticks[n] = i.tickAt(step)
	}
	return ticks
}

func (i *instrument) tickAt(step int64) market.Tick {
	return market.Tick{Symbol: i.Symbol, Price: i.price(i.priceAt(step)), Time: timeOf(step)}
}

// now returns the current step.
func (s *Sim) now() int64 {
	const last = 1<<depth - 2 // so that there is a step after it
	return min(max(floorDiv(s.clock().UnixMilli(), Step.Milliseconds()), 0), last)
}

// timeOf returns when a step starts.
func timeOf(step int64) time.Time { return time.UnixMilli(step * Step.Milliseconds()).UTC() }

// floorDiv returns n ÷ divisor rounded down, for negative n too.
func floorDiv(n, divisor int64) int64 {
	quotient := n / divisor
	if n%divisor < 0 {
		quotient--
	}
	return quotient
}
