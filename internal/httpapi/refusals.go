package httpapi

import (
	"errors"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
)

// public returns an error with its details as clients see them.
func public(err error) error {
	known, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	shown := *known
	return shown.With(publicDetails(known))
}

func publicDetails(known *fault.Error) any {
	if refusal, ok := known.Details.(book.Refusal); ok {
		return detailsOf(refusal)
	}
	return known.Details
}

// detailsOf maps why an order is refused.
func detailsOf(r book.Refusal) *api.RefusalDetails {
	switch r.Rule {
	case book.RuleDailyLoss:
		return limitDetails(r, api.RefusalDetailsReasonDailyLossLimit)
	case book.RulePosition:
		return limitDetails(r, api.RefusalDetailsReasonPositionLimitExceeded)
	case book.RuleOpenOrders:
		return limitDetails(r, api.RefusalDetailsReasonMaxOpenOrdersExceeded)
	case book.RuleBalance:
		return &api.RefusalDetails{
			Asset: &r.Asset, Required: &r.Required, Available: &r.Available, MaxAllowedQuantity: &r.MaxAllowedQuantity,
		}
	case book.RuleValue:
		return &api.RefusalDetails{Filter: new(api.RefusalDetailsFilterValue)}
	case book.RuleMinQty, book.RuleStepSize, book.RuleTickSize, book.RuleMinNotional:
	}
	return &api.RefusalDetails{
		Filter: new(api.RefusalDetailsFilter(r.Rule)), Limit: &r.Limit, Attempted: &r.Attempted,
		MaxAllowedQuantity: &r.MaxAllowedQuantity,
	}
}

func limitDetails(r book.Refusal, reason api.RefusalDetailsReason) *api.RefusalDetails {
	return &api.RefusalDetails{
		Reason: &reason, Limit: &r.Limit, Current: &r.Current, Attempted: &r.Attempted, MaxAllowedQuantity: &r.MaxAllowedQuantity,
	}
}
