package httpapi

import (
	"context"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/portfolio"
	"github.com/jackc/pgx/v5"
)

// GetAccountInfo describes the agent.
func (s *Server) GetAccountInfo(ctx context.Context, _ api.GetAccountInfoRequestObject) (api.GetAccountInfoResponseObject, error) {
	a, err := s.portfolio.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	return api.GetAccountInfo200JSONResponse{Body: api.AccountInfo{
		AccountID: a.AccountID, AgentID: a.ID, DisplayName: a.DisplayName, Status: statusOf(a.Archived),
		StartingBalance: a.StartingBalance, APIKeyPreview: a.APIKeyPreview,
		CurrentSession: api.CurrentSession{SessionID: a.SessionID, StartedAt: a.SessionStartedAt},
		RiskProfile:    riskProfileOf(a.Limits), CreatedAt: a.CreatedAt,
	}}, nil
}

// GetBalance returns what the agent has.
func (s *Server) GetBalance(ctx context.Context, _ api.GetBalanceRequestObject) (api.GetBalanceResponseObject, error) {
	a, err := s.portfolio.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	body := api.BalanceList{TotalEquityUsdt: a.Portfolio(s.market).TotalEquity}
	for _, b := range a.Balances() {
		body.Balances = append(body.Balances, api.Balance{
			Asset: b.Asset, Available: b.Available, Locked: b.Locked, Total: b.Available.Add(b.Locked),
		})
	}
	return api.GetBalance200JSONResponse{Body: body}, nil
}

// GetPositions returns what the agent holds.
func (s *Server) GetPositions(ctx context.Context, _ api.GetPositionsRequestObject) (api.GetPositionsResponseObject, error) {
	a, err := s.portfolio.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	p := a.Portfolio(s.market)
	return api.GetPositions200JSONResponse{Body: api.PositionList{
		Positions: positionsOf(p.Positions), TotalUnrealizedPnl: p.UnrealizedPnL,
	}}, nil
}

func positionsOf(positions []book.Position) []api.Position {
	list := make([]api.Position, 0, len(positions))
	for _, p := range positions {
		list = append(list, api.Position{
			Symbol: p.Symbol, Asset: p.Asset, Quantity: p.Quantity, AvgEntryPrice: p.AvgEntryPrice(),
			CurrentPrice: p.CurrentPrice, MarketValue: p.MarketValue, UnrealizedPnl: p.UnrealizedPnL(),
			UnrealizedPnlPct: p.UnrealizedPct(), OpenedAt: p.OpenedAt,
		})
	}
	return list
}

// GetPortfolio returns what the agent is worth.
func (s *Server) GetPortfolio(ctx context.Context, _ api.GetPortfolioRequestObject) (api.GetPortfolioResponseObject, error) {
	a, err := s.portfolio.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	p := a.Portfolio(s.market)
	return api.GetPortfolio200JSONResponse{Body: api.Portfolio{
		TotalEquity: p.TotalEquity, AvailableCash: p.AvailableCash, LockedCash: p.LockedCash,
		TotalPositionValue: p.PositionValue, UnrealizedPnl: p.UnrealizedPnL, RealizedPnl: p.RealizedPnL,
		TotalPnl: p.TotalPnL, RoiPct: p.ROIPct, StartingBalance: a.StartingBalance, Positions: positionsOf(p.Positions),
		Timestamp: a.ReadAt,
	}}, nil
}

// GetPnl returns the profit of a period.
func (s *Server) GetPnl(ctx context.Context, req api.GetPnlRequestObject) (api.GetPnlResponseObject, error) {
	p, err := s.portfolio.PnL(ctx, scopeOf(ctx), s.since(string(*req.Params.Period)))
	if err != nil {
		return nil, err
	}
	return api.GetPnl200JSONResponse{Body: api.Pnl{
		Period: *req.Params.Period, RealizedPnl: p.Realized, UnrealizedPnl: p.Unrealized, TotalPnl: p.Total, FeesPaid: p.FeesPaid,
		NetPnl: p.Total, WinningTrades: p.Wins, LosingTrades: p.Losses, WinRate: p.WinRate,
	}}, nil
}

