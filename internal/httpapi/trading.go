package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
)

// scopeOf is the agent that a request is for.
func scopeOf(ctx context.Context) exchange.Scope { return callOf(ctx).scope }

// PlaceOrder places an order.
func (s *Server) PlaceOrder(ctx context.Context, req api.PlaceOrderRequestObject) (api.PlaceOrderResponseObject, error) {
	request, err := requestOf(*req.Body)
	if err != nil {
		return nil, err
	}
	placed, err := s.exchange.Place(ctx, scopeOf(ctx), request, s.keyed(ctx, req.Params.IdempotencyKey))
	callOf(ctx).verified = !errors.Is(err, exchange.ErrOutOfScope) && !fault.Is(err, fault.Overloaded)
	switch {
	case err != nil:
		return nil, err
	case placed.Stored != nil:
		callOf(ctx).answer.Set(headerIdempotencyReplayed, "true")
		return replayedOrder(placed.Stored)
	case placed.Existed:
		return api.PlaceOrder200JSONResponse{Body: orderOf(placed.Order)}, nil
	default:
		return api.PlaceOrder201JSONResponse{Body: orderOf(placed.Order)}, nil
	}
}

// storedOrder is an order as the answer to a request with an Idempotency-Key is kept.
type storedOrder struct {
	Existed bool      `json:"existed"`
	Order   api.Order `json:"order"`
}

// keyed says how the answer to a request with an Idempotency-Key is stored; nil without one.
func (s *Server) keyed(ctx context.Context, key *string) *exchange.Idempotency {
	if key == nil {
		return nil
	}
	slot := idempotencySlot(ctx, *key)
	return &exchange.Idempotency{
		Owner: slot.owner, KeyDigest: slot.keyDigest, RequestDigest: slot.requestDigest, LockID: slot.lockID(),
		ExpiresAt: s.now().Add(answersLive),
		Encode: func(placed exchange.Placed, err error) ([]byte, error) {
			if err == nil {
				return json.Marshal(storedOrder{Existed: placed.Existed, Order: orderOf(placed.Order)})
			}
			return encodeRefusal(err)
		},
	}
}

func replayedOrder(answer []byte) (api.PlaceOrderResponseObject, error) {
	if refusal, err := refusalOf(answer); refusal != nil || err != nil {
		return nil, errors.Join(refusal, err)
	}
	var stored storedOrder
	if err := json.Unmarshal(answer, &stored); err != nil {
		return nil, err
	}
	if stored.Existed {
		return api.PlaceOrder200JSONResponse{Body: stored.Order}, nil
	}
	return api.PlaceOrder201JSONResponse{Body: stored.Order}, nil
}

// requestOf fills in what depends on the type, and refuses fields that do not go together.
func requestOf(body api.PlaceOrderRequest) (exchange.Request, error) {
	r := exchange.Request{
		ClientOrderID: body.ClientOrderID, Symbol: strings.ToUpper(body.Symbol), Side: exchange.Side(body.Side),
		Type: exchange.Type(body.Type), TimeInForce: exchange.GTC, Quantity: body.Quantity, Price: body.Price,
		TriggerPrice: body.TriggerPrice,
	}
	if r.Type == exchange.Market {
		r.TimeInForce = exchange.IOC
	}
	if body.TimeInForce != nil {
		r.TimeInForce = exchange.TimeInForce(*body.TimeInForce)
	}
	var violations []fault.Violation
	refuse := func(broken bool, field, message string) {
		if broken {
			violations = append(violations, fault.Violation{Field: "/" + field, Message: message})
		}
	}
	conditional := r.Type == exchange.StopLoss || r.Type == exchange.TakeProfit
	refuse(r.Type == exchange.Limit && r.Price == nil, "price", "is required for a limit order")
	refuse(r.Type != exchange.Limit && r.Price != nil, "price", "belongs to limit orders alone")
	refuse(conditional && r.TriggerPrice == nil, "trigger_price", "is required for a stop_loss or take_profit order")
	refuse(!conditional && r.TriggerPrice != nil, "trigger_price", "belongs to stop_loss and take_profit orders alone")
	refuse(conditional && r.Side != exchange.Sell, "side", "must be sell for a stop_loss or take_profit order")
	refuse(conditional && r.TimeInForce != exchange.GTC, "time_in_force", "must be GTC for a stop_loss or take_profit order")
	refuse(r.Type == exchange.Market && r.TimeInForce != exchange.IOC, "time_in_force", "must be IOC for a market order")
	if len(violations) > 0 {
		return r, fault.Invalid(violations...)
	}
	return r, nil
}

