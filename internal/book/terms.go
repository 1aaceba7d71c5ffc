package book

import (
	"math/big"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// Constants of the exchange, as openapi.yaml states them.
var (
	feeRate = decimal.MustParse("0.001") // of the value, both sides

	// The impact is 0.1 × order value ÷ 24 h quote volume, clamped to these.
	minImpact = decimal.MustParse("0.0001")
	maxImpact = decimal.MustParse("0.10")
	// The order value at which the impact is the least one, as a part of the volume.
	minImpactPart = decimal.MustParse("0.001")

	// maxQuantity is the largest that the API takes.
	maxQuantity = decimal.MustParse("999999999999.99999999")
)

// Quotation is what the market says of a pair at the moment of an order.
type Quotation struct {
	market.Pair
	Price       decimal.Decimal // no older than 30 s
	QuoteVolume decimal.Decimal // of the last 24 hours
}

// takerPrice is the price of an order that takes: round(current × (1 ± f)), against the taker, with f = clamp(0.1 ×
// quantity × current ÷ 24 h quote volume, 0.0001, 0.10). It is computed exactly and rounded once, half up at 8 places.
func (q Quotation) takerPrice(side Side, quantity decimal.Decimal) decimal.Decimal {
	var impact decimal.Decimal
	switch {
	case decimal.CmpProducts(quantity, q.Price, q.QuoteVolume, one) >= 0:
		impact = maxImpact
	case decimal.CmpProducts(quantity, q.Price, q.QuoteVolume, minImpactPart) <= 0:
		impact = minImpact
	default:
		return q.movedPrice(side, quantity)
	}
	if side == Buy {
		return q.Price.Mul(one.Add(impact))
	}
	return q.Price.Mul(one.Sub(impact))
}

// movedPrice is the taker's price where the impact is within its bounds: current × (volume ± 0.1 × quantity × current) ÷
// volume, in integers.
func (q Quotation) movedPrice(side Side, quantity decimal.Decimal) decimal.Decimal {
	current := q.Price.BigUnits()
	tenth := quantity.BigUnits()
	tenth.Mul(tenth, current) // in units of 10^-16, ten times 0.1 × quantity × current
	volume := q.QuoteVolume.BigUnits()
	volume.Mul(volume, tenVolumes)
	if side == Sell {
		tenth.Neg(tenth)
	}
	tenth.Add(tenth, volume)
	return decimal.Fraction(current.Mul(current, tenth), volume)
}

// tenVolumes makes of units of 10^-8 ten times as many units of 10^-16.
var tenVolumes = big.NewInt(10 * 100_000_000)

// crosses reports whether a quantity of the order executes when it is placed: a limit order does if the taker's price of
// all of it is at the limit or better, a conditional one if its trigger is met.
func (r Request) crosses(q Quotation, quantity decimal.Decimal) bool {
	if r.Type != Limit {
		return r.ReachedBy(q.Price)
	}
	return isWithin(r.Side, q.takerPrice(r.Side, quantity), *r.Price)
}

// isWithin reports whether a price is at a limit or better.
func isWithin(side Side, price, limit decimal.Decimal) bool {
	if side == Buy {
		return price.Cmp(limit) <= 0
	}
	return price.Cmp(limit) >= 0
}

// ReachedBy reports whether a price executes the order while it rests. It must be beyond a limit: the market has then
// traded through it. It must be at a trigger or beyond.
func (r Request) ReachedBy(price decimal.Decimal) bool {
	switch r.Type {
	case Limit:
		if r.Side == Buy {
			return price.Cmp(*r.Price) < 0
		}
		return price.Cmp(*r.Price) > 0
	case StopLoss:
		return price.Cmp(*r.TriggerPrice) <= 0
	case TakeProfit:
		return price.Cmp(*r.TriggerPrice) >= 0
	case Market:
	}
	return true
}

// feeOf is the fee on the value of a fill, on either side.
func feeOf(value decimal.Decimal) decimal.Decimal { return value.Mul(feeRate) }

// terms are the price of a fill and what follows from it.
type terms struct {
	price     decimal.Decimal
	slippage  decimal.Decimal // percent
	value     decimal.Decimal
	fee       decimal.Decimal
	liquidity Liquidity
}

// takerTerms are the terms of an order that executes at the market.
func (r Request) takerTerms(q Quotation) terms {
	t := r.termsOf(q.takerPrice(r.Side, r.Quantity), Taker)
	t.slippage = hundred.MulQuo(t.price.Sub(q.Price).Abs(), q.Price)
	return t
}

// restingTerms are the terms of a resting order once it is reached: a limit order is a maker at exactly its limit, a
// conditional one takes.
func (r Request) restingTerms(q Quotation) terms {
	if r.Type == Limit {
		return r.termsOf(*r.Price, Maker)
	}
	return r.takerTerms(q)
}

func (r Request) termsOf(price decimal.Decimal, liquidity Liquidity) terms {
	value := r.Quantity.Mul(price)
	return terms{price: price, value: value, fee: feeOf(value), liquidity: liquidity}
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
