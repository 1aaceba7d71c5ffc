package exchange

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	electEvery   = time.Second // how often a replica tries to become the matcher
	restingPage  = 10_000
	expiryBatch  = 500
	inFlight     = 1024 // fills that the matcher has at the writers at once
	matchTimeout = 10 * time.Second
)

// Matcher fills resting orders as ticks reach them. Of all replicas one matches at a time: the one whose connection has
// the advisory lock, which is free again as soon as that connection is gone. Everything the matcher knows it reads from
// the database: every pending order when it begins, and before each round of ticks what has changed since, on the
// connection that has the lock. An order that it knows wrongly does no harm, as a fill is judged under the agent's lock.
type Matcher struct {
	x       *Exchange
	connect func(context.Context) (*pgx.Conn, error)
	maxAge  time.Duration
	ticks   chan []market.Tick
	levels  *levels
	conn    *pgx.Conn // has the lock; nil while another replica matches
	slots   chan struct{}

	running sync.WaitGroup

	mu     sync.Mutex
	failed []failure

	minute   time.Time // that the equity curve was last sampled for
	sampling atomic.Bool
	thinning atomic.Bool
}

// failure is an order that could not be filled for now, and the levels that it was taken out of.
type failure struct {
	from  *levels
	order *standing
}

// NewMatcher makes a matcher. connect opens a connection of its own, which keeps the lock. Orders older than maxAge
// expire, unless it is zero.
func NewMatcher(x *Exchange, connect func(context.Context) (*pgx.Conn, error), maxAge time.Duration) *Matcher {
	return &Matcher{
		x: x, connect: connect, maxAge: maxAge, ticks: make(chan []market.Tick, 1), slots: make(chan struct{}, inFlight),
	}
}

// Run matches until ctx ends.
func (m *Matcher) Run(ctx context.Context) {
	m.running.Go(func() { m.follow(ctx) })
	defer m.running.Wait()
	defer m.resign()
	elect := time.NewTicker(electEvery)
	defer elect.Stop()
	m.elect(ctx)
	for {
		select {
		case <-ctx.Done():
			return
		case <-elect.C:
			if m.conn == nil {
				m.elect(ctx)
			} else {
				m.round(ctx, m.latest()) // a tick may have come before this replica matched, or before the order that it reaches
			}
		case ticks := <-m.ticks:
			if m.conn != nil {
				m.round(ctx, ticks)
			}
		}
	}
}

// follow hands the feed's ticks over.
func (m *Matcher) follow(ctx context.Context) {
	err := m.x.feed.Run(ctx, func(ticks []market.Tick) {
		select {
		case m.ticks <- ticks:
		case <-ctx.Done():
		}
	})
	if err != nil && ctx.Err() == nil {
		m.x.log.LogAttrs(ctx, slog.LevelError, "the market feed ended; there will be no more prices", slog.Any("cause", err))
	}
}

