package exchange

import (
	"context"
	"encoding/binary"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/telemetry"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Options are what an exchange works with.
type Options struct {
	Pool    *pgxpool.Pool // for exclusive work on one agent, and for previews
	Writers *pgxpool.Pool // a connection for each writer; see postgres.OpenWriters
	Vault   *auth.Vault
	Feed    market.Feed
	Metrics *telemetry.Metrics // nil: none
	Now     func() time.Time
	IDs     *book.IDs
}

// Exchange judges orders and makes the outcome durable.
type Exchange struct {
	pool    *pgxpool.Pool
	conns   *pgxpool.Pool
	vault   *auth.Vault
	feed    market.Feed
	metrics *telemetry.Metrics
	now     func() time.Time
	ids     *book.IDs
	writers []*writer
}

// New makes an exchange, with a writer for each connection of their pool. They write once Run is called.
func New(options Options) *Exchange {
	x := &Exchange{
		pool: options.Pool, conns: options.Writers, vault: options.Vault, feed: options.Feed, metrics: options.Metrics,
		now: options.Now, ids: options.IDs,
	}
	for range options.Writers.Config().MaxConns {
		x.writers = append(x.writers, newWriter(x))
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

// Run commits orders until ctx ends, and then what has queued. Nothing may be submitted after that.
func (x *Exchange) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, w := range x.writers {
		running.Go(func() { w.run(ctx) })
	}
	running.Wait()
	return nil
}

// writerOf returns the writer of an agent, chosen by the random part of its id, because the rest is nearly the same for
// agents made at the same time.
func (x *Exchange) writerOf(agentID uuid.UUID) *writer {
	return x.writers[binary.BigEndian.Uint32(agentID[12:])%uint32(len(x.writers))]
}

func (x *Exchange) submit(j *job) outcome {
	j.done = make(chan outcome, 1)
	return x.writerOf(j.scope.AgentID).submit(j)
}

// Idempotent is the key of an idempotent request, and how its answer is written down.
type Idempotent struct {
	Key idempotency.Key
	// Encode returns an answer as it is stored, or nil if it is not one to be stored. It is called between the read and
	// the write of a batch, so it must be quick.
	Encode func(Placed, error) ([]byte, error)
}

// Placed is the answer to Place.
type Placed struct {
	Order   *book.Order
	Existed bool   // the client order id named an equal order before, and this is it
	Stored  []byte // the stored answer to the same idempotent request, instead of an order
}

// Place places an order. It fails with ErrOutOfScope, AgentArchived, InvalidSymbol, PriceNotAvailable, the refusals of
// Book.Place, DuplicateClientOrderID, Overloaded, Unavailable, OutcomeUnknown, and those of idempotency.Answers.
func (x *Exchange) Place(ctx context.Context, scope book.Scope, r book.Request, idempotent *Idempotent) (Placed, error) {
	o := x.submit(&job{ctx: ctx, scope: scope, place: &r, idempotent: idempotent})
	return Placed{Order: o.order, Existed: o.existed, Stored: o.stored}, o.err
}

// Cancel cancels a pending order. It fails with OrderNotFound, OrderNotCancellable, and like Place for the rest.
func (x *Exchange) Cancel(ctx context.Context, scope book.Scope, orderID uuid.UUID) (*book.Order, error) {
	o := x.submit(&job{ctx: ctx, scope: scope, cancel: &cancellation{orderID: orderID, as: book.Cancelled}})
	return o.order, o.err
}

// Fill fills a resting order that a tick has reached, for the matcher. It fails with ErrNotPending, ErrNotCrossed,
// ErrOutOfScope where the agent no longer exists, Overloaded, Unavailable and OutcomeUnknown.
func (x *Exchange) Fill(ctx context.Context, agentID, orderID uuid.UUID, tick market.Tick) error {
	return x.submit(&job{ctx: ctx, scope: book.Scope{AgentID: agentID}, internal: true, match: &crossing{orderID, tick}}).err
}

// Expire ends a pending order that is too old, for the matcher. It fails like Cancel.
func (x *Exchange) Expire(ctx context.Context, agentID, orderID uuid.UUID) error {
	expiry := &cancellation{orderID: orderID, as: book.Expired}
	return x.submit(&job{ctx: ctx, scope: book.Scope{AgentID: agentID}, internal: true, cancel: expiry}).err
}

// quote returns what the market says of a symbol now, or at a tick of it.
func (x *Exchange) quote(symbol string, now time.Time, tick *market.Tick) (book.Quotation, error) {
	pair, ok := x.feed.Pair(symbol)
	if !ok {
		return book.Quotation{}, fault.New(fault.InvalidSymbol)
	}
	if tick == nil {
		last, ok := x.feed.Last(symbol)
		if !ok {
			return book.Quotation{}, fault.New(fault.PriceNotAvailable)
		}
		tick = &last
	}
	if tick.Stale(now) {
		return book.Quotation{}, fault.New(fault.PriceNotAvailable)
	}
	q := book.Quotation{Pair: pair, Price: tick.Price}
	if ticker, ok := x.feed.Ticker(symbol); ok {
		q.QuoteVolume = ticker.QuoteVolume
	}
	return q, nil
}

// priceAt overrides the last price of a symbol with a tick.
type priceAt struct {
	book.Prices
	tick market.Tick
}

func (p priceAt) Last(symbol string) (market.Tick, bool) {
	if symbol == p.tick.Symbol {
		return p.tick, true
	}
	return p.Prices.Last(symbol)
}
