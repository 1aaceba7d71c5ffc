package httpapi

import (
	"context"

	"github.com/agentexchange/agentexchange/gen/api"
)

// GetPerformance returns the figures of the current session.
func (s *Server) GetPerformance(ctx context.Context, req api.GetPerformanceRequestObject) (api.GetPerformanceResponseObject, error) {
	f, err := s.portfolio.Performance(ctx, scopeOf(ctx), s.since(string(*req.Params.Period)))
	if err != nil {
		return nil, err
	}
	return api.GetPerformance200JSONResponse{Body: api.Performance{
		Period: *req.Params.Period, SharpeRatio: f.SharpeRatio, SortinoRatio: f.SortinoRatio, MaxDrawdownPct: f.MaxDrawdownPct,
		MaxDrawdownDurationDays: f.MaxDrawdownDurationDays, WinRate: f.WinRate, ProfitFactor: f.ProfitFactor, AvgWin: f.AvgWin,
		AvgLoss: f.AvgLoss, TotalTrades: int64(f.TotalTrades), AvgTradesPerDay: f.AvgTradesPerDay, BestTrade: f.BestTrade,
		WorstTrade: f.WorstTrade, CurrentStreak: int64(f.CurrentStreak), Undefined: f.Undefined,
	}}, nil
}

// GetPortfolioHistory returns the equity curve.
func (s *Server) GetPortfolioHistory(
	ctx context.Context, req api.GetPortfolioHistoryRequestObject,
) (api.GetPortfolioHistoryResponseObject, error) {
	points, err := s.portfolio.History(ctx, scopeOf(ctx), lengthOf(string(*req.Params.Interval)), int(*req.Params.Limit))
	if err != nil {
		return nil, err
	}
	body := api.PortfolioHistory{
		AgentID: scopeOf(ctx).AgentID, Interval: *req.Params.Interval, Snapshots: make([]api.Snapshot, 0, len(points)),
	}
	for _, p := range points {
		body.Snapshots = append(body.Snapshots, api.Snapshot{
			Time: p.At, TotalEquity: p.Equity, UnrealizedPnl: p.Unrealized, RealizedPnl: p.RealizedPnL,
		})
	}
	return api.GetPortfolioHistory200JSONResponse{Body: body}, nil
}

// GetLeaderboard ranks the account's agents.
func (s *Server) GetLeaderboard(ctx context.Context, req api.GetLeaderboardRequestObject) (api.GetLeaderboardResponseObject, error) {
	rankings, err := s.portfolio.Leaderboard(ctx, scopeOf(ctx), s.since(string(*req.Params.Period)), int(*req.Params.Limit))
	if err != nil {
		return nil, err
	}
	body := api.Leaderboard{Period: *req.Params.Period, Rankings: make([]api.Ranking, 0, len(rankings))}
	for n, r := range rankings {
		body.Rankings = append(body.Rankings, api.Ranking{
			Rank: int32(n + 1), AccountID: r.AccountID, AgentID: r.AgentID, DisplayName: r.DisplayName, RoiPct: r.ROIPct,
			SharpeRatio: r.SharpeRatio, TotalTrades: int64(r.TotalTrades), WinRate: r.WinRate,
		})
	}
	return api.GetLeaderboard200JSONResponse{Body: body}, nil
}
