package replay

import (
	"context"
	"slices"
	"sort"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// deepest is the largest number of levels per side of an order book.
const deepest = 1000

// view is the state of one pair at one moment.
type view struct {
	*series
	recording *recording
	start     time.Time // of the replay; equal to now before Run
	now       time.Time
	seen      time.Time // the latest time for which the price is known
	count     int       // the number of points so far
}

// view returns the state of a pair now.
func (r *Replay) view(symbol string) (view, bool) {
	s, ok := r.bySymbol[symbol]
	if !ok {
		return view{}, false
	}
	begun := r.start.Load() // loaded before the clock is read, so that it is not after now
	v := view{series: s, recording: &r.recording, now: r.now()}
	v.start, v.seen = v.now, v.now
	if begun == nil {
		return v, true
	}
	v.start = *begun
	lines := int(r.done.Load())
	if r.opts.Speed != 0 {
		lines = sort.Search(len(r.lines), func(n int) bool { return v.start.Add(r.lines[n].offset).After(v.now) })
	}
	v.count = sort.Search(len(s.points), func(n int) bool { return s.points[n].line >= lines })
	if r.opts.Expire && lines == len(r.lines) {
		if end := r.timeOf(lines - 1); end.Before(v.seen) {
			v.seen = end
		}
	}
	return v, true
}

// price returns the price after count points.
func (v *view) price(count int) decimal.Decimal { return v.points[max(count, 1)-1].price }

// timeOf returns when point n happened.
func (v *view) timeOf(n int) time.Time {
	return v.start.Add(v.recording.lines[v.points[n].line].offset)
}

// before returns how many points happened before a time.
func (v *view) before(t time.Time) int {
	return sort.Search(v.count, func(n int) bool { return !v.timeOf(n).Before(t) })
}

// after returns the number of points up to a time, which is the index of the first point after it.
func (v *view) after(t time.Time) int {
	return sort.Search(v.count, func(n int) bool { return v.timeOf(n).After(t) })
}

// Ticker implements market.Feed. It covers exactly the last 24 hours, or the whole replay if that is shorter.
func (r *Replay) Ticker(symbol string) (market.Ticker, bool) {
	v, ok := r.view(symbol)
	if !ok {
		return market.Ticker{}, false
	}
	from := v.after(v.seen.Add(-24 * time.Hour))
	open := v.price(from)
	low, high := v.extremes(from, v.count)
	before, after := v.total(from), v.total(v.count)
	return market.Ticker{
		Symbol: symbol,
		Open:   open, Close: v.price(v.count),
		High: decimal.Max(high, open), Low: decimal.Min(low, open),
		Volume: after.volume.Sub(before.volume), QuoteVolume: after.quote.Sub(before.quote),
		TradeCount: after.trades - before.trades,
		Time:       v.seen,
	}, true
}

// Candles implements market.Feed. An interval without a line has no candle.
func (r *Replay) Candles(
	ctx context.Context, symbol string, interval market.Interval, start, end time.Time, limit int,
) ([]market.Candle, error) {
	v, ok := r.view(symbol)
	if !ok {
		return nil, market.ErrUnknownSymbol
	}
	width := interval.Duration()
	if width == 0 {
		return nil, market.ErrUnknownInterval
	}
	from, to := 0, v.count
	if !start.IsZero() {
		from = v.before(ceil(start, width))
	}
	if !end.IsZero() {
		to = v.before(end.Truncate(width).Add(width))
	}
	if !start.IsZero() {
		return v.oldest(ctx, width, from, to, limit)
	}
	return v.newest(ctx, width, to, limit)
}

func ceil(t time.Time, width time.Duration) time.Time {
	if floor := t.Truncate(width); floor.Before(t) {
		return floor.Add(width)
	}
	return t
}

// oldest returns the first candles of the points from … to−1.
func (v *view) oldest(ctx context.Context, width time.Duration, from, to, limit int) ([]market.Candle, error) {
	candles := []market.Candle{}
	for len(candles) < limit && from < to {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		opens := v.timeOf(from).Truncate(width)
		end := min(to, v.before(opens.Add(width)))
		candles = append(candles, v.candle(opens, from, end))
		from = end
	}
	return candles, nil
}

// newest returns the last candles of the points before to.
func (v *view) newest(ctx context.Context, width time.Duration, to, limit int) ([]market.Candle, error) {
	candles := []market.Candle{}
	for len(candles) < limit && to > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		opens := v.timeOf(to - 1).Truncate(width)
		begin := v.before(opens)
		candles = append(candles, v.candle(opens, begin, to))
		to = begin
	}
	slices.Reverse(candles)
	return candles, nil
}

// candle summarizes the points from … to−1, of which there must be at least one.
func (v *view) candle(opens time.Time, from, to int) market.Candle {
	low, high := v.extremes(from, to)
	before, after := v.total(from), v.total(to)
	return market.Candle{
		Time: opens,
		Open: v.points[from].price, High: high, Low: low, Close: v.points[to-1].price,
		Volume: after.volume.Sub(before.volume), TradeCount: after.trades - before.trades,
	}
}

// Trades implements market.Feed. It returns the lines with a quantity. In a trade that moved the price down the seller
// was the taker, in any other the buyer.
func (r *Replay) Trades(ctx context.Context, symbol string, limit int) ([]market.Trade, error) {
	v, ok := r.view(symbol)
	if !ok {
		return nil, market.ErrUnknownSymbol
	}
	trades := []market.Trade{}
	for n := v.count - 1; n >= 0 && len(trades) < limit; n-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := v.points[n]
		if p.quantity.IsZero() {
			continue
		}
		trades = append(trades, market.Trade{
			ID: p.trades, Price: p.price, Quantity: p.quantity, Time: v.timeOf(n),
			IsBuyerMaker: n > 0 && p.price.Cmp(v.points[n-1].price) < 0,
		})
	}
	return trades, nil
}

// OrderBook implements market.Feed. The price is the best bid, one tick below the best ask. Each further tick has a
// slightly larger quantity than the one before.
func (r *Replay) OrderBook(_ context.Context, symbol string, depth int) (market.OrderBook, error) {
	v, ok := r.view(symbol)
	if !ok {
		return market.OrderBook{}, market.ErrUnknownSymbol
	}
	lot := v.MinQty
	if v.count > 0 {
		lot = decimal.Max(lot, v.points[v.count-1].quantity.FloorTo(v.StepSize))
	}
	book := market.OrderBook{Symbol: symbol, Bids: []market.Level{}, Asks: []market.Level{}, Time: v.seen}
	bid, quantity := v.price(v.count), lot
	ask := bid.Add(v.TickSize)
	for range min(max(depth, 0), deepest) {
		if bid.Sign() > 0 {
			book.Bids = append(book.Bids, market.Level{Price: bid, Quantity: quantity})
		}
		book.Asks = append(book.Asks, market.Level{Price: ask, Quantity: quantity})
		bid, ask, quantity = bid.Sub(v.TickSize), ask.Add(v.TickSize), quantity.Add(lot)
	}
	return book, nil
}
