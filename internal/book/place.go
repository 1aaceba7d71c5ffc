package book

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// Place judges a request and, if it passes, puts the order into the book: filled if it crosses, else resting or, if it
// may not rest, expired. It fails with OrderRejected, InsufficientBalance, InvalidQuantity or InvalidPrice, and has
// changed nothing then.
func (b *Book) Place(r Request, q Quotation, prices Prices, now time.Time) (*Order, error) {
	j, t, err := b.consider(r, q, prices, now)
	if err != nil {
		return nil, err
	}
	order := b.open(r, now)
	switch j.outcome() {
	case Filled:
		b.fill(order, t, bucketAvailable, prices, now)
	case Pending:
		b.rest(order, now)
	default:
		order.Status, order.ClosedAt = Expired, &now
	}
	b.changes.Opened = append(b.changes.Opened, order)
	return order, nil
}

// open makes the order of a request.
func (b *Book) open(r Request, now time.Time) *Order {
	order := &Order{ID: b.nextID(now), AgentID: b.ID, Request: r, Status: Pending, CreatedAt: now}
	if r.ClientOrderID != nil {
		dedup := DedupOf(b.ID, *r.ClientOrderID)
		order.Dedup = &dedup
	}
	return order
}

// consider does the arithmetic on what the client sent, whose products may be too large.
func (b *Book) consider(r Request, q Quotation, prices Prices, now time.Time) (j *judgement, t terms, err error) {
	defer refuseOverflow(&err)
	defer decimal.CatchOverflow(&err)
	j = b.judge(r, q, prices, now)
	if rule := j.broken(); rule != "" {
		return nil, terms{}, j.refuse(rule)
	}
	if !j.crosses(r.Quantity) { // its terms are not known yet, but its hold must be computable
		r.hold(r.Quantity)
		return j, terms{}, nil
	}
	return j, r.takerTerms(q), nil
}

// rest puts an order into the book, and holds what it may need.
func (b *Book) rest(order *Order, now time.Time) {
	order.Hold, order.Value = order.hold(order.Quantity)
	b.post(now, kindHold, order.LockedAsset(), order.Hold, bucketAvailable, bucketLocked, order)
	b.count(order, 1)
	b.changes.Announced = append(b.changes.Announced, order.ID)
}

// count keeps the sums of the pending orders.
func (b *Book) count(order *Order, by int32) {
	sum := b.resting[order.Symbol]
	sum.Orders += by
	held := order.Hold.Mul(decimal.NewFromInt(int64(by)))
	if order.Side == Buy {
		sum.Buys = sum.Buys.Add(order.Value.Mul(decimal.NewFromInt(int64(by))))
		sum.HeldQuote = sum.HeldQuote.Add(held)
	} else {
		sum.HeldBase = sum.HeldBase.Add(held)
	}
	b.resting[order.Symbol] = sum
}

// fill executes an order completely, from what is available or was held for it, and notes the trade.
func (b *Book) fill(order *Order, t terms, from string, prices Prices, now time.Time) {
	b.fixDay(now, prices)
	trade := Trade{
		ID: b.nextID(now), OrderID: order.ID, SessionID: b.SessionID, Symbol: order.Symbol, Side: order.Side,
		Quantity: order.Quantity, Price: t.price, Value: t.value, Fee: t.fee, Liquidity: t.liquidity,
		ExecutedAt: now,
	}
	trade.RealizedPnL = b.execute(order, t, from, now)
	trade.Equity, trade.UnrealizedPnL = b.Equity(prices)
	b.changes.Trades = append(b.changes.Trades, trade)
}

// execute exchanges what an order gives for what it takes, and returns the realized profit.
func (b *Book) execute(order *Order, t terms, from string, now time.Time) (realized decimal.Decimal) {
	if order.Side == Buy {
		b.buy(order, t, from, now)
	} else {
		realized = b.sell(order, t, from, now)
	}
	order.Status, order.ClosedAt = Filled, &now
	order.Value, order.ExecutedPrice, order.SlippagePct, order.Fee = &t.value, &t.price, &t.slippage, &t.fee
	order.Liquidity = t.liquidity
	return realized
}

func (b *Book) buy(order *Order, t terms, from string, now time.Time) {
	base := BaseOf(order.Symbol)
	b.post(now, kindTrade, Quote, t.value, from, bucketMarket, order)
	b.post(now, kindFee, Quote, t.fee, from, bucketFee, order)
	position := b.asset(base)
	if position.Total().IsZero() {
		position.OpenedAt = &now
	}
	position.Basis = position.Basis.Add(t.value).Add(t.fee)
	b.post(now, kindTrade, base, order.Quantity, bucketMarket, bucketAvailable, order)
}

// sell returns the realized profit: value − fee − the part of the cost basis that goes with what is sold, which is
// round(basis × sold ÷ held), and all that is left with the last of it.
func (b *Book) sell(order *Order, t terms, from string, now time.Time) decimal.Decimal {
	base := BaseOf(order.Symbol)
	position := b.asset(base)
	taken := position.Basis
	if held := position.Total(); order.Quantity != held {
		taken = position.Basis.MulQuo(order.Quantity, held)
	}
	position.Basis = position.Basis.Sub(taken)
	b.post(now, kindTrade, base, order.Quantity, from, bucketMarket, order)
	b.post(now, kindTrade, Quote, t.value, bucketMarket, bucketAvailable, order)
	b.post(now, kindFee, Quote, t.fee, bucketAvailable, bucketFee, order)
	if position.Total().IsZero() {
		position.OpenedAt = nil
	}
	return t.value.Sub(t.fee).Sub(taken)
}

// Fill executes a pending order of the book, from its hold, when a price reaches it. It is not announced to the matcher,
// which asks for it.
func (b *Book) Fill(order *Order, q Quotation, prices Prices, now time.Time) {
	b.leave(order)
	b.fill(order, order.restingTerms(q), bucketLocked, prices, now)
}

// Cancel ends a pending order of the book, as Cancelled or Expired, and releases its hold.
func (b *Book) Cancel(order *Order, as Status, now time.Time) {
	b.leave(order)
	b.changes.Announced = append(b.changes.Announced, order.ID)
	b.post(now, kindRelease, order.LockedAsset(), order.Hold, bucketLocked, bucketAvailable, order)
	order.Status, order.ClosedAt = as, &now
}

// leave takes a pending order out of the sums.
func (b *Book) leave(order *Order) {
	b.count(order, -1)
	b.changes.Closed = append(b.changes.Closed, order)
}

// Reset cancels the pending orders, closes every position at its last known price, without trades, and leaves the
// starting balance. It returns the equity that the session ended with.
func (b *Book) Reset(pending []*Order, startingBalance decimal.Decimal, prices Prices, now time.Time) decimal.Decimal {
	for _, order := range pending {
		b.Cancel(order, Cancelled, now)
	}
	for _, name := range b.positions() {
		position := b.asset(name)
		value := b.valueOf(name, position, prices)
		b.post(now, kindReset, name, position.Available, bucketAvailable, bucketMarket, nil)
		b.post(now, kindReset, Quote, value, bucketMarket, bucketAvailable, nil)
		position.Basis, position.OpenedAt = decimal.Decimal{}, nil
	}
	b.changes.Day = false // the new session's day is written with the session
	ended := b.asset(Quote).Available
	if difference := startingBalance.Sub(ended); difference.Sign() > 0 {
		b.post(now, kindReset, Quote, difference, bucketEquity, bucketAvailable, nil)
	} else {
		b.post(now, kindReset, Quote, difference.Neg(), bucketAvailable, bucketEquity, nil)
	}
	return ended
}
