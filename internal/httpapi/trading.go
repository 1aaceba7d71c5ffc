package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/portfolio"
)

// scopeOf is the agent that a request is for.
func scopeOf(ctx context.Context) book.Scope { return callOf(ctx).scope }

// PlaceOrder places an order.
func (s *Server) PlaceOrder(ctx context.Context, req api.PlaceOrderRequestObject) (api.PlaceOrderResponseObject, error) {
	request, err := requestOf(*req.Body)
	if err != nil {
		return nil, err
	}
	placed, err := s.exchange.Place(ctx, scopeOf(ctx), request, idempotentOrder(ctx, req.Params.IdempotencyKey))
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

// storedOrder is the answer to a PlaceOrder with an Idempotency-Key as it is stored.
type storedOrder struct {
	Existed bool      `json:"existed"`
	Order   api.Order `json:"order"`
}

// idempotentOrder says how the answer to a PlaceOrder with an Idempotency-Key is stored. It returns nil without one.
func idempotentOrder(ctx context.Context, key *string) *exchange.Idempotent {
	if key == nil {
		return nil
	}
	return &exchange.Idempotent{
		Key: *idempotencyKey(ctx, key),
		Encode: func(placed exchange.Placed, err error) ([]byte, error) {
			if err == nil {
				return json.Marshal(storedOrder{Existed: placed.Existed, Order: orderOf(placed.Order)})
			}
			return idempotency.EncodeRefusal(public(err))
		},
	}
}

func replayedOrder(answer []byte) (api.PlaceOrderResponseObject, error) {
	if refusal, err := idempotency.DecodeRefusal(answer); refusal != nil || err != nil {
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

// GetOrder returns an order.
func (s *Server) GetOrder(ctx context.Context, req api.GetOrderRequestObject) (api.GetOrderResponseObject, error) {
	order, err := s.portfolio.Order(ctx, scopeOf(ctx), req.OrderID)
	if err != nil {
		return nil, err
	}
	return api.GetOrder200JSONResponse{OneOrderJSONResponse: api.OneOrderJSONResponse{Body: orderOf(order)}}, nil
}

// GetOrderByClientID returns the order that the agent's own id names.
func (s *Server) GetOrderByClientID(
	ctx context.Context, req api.GetOrderByClientIDRequestObject,
) (api.GetOrderByClientIDResponseObject, error) {
	order, err := s.portfolio.OrderByClientID(ctx, scopeOf(ctx), req.ClientOrderID)
	if err != nil {
		return nil, err
	}
	return api.GetOrderByClientID200JSONResponse{OneOrderJSONResponse: api.OneOrderJSONResponse{Body: orderOf(order)}}, nil
}

// ListOrders returns a page of orders, newest first.
func (s *Server) ListOrders(ctx context.Context, req api.ListOrdersRequestObject) (api.ListOrdersResponseObject, error) {
	page, err := s.orderPage(ctx, (*string)(req.Params.Status), req.Params.Symbol, portfolio.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset})
	return api.ListOrders200JSONResponse{OrderPageJSONResponse: page}, err
}

// ListOpenOrders returns a page of the pending orders, newest first.
func (s *Server) ListOpenOrders(ctx context.Context, req api.ListOpenOrdersRequestObject) (api.ListOpenOrdersResponseObject, error) {
	pending := string(book.Pending)
	page, err := s.orderPage(ctx, &pending, req.Params.Symbol, portfolio.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset})
	return api.ListOpenOrders200JSONResponse{OrderPageJSONResponse: page}, err
}

func (s *Server) orderPage(ctx context.Context, status, symbol *string, page portfolio.Page) (api.OrderPageJSONResponse, error) {
	orders, total, err := s.portfolio.Orders(ctx, scopeOf(ctx), status, upper(symbol), page)
	body := api.OrderList{Orders: make([]api.Order, 0, len(orders)), Total: total, Limit: page.Limit, Offset: page.Offset}
	for _, order := range orders {
		body.Orders = append(body.Orders, orderOf(order))
	}
	return api.OrderPageJSONResponse{Body: body}, err
}

// upper returns a symbol or an asset, which clients may write in any case, in upper case.
func upper(text *string) *string {
	if text == nil {
		return nil
	}
	value := strings.ToUpper(*text)
	return &value
}

// CancelOrder cancels a pending order.
func (s *Server) CancelOrder(ctx context.Context, req api.CancelOrderRequestObject) (api.CancelOrderResponseObject, error) {
	order, err := s.exchange.Cancel(ctx, scopeOf(ctx), req.OrderID)
	if err != nil {
		return nil, err
	}
	return api.CancelOrder200JSONResponse{Body: api.Cancellation{
		OrderID: order.ID, Status: api.CancellationStatus(order.Status), UnlockedAsset: order.LockedAsset(),
		UnlockedAmount: order.Hold, CancelledAt: *order.ClosedAt,
	}}, nil
}

// CancelAllOrders cancels every pending order of the agent.
func (s *Server) CancelAllOrders(ctx context.Context, _ api.CancelAllOrdersRequestObject) (api.CancelAllOrdersResponseObject, error) {
	cancelled, released, err := s.exchange.CancelAll(ctx, scopeOf(ctx))
	body := api.CancelledOrders{CancelledCount: int32(cancelled), Unlocked: []api.Unlocked{}}
	for _, r := range released {
		body.Unlocked = append(body.Unlocked, api.Unlocked{Asset: r.Asset, Amount: r.Amount})
	}
	slices.SortFunc(body.Unlocked, func(a, b api.Unlocked) int { return strings.Compare(a.Asset, b.Asset) })
	return api.CancelAllOrders200JSONResponse{Body: body}, err
}

// ListTrades returns a page of trades, newest first.
func (s *Server) ListTrades(ctx context.Context, req api.ListTradesRequestObject) (api.ListTradesResponseObject, error) {
	page := portfolio.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset}
	trades, total, err := s.portfolio.Trades(ctx, scopeOf(ctx), upper(req.Params.Symbol), (*string)(req.Params.Side), page)
	body := api.TradeList{Trades: make([]api.Trade, 0, len(trades)), Total: total, Limit: page.Limit, Offset: page.Offset}
	for _, t := range trades {
		body.Trades = append(body.Trades, api.Trade{
			TradeID: t.ID, OrderID: t.OrderID, Symbol: t.Symbol, Side: api.Side(t.Side), Quantity: t.Quantity, Price: t.Price,
			Fee: t.Fee, Liquidity: api.Liquidity(t.Liquidity), Total: t.Value, RealizedPnl: t.RealizedPnL, ExecutedAt: t.ExecutedAt,
		})
	}
	return api.ListTrades200JSONResponse{Body: body}, err
}

