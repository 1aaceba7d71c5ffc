package portfolio

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// How long points of the equity curve are kept: each minute's for two days, each hour's for 90 days, each day's for ever.
const (
	keepMinutes = 2 * 24 * time.Hour
	keepHours   = 90 * 24 * time.Hour
	samplePage  = 500
)

// Sampler adds to the equity curves of agents that hold a position, and thins out old points. One replica at a time
// should run it.
type Sampler struct {
	*Reader
	Log *slog.Logger
}

// Run samples as each minute begins, and thins out as each hour does, until ctx ends.
func (s *Sampler) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	thinning := make(chan struct{}, 1) // it may take longer than an hour
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for last := (time.Time{}); ; {
		if minute := s.Now().Truncate(time.Minute); minute.After(last) {
			last = minute
			if err := s.sample(ctx, minute); err != nil && ctx.Err() == nil {
				s.Log.LogAttrs(ctx, slog.LevelWarn, "equity not sampled; trying again in a minute", slog.Any("cause", err))
			}
			if minute.Minute() == 0 {
				running.Go(func() { s.thinAlone(ctx, minute, thinning) })
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// thinAlone thins out unless that is still going on.
func (s *Sampler) thinAlone(ctx context.Context, now time.Time, thinning chan struct{}) {
	select {
	case thinning <- struct{}{}:
		defer func() { <-thinning }()
	default:
		return
	}
	if err := s.thin(ctx, now); err != nil && ctx.Err() == nil {
		s.Log.LogAttrs(ctx, slog.LevelWarn, "old equity not thinned out; trying again in an hour", slog.Any("cause", err))
	}
}

// sample adds a minute's point to the curve of every agent that holds a position. The equity of the others has not changed
// since their last trade, which is a point itself. After each page it pauses for as long as the page took, so that the
// writers have the database.
func (s *Sampler) sample(ctx context.Context, minute time.Time) error {
	after := uuid.Nil
	for {
		start := time.Now()
		rows, err := db.New().PositionPage(ctx, s.Pool, db.PositionPageParams{AfterAgentID: after, PageLimit: samplePage})
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].AgentID
		points := s.pointsOf(rows, minute)
		err = db.New().EquityPointInsertMany(ctx, s.Pool, points)
		for n := 0; n < 5 && postgres.ViolatesForeignKey(err); n++ { // an agent was deleted meanwhile
			err = db.New().EquityPointInsertMany(ctx, s.Pool, points)
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
func (s *Sampler) pointsOf(rows []db.PositionPageRow, minute time.Time) db.EquityPointInsertManyParams {
	var points db.EquityPointInsertManyParams
	add := func(b *book.Book) {
		equity, unrealized := b.Equity(s.Feed)
		points.AgentIds = append(points.AgentIds, b.ID)
		points.Ats = append(points.Ats, minute)
		points.Equities = append(points.Equities, equity)
		points.UnrealizedPnls = append(points.UnrealizedPnls, unrealized)
		points.RealizedPnls = append(points.RealizedPnls, equity.Sub(b.StartingBalance).Sub(unrealized))
	}
	var current *book.Book
	for _, row := range rows {
		if current != nil && current.ID != row.AgentID {
			add(current)
			current = nil
		}
		if current == nil {
			current = book.New(book.Agent{ID: row.AgentID, StartingBalance: row.StartingBalance}, s.IDs)
		}
		current.Load(row.Asset, book.Asset{Available: row.Total, Basis: row.CostBasis})
	}
	if current != nil {
		add(current)
	}
	return points
}

// thin deletes what is not kept: agent by agent, in short statements.
func (s *Sampler) thin(ctx context.Context, now time.Time) error {
	after := uuid.Nil
	for {
		agents, err := db.New().EquityAgentPage(ctx, s.Pool, db.EquityAgentPageParams{AfterAgentID: after, PageLimit: samplePage})
		if err != nil || len(agents) == 0 {
			return err
		}
		after = agents[len(agents)-1]
		for _, agent := range agents {
			if err := s.thinAgent(ctx, agent, now); err != nil {
				return err
			}
		}
	}
}

// thinAgent looks at the hours and days that have grown too old since the last run, and somewhat further back, in case a run
// was missed.
func (s *Sampler) thinAgent(ctx context.Context, agent uuid.UUID, now time.Time) error {
	const again = 72
	start := time.Now()
	for _, age := range []struct{ keep, bucket time.Duration }{{keepMinutes, time.Hour}, {keepHours, 24 * time.Hour}} {
		until := now.Add(-age.keep).Truncate(age.bucket)
		_, err := db.New().EquityThin(ctx, s.Pool, db.EquityThinParams{
			AgentID: agent, Since: until.Add(-again * age.bucket), Until: until,
			Bucket: pgtype.Interval{Microseconds: age.bucket.Microseconds(), Valid: true},
		})
		if err != nil {
			return err
		}
	}
	return pause(ctx, time.Since(start))
}
