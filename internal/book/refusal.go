package book

import (
	"errors"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
)

// Refusal details why an order is refused, in the units of Check. It is the details of OrderRejected,
// InsufficientBalance, InvalidQuantity and InvalidPrice. RuleBalance has an asset in place of a limit.
type Refusal struct {
	Rule               Rule
	Limit              decimal.Decimal
	Current            decimal.Decimal // before the order; risk limits only
	Attempted          decimal.Decimal // with the order
	Asset              string          // what there is too little of
	Required           decimal.Decimal
	Available          decimal.Decimal
	MaxAllowedQuantity decimal.Decimal // zero where no quantity would pass
}

// refuse returns the error of a broken rule.
func (j *judgement) refuse(rule Rule) *fault.Error {
	c := j.check(rule)
	refusal := Refusal{Rule: rule, Limit: c.Limit, Attempted: c.Attempted, MaxAllowedQuantity: j.maxAllowed()}
	switch rule {
	case RuleDailyLoss, RulePosition, RuleOpenOrders:
		refusal.Current = c.Used
		return fault.New(fault.OrderRejected).With(refusal)
	case RuleBalance:
		return fault.New(fault.InsufficientBalance).With(Refusal{
			Rule: rule, Asset: j.asset(), Required: j.required(j.Quantity), Available: j.available,
			MaxAllowedQuantity: refusal.MaxAllowedQuantity,
		})
	case RuleTickSize:
		return fault.New(fault.InvalidPrice).With(refusal)
	case RuleMinQty, RuleStepSize, RuleMinNotional, RuleValue:
	}
	return fault.New(fault.InvalidQuantity).With(refusal)
}

// refuseOverflow is deferred before decimal.CatchOverflow, and turns the overflow that it caught into a refusal: the
// client sent a quantity and a price whose product cannot be computed.
func refuseOverflow(err *error) {
	if errors.Is(*err, decimal.ErrOverflow) {
		*err = fault.New(fault.InvalidQuantity).With(Refusal{Rule: RuleValue}).Because(*err)
	}
}