// requestOf fills in the defaults that depend on the type, and refuses fields that do not go together.
func requestOf(body api.PlaceOrderRequest) (book.Request, error) {
	r := book.Request{
		ClientOrderID: body.ClientOrderID, Symbol: strings.ToUpper(body.Symbol), Side: book.Side(body.Side),
		Type: book.Type(body.Type), TimeInForce: book.GTC, Quantity: body.Quantity, Price: body.Price,
		TriggerPrice: body.TriggerPrice,
	}
	if r.Type == book.Market {
		r.TimeInForce = book.IOC
	}
	if body.TimeInForce != nil {
		r.TimeInForce = book.TimeInForce(*body.TimeInForce)
	}
	var violations []fault.Violation
	refuse := func(broken bool, field, message string) {
		if broken {
			violations = append(violations, fault.Violation{Field: "/" + field, Message: message})
		}
	}
	conditional := r.Type == book.StopLoss || r.Type == book.TakeProfit
	refuse(r.Type == book.Limit && r.Price == nil, "price", "is required for a limit order")
	refuse(r.Type != book.Limit && r.Price != nil, "price", "belongs to limit orders alone")
	refuse(conditional && r.TriggerPrice == nil, "trigger_price", "is required for a stop_loss or take_profit order")
	refuse(!conditional && r.TriggerPrice != nil, "trigger_price", "belongs to stop_loss and take_profit orders alone")
	refuse(conditional && r.Side != book.Sell, "side", "must be sell for a stop_loss or take_profit order")
	refuse(conditional && r.TimeInForce != book.GTC, "time_in_force", "must be GTC for a stop_loss or take_profit order")
	refuse(r.Type == book.Market && r.TimeInForce != book.IOC, "time_in_force", "must be IOC for a market order")
	if len(violations) > 0 {
		return r, fault.Invalid(violations...)
	}
	return r, nil
}

func orderOf(o *book.Order) api.Order {
	order := api.Order{
		OrderID: o.ID, ClientOrderID: o.ClientOrderID, Status: api.OrderStatus(o.Status), Symbol: o.Symbol,
		Side: api.Side(o.Side), Type: api.OrderType(o.Type), TimeInForce: api.TimeInForce(o.TimeInForce),
		Quantity: o.Quantity, RequestedQuantity: o.Quantity, Price: o.Price, TriggerPrice: o.TriggerPrice,
		ExecutedPrice: o.ExecutedPrice, SlippagePct: o.SlippagePct, Fee: o.Fee,
		TotalCost: o.TotalCost(), CreatedAt: o.CreatedAt,
	}
	switch o.Status {
	case book.Pending:
		order.LockedAsset, order.LockedAmount = new(o.LockedAsset()), &o.Hold
	case book.Filled:
		order.ExecutedQuantity, order.FilledAt = o.Quantity, o.ClosedAt
		order.Liquidity = new(string(o.Liquidity))
	case book.Cancelled, book.Expired:
	}
	return order
}

// PreviewOrder returns what placing an order would do.
func (s *Server) PreviewOrder(ctx context.Context, req api.PreviewOrderRequestObject) (api.PreviewOrderResponseObject, error) {
	request, err := requestOf(*req.Body)
	if err != nil {
		return nil, err
	}
	preview, err := s.exchange.Preview(ctx, scopeOf(ctx), request)
	if err != nil {
		return nil, err
	}
	return api.PreviewOrder200JSONResponse{Body: previewOf(preview)}, nil
}

func previewOf(p *book.Preview) api.Preview {
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
	if p.Status == book.Pending {
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
	if p.Refusal != nil {
		body.Refusal = &api.Refusal{Code: api.ErrorCode(p.Refusal.Code), Message: p.Refusal.Message()}
		if refusal, ok := p.Refusal.Details.(book.Refusal); ok {
			body.Refusal.Details = detailsOf(refusal)
		}
	}
	return body
}
