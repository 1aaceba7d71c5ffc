package exchange

import (
	"errors"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
)

// The reasons of an ORDER_REJECTED.
var rejections = map[Rule]string{
	RuleDailyLoss:  "daily_loss_limit",
	RulePosition:   "position_limit_exceeded",
	RuleOpenOrders: "max_open_orders_exceeded",
}

// Rejection is the details of an order that breaks a risk limit.
type Rejection struct {
	Reason             string          `json:"reason"`
	Limit              decimal.Decimal `json:"limit"`
	Current            decimal.Decimal `json:"current"`
	Attempted          decimal.Decimal `json:"attempted"`
	MaxAllowedQuantity decimal.Decimal `json:"max_allowed_quantity"`
}

// Shortage is the details of an order that the balance does not cover.
type Shortage struct {
	Asset              string          `json:"asset"`
	Required           decimal.Decimal `json:"required"`
	Available          decimal.Decimal `json:"available"`
	MaxAllowedQuantity decimal.Decimal `json:"max_allowed_quantity"`
}

// Unfiltered is the details of an order that does not pass a filter of its pair.
type Unfiltered struct {
	Filter             Rule            `json:"filter"`
	Limit              decimal.Decimal `json:"limit"`
	Attempted          decimal.Decimal `json:"attempted"`
	MaxAllowedQuantity decimal.Decimal `json:"max_allowed_quantity"`
}

// refuse is the error of a broken rule.
func (j *judgement) refuse(rule Rule) *fault.Error {
	c, most := j.check(rule), j.maxAllowed()
	switch rule {
	case RuleDailyLoss, RulePosition, RuleOpenOrders:
		return fault.New(fault.OrderRejected).With(Rejection{rejections[rule], c.Limit, c.Used, c.Attempted, most})
	case RuleBalance:
		return fault.New(fault.InsufficientBalance).With(Shortage{j.asset(), j.required(j.Quantity), j.available, most})
	case RuleTickSize:
		return fault.New(fault.InvalidPrice).With(Unfiltered{rule, c.Limit, c.Attempted, most})
	default:
		return fault.New(fault.InvalidQuantity).With(Unfiltered{rule, c.Limit, c.Attempted, most})
	}
}

// Place judges a request and, if it passes, puts the order into the book: filled if it crosses, else resting or, if it
// may not rest, expired. It fails with OrderRejected, InsufficientBalance, InvalidQuantity or InvalidPrice, and has
// changed nothing then.
func (b *Book) Place(r Request, q Quotation, prices Prices, now time.Time) (*Order, error) {
	j, t, err := b.consider(r, q, prices, now)
	if err != nil {
		return nil, err
	}
	order := &Order{ID: b.ids.Next(now), AgentID: b.ID, Request: r, Status: Pending, CreatedAt: now}
	if r.ClientOrderID != nil {
		dedup := DedupOf(b.ID, *r.ClientOrderID)
		order.dedup = &dedup
	}
	switch {
	case j.crosses:
		b.fill(order, t, accountAvailable, prices, now)
	case j.rests:
		b.rest(order, now)
	default:
		order.Status, order.ClosedAt = Expired, &now
	}
	b.changes.opened = append(b.changes.opened, order)
	return order, nil
}

// consider does the arithmetic on what the client sent, in which products may be too large.
func (b *Book) consider(r Request, q Quotation, prices Prices, now time.Time) (j *judgement, t terms, err error) {
	defer tooLarge(&err)
	defer decimal.CatchOverflow(&err)
	j = b.judge(r, q, prices, now)
	if rule := j.broken(); rule != "" {
		return nil, terms{}, j.refuse(rule)
	}
	if !j.crosses { // what it will come to is not known yet, but what it holds must be computable
		r.hold(r.Quantity)
		return j, terms{}, nil
	}
	return j, r.termsAt(q), nil
}

// tooLarge is deferred before decimal.CatchOverflow, and makes what that caught the client's error.
func tooLarge(err *error) {
	if errors.Is(*err, decimal.ErrOverflow) {
		*err = fault.New(fault.InvalidQuantity).With(map[string]string{"filter": "value"}).Because(*err)
	}
}

// rest holds what the order may take.
func (b *Book) rest(order *Order, now time.Time) {
	order.Hold, order.Value = order.hold(order.Quantity)
	b.post(now, kindHold, order.LockedAsset(), order.Hold, accountAvailable, accountLocked, order)
	b.count(order, 1)
	b.changes.handed = append(b.changes.handed, order.ID)
}

// count keeps the sums of the pending orders.
func (b *Book) count(order *Order, by int32) {
	sum := b.resting[order.Symbol]
	sum.orders += by
	if order.Side == Buy {
		sum.buys = sum.buys.Add(order.Value.Mul(percent(by)))
	}
	b.resting[order.Symbol] = sum
}