func orderOf(o *exchange.Order) api.Order {
	order := api.Order{
		OrderID: o.ID, ClientOrderID: o.ClientOrderID, Status: api.OrderStatus(o.Status), Symbol: o.Symbol,
		Side: api.Side(o.Side), Type: api.OrderType(o.Type), TimeInForce: api.TimeInForce(o.TimeInForce),
		Quantity: o.Quantity, RequestedQuantity: o.Quantity, Price: o.Price, TriggerPrice: o.TriggerPrice,
		ExecutedPrice: o.ExecutedPrice, SlippagePct: o.SlippagePct, Fee: o.Fee,
		TotalCost: o.TotalCost(), CreatedAt: o.CreatedAt,
	}
	switch o.Status {
	case exchange.Pending:
		order.LockedAsset, order.LockedAmount = new(o.LockedAsset()), &o.Hold
	case exchange.Filled:
		order.ExecutedQuantity, order.FilledAt = o.Quantity, o.ClosedAt
	}
	return order
}

// PreviewOrder tells what would become of an order.
func (s *Server) PreviewOrder(ctx context.Context, req api.PreviewOrderRequestObject) (api.PreviewOrderResponseObject, error) {
	request, err := requestOf(*req.Body)
	if err != nil {
		return nil, err
	}
	preview, err := s.exchange.Preview(ctx, scopeOf(ctx), request)
	if err != nil {
		return nil, err
	}
	body, err := previewOf(preview)
	return api.PreviewOrder200JSONResponse{Body: body}, err
}

func previewOf(p *exchange.Preview) (api.Preview, error) {
	body := api.Preview{
		WouldPass: p.Refusal == nil, Status: api.PreviewStatus(p.Status),
		Symbol: p.Symbol, Side: api.Side(p.Side), Type: api.OrderType(p.Type), TimeInForce: api.TimeInForce(p.TimeInForce),
		Quantity: p.Quantity, Price: p.Price, TriggerPrice: p.TriggerPrice,
		CurrentPrice: p.CurrentPrice, EstimatedPrice: p.EstimatedPrice, SlippagePct: p.SlippagePct,
		EstimatedFee: p.Fee, EstimatedTotalCost: p.TotalCost, MaxAllowedQuantity: p.MaxAllowed,
		ResultingPosition: api.ResultingPosition{
			Symbol: p.Symbol, Quantity: p.PositionQuantity, CostBasis: p.PositionBasis,
		},
	}
	if p.Status == exchange.Pending {
		body.LockedAsset, body.LockedAmount = &p.LockedAsset, &p.LockedAmount
	}
	if p.PositionQuantity.Sign() > 0 {
		body.ResultingPosition.AvgEntryPrice = new(p.PositionBasis.Quo(p.PositionQuantity))
	}
	for _, c := range p.Checks {
		body.Rules = append(body.Rules, api.RuleCheck{
			Rule: api.RuleCheckRule(c.Rule), Passed: c.Passed, Limit: c.Limit, Used: c.Used, Attempted: c.Attempted,
		})
	}
	if p.Refusal == nil {
		return body, nil
	}
	// The details have the same fields in the error's answer and here.
	encoded, err := json.Marshal(p.Refusal.Details)
	if err != nil {
		return body, err
	}
	var details api.RefusalDetails
	if err := json.Unmarshal(encoded, &details); err != nil {
		return body, err
	}
	body.Refusal = &api.Refusal{Code: api.ErrorCode(p.Refusal.Code), Message: p.Refusal.Message(), Details: &details}
	return body, nil
}
