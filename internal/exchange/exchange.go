package exchange

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/telemetry"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ErrOutOfScope means that the agent is not there or that the caller may not act for it. Which of the two, and what to
// say of it, is for whoever knows the caller to find out.
var ErrOutOfScope = errors.New("no such agent for this caller")

// Options are what an exchange works with.
type Options struct {
	Pool    *pgxpool.Pool     // for work of one agent alone
	Readers *postgres.Readers // for what is read of single agents and orders
	Writers *pgxpool.Pool     // a connection for each writer; see postgres.OpenWriters
	Vault   *auth.Vault
	Feed    market.Feed
	Logger  *slog.Logger
	Metrics *telemetry.Metrics // nil: none
	Now     func() time.Time
}

// Exchange judges orders and makes the outcome durable.
type Exchange struct {
	pool    *pgxpool.Pool
	readers *postgres.Readers
	conns   *pgxpool.Pool
	vault   *auth.Vault
	feed    market.Feed
	log     *slog.Logger
	metrics *telemetry.Metrics
	now     func() time.Time
	ids     *IDs
	writers []*writer
	stop    context.CancelFunc
	running sync.WaitGroup
}

// New starts the writers, one for each connection of their pool.
func New(options Options) *Exchange {
	ctx, stop := context.WithCancel(context.Background())
	x := &Exchange{
		pool: options.Pool, readers: options.Readers, conns: options.Writers, vault: options.Vault, feed: options.Feed,
		log: options.Logger, metrics: options.Metrics, now: options.Now, ids: &IDs{}, stop: stop,
	}
	for range options.Writers.Config().MaxConns {
		w := newWriter(x)
		x.writers = append(x.writers, w)
		x.running.Go(func() { w.run(ctx) })
	}
	x.metrics.Gauge("jobs_waiting", func() float64 {
		var sum int32
		for _, w := range x.writers {
			sum += w.waiting.Load()
		}
		return float64(sum)
	})
	return x
}

// Close commits what has queued and ends the writers. Whoever submits jobs has ended before.
func (x *Exchange) Close() {
	x.stop()
	x.running.Wait()
}

// NewID makes an id for something that happens at a time.
func (x *Exchange) NewID(at time.Time) uuid.UUID { return x.ids.Next(at) }

// writer is the one that has the agent. By the random part of its id: the rest is nearly the same for agents made
// together.
func (x *Exchange) writer(agentID uuid.UUID) *writer {
	return x.writers[binary.BigEndian.Uint32(agentID[12:])%uint32(len(x.writers))]
}

func (x *Exchange) submit(j *job) outcome {
	j.done = make(chan outcome, 1)
	return x.writer(j.scope.AgentID).submit(j)
}

// Placed is the answer to Place.
type Placed struct {
	Order   *Order
	Existed bool   // the client order id named an equal order before, and this is it
	Stored  []byte // the stored answer to the same idempotent request, instead of an order
}

// Place places an order. It fails with ErrOutOfScope, AgentArchived, InvalidSymbol, PriceNotAvailable, the refusals of
// Book.Place, DuplicateClientOrderID, Overloaded, Unavailable, OutcomeUnknown, and those of Idempotency.
func (x *Exchange) Place(ctx context.Context, scope Scope, r Request, idempotency *Idempotency) (Placed, error) {
	o := x.submit(&job{ctx: ctx, scope: scope, place: &r, idempotency: idempotency})
	return Placed{Order: o.order, Existed: o.existed, Stored: o.stored}, o.err
}

// Cancel cancels a pending order. It fails with OrderNotFound, OrderNotCancellable, and like Place for the rest.
func (x *Exchange) Cancel(ctx context.Context, scope Scope, orderID uuid.UUID) (*Order, error) {
	o := x.submit(&job{ctx: ctx, scope: scope, cancel: &cancellation{orderID: orderID, as: Cancelled}})
	return o.order, o.err
}

// quote answers what the market says of a symbol now, or at a tick of it.
func (x *Exchange) quote(symbol string, now time.Time, tick *market.Tick) (Quotation, error) {
	pair, ok := x.feed.Pair(symbol)
	if !ok {
		return Quotation{}, fault.New(fault.InvalidSymbol)
	}
	if tick == nil {
		last, ok := x.feed.Last(symbol)
		if !ok {
			return Quotation{}, fault.New(fault.PriceNotAvailable)
		}
		tick = &last
	}
	if tick.Stale(now) {
		return Quotation{}, fault.New(fault.PriceNotAvailable)
	}
	q := Quotation{Pair: pair, Price: tick.Price}
	if ticker, ok := x.feed.Ticker(symbol); ok {
		q.QuoteVolume = ticker.QuoteVolume
	}
	return q, nil
}

// priceAt has a tick in place of the last price of its symbol.
type priceAt struct {
	Prices
	tick market.Tick
}

func (p priceAt) Last(symbol string) (market.Tick, bool) {
	if symbol == p.tick.Symbol {
		return p.tick, true
	}
	return p.Prices.Last(symbol)
}