// fill executes an order whole, out of what is available or was held for it.
func (b *Book) fill(order *Order, t terms, from string, prices Prices, now time.Time) {
	b.fixDay(now, prices)
	trade := Trade{
		ID: b.ids.Next(now), OrderID: order.ID, SessionID: b.SessionID, Symbol: order.Symbol, Side: order.Side,
		Quantity: order.Quantity, Price: t.price, Value: t.value, Fee: t.fee, ExecutedAt: now,
	}
	if order.Side == Buy {
		b.buy(order, t, from, now)
	} else {
		trade.RealizedPnL = b.sell(order, t, from, now)
	}
	order.Status, order.ClosedAt = Filled, &now
	order.Value, order.ExecutedPrice, order.SlippagePct, order.Fee = &t.value, &t.price, &t.slippage, &t.fee
	trade.Equity, trade.UnrealizedPnL = b.Equity(prices)
	b.changes.trades = append(b.changes.trades, trade)
}

func (b *Book) buy(order *Order, t terms, from string, now time.Time) {
	base := baseOf(order.Symbol)
	b.post(now, kindTrade, Quote, t.value, from, accountMarket, order)
	b.post(now, kindFee, Quote, t.fee, from, accountFee, order)
	if from == accountLocked { // at a price better than the limit it costs less than was held
		b.post(now, kindRelease, Quote, order.Hold.Sub(t.value).Sub(t.fee), accountLocked, accountAvailable, order)
	}
	position := b.asset(base)
	if position.Total().IsZero() {
		position.OpenedAt = &now
	}
	position.Basis = position.Basis.Add(t.value).Add(t.fee)
	b.post(now, kindTrade, base, order.Quantity, accountMarket, accountAvailable, order)
}

// sell answers the realized profit: value − fee − the part of the cost basis that goes with what is sold, which is
// round(basis × sold ÷ held), and all that is left with the last of it.
func (b *Book) sell(order *Order, t terms, from string, now time.Time) decimal.Decimal {
	base := baseOf(order.Symbol)
	position := b.asset(base)
	taken := position.Basis
	if held := position.Total(); order.Quantity != held {
		taken = position.Basis.MulQuo(order.Quantity, held)
	}
	position.Basis = position.Basis.Sub(taken)
	b.post(now, kindTrade, base, order.Quantity, from, accountMarket, order)
	b.post(now, kindTrade, Quote, t.value, accountMarket, accountAvailable, order)
	b.post(now, kindFee, Quote, t.fee, accountAvailable, accountFee, order)
	if position.Total().IsZero() {
		position.OpenedAt = nil
	}
	return t.value.Sub(t.fee).Sub(taken)
}

// Fill executes a pending order of the book at a price that crosses it, out of its hold. The matcher, which asks for it,
// need not be told.
func (b *Book) Fill(order *Order, q Quotation, prices Prices, now time.Time) {
	b.leave(order)
	b.fill(order, order.termsAt(q), accountLocked, prices, now)
}

// Cancel ends a pending order of the book, as Cancelled or Expired, and releases its hold.
func (b *Book) Cancel(order *Order, as Status, now time.Time) {
	b.leave(order)
	b.changes.handed = append(b.changes.handed, order.ID)
	b.post(now, kindRelease, order.LockedAsset(), order.Hold, accountLocked, accountAvailable, order)
	order.Status, order.ClosedAt = as, &now
}

// leave takes a pending order out of the sums.
func (b *Book) leave(order *Order) {
	b.count(order, -1)
	b.changes.closed = append(b.changes.closed, order)
}

// Reset cancels the pending orders, closes every position at its last known price, without trades, and leaves the
// starting balance. It answers the equity that the session ended with.
func (b *Book) Reset(pending []*Order, startingBalance decimal.Decimal, prices Prices, now time.Time) decimal.Decimal {
	for _, order := range pending {
		b.Cancel(order, Cancelled, now)
	}
	for _, name := range b.positions() {
		position := b.asset(name)
		value := b.valueOf(name, position, prices)
		b.post(now, kindReset, name, position.Available, accountAvailable, accountMarket, nil)
		b.post(now, kindReset, Quote, value, accountMarket, accountAvailable, nil)
		position.Basis, position.OpenedAt = decimal.Decimal{}, nil
	}
	ended := b.asset(Quote).Available
	if difference := startingBalance.Sub(ended); difference.Sign() > 0 {
		b.post(now, kindReset, Quote, difference, accountEquity, accountAvailable, nil)
	} else {
		b.post(now, kindReset, Quote, difference.Neg(), accountAvailable, accountEquity, nil)
	}
	return ended
}
