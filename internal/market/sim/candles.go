package sim

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

// Candles implements market.Feed. A candle's open and close are the prices of its
// first and last step, high and low those of all of them, exactly, so that an
// hour is what its minutes make together. There are candles from 1970 on.
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
	before := i.flowBefore(first * width)
	for n := first; n <= last; n++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		next := min((n+1)*width, now+1)
		after := i.flowBefore(next)
		candles = append(candles, i.candle(n*width, next, before, after))
		before = after
	}
	return candles, nil
}

// candleRange returns the indices of the first and the last candle that are
// asked for, newest being the unfinished one; last is below first if there are
// none. width is in milliseconds.
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

// candle sums up the steps from … to−1.
func (i *instrument) candle(from, to int64, before, after flow) market.Candle {
	low, high := i.prices.extremes(from, to)
	return market.Candle{
		Time:       timeOf(from),
		Open:       i.price(i.priceAt(from)),
		High:       i.price(i.ticksOf(high)),
		Low:        i.price(i.ticksOf(low)),
		Close:      i.price(i.priceAt(to - 1)),
		Volume:     i.quantity(after.lots - before.lots),
		TradeCount: int64(after.trades - before.trades),
	}
}
