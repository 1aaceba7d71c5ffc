package exchange

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Held is an agent whose jobs are parked while exclusive work on it runs in a transaction of its own.
type Held struct {
	// Release lets the agent's jobs go on. It must be called once the transaction has ended.
	Release func()

	x     *Exchange
	scope book.Scope
}

// Hold parks an agent's jobs. It fails with ErrOutOfScope and, for an archived agent's own key, with AgentArchived, so
// that no caller holds up another's agent.
func (x *Exchange) Hold(ctx context.Context, scope book.Scope) (*Held, error) {
	var rows bookdb.Proof
	var pipeline pgx.Batch
	rows.Queue(&pipeline, scope.AgentID)
	if err := postgres.Send(ctx, x.pool, &pipeline); err != nil {
		return nil, err
	}
	if err := rows.MayRead(scope); err != nil {
		return nil, err
	}
	return &Held{Release: x.writerOf(scope.AgentID).hold(scope.AgentID), x: x, scope: scope}, nil
}

// Locked is a book and its pending orders, locked by a transaction of the caller's.
type Locked struct {
	*book.Book
	Pending []*book.Order

	x  *Exchange
	tx pgx.Tx
}

// Lock locks and reads the agent, archived or not, in one round trip. It fails like Hold.
func (h *Held) Lock(ctx context.Context, tx pgx.Tx) (*Locked, error) {
	var pipeline pgx.Batch
	var rows bookdb.Rows
	locked := &Locked{x: h.x, tx: tx}
	rows.QueueLocked(&pipeline, []uuid.UUID{h.scope.AgentID}, false)
	bookdb.QueueOrders(&pipeline, &locked.Pending, db.OrderListAllPending, h.scope.AgentID)
	if err := tx.SendBatch(ctx, &pipeline).Close(); err != nil {
		return nil, err
	}
	if locked.Book = rows.Books(h.x.ids)[h.scope.AgentID]; locked.Book == nil {
		return nil, book.ErrOutOfScope
	}
	return locked, locked.MayRead(h.scope)
}

// LockToTrade is Lock for a change that an archived agent does not take. It fails with AgentArchived then.
func (h *Held) LockToTrade(ctx context.Context, tx pgx.Tx) (*Locked, error) {
	locked, err := h.Lock(ctx, tx)
	if err != nil {
		return nil, err
	}
	return locked, locked.MayTrade(h.scope)
}

// CancelAll cancels every pending order of an agent, and returns how many there were and what they held, by asset in
// the order of the first order that held it.
func (x *Exchange) CancelAll(ctx context.Context, scope book.Scope) (cancelled int, released []Released, err error) {
	held, err := x.Hold(ctx, scope)
	if err != nil {
		return 0, nil, err
	}
	defer held.Release()
	err = postgres.InTx(ctx, x.pool, func(tx pgx.Tx) error {
		locked, err := held.LockToTrade(ctx, tx)
		if err != nil {
			return err
		}
		cancelled = len(locked.Pending)
		released, err = locked.CancelAll(ctx, x.now())
		return err
	})
	return cancelled, released, err
}

// Released is what cancelled orders no longer hold of an asset.
type Released struct {
	Asset  string
	Amount decimal.Decimal
}

// CancelAll cancels every pending order and returns what they held, by asset in the order of the first order that held it.
func (l *Locked) CancelAll(ctx context.Context, now time.Time) ([]Released, error) {
	var released []Released
	place := map[string]int{} // in the list, by asset
	for _, order := range l.Pending {
		l.Cancel(order, book.Cancelled, now)
		n, ok := place[order.LockedAsset()]
		if !ok {
			n = len(released)
			place[order.LockedAsset()] = n
			released = append(released, Released{Asset: order.LockedAsset()})
		}
		released[n].Amount = released[n].Amount.Add(order.Hold)
	}
	return released, l.write(ctx, &pgx.Batch{})
}

// Reset closes everything and begins a new session with the given balance. An archived agent is active again.
func (l *Locked) Reset(
	ctx context.Context, startingBalance decimal.Decimal, now time.Time,
) (ended book.EndedSession, begun book.Session, err error) {
	ended = book.EndedSession{
		Session: book.Session{ID: l.SessionID, StartingBalance: l.StartingBalance, StartedAt: l.SessionStartedAt},
		EndedAt: now,
	}
	ended.EndingEquity = l.Book.Reset(l.Pending, startingBalance, l.x.feed, now)
	begun = book.NewSession(l.x.ids.Next(now, uuid.Nil), startingBalance, now)
	zero := []decimal.Decimal{{}}
	var pipeline pgx.Batch
	pipeline.Queue(db.SessionEnd, now, ended.EndingEquity, l.ID, l.SessionID)
	pipeline.Queue(db.SessionInsert, l.ID, begun.ID, startingBalance, now)
	pipeline.Queue(db.AgentBeginSession, startingBalance, begun.ID, now, begun.Day, l.ID)
	pipeline.Queue(db.EquityPointInsertMany,
		[]uuid.UUID{l.ID}, []time.Time{now}, []decimal.Decimal{startingBalance}, zero, zero)
	return ended, begun, l.write(ctx, &pipeline)
}

func (l *Locked) write(ctx context.Context, pipeline *pgx.Batch) error {
	if err := l.Verify(); err != nil {
		return err
	}
	bookdb.QueueChanges(pipeline, []*book.Book{l.Book})
	if pipeline.Len() == 0 {
		return nil
	}
	return l.tx.SendBatch(ctx, pipeline).Close()
}
