package sim

import (
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// Ticker implements market.Feed. It covers exactly the last 24 hours, to the step: the price 24 hours ago, and all
// prices and trades since. The quote volume values each quarter-hour's volume at the price in its middle.
func (s *Sim) Ticker(symbol string) (market.Ticker, bool) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return market.Ticker{}, false
	}
	return i.latest.at(s.now(), i.tickerAt), true
}

// latestTicker caches the ticker of one step: every order needs it, and there are many orders in a step.
type latestTicker struct {
	sync.Mutex
	known  bool
	step   int64
	ticker market.Ticker
}

func (l *latestTicker) at(step int64, compute func(int64) market.Ticker) market.Ticker {
	l.Lock()
	defer l.Unlock()
	if !l.known || l.step != step {
		l.known, l.step, l.ticker = true, step, compute(step)
	}
	return l.ticker
}

func (i *instrument) tickerAt(now int64) market.Ticker {
	from := max(0, now-stepsPerDay)
	low, high := i.prices.extremes(from, now+1)
	before, after := i.flowBefore(from+1), i.flowBefore(now+1)
	return market.Ticker{
		Symbol:      i.Symbol,
		Open:        i.price(i.priceAt(from)),
		High:        i.price(i.ticksOf(high)),
		Low:         i.price(i.ticksOf(low)),
		Close:       i.price(i.priceAt(now)),
		Volume:      i.quantity(after.lots - before.lots),
		QuoteVolume: i.quoteVolume(from+1, now+1),
		TradeCount:  int64(after.trades - before.trades),
		Time:        timeOf(now),
	}
}

// slice is the unit over which the quote volume is summed: a quarter of an hour.
const slice = int64(15 * time.Minute / Step)

// quoteSum caches the sum over the slices wholly within the last 24 hours. They change only every quarter of an hour.
type quoteSum struct {
	sync.Mutex
	first, end int64 // slices
	notional   int64
}

// quoteVolume returns the quote volume of the steps from … to−1: that of the slices wholly within, plus the partial
// ones at both ends.
func (i *instrument) quoteVolume(from, to int64) decimal.Decimal {
	first, end := (from+slice-1)/slice, to/slice
	if first > end { // within a single slice
		return i.quoteOf(i.notional(from, to))
	}
	return i.quoteOf(i.notional(from, first*slice) + i.notional(end*slice, to) + i.slices(first, end))
}

// notional returns the notional of the steps from … to−1, all in one slice: their volume at the price in the middle of
// the slice, or in the middle of the steps if the slice is not over.
func (i *instrument) notional(from, to int64) int64 {
	if from == to {
		return 0
	}
	middle := (from + to) / 2
	if to%slice == 0 {
		middle = to - slice/2
	}
	return int64(i.flowBefore(to).lots-i.flowBefore(from).lots) * i.priceAt(middle)
}

// slices returns the notional of the slices first … end−1.
func (i *instrument) slices(first, end int64) int64 {
	i.quote.Lock()
	defer i.quote.Unlock()
	if i.quote.first == first && i.quote.end == end {
		return i.quote.notional
	}
	i.quote.first, i.quote.end, i.quote.notional = first, end, 0
	before := i.flowBefore(first * slice).lots
	for next := (first + 1) * slice; next <= end*slice; next += slice {
		after := i.flowBefore(next).lots
		i.quote.notional += int64(after-before) * i.priceAt(next-slice/2)
		before = after
	}
	return i.quote.notional
}

// quoteOf converts a notional, in ticks × lot steps, to a decimal.
func (i *instrument) quoteOf(notional int64) decimal.Decimal {
	return decimal.NewFromInt(notional).Mul(i.grain)
}
