package book

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// Rule names a rule that an order must pass.
type Rule string

// The rules, in the order in which they are judged.
const (
	RuleMinQty      Rule = "min_qty"
	RuleStepSize    Rule = "step_size"
	RuleTickSize    Rule = "tick_size"
	RuleMinNotional Rule = "min_notional"
	RuleDailyLoss   Rule = "daily_loss_limit"
	RulePosition    Rule = "position_limit"
	RuleOpenOrders  Rule = "max_open_orders"
	RuleBalance     Rule = "balance"

	// RuleValue is not judged: it is broken where quantity × price is too large to be computed.
	RuleValue Rule = "value"
)

var rules = [...]Rule{
	RuleMinQty, RuleStepSize, RuleTickSize, RuleMinNotional, RuleDailyLoss, RulePosition, RuleOpenOrders, RuleBalance,
}

// judgement judges one request against a book. What it keeps of the book does not depend on the quantity.
type judgement struct {
	book  *Book
	quote Quotation
	Request

	available decimal.Decimal
	whole     decimal.Decimal // what is held of the base
	equity    decimal.Decimal
	loss      decimal.Decimal // today's, zero or more
	exposure  decimal.Decimal // held base at the current price, and pending buys at their limits
}

func (b *Book) judge(r Request, q Quotation, prices Prices, now time.Time) *judgement {
	j := &judgement{book: b, quote: q, Request: r}
	_, j.whole = b.has(q.Base)
	if r.Side == Sell {
		j.available, _ = b.has(q.Base)
		return j
	}
	j.available, _ = b.has(Quote)
	j.equity, _ = b.Equity(prices)
	j.loss = b.dailyLoss(j.equity, prices, now)
	j.exposure = j.whole.Mul(q.Price).Add(b.resting[r.Symbol].Buys)
	return j
}

// crosses reports whether a quantity of the order would execute now. The larger it is, the worse is the taker's price: one
// that does not cross, none larger does.
func (j *judgement) crosses(quantity decimal.Decimal) bool {
	return j.Request.crosses(j.quote, quantity)
}

// rests reports whether a quantity of the order would wait in the book.
func (j *judgement) rests(quantity decimal.Decimal) bool {
	return j.TimeInForce == GTC && !j.crosses(quantity)
}

// outcome is the status that the order would have.
func (j *judgement) outcome() Status {
	switch {
	case j.crosses(j.Quantity):
		return Filled
	case j.rests(j.Quantity):
		return Pending
	default:
		return Expired
	}
}

// required is how much of the asset that it gives the order needs: USDT for a buy, the base for a sell.
func (j *judgement) required(quantity decimal.Decimal) decimal.Decimal {
	if j.Side == Sell {
		return quantity
	}
	if !j.crosses(quantity) {
		hold, _ := j.hold(quantity)
		return hold
	}
	value := quantity.Mul(j.quote.takerPrice(j.Side, quantity))
	return value.Add(feeOf(value))
}

// exposed is the value of the base after the order, with the pending buys.
func (j *judgement) exposed(quantity decimal.Decimal) decimal.Decimal {
	price := j.Price
	if price == nil {
		taker := j.quote.takerPrice(j.Side, quantity)
		price = &taker
	}
	return j.exposure.Add(quantity.Mul(*price))
}

// passes judges one rule for a quantity.
func (j *judgement) passes(rule Rule, quantity decimal.Decimal) bool {
	switch rule {
	case RuleMinQty:
		return quantity.Cmp(j.quote.MinQty) >= 0
	case RuleStepSize:
		return quantity.IsMultipleOf(j.quote.StepSize)
	case RuleTickSize:
		return (j.Price == nil || j.Price.IsMultipleOf(j.quote.TickSize)) &&
			(j.TriggerPrice == nil || j.TriggerPrice.IsMultipleOf(j.quote.TickSize))
	case RuleMinNotional:
		return j.Side == Sell && quantity == j.whole ||
			quantity.Mul(j.reference(j.quote.Price)).Cmp(j.quote.MinNotional) >= 0
	case RuleDailyLoss:
		return j.Side == Sell || j.loss.Mul(hundred).Cmp(j.book.StartingBalance.Mul(percent(j.book.Limits.DailyLossLimitPct))) < 0
	case RulePosition:
		// The cap is truncated to 8 places. An exposure has no more, so the comparison is exact.
		return j.Side == Sell ||
			j.exposed(quantity).Cmp(j.equity.Mul(percent(j.book.Limits.MaxPositionSizePct)).QuoTrunc(hundred)) <= 0
	case RuleOpenOrders:
		return !j.rests(quantity) || j.book.openOrders() < j.book.Limits.MaxOpenOrders
	default:
		return j.required(quantity).Cmp(j.available) <= 0
	}
}