// GetRisk returns how much room the limits leave.
func (s *Server) GetRisk(ctx context.Context, _ api.GetRiskRequestObject) (api.GetRiskResponseObject, error) {
	limits, rules, err := s.portfolio.Headroom(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	body := api.Risk{RiskProfile: riskProfileOf(limits)}
	for _, r := range rules {
		body.Rules = append(body.Rules, api.Headroom{Rule: api.HeadroomRule(r.Rule), Limit: r.Limit, Used: r.Used, Remaining: r.Remaining})
	}
	return api.GetRisk200JSONResponse{Body: body}, nil
}

// ListLedger returns a page of postings, newest first.
func (s *Server) ListLedger(ctx context.Context, req api.ListLedgerRequestObject) (api.ListLedgerResponseObject, error) {
	entries, total, err := s.portfolio.Ledger(ctx, scopeOf(ctx), upper(req.Params.Asset),
		portfolio.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset})
	if err != nil {
		return nil, err
	}
	body := api.Ledger{Entries: make([]api.LedgerEntry, 0, len(entries)), Total: total}
	for _, e := range entries {
		body.Entries = append(body.Entries, api.LedgerEntry{
			EntryID: e.ID, Asset: e.Asset, Amount: e.Amount, Bucket: api.LedgerEntryBucket(e.Bucket),
			Kind: api.LedgerEntryKind(e.Kind), OrderID: e.OrderID, BalanceAfter: e.BalanceAfter,
			CreatedAt: e.CreatedAt,
		})
	}
	return api.ListLedger200JSONResponse{Body: body}, nil
}

// Reconcile proves that ledger, balances, holds and positions agree.
func (s *Server) Reconcile(ctx context.Context, _ api.ReconcileRequestObject) (api.ReconcileResponseObject, error) {
	assets, ok, err := s.portfolio.Reconcile(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	body := api.Reconciliation{Ok: ok, AsOf: s.now(), Assets: make([]api.ReconciledAsset, 0, len(assets))}
	for _, a := range assets {
		body.Assets = append(body.Assets, api.ReconciledAsset{
			Asset: a.Asset, Ledger: a.Ledger, Balance: a.Balance, Difference: a.Balance.Sub(a.Ledger),
		})
	}
	return api.Reconcile200JSONResponse{Body: body}, nil
}

// ResetAccount resets the agent in scope, for its owner.
func (s *Server) ResetAccount(ctx context.Context, req api.ResetAccountRequestObject) (api.ResetAccountResponseObject, error) {
	held, err := s.exchange.Hold(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	defer held.Release()
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.ResetAccount200JSONResponse, error) {
		locked, err := held.LockToTrade(ctx, tx)
		if fault.Is(err, fault.AgentArchived) {
			err = idempotency.Final(err)
		}
		if err != nil {
			return api.ResetAccount200JSONResponse{}, err
		}
		balance := locked.StartingBalance
		if req.Body.StartingBalance != nil {
			balance = *req.Body.StartingBalance
		}
		ended, begun, err := locked.Reset(ctx, balance, s.now())
		return api.ResetAccount200JSONResponse{Body: resetOf(ended, begun)}, err
	})
}

func resetOf(ended book.EndedSession, begun book.Session) api.AccountReset {
	return api.AccountReset{
		Message: "The agent starts anew: open orders are cancelled, positions closed, and the balance is the starting balance.",
		PreviousSession: api.EndedSession{
			SessionID: ended.ID, EndingEquity: ended.EndingEquity, TotalPnl: ended.EndingEquity.Sub(ended.StartingBalance),
			DurationDays: ended.Days(),
		},
		NewSession: api.NewSession{SessionID: begun.ID, StartingBalance: begun.StartingBalance, StartedAt: begun.StartedAt},
	}
}
