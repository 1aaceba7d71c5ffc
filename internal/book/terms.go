package book

import (
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// Constants of the exchange, as openapi.yaml states them.
var (
	feeRate = decimal.MustParse("0.001") // of the value, both sides

	impactFactor = decimal.MustParse("0.1")
	minImpact    = decimal.MustParse("0.0001")
	maxImpact    = decimal.MustParse("0.10")

	// maxQuantity is the largest that the API takes.
	maxQuantity = decimal.MustParse("999999999999.99999999")
)

// Quotation is what the market says of a pair at the moment of an order.
type Quotation struct {
	market.Pair
	Price       decimal.Decimal // no older than 30 s
	QuoteVolume decimal.Decimal // of the last 24 hours
}

// takerPrice is the current price moved against the taker by clamp(0.1 × order value ÷ 24 h quote volume, 0.0001, 0.10).
func (q Quotation) takerPrice(side Side, quantity decimal.Decimal) decimal.Decimal {
	impact := maxImpact
	// From the whole volume on the impact is the greatest. The quotient may then be too large to compute.
	if value := quantity.Mul(q.Price); value.Cmp(q.QuoteVolume) < 0 {
		impact = decimal.Min(decimal.Max(impactFactor.MulQuo(value, q.QuoteVolume), minImpact), maxImpact)
	}
	if side == Buy {
		return q.Price.Mul(one.Add(impact))
	}
	return q.Price.Mul(one.Sub(impact))
}

// Crosses reports whether the order executes at the current price.
func (r Request) Crosses(current decimal.Decimal) bool {
	switch r.Type {
	case Limit:
		if r.Side == Buy {
			return current.Cmp(*r.Price) <= 0
		}
		return current.Cmp(*r.Price) >= 0
	case StopLoss:
		return current.Cmp(*r.TriggerPrice) <= 0
	case TakeProfit:
		return current.Cmp(*r.TriggerPrice) >= 0
	default:
		return true
	}
}

// feeOf is the fee on the value of a fill, on either side.
func feeOf(value decimal.Decimal) decimal.Decimal { return value.Mul(feeRate) }

// executedPrice is the taker's price, and never worse than the limit.
func (r Request) executedPrice(q Quotation, quantity decimal.Decimal) decimal.Decimal {
	taker := q.takerPrice(r.Side, quantity)
	switch {
	case r.Type != Limit:
		return taker
	case r.Side == Buy:
		return decimal.Min(taker, *r.Price)
	default:
		return decimal.Max(taker, *r.Price)
	}
}

// terms are the price of a fill and what follows from it.
type terms struct {
	price    decimal.Decimal
	slippage decimal.Decimal // percent
	value    decimal.Decimal
	fee      decimal.Decimal
}

// termsAt are the terms of an order that executes at the market.
func (r Request) termsAt(q Quotation) terms {
	t := r.termsOf(r.executedPrice(q, r.Quantity))
	t.slippage = hundred.MulQuo(t.price.Sub(q.Price).Abs(), q.Price)
	return t
}

// termsOf are the terms of an order that executes at a price, without slippage.
func (r Request) termsOf(price decimal.Decimal) terms {
	value := r.Quantity.Mul(price)
	return terms{price: price, value: value, fee: feeOf(value)}
}

// hold is what a resting order holds, and the value at its limit if it has one.
func (r Request) hold(quantity decimal.Decimal) (hold decimal.Decimal, value *decimal.Decimal) {
	if r.Type != Limit {
		return quantity, nil
	}
	atLimit := quantity.Mul(*r.Price)
	if r.Side == Buy {
		return atLimit.Add(feeOf(atLimit)), &atLimit
	}
	return quantity, &atLimit
}

// reference is the price by which the notional is judged.
func (r Request) reference(current decimal.Decimal) decimal.Decimal {
	switch {
	case r.Price != nil:
		return *r.Price
	case r.TriggerPrice != nil:
		return *r.TriggerPrice
	default:
		return current
	}
}