// broken returns the first rule that the order breaks, or "".
func (j *judgement) broken() Rule {
	for _, rule := range rules {
		if !j.passes(rule, j.Quantity) {
			return rule
		}
	}
	return ""
}

// maxAllowed is the largest multiple of the step that passes every rule, or zero. If a rule with an upper bound passes a
// quantity, it passes every smaller one, because the taker's price rises with the quantity and rounding is monotonic. So a
// binary search finds the bound.
func (j *judgement) maxAllowed() decimal.Decimal {
	for _, rule := range []Rule{RuleTickSize, RuleDailyLoss} { // whatever the quantity
		if !j.passes(rule, j.Quantity) {
			return decimal.Decimal{}
		}
	}
	step := j.quote.StepSize
	low, high := decimal.Decimal{}, j.bound().FloorTo(step)
	for low.Cmp(high) < 0 {
		middle := low.Add(high).Add(step).Quo(decimal.NewFromInt(2)).FloorTo(step)
		if j.affords(middle) {
			low = middle
		} else {
			high = middle.Sub(step)
		}
	}
	if !j.passes(RuleMinQty, low) || !j.passes(RuleMinNotional, low) {
		return decimal.Decimal{}
	}
	return low
}

// affords judges the rules with an upper bound. A quantity whose value is too large to be computed passes none.
func (j *judgement) affords(quantity decimal.Decimal) (ok bool) {
	var tooLarge error
	defer decimal.CatchOverflow(&tooLarge) // ok is false then
	j.hold(quantity)                       // its value at the limit must be computable, even for a sell, whose balance does not depend on it
	return j.passes(RulePosition, quantity) && j.passes(RuleOpenOrders, quantity) && j.passes(RuleBalance, quantity)
}

// bound is a quantity that the balance never allows to exceed.
func (j *judgement) bound() decimal.Decimal {
	if j.Side == Sell {
		return decimal.Min(j.available, maxQuantity)
	}
	cheapest := j.quote.Price
	if j.Price != nil {
		cheapest = decimal.Min(cheapest, *j.Price)
	}
	most := maxQuantity
	if cheapest.Cmp(one) >= 0 || j.available.Cmp(maxQuantity.Mul(cheapest)) < 0 {
		most = decimal.Min(most, j.available.QuoTrunc(cheapest))
	}
	return most
}

// Check is how an order does by one rule: in percent for the daily loss and the position, a number for open orders, and an
// amount of the asset for the rest.
type Check struct {
	Rule      Rule
	Passed    bool
	Limit     decimal.Decimal
	Used      decimal.Decimal // before the order
	Attempted decimal.Decimal // with it
}

func (j *judgement) check(rule Rule) Check {
	c := Check{Rule: rule, Passed: j.passes(rule, j.Quantity), Attempted: j.Quantity}
	switch rule {
	case RuleMinQty:
		c.Limit = j.quote.MinQty
	case RuleStepSize:
		c.Limit = j.quote.StepSize
	case RuleTickSize:
		c.Limit, c.Attempted = j.quote.TickSize, decimal.Decimal{}
		if j.Price != nil || j.TriggerPrice != nil {
			c.Attempted = j.reference(j.quote.Price)
		}
	case RuleMinNotional:
		c.Limit, c.Attempted = j.quote.MinNotional, j.Quantity.Mul(j.reference(j.quote.Price))
	case RuleDailyLoss:
		c.Limit = percent(j.book.Limits.DailyLossLimitPct)
		c.Used = PercentOf(j.loss, j.book.StartingBalance)
		c.Attempted = c.Used
	case RulePosition:
		c.Limit, c.Attempted = percent(j.book.Limits.MaxPositionSizePct), decimal.Decimal{}
		if j.Side == Buy && j.equity.Sign() > 0 {
			c.Used, c.Attempted = PercentOf(j.exposure, j.equity), PercentOf(j.exposed(j.Quantity), j.equity)
		}
	case RuleOpenOrders:
		c.Limit, c.Used = percent(j.book.Limits.MaxOpenOrders), percent(j.book.openOrders())
		c.Attempted = c.Used
		if j.rests(j.Quantity) {
			c.Attempted = c.Used.Add(one)
		}
	default:
		_, total := j.book.has(j.asset())
		c.Limit, c.Used = total, total.Sub(j.available)
		c.Attempted = c.Used.Add(j.required(j.Quantity))
	}
	return c
}

// asset is what the order gives.
func (j *judgement) asset() string {
	if j.Side == Buy {
		return Quote
	}
	return j.quote.Base
}
