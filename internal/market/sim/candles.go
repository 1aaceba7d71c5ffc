package sim

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

// Candles implements market.Feed. Open and close are the prices of the candle's first and last step, high and low the
// exact extremes of all its steps, so an hour agrees with its minutes. Candles exist from 1970 on.
func (s *Sim) Candles(
	ctx context.Context, symbol string, interval market.Interval, start, end time.Time, limit int,
) ([]market.Candle, error) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return nil, market.ErrUnknownSymbol
	}
	width := int64(interval.Duration() / Step)
	if width == 0 {
		return nil, market.ErrUnknownInterval
	}
	now := s.now()
	first, last := candleRange(interval.Duration().Milliseconds(), now/width, start, end, limit)
	if last < first {
		return []market.Candle{}, nil
	}
	candles := make([]market.Candle, 0, last-first+1)
	for n := first; n <= last; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		from, next := n*width, (n+1)*width
		candles = append(candles, s.bar(steps{i, from, min(next, now+1)}, next <= now+1).candle(i, from))
	}
	return candles, nil
}

// candleRange returns the indices of the first and the last requested candle; last is below first if there are none.
// newest is the index of the unfinished candle, width is in milliseconds.
func candleRange(width, newest int64, start, end time.Time, limit int) (first, last int64) {
	last = newest
	if !end.IsZero() {
		last = min(last, floorDiv(end.UnixMilli(), width))
	}
	count := int64(max(limit, 0))
	if start.IsZero() {
		return max(0, last-count+1), last
	}
	first = floorDiv(start.UnixMilli(), width)
	if time.UnixMilli(first * width).Before(start) {
		first++
	}
	first = max(first, 0)
	if last-first >= count {
		last = first + count - 1
	}
	return first, last
}

// steps is the range of an instrument's steps in a candle: from … to−1.
type steps struct {
	of       *instrument
	from, to int64
}

// bar is a candle in ticks and lots.
type bar struct {
	open, high, low, close int64
	flow                   flow
}

// maxRemembered bounds the number of cached bars; each takes about 200 bytes.
const maxRemembered = 50_000

// bar summarizes steps. It caches the bars of finished candles: clients request the same ones again and again, and
// finding their extremes takes most of the time of a request.
func (s *Sim) bar(of steps, over bool) bar {
	if known, ok := s.bars.Get(of); ok {
		return known
	}
	i := of.of
	low, high := i.prices.extremes(of.from, of.to)
	before, after := i.flowBefore(of.from), i.flowBefore(of.to)
	b := bar{
		open: i.priceAt(of.from), high: i.ticksOf(high), low: i.ticksOf(low), close: i.priceAt(of.to - 1),
		flow: flow{trades: after.trades - before.trades, lots: after.lots - before.lots},
	}
	if over {
		s.bars.Add(of, b)
	}
	return b
}

func (b bar) candle(of *instrument, from int64) market.Candle {
	return market.Candle{
		Time:       timeOf(from),
		Open:       of.price(b.open),
		High:       of.price(b.high),
		Low:        of.price(b.low),
		Close:      of.price(b.close),
		Volume:     of.quantity(b.flow.lots),
		TradeCount: int64(b.flow.trades),
	}
}
