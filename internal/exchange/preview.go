package exchange

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
)

// Preview is what would become of an order at this moment.
type Preview struct {
	Request
	Refusal *fault.Error // nil if it would pass
	Checks  []Check
	Status  Status // what the order would be, if it passed

	CurrentPrice   decimal.Decimal
	EstimatedPrice decimal.Decimal // the executed price; of a resting order its limit, or the taker's price
	SlippagePct    decimal.Decimal
	Fee            decimal.Decimal
	TotalCost      decimal.Decimal // of a buy value + fee, of a sell value − fee
	LockedAsset    string
	LockedAmount   decimal.Decimal // zero unless it would rest

	PositionQuantity decimal.Decimal // once the order has filled
	PositionBasis    decimal.Decimal
	MaxAllowed       decimal.Decimal
}

// Preview judges a request as Place would, by every rule, and changes nothing. It fails with InvalidQuantity where the
// order's value is too large to be computed.
func (b *Book) Preview(r Request, q Quotation, prices Prices, now time.Time) (p *Preview, err error) {
	defer tooLarge(&err)
	defer decimal.CatchOverflow(&err)
	j := b.judge(r, q, prices, now)
	p = &Preview{Request: r, CurrentPrice: q.Price, Status: Expired, MaxAllowed: j.maxAllowed()}
	for _, rule := range rules {
		p.Checks = append(p.Checks, j.check(rule))
	}
	if rule := j.broken(); rule != "" {
		p.Refusal = j.refuse(rule)
	}
	var t terms
	if j.rests && r.Type == Limit { // it waits for its limit, and gets no less
		value := r.Quantity.Mul(*r.Price)
		t = terms{price: *r.Price, value: value, fee: value.Mul(feeRate)}
	} else {
		t = r.termsAt(q)
	}
	p.EstimatedPrice, p.SlippagePct, p.Fee = t.price, t.slippage, t.fee
	p.TotalCost = t.value.Add(t.fee)
	if r.Side == Sell {
		p.TotalCost = t.value.Sub(t.fee)
	}
	switch {
	case j.crosses:
		p.Status = Filled
	case j.rests:
		p.Status = Pending
		p.LockedAmount, _ = r.hold(r.Quantity)
	}
	p.LockedAsset = j.asset()
	p.estimatePosition(b, q, t)
	return p, nil
}

func (p *Preview) estimatePosition(b *Book, q Quotation, t terms) {
	if position, ok := b.assets[q.Base]; ok {
		p.PositionQuantity, p.PositionBasis = position.Total(), position.Basis
	}
	switch {
	case p.Status == Expired:
	case p.Side == Buy:
		p.PositionQuantity = p.PositionQuantity.Add(p.Quantity)
		p.PositionBasis = p.PositionBasis.Add(t.value).Add(t.fee)
	case p.Quantity.Cmp(p.PositionQuantity) >= 0:
		p.PositionQuantity, p.PositionBasis = decimal.Decimal{}, decimal.Decimal{}
	default:
		taken := p.PositionBasis.MulQuo(p.Quantity, p.PositionQuantity)
		p.PositionQuantity, p.PositionBasis = p.PositionQuantity.Sub(p.Quantity), p.PositionBasis.Sub(taken)
	}
}