// latest are the newest prices, of the pairs that have one.
func (m *Matcher) latest() []market.Tick {
	now := m.x.now()
	var ticks []market.Tick
	for _, pair := range m.x.feed.Pairs() {
		if tick, ok := m.x.feed.Last(pair.Symbol); ok && !tick.Stale(now) {
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// elect tries to become the matcher, and reads every pending order if it does.
func (m *Matcher) elect(parent context.Context) {
	ctx, cancel := context.WithTimeout(parent, matchTimeout)
	defer cancel()
	conn, err := m.connect(ctx)
	if err != nil {
		m.x.log.LogAttrs(ctx, slog.LevelWarn, "the matcher cannot connect; trying again", slog.Any("cause", err))
		return
	}
	elected, err := db.New().MatcherTryLock(ctx, conn)
	if err != nil || !elected {
		_ = conn.Close(ctx)
		return
	}
	m.conn, m.levels = conn, newLevels()
	if err := m.load(parent); err != nil {
		m.lose(parent, err)
		return
	}
	m.x.log.LogAttrs(ctx, slog.LevelInfo, "matching", slog.Int("resting_orders", m.levels.len()))
}

func (m *Matcher) lose(ctx context.Context, cause error) {
	m.x.log.LogAttrs(ctx, slog.LevelWarn, "not matching any more; trying again", slog.Any("cause", cause))
	m.resign()
}

// resign gives the lock back.
func (m *Matcher) resign() {
	if m.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = m.conn.Close(ctx)
	m.conn = nil
}

// load reads every pending order, page by page.
func (m *Matcher) load(ctx context.Context) error {
	var agentID, id uuid.UUID
	for {
		page, cancel := context.WithTimeout(ctx, matchTimeout)
		rows, err := db.New().RestingList(page, m.conn, db.RestingListParams{
			AfterAgentID: agentID, AfterID: id, PageLimit: restingPage,
		})
		cancel()
		if err != nil {
			return err
		}
		for _, row := range rows {
			m.add(row.AgentID, row.ID, row.Symbol, Type(row.Type), Side(row.Side), row.Price, row.TriggerPrice)
		}
		if len(rows) < restingPage {
			return nil
		}
		agentID, id = rows[len(rows)-1].AgentID, rows[len(rows)-1].ID
	}
}

func (m *Matcher) add(agentID, id uuid.UUID, symbol string, kind Type, side Side, price, trigger *decimal.Decimal) {
	switch {
	case kind == Limit && price != nil:
		m.levels.add(agentID, id, symbol, side == Sell, *price)
	case trigger != nil:
		m.levels.add(agentID, id, symbol, kind == TakeProfit, *trigger)
	}
}

// round takes in what has changed, and then matches.
func (m *Matcher) round(ctx context.Context, ticks []market.Tick) {
	if err := m.takeChanges(ctx); err != nil {
		m.lose(ctx, err)
		return
	}
	m.putBack()
	for _, tick := range ticks {
		for _, order := range m.levels.cross(tick.Symbol, tick.Price) {
			m.dispatch(ctx, order, &job{match: &crossing{orderID: order.id, tick: tick}})
		}
	}
	now := m.x.now()
	if m.maxAge > 0 {
		for _, order := range m.levels.placedBefore(now.Add(-m.maxAge), expiryBatch) {
			m.dispatch(ctx, order, &job{cancel: &cancellation{orderID: order.id, as: Expired}})
		}
	}
	if minute := now.Truncate(time.Minute); minute.After(m.minute) && m.sampling.CompareAndSwap(false, true) {
		m.minute = minute
		m.running.Go(func() { m.sample(ctx, minute) })
	}
}

func (m *Matcher) takeChanges(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, matchTimeout)
	defer cancel()
	rows, err := db.New().OrderChangesTake(ctx, m.conn)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Symbol == nil {
			m.levels.remove(row.OrderID)
			continue
		}
		m.add(row.AgentID, row.OrderID, *row.Symbol, Type(*row.Type), Side(*row.Side), row.Price, row.TriggerPrice)
	}
	return nil
}

// dispatch has a writer fill or end an order, and waits for none but where too many are at it already.
func (m *Matcher) dispatch(ctx context.Context, order *standing, j *job) {
	select {
	case m.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	j.ctx, j.scope = context.WithoutCancel(ctx), Scope{AgentID: order.agentID, matcher: true}
	from := m.levels
	m.running.Go(func() {
		defer func() { <-m.slots }()
		err := m.x.submit(j).err
		switch {
		case err == nil, errors.Is(err, errNotPending), errors.Is(err, ErrOutOfScope),
			fault.Is(err, fault.OrderNotFound), fault.Is(err, fault.OrderNotCancellable):
			return
		case !errors.Is(err, errNotCrossed):
			m.x.log.LogAttrs(ctx, slog.LevelWarn, "a resting order was not filled; trying again",
				slog.String("agent_id", order.agentID.String()), slog.String("order_id", order.id.String()), slog.Any("cause", err))
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.failed = append(m.failed, failure{from, order})
	})
}

// putBack lets orders stand again that could not be filled. Those of an earlier reign have been read anew.
func (m *Matcher) putBack() {
	m.mu.Lock()
	failed := m.failed
	m.failed = nil
	m.mu.Unlock()
	for _, f := range failed {
		if f.from == m.levels {
			m.levels.put(f.order)
		}
	}
}

// sample has the equity curves sampled beside the matching.
func (m *Matcher) sample(ctx context.Context, minute time.Time) {
	defer m.sampling.Store(false)
	err := m.x.sampleEquity(ctx, minute)
	if minute.Minute() == 0 && m.thinning.CompareAndSwap(false, true) {
		m.running.Go(func() { m.thin(ctx, minute) })
	}
	if err != nil && ctx.Err() == nil {
		m.x.log.LogAttrs(ctx, slog.LevelWarn, "equity not sampled; trying again in a minute", slog.Any("cause", err))
	}
}

// thin has old points of the curves deleted, which may take longer than a minute.
func (m *Matcher) thin(ctx context.Context, now time.Time) {
	defer m.thinning.Store(false)
	if err := m.x.thinEquity(ctx, now); err != nil && ctx.Err() == nil {
		m.x.log.LogAttrs(ctx, slog.LevelWarn, "old equity not thinned out; trying again in an hour", slog.Any("cause", err))
	}
}
