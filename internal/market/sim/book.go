package sim

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

// Trades implements market.Feed. These are the same trades that candles count: the trades of a minute add up to its
// candle's volume. A trade has the time and the price of its step.
func (s *Sim) Trades(ctx context.Context, symbol string, limit int) ([]market.Trade, error) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return nil, market.ErrUnknownSymbol
	}
	end := i.trades.before(uint64(s.now() + 1))
	count := min(uint64(max(limit, 0)), end)
	trades := make([]market.Trade, 0, count)
	lotsAfter := i.lotsBefore(end)
	for n := end; n > end-count; n-- {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		lots := i.lotsBefore(n - 1)
		trades = append(trades, i.trade(n-1, lotsAfter-lots))
		lotsAfter = lots
	}
	return trades, nil
}

// trade returns the n-th trade since 1970, of the given number of lot steps.
func (i *instrument) trade(n, lots uint64) market.Trade {
	step := int64(i.trades.slotOf(n))
	ticks := i.priceAt(step)
	return market.Trade{
		ID:           int64(n),
		Price:        i.price(ticks),
		Quantity:     i.quantity(lots),
		Time:         timeOf(step),
		IsBuyerMaker: i.sellerTook(n, step, ticks),
	}
}

// sellerTook reports whether the seller was the taker: if the price fell in this step. If it did not move, a random
// number decides.
func (i *instrument) sellerTook(n uint64, step, ticks int64) bool {
	previous := i.priceAt(max(0, step-1))
	if ticks != previous {
		return ticks < previous
	}
	return i.sides.at(n)&1 == 1
}

// OrderBook implements market.Feed. The best bid and the best ask are one tick apart, and the price is one of them. The
// other orders rest at round prices, each for some seconds.
func (s *Sim) OrderBook(_ context.Context, symbol string, depth int) (market.OrderBook, error) {
	i, ok := s.bySymbol[symbol]
	if !ok {
		return market.OrderBook{}, market.ErrUnknownSymbol
	}
	now := s.now()
	bid := i.priceAt(now)
	if !i.sellerTook(uint64(now), now, bid) { // the buyer was the taker, at the best ask
		bid--
	}
	return market.OrderBook{
		Symbol: i.Symbol,
		Bids:   i.levels(bid, -1, depth, now),
		Asks:   i.levels(bid+1, 1, depth, now),
		Time:   timeOf(now),
	}, nil
}

// levels returns depth levels: the best price and then round prices, upwards for direction 1 and downwards for −1.
func (i *instrument) levels(best, direction int64, depth int, now int64) []market.Level {
	round := max(1, int64(i.anchor)/5000) // 2 basis points of the anchor, in ticks
	line := floorDiv(best, round)         // the last round price on this side of best
	if direction < 0 {
		line = floorDiv(best-1, round) + 1
	}
	levels := make([]market.Level, 0, max(depth, 0))
	for n := range depth {
		ticks := best
		if n > 0 {
			ticks = (line + int64(n)*direction) * round
		}
		if ticks <= 0 {
			break
		}
		levels = append(levels, market.Level{Price: i.price(ticks), Quantity: i.quantity(i.resting(ticks, now))})
	}
	return levels
}

// resting returns how many lot steps rest at a price: up to about 40 average trades. The number changes every 8
// seconds, at a different time for each price.
func (i *instrument) resting(ticks, now int64) uint64 {
	const holds = int64(8 * time.Second / Step)
	draws := i.book.sub(uint64(ticks))
	epoch := (now + int64(below(uint64(holds), draws.at(0)))) / holds
	most := 40 * (i.sizes.total>>i.sizes.levels + 1)
	return 1 + below(most, draws.at(uint64(epoch)))
}
