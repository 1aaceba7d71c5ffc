package book

import (
	"maps"
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
	EstimatedPrice decimal.Decimal // of the fill; of an order that expires, the price it names
	SlippagePct    decimal.Decimal
	Fee            decimal.Decimal
	TotalCost      decimal.Decimal // of a buy value + fee, of a sell value − fee
	LockedAsset    string
	LockedAmount   decimal.Decimal // zero unless it would rest

	PositionQuantity decimal.Decimal // once the order has filled
	PositionBasis    decimal.Decimal
	MaxAllowed       decimal.Decimal
}

// Preview judges a request as Place does, by every rule, and changes nothing: the order is placed on a copy of the book,
// and filled there if it would rest, so that each figure is the one that placing computes. It fails with InvalidQuantity
// where the order's value is too large to be computed.
func (b *Book) Preview(r Request, q Quotation, prices Prices, now time.Time) (p *Preview, err error) {
	defer refuseOverflow(&err)
	defer decimal.CatchOverflow(&err)
	j := b.judge(r, q, prices, now)
	p = &Preview{
		Request: r, CurrentPrice: q.Price, Status: j.outcome(), LockedAsset: j.asset(), MaxAllowed: j.maxAllowed(),
	}
	for _, rule := range rules {
		p.Checks = append(p.Checks, j.check(rule))
	}
	if rule := j.broken(); rule != "" {
		p.Refusal = j.refuse(rule)
	}
	trial := b.copyFor(j)
	order := trial.open(r, now)
	switch p.Status {
	case Filled:
		trial.execute(order, r.takerTerms(q), bucketAvailable, now)
	case Pending:
		trial.rest(order, now)
		p.LockedAmount = order.Hold
		trial.leave(order)
		trial.execute(order, r.restingTerms(q), bucketLocked, now)
	default: // nothing is executed, and the position stays as it is
		p.EstimatedPrice, trial = r.reference(q.Price), b
	}
	if order.Status == Filled {
		p.EstimatedPrice, p.SlippagePct, p.Fee, p.TotalCost = *order.ExecutedPrice, *order.SlippagePct, *order.Fee, *order.TotalCost()
	}
	if position, ok := trial.assets[q.Base]; ok {
		p.PositionQuantity, p.PositionBasis = position.Total(), position.Basis
	}
	return p, nil
}

// copyFor copies the book, and gives the copy what the order would need. So a refused order has figures, too. What open
// orders hold is used first.
func (b *Book) copyFor(j *judgement) *Book {
	trial := New(b.Agent, b.ids)
	trial.lastID = b.lastID
	maps.Copy(trial.resting, b.resting)
	for name, asset := range b.assets {
		copied := *asset
		trial.assets[name] = &copied
	}
	given := trial.asset(j.asset())
	if missing := j.required(j.Quantity).Sub(given.Available); missing.Sign() > 0 {
		given.Available = given.Available.Add(missing)
		given.Locked = given.Locked.Sub(decimal.Min(missing, given.Locked))
	}
	return trial
}
