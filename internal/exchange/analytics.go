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
// now. For the whole session that is what Portfolio says.
func (x *Exchange) PnL(ctx context.Context, scope Scope, since time.Time) (PnL, error) {
	var rows []db.TradeSumsRow
	account, err := x.accountWith(ctx, scope, func(pipeline *pgx.Batch, _ func() *Account) {
		postgres.Collect(pipeline, &rows, db.TradeSums, scope.KeyDigest, scope.AccountID, scope.AgentID, firstID(since))
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
	curves := curves{since: since}
	var of *measured
	account, err := x.accountWith(ctx, scope, func(pipeline *pgx.Batch, account func() *Account) {
		curves.queue(pipeline, scope, false, func() []*measured {
			read := account()
			if read == nil {
				return nil
			}
			equity, _ := read.Equity(x.feed)
			curves.now, of = read.now, &measured{agent: read.Agent, equity: equity}
			return []*measured{of}
		})
	})
	if err != nil {
		return performance.Figures{}, err
	}
	return of.figures(account.now)
}

// measured is an agent whose performance is computed.
type measured struct {
	agent   Agent
	name    string
	equity  decimal.Decimal // now
	opening decimal.Decimal // when the window begins
	from    time.Time
	tracker *performance.Tracker
}

func (m *measured) figures(now time.Time) (performance.Figures, error) {
	err := m.tracker.AddSample(now, m.equity)
	return m.tracker.Figures(), err
}

// curves streams the equity of agents through their trackers: in two statements, however many agents there are, and with
// memory that does not grow with the curves.
type curves struct {
	since, now time.Time
	byID       map[uuid.UUID]*measured
}

// queue adds the statements for one agent, or for all of its account. Whom they are about is known, and asked for, once
// what was queued before them has been read. Of an agent that is not the caller's they find nothing.
func (c *curves) queue(pipeline *pgx.Batch, scope Scope, wholeAccount bool, agents func() []*measured) {
	firstID := firstID(c.since)
	if c.since.After(time.Unix(0, 0)) { // nothing is known from before
		pipeline.Queue(db.EquityOpening, firstID, c.since, scope.AgentID, scope.KeyDigest, scope.AccountID, wholeAccount).
			Query(func(rows pgx.Rows) error {
				c.begin(agents())
				return c.open(rows)
			})
	}
	pipeline.Queue(db.EquityCurve, scope.AgentID, scope.KeyDigest, scope.AccountID, wholeAccount, firstID, c.since).
		Query(func(rows pgx.Rows) error {
			if c.byID == nil {
				c.begin(agents())
			}
			return c.track(rows)
		})
}

// open reads what each agent had when its window begins.
func (c *curves) open(rows pgx.Rows) error {
	var opening db.EquityOpeningRow
	_, err := pgx.ForEachRow(rows, []any{&opening.AgentID, &opening.Equity}, func() error {
		if m := c.byID[opening.AgentID]; m != nil {
			m.opening = opening.Equity
		}
		return nil
	})
	return err
}

func (c *curves) track(rows pgx.Rows) error {
	for _, m := range c.byID {
		m.tracker = performance.NewTracker(m.from, c.now, m.opening)
	}
	var p db.EquityCurveRow
	_, err := pgx.ForEachRow(rows, []any{&p.AgentID, &p.At, &p.TradeID, &p.Equity, &p.Side, &p.RealizedPnl}, func() error {
		if m := c.byID[p.AgentID]; m != nil {
			return m.add(p, c.now)
		}
		return nil
	})
	return err
}

func (c *curves) begin(agents []*measured) {
	c.byID = make(map[uuid.UUID]*measured, len(agents))
	for _, m := range agents {
		c.byID[m.agent.ID], m.opening, m.from = m, m.agent.StartingBalance, c.since
		if m.agent.SessionStartedAt.After(c.since) {
			m.from = m.agent.SessionStartedAt
		}
		if m.from.After(c.now) { // by another replica's clock
			m.from = c.now
		}
	}
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
	begins, ends, ids := make([]time.Time, limit), make([]time.Time, limit), make([]uuid.UUID, limit)
	last := x.now().Truncate(interval)
	for n := range limit {
		begins[n] = last.Add(-time.Duration(limit-1-n) * interval)
		end := begins[n].Add(interval)
		ends[n], ids[n] = end.Add(-time.Microsecond), firstID(end)
	}
	var rows []db.EquityHistoryRow
	_, err := x.accountWith(ctx, scope, func(pipeline *pgx.Batch, _ func() *Account) {
		postgres.Collect(pipeline, &rows, db.EquityHistory, ends, ids, scope.KeyDigest, scope.AccountID, scope.AgentID)
	})
	if err != nil {
		return nil, err
	}
	begins = begins[limit-len(rows):] // the agent is younger than the others
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

// Leaderboard ranks the agents of the agent's account that are not archived by their return since a time, or since their
// session began if that is later: 100 × (equity − equity then) ÷ equity then.
func (x *Exchange) Leaderboard(ctx context.Context, scope Scope, since time.Time, limit int) ([]Ranking, error) {
	curves := curves{since: since}
	var agents []*measured
	account, err := x.accountWith(ctx, scope, func(pipeline *pgx.Batch, account func() *Account) {
		var rows []db.LeaderboardBooksRow
		postgres.Collect(pipeline, &rows, db.LeaderboardBooks, scope.AgentID, scope.KeyDigest, scope.AccountID)
		curves.queue(pipeline, scope, true, func() []*measured {
			if read := account(); read != nil {
				curves.now, agents = read.now, x.valued(rows)
			}
			return agents
		})
	})
	if err != nil {
		return nil, err
	}
	rankings := make([]Ranking, 0, len(agents))
	for _, m := range agents {
		figures, err := m.figures(account.now)
		if err != nil {
			return nil, err
		}
		r := Ranking{
			AccountID: m.agent.AccountID, AgentID: m.agent.ID, DisplayName: m.name,
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

// valued puts each agent's rows together and values what it has.
func (x *Exchange) valued(rows []db.LeaderboardBooksRow) []*measured {
	var agents []*measured
	for n := 0; n < len(rows); {
		row := rows[n]
		book := newBook(Agent{
			ID: row.AgentID, AccountID: row.AccountID, StartingBalance: row.StartingBalance, SessionStartedAt: row.SessionStartedAt,
		}, x.ids)
		for ; n < len(rows) && rows[n].AgentID == row.AgentID; n++ {
			book.assets[rows[n].Asset] = &Asset{Available: rows[n].Total, Basis: rows[n].CostBasis}
		}
		equity, _ := book.Equity(x.feed)
		agents = append(agents, &measured{agent: book.Agent, name: row.DisplayName, equity: equity})
	}
	return agents
}
