package httpapi

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/exchange"
)

// GetAccountInfo answers who the agent is.
func (s *Server) GetAccountInfo(ctx context.Context, _ api.GetAccountInfoRequestObject) (api.GetAccountInfoResponseObject, error) {
	a, err := s.exchange.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	status := api.AgentStatusActive
	if a.Archived {
		status = api.AgentStatusArchived
	}
	return api.GetAccountInfo200JSONResponse{Body: api.AccountInfo{
		AccountID: a.AccountID, AgentID: a.ID, DisplayName: a.DisplayName, Status: status,
		StartingBalance: a.StartingBalance, APIKeyPreview: a.APIKeyPreview,
		CurrentSession: api.CurrentSession{SessionID: a.SessionID, StartedAt: a.SessionStartedAt},
		RiskProfile:    limitsOf(a.Limits), CreatedAt: a.CreatedAt,
	}}, nil
}

func limitsOf(l exchange.Limits) api.RiskProfile {
	return api.RiskProfile{
		MaxPositionSizePct: l.MaxPositionSizePct, DailyLossLimitPct: l.DailyLossLimitPct, MaxOpenOrders: l.MaxOpenOrders,
	}
}

// GetBalance answers what the agent has.
func (s *Server) GetBalance(ctx context.Context, _ api.GetBalanceRequestObject) (api.GetBalanceResponseObject, error) {
	a, err := s.exchange.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	body := api.BalanceList{TotalEquityUsdt: a.Portfolio().TotalEquity}
	for _, b := range a.Balances() {
		body.Balances = append(body.Balances, api.Balance{
			Asset: b.Asset, Available: b.Available, Locked: b.Locked, Total: b.Available.Add(b.Locked),
		})
	}
	return api.GetBalance200JSONResponse{Body: body}, nil
}

// GetPositions answers what the agent holds.
func (s *Server) GetPositions(ctx context.Context, _ api.GetPositionsRequestObject) (api.GetPositionsResponseObject, error) {
	a, err := s.exchange.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	p := a.Portfolio()
	return api.GetPositions200JSONResponse{Body: api.PositionList{
		Positions: positionsOf(p.Positions), TotalUnrealizedPnl: p.UnrealizedPnL,
	}}, nil
}

