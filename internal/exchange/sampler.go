package exchange

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// How long points of the equity curve are kept apart: each minute's for two days, each hour's for 90, a day's for ever.
const (
	keepMinutes = 2 * 24 * time.Hour
	keepHours   = 90 * 24 * time.Hour
	samplePage  = 500
)

// sampleEquity adds a minute's point to the curve of every agent that holds a position. The equity of the others has
// not changed since their last trade, which is a point itself. It goes from page to page, and after each lets the
// writers have the database for as long as the page took.
func (x *Exchange) sampleEquity(ctx context.Context, minute time.Time) error {
	after := uuid.Nil
	for {
		start := time.Now()
		rows, err := db.New().PositionPage(ctx, x.pool, db.PositionPageParams{AfterAgentID: after, PageLimit: samplePage})
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].AgentID
		points := x.pointsOf(rows, minute)
		err = db.New().EquityPointInsertMany(ctx, x.pool, points)
		for n := 0; n < 5 && postgres.ViolatesForeignKey(err); n++ { // an agent was deleted meanwhile
			err = db.New().EquityPointInsertMany(ctx, x.pool, points)
		}
		if err != nil {
			return err
		}
		if err := pause(ctx, time.Since(start)); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// pointsOf values the books of a page.
func (x *Exchange) pointsOf(rows []db.PositionPageRow, minute time.Time) db.EquityPointInsertManyParams {
	var points db.EquityPointInsertManyParams
	add := func(book *Book) {
		equity, unrealized := book.Equity(x.feed)
		points.AgentIds = append(points.AgentIds, book.ID)
		points.Ats = append(points.Ats, minute)
		points.Equities = append(points.Equities, equity)
		points.UnrealizedPnls = append(points.UnrealizedPnls, unrealized)
		points.RealizedPnls = append(points.RealizedPnls, equity.Sub(book.StartingBalance).Sub(unrealized))
	}
	var book *Book
	for _, row := range rows {
		if book != nil && book.ID != row.AgentID {
			add(book)
			book = nil
		}
		if book == nil {
			book = newBook(Agent{ID: row.AgentID, StartingBalance: row.StartingBalance}, x.ids)
		}
		book.assets[row.Asset] = &Asset{Available: row.Total, Basis: row.CostBasis}
	}
	if book != nil {
		add(book)
	}
	return points
}

// thinEquity deletes what is not kept: agent by agent, in short statements.
func (x *Exchange) thinEquity(ctx context.Context, now time.Time) error {
	after := uuid.Nil
	for {
		agents, err := db.New().EquityAgentPage(ctx, x.pool, db.EquityAgentPageParams{AfterAgentID: after, PageLimit: samplePage})
		if err != nil || len(agents) == 0 {
			return err
		}
		after = agents[len(agents)-1]
		for _, agent := range agents {
			if err := x.thin(ctx, agent, now); err != nil {
				return err
			}
		}
	}
}

// thin looks at the hours, and once a day at the days, that have grown too old since the last time; a little further
// back too, in case that did not happen.
func (x *Exchange) thin(ctx context.Context, agent uuid.UUID, now time.Time) error {
	const again = 72
	start := time.Now()
	for _, age := range []struct{ keep, bucket time.Duration }{{keepMinutes, time.Hour}, {keepHours, 24 * time.Hour}} {
		until := now.Add(-age.keep).Truncate(age.bucket)
		_, err := db.New().EquityThin(ctx, x.pool, db.EquityThinParams{
			AgentID: agent, Since: until.Add(-again * age.bucket), Until: until,
			Bucket: pgtype.Interval{Microseconds: age.bucket.Microseconds(), Valid: true},
		})
		if err != nil {
			return err
		}
	}
	return pause(ctx, time.Since(start))
}
