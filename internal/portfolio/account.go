// Package portfolio reads what an agent has and how it has done: the account, lists of orders, trades and postings, the
// equity curve and its figures. It also adds the curve's points between trades.
//
// A read is one round trip, in which the right to read is proven before, or by, what is read. Quick reads, of single
// agents and orders, share round trips (postgres.Readers). What may take long has a connection of its own.
package portfolio

import (
	"context"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Reader reads portfolios.
type Reader struct {
	Pool    *pgxpool.Pool     // for what may take long
	Readers *postgres.Readers // for what is read of single agents and orders
	Feed    market.Feed
	Now     func() time.Time
	IDs     *book.IDs
}

// Account is an agent and its book as they were at one moment.
type Account struct {
	*book.Book
	DisplayName   string
	APIKeyPreview string
	CreatedAt     time.Time
	ReadAt        time.Time
}

// Account reads an agent. It fails with book.ErrOutOfScope, and with AgentArchived where an archived agent's own key asks.
func (r *Reader) Account(ctx context.Context, scope book.Scope) (*Account, error) {
	rows, err := postgres.Rows[db.BookGetRow](ctx, r.Readers, db.BookGet, scope.AgentID)
	if err != nil {
		return nil, err
	}
	return r.accountOf(rows, scope)
}

// accountWith is Account that also reads something else of the agent, as it was at the same moment and in the same round
// trip. What is queued is read after the account, and can ask for it: nil where the caller may not read it.
func (r *Reader) accountWith(
	ctx context.Context, scope book.Scope, queue func(pipeline *pgx.Batch, account func() *Account),
) (*Account, error) {
	var account *Account
	var refusal error
	var pipeline pgx.Batch
	pipeline.Queue("begin isolation level repeatable read read only")
	pipeline.Queue(db.BookGet, scope.AgentID).Query(func(found pgx.Rows) error {
		rows, err := postgres.AppendRows[db.BookGetRow](nil, found)
		if err != nil {
			return err
		}
		account, refusal = r.accountOf(rows, scope)
		return nil
	})
	queue(&pipeline, func() *Account { return account })
	pipeline.Queue("commit")
	if err := postgres.Send(ctx, r.Pool, &pipeline); err != nil {
		return nil, err
	}
	return account, refusal
}

func (r *Reader) accountOf(rows []db.BookGetRow, scope book.Scope) (*Account, error) {
	if len(rows) == 0 {
		return nil, book.ErrOutOfScope
	}
	first := rows[0]
	account := &Account{
		DisplayName: first.DisplayName, APIKeyPreview: first.APIKeyPreview, CreatedAt: first.CreatedAt, ReadAt: r.Now(),
		Book: book.New(book.Agent{
			ID: first.ID, AccountID: first.AccountID, KeyDigest: first.APIKeyDigest,
			Archived: first.Status == bookdb.StatusArchived, StartingBalance: first.StartingBalance,
			Limits: book.Limits{
				MaxPositionSizePct: first.MaxPositionSizePct, DailyLossLimitPct: first.DailyLossLimitPct,
				MaxOpenOrders: first.MaxOpenOrders,
			},
			SessionID: first.SessionID, SessionStartedAt: first.SessionStartedAt,
			DayStartedAt: first.DayStartedAt, DayStartEquity: first.DayStartEquity,
		}, r.IDs),
	}
	if err := account.MayRead(scope); err != nil {
		return nil, err
	}
	for _, row := range rows {
		account.Load(row.Asset, book.Asset{
			Available: row.Available, Locked: row.Locked, Basis: row.CostBasis, OpenedAt: row.OpenedAt,
		})
	}
	return account, nil
}

// Headroom returns the agent's limits and how much of each is used.
func (r *Reader) Headroom(ctx context.Context, scope book.Scope) (book.Limits, []book.Headroom, error) {
	account, err := r.accountWith(ctx, scope, func(pipeline *pgx.Batch, account func() *Account) {
		bookdb.QueueResting(pipeline, scope.AgentID, func() *book.Book {
			if read := account(); read != nil {
				return read.Book
			}
			return nil
		})
	})
	if err != nil {
		return book.Limits{}, nil, err
	}
	return account.Limits, account.Headroom(r.Feed, account.ReadAt), nil
}
