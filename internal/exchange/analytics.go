package exchange

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/performance"
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
// now. For the whole session that is what Portfolio says.
func (x *Exchange) PnL(ctx context.Context, scope Scope, since time.Time) (PnL, error) {
	var rows []db.TradeSumsRow
	account, err := x.accountWith(ctx, scope, func(pipeline *pgx.Batch) {
		collect(pipeline, &rows, db.TradeSums, scope.AgentID, firstID(since))
	})
	if err != nil {
		return PnL{}, err
	}
	sums, portfolio := rows[0], account.Portfolio()
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
func (x *Exchange) Performance(ctx context.Context, scope Scope, since time.Time) (performance.Figures, error) {
	account, err := x.Account(ctx, scope)
	if err != nil {
		return performance.Figures{}, err
	}
	equity, _ := account.Equity(x.feed)
	measured := []*measured{{agent: account.Agent, equity: equity}}
	err = x.measure(ctx, measured, since, account.now)
	return measured[0].figures(), err
}

// measured is an agent whose performance is computed.
type measured struct {
	agent   Agent
	equity  decimal.Decimal // now
	opening decimal.Decimal // when the window begins
	from    time.Time
	tracker *performance.Tracker
}

func (m *measured) figures() performance.Figures {
	if m.tracker == nil {
		return performance.Figures{}
	}
	return m.tracker.Figures()
}

// measure streams the agents' curves through their trackers: in two queries, however many agents there are, and with
// memory that does not grow with the curves.
func (x *Exchange) measure(ctx context.Context, agents []*measured, since, now time.Time) error {
	ids := column(agents, func(m **measured) uuid.UUID { return (*m).agent.ID })
	byID := make(map[uuid.UUID]*measured, len(agents))
	for _, m := range agents {
		byID[m.agent.ID], m.opening, m.from = m, m.agent.StartingBalance, since
		if m.agent.SessionStartedAt.After(since) {
			m.from = m.agent.SessionStartedAt
		}
		if m.from.After(now) { // by another replica's clock
			m.from = now
		}
	}
	opening, err := db.New().EquityOpening(ctx, x.pool, db.EquityOpeningParams{FirstID: firstID(since), Since: since, AgentIds: ids})
	if err != nil {
		return err
	}
	for _, row := range opening {
		byID[row.AgentID].opening = row.Equity
	}
	for _, m := range agents {
		m.tracker = performance.NewTracker(m.from, now, m.opening)
	}
	rows, err := x.pool.Query(ctx, db.EquityCurve, ids, firstID(since), since)
	if err != nil {
		return err
	}
	var p db.EquityCurveRow
	_, err = pgx.ForEachRow(rows, []any{&p.AgentID, &p.At, &p.TradeID, &p.Equity, &p.Side, &p.RealizedPnl}, func() error {
		return byID[p.AgentID].add(p, now)
	})
	for _, m := range agents {
		err = errors.Join(err, m.tracker.AddSample(now, m.equity))
	}
	return err
}

func (m *measured) add(p db.EquityCurveRow, now time.Time) error {
	if p.At.Before(m.from) || p.At.After(now) {
		return nil // the same millisecond as the window's begin, or another replica's clock
	}
	err := m.tracker.AddSample(p.At, p.Equity)
	if p.Side != "" {
		err = errors.Join(err, m.tracker.AddTrade(p.At, p.RealizedPnl, Side(p.Side) == Sell))
	}
	return err
}

// Snapshot is a point of the equity curve.
type Snapshot struct {
	At                              time.Time
	Equity, Unrealized, RealizedPnL decimal.Decimal
}

// History answers the curve in buckets of an interval, the newest so many since the agent was made, oldest first: each
// the last known equity of its bucket, carried forward. It crosses resets.
func (x *Exchange) History(ctx context.Context, scope Scope, interval time.Duration, limit int) ([]Snapshot, error) {
	account, err := x.Account(ctx, scope)
	if err != nil {
		return nil, err
	}
	last := account.now.Truncate(interval)
	first := account.CreatedAt.Truncate(interval)
	if earliest := last.Add(-time.Duration(limit-1) * interval); earliest.After(first) {
		first = earliest
	}
	var begins, ends []time.Time
	var ids []uuid.UUID
	for at := first; !at.After(last); at = at.Add(interval) {
		end := at.Add(interval)
		begins, ends, ids = append(begins, at), append(ends, end.Add(-time.Microsecond)), append(ids, firstID(end))
	}
	rows, err := db.New().EquityHistory(ctx, x.pool, db.EquityHistoryParams{Ats: ends, BeforeIds: ids, AgentID: account.ID})
	if err != nil {
		return nil, err
	}
	snapshots := make([]Snapshot, len(rows))
	for n, row := range rows {
		snapshots[n] = Snapshot{begins[n], row.Equity, row.UnrealizedPnl, row.RealizedPnl}
	}
	return snapshots, nil
}

// Ranking is an agent's place among those of its account.
type Ranking struct {
	AccountID, AgentID  uuid.UUID
	DisplayName         string
	ROIPct, SharpeRatio decimal.Decimal
	TotalTrades         int
	WinRate             decimal.Decimal
}

// Leaderboard ranks the account's agents that are not archived by their return since a time, or since their session
// began if that is later: 100 × (equity − equity then) ÷ equity then.
func (x *Exchange) Leaderboard(ctx context.Context, accountID uuid.UUID, since time.Time, limit int) ([]Ranking, error) {
	rows, err := db.New().LeaderboardBooks(ctx, x.pool, accountID)
	if err != nil {
		return nil, err
	}
	now := x.now()
	var agents []*measured
	names := map[uuid.UUID]string{}
	for n := 0; n < len(rows); {
		row := rows[n]
		book := newBook(Agent{
			ID: row.AgentID, AccountID: row.AccountID, StartingBalance: row.StartingBalance, SessionStartedAt: row.SessionStartedAt,
		}, x.ids)
		for ; n < len(rows) && rows[n].AgentID == row.AgentID; n++ {
			book.assets[rows[n].Asset] = &Asset{Available: rows[n].Total, Basis: rows[n].CostBasis}
		}
		equity, _ := book.Equity(x.feed)
		agents, names[row.AgentID] = append(agents, &measured{agent: book.Agent, equity: equity}), row.DisplayName
	}
	if err := x.measure(ctx, agents, since, now); err != nil {
		return nil, err
	}
	rankings := make([]Ranking, 0, len(agents))
	for _, m := range agents {
		figures := m.figures()
		r := Ranking{
			AccountID: m.agent.AccountID, AgentID: m.agent.ID, DisplayName: names[m.agent.ID],
			SharpeRatio: figures.SharpeRatio, TotalTrades: figures.TotalTrades, WinRate: figures.WinRate,
		}
		if m.opening.Sign() > 0 {
			r.ROIPct = percentOf(m.equity.Sub(m.opening), m.opening)
		}
		rankings = append(rankings, r)
	}
	slices.SortFunc(rankings, func(a, b Ranking) int {
		return cmp.Or(b.ROIPct.Cmp(a.ROIPct), compareIDs(a.AgentID, b.AgentID))
	})
	return rankings[:min(limit, len(rankings))], nil
}