func positionsOf(positions []exchange.Position) []api.Position {
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

// GetPortfolio answers what the agent is worth.
func (s *Server) GetPortfolio(ctx context.Context, _ api.GetPortfolioRequestObject) (api.GetPortfolioResponseObject, error) {
	a, err := s.exchange.Account(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	p := a.Portfolio()
	return api.GetPortfolio200JSONResponse{Body: api.Portfolio{
		TotalEquity: p.TotalEquity, AvailableCash: p.AvailableCash, LockedCash: p.LockedCash,
		TotalPositionValue: p.PositionValue, UnrealizedPnl: p.UnrealizedPnL, RealizedPnl: p.RealizedPnL,
		TotalPnl: p.TotalPnL, RoiPct: p.ROIPct, StartingBalance: a.StartingBalance, Positions: positionsOf(p.Positions),
		Timestamp: p.At,
	}}, nil
}

// GetPnl answers the profit of a period.
func (s *Server) GetPnl(ctx context.Context, req api.GetPnlRequestObject) (api.GetPnlResponseObject, error) {
	p, err := s.exchange.PnL(ctx, scopeOf(ctx), s.since(string(*req.Params.Period)))
	return api.GetPnl200JSONResponse{Body: api.Pnl{
		Period: *req.Params.Period, RealizedPnl: p.Realized, UnrealizedPnl: p.Unrealized, TotalPnl: p.Total, FeesPaid: p.FeesPaid,
		NetPnl: p.Total, WinningTrades: p.Wins, LosingTrades: p.Losses, WinRate: p.WinRate,
	}}, err
}

// since is when a period that ends now began; the first moment of all for "all".
func (s *Server) since(period string) time.Time {
	day := 24 * time.Hour
	length, bounded := map[string]time.Duration{"1d": day, "7d": 7 * day, "30d": 30 * day, "90d": 90 * day}[period]
	if !bounded {
		return time.Unix(0, 0).UTC()
	}
	return s.now().Add(-length)
}

// GetRisk answers how much room the limits leave.
func (s *Server) GetRisk(ctx context.Context, _ api.GetRiskRequestObject) (api.GetRiskResponseObject, error) {
	a, rules, err := s.exchange.Headroom(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	body := api.Risk{RiskProfile: limitsOf(a.Limits)}
	for _, r := range rules {
		body.Rules = append(body.Rules, api.Headroom{Rule: api.HeadroomRule(r.Rule), Limit: r.Limit, Used: r.Used, Remaining: r.Remaining})
	}
	return api.GetRisk200JSONResponse{Body: body}, nil
}

// ListLedger answers a page of postings, newest first.
func (s *Server) ListLedger(ctx context.Context, req api.ListLedgerRequestObject) (api.ListLedgerResponseObject, error) {
	entries, total, err := s.exchange.Ledger(ctx, scopeOf(ctx), upper(req.Params.Asset),
		exchange.Page{Limit: *req.Params.Limit, Offset: *req.Params.Offset})
	body := api.Ledger{Entries: make([]api.LedgerEntry, 0, len(entries)), Total: total}
	for _, e := range entries {
		body.Entries = append(body.Entries, api.LedgerEntry{
			EntryID: e.ID, Asset: e.Asset, Amount: e.Amount, Bucket: api.LedgerEntryBucket(e.Bucket),
			Kind: api.LedgerEntryKind(e.Kind), OrderID: e.OrderID, BalanceAfter: e.BalanceAfter,
			CreatedAt: e.CreatedAt,
		})
	}
	return api.ListLedger200JSONResponse{Body: body}, err
}

// Reconcile proves that ledger, balances, holds and positions agree.
func (s *Server) Reconcile(ctx context.Context, _ api.ReconcileRequestObject) (api.ReconcileResponseObject, error) {
	assets, ok, err := s.exchange.Reconcile(ctx, scopeOf(ctx))
	body := api.Reconciliation{Ok: ok, AsOf: s.now(), Assets: make([]api.ReconciledAsset, 0, len(assets))}
	for _, a := range assets {
		body.Assets = append(body.Assets, api.ReconciledAsset{
			Asset: a.Asset, Ledger: a.Ledger, Balance: a.Balance, Difference: a.Balance.Sub(a.Ledger),
		})
	}
	return api.Reconcile200JSONResponse{Body: body}, err
}

// GetPerformance answers the figures of the current session.
func (s *Server) GetPerformance(ctx context.Context, req api.GetPerformanceRequestObject) (api.GetPerformanceResponseObject, error) {
	f, err := s.exchange.Performance(ctx, scopeOf(ctx), s.since(string(*req.Params.Period)))
	return api.GetPerformance200JSONResponse{Body: api.Performance{
		Period: *req.Params.Period, SharpeRatio: f.SharpeRatio, SortinoRatio: f.SortinoRatio, MaxDrawdownPct: f.MaxDrawdownPct,
		MaxDrawdownDurationDays: f.MaxDrawdownDurationDays, WinRate: f.WinRate, ProfitFactor: f.ProfitFactor, AvgWin: f.AvgWin,
		AvgLoss: f.AvgLoss, TotalTrades: int64(f.TotalTrades), AvgTradesPerDay: f.AvgTradesPerDay, BestTrade: f.BestTrade,
		WorstTrade: f.WorstTrade, CurrentStreak: int64(f.CurrentStreak), Undefined: f.Undefined,
	}}, err
}

// GetPortfolioHistory answers the equity curve.
func (s *Server) GetPortfolioHistory(
	ctx context.Context, req api.GetPortfolioHistoryRequestObject,
) (api.GetPortfolioHistoryResponseObject, error) {
	interval := map[api.HistoryInterval]time.Duration{
		api.HistoryIntervalN1M: time.Minute, api.HistoryIntervalN1H: time.Hour, api.HistoryIntervalN1D: 24 * time.Hour,
	}[*req.Params.Interval]
	snapshots, err := s.exchange.History(ctx, scopeOf(ctx), interval, int(*req.Params.Limit))
	body := api.PortfolioHistory{
		AgentID: scopeOf(ctx).AgentID, Interval: *req.Params.Interval, Snapshots: make([]api.Snapshot, 0, len(snapshots)),
	}
	for _, p := range snapshots {
		body.Snapshots = append(body.Snapshots, api.Snapshot{
			Time: p.At, TotalEquity: p.Equity, UnrealizedPnl: p.Unrealized, RealizedPnl: p.RealizedPnL,
		})
	}
	return api.GetPortfolioHistory200JSONResponse{Body: body}, err
}

// GetLeaderboard ranks the account's agents.
func (s *Server) GetLeaderboard(ctx context.Context, req api.GetLeaderboardRequestObject) (api.GetLeaderboardResponseObject, error) {
	rankings, err := s.exchange.Leaderboard(ctx, scopeOf(ctx), s.since(string(*req.Params.Period)), int(*req.Params.Limit))
	body := api.Leaderboard{Period: *req.Params.Period, Rankings: make([]api.Ranking, 0, len(rankings))}
	for n, r := range rankings {
		body.Rankings = append(body.Rankings, api.Ranking{
			Rank: int32(n + 1), AccountID: r.AccountID, AgentID: r.AgentID, DisplayName: r.DisplayName, RoiPct: r.ROIPct,
			SharpeRatio: r.SharpeRatio, TotalTrades: int64(r.TotalTrades), WinRate: r.WinRate,
		})
	}
	return api.GetLeaderboard200JSONResponse{Body: body}, err
}
