package portfolio

import (
	"errors"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/performance"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// trackedAgent is an agent whose equity curve is followed.
type trackedAgent struct {
	agent   book.Agent
	name    string
	equity  decimal.Decimal // now
	opening decimal.Decimal // when the window begins
	from    time.Time
	tracker *performance.Tracker
}

// figures returns the figures of the window, which ends now.
func (a *trackedAgent) figures(now time.Time) (performance.Figures, error) {
	a.track(now)
	err := a.tracker.AddSample(now, a.equity)
	return a.tracker.Figures(), err
}

// track begins to follow the curve, once the opening is known.
func (a *trackedAgent) track(now time.Time) {
	if a.tracker == nil {
		a.tracker = performance.NewTracker(a.from, now, a.opening)
	}
}

// curves streams the equity of agents through their trackers: in one statement, however many agents there are, and with
// memory that does not grow with the curves.
type curves struct {
	since, now time.Time
	byID       map[uuid.UUID]*trackedAgent
}

// queue adds the statement for one agent, or for all of its account. Which agents they are is asked for once what was
// queued before it has been read.
func (c *curves) queue(pipeline *pgx.Batch, agentID uuid.UUID, wholeAccount bool, agents func() []*trackedAgent) {
	pipeline.Queue(db.EquityCurve, agentID, wholeAccount, book.FirstID(c.since), c.since).Query(func(rows pgx.Rows) error {
		c.begin(agents())
		var p db.EquityCurveRow
		_, err := pgx.ForEachRow(rows, []any{&p.AgentID, &p.At, &p.TradeID, &p.Equity, &p.Side, &p.RealizedPnl, &p.Opening}, func() error {
			if a := c.byID[p.AgentID]; a != nil {
				return a.add(p, c.now)
			}
			return nil
		})
		return err
	})
}

func (c *curves) begin(agents []*trackedAgent) {
	c.byID = make(map[uuid.UUID]*trackedAgent, len(agents))
	for _, a := range agents {
		c.byID[a.agent.ID], a.opening, a.from = a, a.agent.StartingBalance, c.since
		if a.agent.SessionStartedAt.After(c.since) {
			a.from = a.agent.SessionStartedAt
		}
		if a.from.After(c.now) { // by another replica's clock
			a.from = c.now
		}
	}
}

// add adds a point. The opening, if there is one, comes first.
func (a *trackedAgent) add(p db.EquityCurveRow, now time.Time) error {
	if p.Opening {
		a.opening = p.Equity
		return nil
	}
	a.track(now)
	if p.At.Before(a.from) || p.At.After(now) {
		return nil // the same millisecond as the window's begin, or another replica's clock
	}
	err := a.tracker.AddSample(p.At, p.Equity)
	if p.Side != "" {
		err = errors.Join(err, a.tracker.AddTrade(p.At, p.RealizedPnl, book.Side(p.Side) == book.Sell))
	}
	return err
}
