package httpapi

import (
	"context"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
)

// GetOrder answers an order.
func (s *Server) GetOrder(ctx context.Context, req api.GetOrderRequestObject) (api.GetOrderResponseObject, error) {
	order, err := s.exchange.Order(ctx, scopeOf(ctx), req.OrderID)
	if err != nil {
		return nil, err
	}
	return api.GetOrder200JSONResponse{OneOrderJSONResponse: api.OneOrderJSONResponse{Body: orderOf(order)}}, nil
}

// GetOrderByClientID answers the order that the agent's own id names.
func (s *Server) GetOrderByClientID(
	ctx context.Context, req api.GetOrderByClientIDRequestObject,
) (api.GetOrderByClientIDResponseObject, error) {
	order, err := s.exchange.OrderByClientID(ctx, scopeOf(ctx), req.ClientOrderID)
	if err != nil {
		return nil, err
	}
	return api.GetOrderByClientID200JSONResponse{OneOrderJSONResponse: api.OneOrderJSONResponse{Body: orderOf(order)}}, nil
}

// ListOrders answers a page of orders, newest first.
func (s *Server) ListOrders(ctx context.Context, req api.ListOrdersRequestObject) (api.ListOrdersResponseObject, error) {
	page, err := s.orderPage(ctx, (*string)(req.Params.Status), req.Params.Symbol, exchange.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset})
	return api.ListOrders200JSONResponse{OrderPageJSONResponse: page}, err
}

// ListOpenOrders answers a page of the pending orders, newest first.
func (s *Server) ListOpenOrders(ctx context.Context, req api.ListOpenOrdersRequestObject) (api.ListOpenOrdersResponseObject, error) {
	pending := string(exchange.Pending)
	page, err := s.orderPage(ctx, &pending, req.Params.Symbol, exchange.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset})
	return api.ListOpenOrders200JSONResponse{OrderPageJSONResponse: page}, err
}

func (s *Server) orderPage(ctx context.Context, status, symbol *string, page exchange.Page) (api.OrderPageJSONResponse, error) {
	orders, total, err := s.exchange.Orders(ctx, scopeOf(ctx), status, upper(symbol), page)
	body := api.OrderList{Orders: make([]api.Order, 0, len(orders)), Total: total, Limit: page.Limit, Offset: page.Offset}
	for _, order := range orders {
		body.Orders = append(body.Orders, orderOf(order))
	}
	return api.OrderPageJSONResponse{Body: body}, err
}

// upper is for symbols and assets, which clients may write in any case.
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
	release, err := s.exchange.Hold(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	defer release()
	body := api.CancelledOrders{}
	err = postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		book, err := s.exchange.Lock(ctx, tx, scopeOf(ctx))
		if err != nil {
			return err
		}
		if err := book.MayTrade(scopeOf(ctx)); err != nil {
			return err
		}
		body = api.CancelledOrders{CancelledCount: int32(len(book.Pending)), Unlocked: []api.Unlocked{}}
		released, err := book.CancelAll(ctx, s.now())
		for _, r := range released {
			body.Unlocked = append(body.Unlocked, api.Unlocked{Asset: r.Asset, Amount: r.Amount})
		}
		slices.SortFunc(body.Unlocked, func(a, b api.Unlocked) int { return strings.Compare(a.Asset, b.Asset) })
		return err
	})
	return api.CancelAllOrders200JSONResponse{Body: body}, err
}

// ListTrades answers a page of trades, newest first.
func (s *Server) ListTrades(ctx context.Context, req api.ListTradesRequestObject) (api.ListTradesResponseObject, error) {
	page := exchange.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset}
	trades, total, err := s.exchange.Trades(ctx, scopeOf(ctx), upper(req.Params.Symbol), (*string)(req.Params.Side), page)
	body := api.TradeList{Trades: make([]api.Trade, 0, len(trades)), Total: total, Limit: page.Limit, Offset: page.Offset}
	for _, t := range trades {
		body.Trades = append(body.Trades, api.Trade{
			TradeID: t.ID, OrderID: t.OrderID, Symbol: t.Symbol, Side: api.Side(t.Side), Quantity: t.Quantity, Price: t.Price,
			Fee: t.Fee, Total: t.Value, RealizedPnl: t.RealizedPnL, ExecutedAt: t.ExecutedAt,
		})
	}
	return api.ListTrades200JSONResponse{Body: body}, err
}

// ResetAccount resets the agent in scope, for its owner.
func (s *Server) ResetAccount(ctx context.Context, req api.ResetAccountRequestObject) (api.ResetAccountResponseObject, error) {
	scope := scopeOf(ctx)
	release, err := s.exchange.Hold(ctx, scope)
	if err != nil {
		return nil, err
	}
	defer release()
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.ResetAccount200JSONResponse, error) {
		none := api.ResetAccount200JSONResponse{}
		book, err := s.exchange.Lock(ctx, tx, scope)
		if err != nil {
			return none, err
		}
		if err := book.MayTrade(scope); err != nil {
			return none, judged{err}
		}
		balance := book.StartingBalance
		if req.Body.StartingBalance != nil {
			balance = *req.Body.StartingBalance
		}
		_, ended, begun, err := s.reset(ctx, tx, book, balance)
		return api.ResetAccount200JSONResponse{Body: resetOf(ended, begun)}, err
	})
}

func resetOf(ended exchange.EndedSession, begun exchange.Session) api.AccountReset {
	return api.AccountReset{
		Message: "The agent starts anew: open orders are cancelled, positions closed, and the balance is the starting balance.",
		PreviousSession: api.EndedSession{
			SessionID: ended.ID, EndingEquity: ended.EndingEquity, TotalPnl: ended.EndingEquity.Sub(ended.StartingBalance),
			DurationDays: ended.Days(),
		},
		NewSession: api.NewSession{SessionID: begun.ID, StartingBalance: begun.StartingBalance, StartedAt: begun.StartedAt},
	}
}
