// Package matching fills resting orders as the prices of the market reach them, and ends those that are too old. The
// matcher finds the orders that a tick crosses in memory; the exchange judges each anew under its agent's lock.
package matching

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	roundEvery   = time.Second // without a tick
	pageSize     = 10_000      // resting orders read at once
	expiryBatch  = 500
	maxInFlight  = 1024 // fills that the writers have at once
	queryTimeout = 10 * time.Second
)

// Options are what a matcher works with.
type Options struct {
	Exchange *exchange.Exchange
	Feed     market.Feed
	MaxAge   time.Duration // of orders; older ones expire, unless it is zero
	Now      func() time.Time
	Log      *slog.Logger
}

// Matcher matches while its replica is the leader. Everything it knows it reads from the database: every pending order when
// it begins, and before each round of ticks what has changed since, on the connection that holds the lock. An order that it
// knows wrongly does no harm, because a fill is judged under the agent's lock.
type Matcher struct {
	Options
	ticks    chan []market.Tick
	inFlight chan struct{}
	ready    chan struct{}
	led      sync.Once

	mu      sync.Mutex
	leading <-chan struct{} // closed when this replica leads no more; nil while it does not
	failed  []*resting      // orders that could not be filled for now

	// Of the present term.
	conn   *pgx.Conn
	levels *levels
}

// New makes a matcher.
func New(options Options) *Matcher {
	return &Matcher{
		Options: options, ticks: make(chan []market.Tick, 1), inFlight: make(chan struct{}, maxInFlight), ready: make(chan struct{}),
	}
}

// Ready is closed when the matcher leads for the first time and knows every resting order.
func (m *Matcher) Ready() <-chan struct{} { return m.ready }

// Offer hands ticks over and waits until the matcher takes them. If this replica does not lead, it drops them.
func (m *Matcher) Offer(ctx context.Context, ticks []market.Tick) {
	m.mu.Lock()
	ended := m.leading
	m.mu.Unlock()
	if ended == nil {
		return
	}
	select {
	case m.ticks <- ticks:
	case <-ended:
	case <-ctx.Done():
	}
}

// Lead matches until ctx ends, or until the connection that holds the lock is lost.
func (m *Matcher) Lead(ctx context.Context, conn *pgx.Conn) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer m.lead()()
	m.conn, m.levels, m.failed = conn, newLevels(), nil
	if err := m.load(ctx); err != nil {
		return err
	}
	m.led.Do(func() { close(m.ready) })
	m.Log.LogAttrs(ctx, slog.LevelInfo, "matching", slog.Int("resting_orders", m.levels.len()))
	ticker := time.NewTicker(roundEvery)
	defer ticker.Stop()
	for {
		var ticks []market.Tick
		select {
		case <-ctx.Done():
			return nil
		case ticks = <-m.ticks:
		case <-ticker.C:
			ticks = m.latest() // a tick may have come before this replica led, or before the order that it reaches
		}
		if err := m.round(ctx, &running, ticks); err != nil {
			return err
		}
	}
}

// lead makes Offer hand ticks over, until the returned function is called.
func (m *Matcher) lead() (end func()) {
	select { // a tick offered as an earlier term ended is old
	case <-m.ticks:
	default:
	}
	ended := make(chan struct{})
	m.mu.Lock()
	m.leading = ended
	m.mu.Unlock()
	return func() {
		m.mu.Lock()
		m.leading = nil
		m.mu.Unlock()
		close(ended)
	}
}

// latest returns the newest prices, of the pairs that have one.
func (m *Matcher) latest() []market.Tick {
	now := m.Now()
	var ticks []market.Tick
	for _, pair := range m.Feed.Pairs() {
		if tick, ok := m.Feed.Last(pair.Symbol); ok && !tick.Stale(now) {
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// load reads every pending order, page by page.
func (m *Matcher) load(ctx context.Context) error {
	var agentID, id uuid.UUID
	for {
		page, cancel := context.WithTimeout(ctx, queryTimeout)
		rows, err := db.New().OrderPagePending(page, m.conn, db.OrderPagePendingParams{
			AfterAgentID: agentID, AfterID: id, PageLimit: pageSize,
		})
		cancel()
		if err != nil {
			return err
		}
		for _, row := range rows {
			m.add(row.AgentID, row.ID, row.Symbol, book.Type(row.Type), book.Side(row.Side), row.Price, row.TriggerPrice)
		}
		if len(rows) < pageSize {
			return nil
		}
		agentID, id = rows[len(rows)-1].AgentID, rows[len(rows)-1].ID
	}
}

func (m *Matcher) add(agentID, id uuid.UUID, symbol string, kind book.Type, side book.Side, price, trigger *decimal.Decimal) {
	switch {
	case kind == book.Limit && price != nil:
		m.levels.addLimit(agentID, id, symbol, side, *price)
	case trigger != nil:
		m.levels.add(agentID, id, symbol, kind == book.TakeProfit, *trigger)
	}
}

// round takes in what has changed, and then matches.
func (m *Matcher) round(ctx context.Context, running *sync.WaitGroup, ticks []market.Tick) error {
	if err := m.takeChanges(ctx); err != nil {
		return err
	}
	m.putBack()
	for _, tick := range ticks {
		for _, order := range m.levels.cross(tick.Symbol, tick.Price) {
			m.dispatch(ctx, running, order, func(ctx context.Context) error {
				return m.Exchange.Fill(ctx, order.agentID, order.id, tick)
			})
		}
	}
	if m.MaxAge > 0 {
		for _, order := range m.levels.placedBefore(m.Now().Add(-m.MaxAge), expiryBatch) {
			m.dispatch(ctx, running, order, func(ctx context.Context) error {
				return m.Exchange.Expire(ctx, order.agentID, order.id)
			})
		}
	}
	return nil
}

func (m *Matcher) takeChanges(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	rows, err := db.New().OrderChangeTakeAll(ctx, m.conn)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Symbol == nil {
			m.levels.remove(row.OrderID)
			continue
		}
		m.add(row.AgentID, row.OrderID, *row.Symbol, book.Type(*row.Type), book.Side(*row.Side), row.Price, row.TriggerPrice)
	}
	return nil
}

// dispatch has an order filled or ended while the rounds go on. It waits only if too many are under way already.
func (m *Matcher) dispatch(ctx context.Context, running *sync.WaitGroup, order *resting, do func(context.Context) error) {
	select {
	case m.inFlight <- struct{}{}:
	case <-ctx.Done():
		return
	}
	running.Go(func() {
		defer func() { <-m.inFlight }()
		err := do(context.WithoutCancel(ctx))
		switch {
		case err == nil, errors.Is(err, exchange.ErrNotPending), errors.Is(err, book.ErrOutOfScope),
			fault.Is(err, fault.OrderNotFound), fault.Is(err, fault.OrderNotCancellable):
			return
		case !errors.Is(err, exchange.ErrNotCrossed):
			m.Log.LogAttrs(ctx, slog.LevelWarn, "a resting order was not filled; trying again",
				slog.String("agent_id", order.agentID.String()), slog.String("order_id", order.id.String()), slog.Any("cause", err))
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.failed = append(m.failed, order)
	})
}

// putBack lets orders that could not be filled rest again.
func (m *Matcher) putBack() {
	m.mu.Lock()
	failed := m.failed
	m.failed = nil
	m.mu.Unlock()
	for _, order := range failed {
		m.levels.put(order)
	}
}
