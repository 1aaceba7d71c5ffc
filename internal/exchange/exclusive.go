package exchange

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Hold keeps the writers from an agent while somebody works on it in a transaction of its own. The caller releases it
// once the transaction has ended. It fails with ErrOutOfScope, so that nobody holds up another's agent.
func (x *Exchange) Hold(ctx context.Context, scope Scope) (release func(), err error) {
	statuses, err := db.New().ScopeStatus(ctx, x.pool, db.ScopeStatusParams{
		ID: scope.AgentID, KeyDigest: scope.KeyDigest, AccountID: scope.AccountID,
	})
	if err != nil {
		return nil, err
	}
	if len(statuses) == 0 {
		return nil, ErrOutOfScope
	}
	return x.writer(scope.AgentID).hold(scope.AgentID), nil
}

// Locked is a book and its pending orders, locked by a transaction of the caller's.
type Locked struct {
	*Book
	Pending []*Order

	x  *Exchange
	tx pgx.Tx
}

// Lock locks and reads an agent, archived or not, in one round trip. It fails with ErrOutOfScope.
func (x *Exchange) Lock(ctx context.Context, tx pgx.Tx, scope Scope) (*Locked, error) {
	var pipeline pgx.Batch
	var read reading
	var pending []db.Order
	read.queue(&pipeline, []uuid.UUID{scope.AgentID}, false)
	postgres.Collect(&pipeline, &pending, db.BookPending, scope.AgentID)
	if err := tx.SendBatch(ctx, &pipeline).Close(); err != nil {
		return nil, err
	}
	book := read.books(x.ids)[scope.AgentID]
	if book == nil || !book.belongsTo(scope) {
		return nil, ErrOutOfScope
	}
	locked := &Locked{Book: book, x: x, tx: tx}
	for _, row := range pending {
		locked.Pending = append(locked.Pending, OrderOf(row))
	}
	return locked, nil
}

// belongsTo reports whether the caller may act for the agent.
func (b *Book) belongsTo(scope Scope) bool {
	if scope.KeyDigest != nil {
		return string(b.KeyDigest) == string(scope.KeyDigest)
	}
	return b.AccountID == scope.AccountID
}

// Released is what cancelling orders made available of an asset.
type Released struct {
	Asset  string
	Amount decimal.Decimal
}

// CancelAll cancels every pending order and answers what they held, by asset in order of the first order that held it.
func (l *Locked) CancelAll(ctx context.Context, now time.Time) ([]Released, error) {
	var released []Released
	of := map[string]int{}
	for _, order := range l.Pending {
		l.Cancel(order, Cancelled, now)
		n, ok := of[order.LockedAsset()]
		if !ok {
			n = len(released)
			of[order.LockedAsset()] = n
			released = append(released, Released{Asset: order.LockedAsset()})
		}
		released[n].Amount = released[n].Amount.Add(order.Hold)
	}
	return released, l.write(ctx, &pgx.Batch{})
}

// Session is what lies between two resets.
type Session struct {
	ID              uuid.UUID
	StartingBalance decimal.Decimal
	StartedAt       time.Time
	Day             time.Time // 00:00 UTC of the day it started in
}

// EndedSession is a session that a reset ended.
type EndedSession struct {
	Session
	EndingEquity decimal.Decimal
	EndedAt      time.Time
}

// Days is how long the session lasted.
func (s EndedSession) Days() decimal.Decimal {
	return decimal.NewFromInt(s.EndedAt.Sub(s.StartedAt).Microseconds()).Quo(decimal.NewFromInt((24 * time.Hour).Microseconds()))
}

// Reset closes everything and begins a new session with the given balance. The caller puts the session into the
// agent's row.
func (l *Locked) Reset(ctx context.Context, startingBalance decimal.Decimal, now time.Time) (EndedSession, Session, error) {
	ended := EndedSession{
		Session: Session{ID: l.SessionID, StartingBalance: l.StartingBalance, StartedAt: l.SessionStartedAt},
		EndedAt: now,
	}
	ended.EndingEquity = l.Book.Reset(l.Pending, startingBalance, l.x.feed, now)
	begun := Session{ID: l.ids.Next(now), StartingBalance: startingBalance, StartedAt: now, Day: dayOf(now)}
	l.changes.day = false // the new session's is in the agent's row
	zero := []decimal.Decimal{{}}
	var pipeline pgx.Batch
	pipeline.Queue(db.SessionEnd, now, ended.EndingEquity, l.ID, l.SessionID)
	pipeline.Queue(db.SessionInsert, l.ID, begun.ID, startingBalance, now)
	pipeline.Queue(db.EquityPointInsertMany,
		[]uuid.UUID{l.ID}, []time.Time{now}, []decimal.Decimal{startingBalance}, zero, zero)
	return ended, begun, l.write(ctx, &pipeline)
}

func (l *Locked) write(ctx context.Context, pipeline *pgx.Batch) error {
	flush(pipeline, []*Book{l.Book})
	if pipeline.Len() == 0 {
		return nil
	}
	return l.tx.SendBatch(ctx, pipeline).Close()
}

// NewSession is the session that a new agent begins with.
func (x *Exchange) NewSession(startingBalance decimal.Decimal, now time.Time) Session {
	return Session{ID: x.ids.Next(now), StartingBalance: startingBalance, StartedAt: now, Day: dayOf(now)}
}
