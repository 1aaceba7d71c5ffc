package portfolio

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/performance"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// PnL is the profit of a period of the current session.
type PnL struct {
	Realized, Unrealized, Total, FeesPaid decimal.Decimal
	Wins, Losses                          int64
	WinRate                               decimal.Decimal // percent of the trades that won or lost
}

// PnL adds up the sells of the current session since a time, whose results are net of fees, and values what is held
// now. For the whole session this equals the portfolio's figures.
func (r *Reader) PnL(ctx context.Context, scope book.Scope, since time.Time) (PnL, error) {
	var rows []db.TradeSumsRow
	account, err := r.accountWith(ctx, scope, func(pipeline *pgx.Batch, _ func() *Account) {
		postgres.Collect(pipeline, &rows, db.TradeSums, scope.AgentID, book.FirstID(since))
	})
	if err != nil {
		return PnL{}, err
	}
	sums, portfolio := rows[0], account.Portfolio(r.Feed)
	p := PnL{
		Realized: sums.Realized, Unrealized: portfolio.UnrealizedPnL, FeesPaid: sums.Fees, Wins: sums.Wins, Losses: sums.Losses,
	}
	p.Total = p.Realized.Add(p.Unrealized)
	if decided := sums.Wins + sums.Losses; decided > 0 {
		p.WinRate = decimal.NewFromInt(100 * sums.Wins).Quo(decimal.NewFromInt(decided))
	}
	return p, nil
}

// Performance computes the figures of the current session since a time.
func (r *Reader) Performance(ctx context.Context, scope book.Scope, since time.Time) (performance.Figures, error) {
	curves := curves{since: since}
	var agent *trackedAgent
	account, err := r.accountWith(ctx, scope, func(pipeline *pgx.Batch, account func() *Account) {
		curves.queue(pipeline, scope.AgentID, false, func() []*trackedAgent {
			read := account()
			if read == nil {
				return nil
			}
			equity, _ := read.Equity(r.Feed)
			curves.now, agent = read.ReadAt, &trackedAgent{agent: read.Agent, equity: equity}
			return []*trackedAgent{agent}
		})
	})
	if err != nil {
		return performance.Figures{}, err
	}
	return agent.figures(account.ReadAt)
}

// Point is a point of the equity curve.
type Point struct {
	At                              time.Time
	Equity, Unrealized, RealizedPnL decimal.Decimal
}

// History returns the newest points of the curve, one per interval, oldest first, back to when the agent was made at most.
// Each is the last known equity in its interval, carried forward. Resets do not interrupt it.
func (r *Reader) History(ctx context.Context, scope book.Scope, interval time.Duration, limit int) ([]Point, error) {
	begins, ends, ids := make([]time.Time, limit), make([]time.Time, limit), make([]uuid.UUID, limit)
	last := r.Now().Truncate(interval)
	for n := range limit {
		begins[n] = last.Add(-time.Duration(limit-1-n) * interval)
		end := begins[n].Add(interval)
		ends[n], ids[n] = end.Add(-time.Microsecond), book.FirstID(end)
	}
	var rows []db.EquityHistoryRow
	_, err := r.accountWith(ctx, scope, func(pipeline *pgx.Batch, _ func() *Account) {
		postgres.Collect(pipeline, &rows, db.EquityHistory, ends, ids, scope.AgentID)
	})
	if err != nil {
		return nil, err
	}
	begins = begins[limit-len(rows):] // the agent is younger than the others
	points := make([]Point, len(rows))
	for n, row := range rows {
		points[n] = Point{begins[n], row.Equity, row.UnrealizedPnl, row.RealizedPnl}
	}
	return points, nil
}

// Ranking is an agent's place among those of its account.
type Ranking struct {
	AccountID, AgentID  uuid.UUID
	DisplayName         string
	ROIPct, SharpeRatio decimal.Decimal
	TotalTrades         int
	WinRate             decimal.Decimal
}

// Leaderboard ranks the agents of the agent's account that are not archived by their return since a time, or since their
// session began if that is later: 100 × (equity − equity then) ÷ equity then.
func (r *Reader) Leaderboard(ctx context.Context, scope book.Scope, since time.Time, limit int) ([]Ranking, error) {
	curves := curves{since: since}
	var agents []*trackedAgent
	account, err := r.accountWith(ctx, scope, func(pipeline *pgx.Batch, account func() *Account) {
		var rows []db.LeaderboardBooksRow
		postgres.Collect(pipeline, &rows, db.LeaderboardBooks, scope.AgentID)
		curves.queue(pipeline, scope.AgentID, true, func() []*trackedAgent {
			if read := account(); read != nil {
				curves.now, agents = read.ReadAt, r.valued(rows)
			}
			return agents
		})
	})
	if err != nil {
		return nil, err
	}
	rankings := make([]Ranking, 0, len(agents))
	for _, m := range agents {
		figures, err := m.figures(account.ReadAt)
		if err != nil {
			return nil, err
		}
		ranking := Ranking{
			AccountID: m.agent.AccountID, AgentID: m.agent.ID, DisplayName: m.name,
			SharpeRatio: figures.SharpeRatio, TotalTrades: figures.TotalTrades, WinRate: figures.WinRate,
		}
		if m.opening.Sign() > 0 {
			ranking.ROIPct = book.PercentOf(m.equity.Sub(m.opening), m.opening)
		}
		rankings = append(rankings, ranking)
	}
	slices.SortFunc(rankings, func(a, b Ranking) int {
		return cmp.Or(b.ROIPct.Cmp(a.ROIPct), book.CompareIDs(a.AgentID, b.AgentID))
	})
	return rankings[:min(limit, len(rankings))], nil
}

// valued puts each agent's rows together and values what it has.
func (r *Reader) valued(rows []db.LeaderboardBooksRow) []*trackedAgent {
	var agents []*trackedAgent
	for n := 0; n < len(rows); {
		row := rows[n]
		b := book.New(book.Agent{
			ID: row.AgentID, AccountID: row.AccountID, StartingBalance: row.StartingBalance, SessionStartedAt: row.SessionStartedAt,
		}, r.IDs)
		for ; n < len(rows) && rows[n].AgentID == row.AgentID; n++ {
			b.Load(rows[n].Asset, book.Asset{Available: rows[n].Total, Basis: rows[n].CostBasis})
		}
		equity, _ := b.Equity(r.Feed)
		agents = append(agents, &trackedAgent{agent: b.Agent, name: row.DisplayName, equity: equity})
	}
	return agents
}
