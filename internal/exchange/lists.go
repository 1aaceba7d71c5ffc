package exchange

import (
	"context"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Page is which part of a list is wanted.
type Page struct{ Limit, Offset int32 }

// sender sends statements and reads their rows, in one round trip.
type sender func(context.Context, *pgx.Batch) error

// alone is the sender of reads that may take long; x.readers.Read is that of all others.
func (x *Exchange) alone(ctx context.Context, statements *pgx.Batch) error {
	return postgres.Send(ctx, x.pool, statements)
}

// statement is one about an agent, whose id is its first argument, before these.
type statement struct {
	sql  string
	args []any
}

// filtered is a statement about what passes filters.
func filtered(sql string, filters ...*string) statement {
	of := statement{sql: sql}
	for _, filter := range filters {
		of.args = append(of.args, filter)
	}
	return of
}

// paged is a page of what passes the filters.
func paged(sql string, page Page, filters ...*string) statement {
	of := filtered(sql, filters...)
	of.args = append(of.args, page.Offset, page.Limit)
	return of
}

// counted is how many pass the filters: a statement of its own counts everything.
func counted(sql, all string, filters ...*string) statement {
	if slices.ContainsFunc(filters, func(filter *string) bool { return filter != nil }) {
		return filtered(sql, filters...)
	}
	return statement{sql: all}
}

// list reads rows of an agent, and how many there are in all if count is a statement, in one round trip: after the
// statement that says whether the caller may read them. It fails like Account.
func list[Row any](ctx context.Context, send sender, scope Scope, query, count statement) ([]Row, int64, error) {
	var statuses []string
	var rows []Row
	var total int64
	var pipeline pgx.Batch
	pipeline.Queue(db.ScopeStatus, scope.AgentID, scope.KeyDigest, scope.AccountID).Query(func(r pgx.Rows) (err error) {
		statuses, err = pgx.CollectRows(r, pgx.RowTo[string])
		return err
	})
	postgres.Collect(&pipeline, &rows, query.sql, append([]any{scope.AgentID}, query.args...)...)
	if count.sql != "" {
		pipeline.Queue(count.sql, append([]any{scope.AgentID}, count.args...)...).QueryRow(func(r pgx.Row) error { return r.Scan(&total) })
	}
	if err := send(ctx, &pipeline); err != nil {
		return nil, 0, err
	}
	if len(statuses) == 0 {
		return nil, 0, ErrOutOfScope
	}
	return rows, total, MayRead(statuses[0] == statusArchived, scope)
}

func ordersOf(rows []db.Order) []*Order {
	return column(rows, func(row *db.Order) *Order { return OrderOf(*row) })
}

// Orders answers an agent's orders, newest first, and how many match.
func (x *Exchange) Orders(ctx context.Context, scope Scope, status, symbol *string, page Page) ([]*Order, int64, error) {
	send := x.alone
	query, count := paged(db.OrderList, page, status, symbol), counted(db.OrderCount, db.OrderCountAll, status, symbol)
	if status != nil && Status(*status) == Pending { // there is an index of these
		send = x.readers.Read
		query, count = paged(db.OrderListPending, page, symbol), filtered(db.OrderCountPending, symbol)
	}
	rows, total, err := list[db.Order](ctx, send, scope, query, count)
	return ordersOf(rows), total, err
}

// Order answers one order. It fails with OrderNotFound and like Account.
func (x *Exchange) Order(ctx context.Context, scope Scope, id uuid.UUID) (*Order, error) {
	rows, _, err := list[db.Order](ctx, x.readers.Read, scope, statement{db.OrderGet, []any{id}}, statement{})
	return single(rows, err)
}

// OrderByClientID answers the order that the agent's own id names. It fails like Order.
func (x *Exchange) OrderByClientID(ctx context.Context, scope Scope, clientOrderID string) (*Order, error) {
	dedup := DedupOf(scope.AgentID, clientOrderID)
	rows, _, err := list[db.Order](ctx, x.readers.Read, scope, statement{db.OrderGetByDedup, []any{dedup}}, statement{})
	return single(rows, err)
}

func single(rows []db.Order, err error) (*Order, error) {
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fault.New(fault.OrderNotFound)
	}
	return OrderOf(rows[0]), nil
}

// Trades answers an agent's trades, newest first, and how many match.
func (x *Exchange) Trades(ctx context.Context, scope Scope, symbol, side *string, page Page) ([]Trade, int64, error) {
	rows, total, err := list[db.Trade](ctx, x.alone, scope, paged(db.TradeList, page, symbol, side),
		counted(db.TradeCount, db.TradeCountAll, symbol, side))
	return column(rows, func(row *db.Trade) Trade {
		return Trade{
			ID: row.ID, OrderID: row.OrderID, SessionID: row.SessionID, Symbol: row.Symbol, Side: Side(row.Side),
			Quantity: row.Quantity, Price: row.Price, Value: row.Value, Fee: row.Fee, RealizedPnL: row.RealizedPnl,
			Equity: row.Equity, UnrealizedPnL: row.UnrealizedPnl, ExecutedAt: row.ExecutedAt,
		}
	}), total, err
}

// Entry is one half of a double entry.
type Entry struct {
	ID           uuid.UUID
	OrderID      *uuid.UUID
	Asset        string
	Amount       decimal.Decimal // what it adds to its bucket
	Bucket       string
	Kind         string
	BalanceAfter *decimal.Decimal // of the agent's own buckets
	CreatedAt    time.Time
}

// Ledger answers the postings of an agent, newest first, and how many match. A stored row is two of them.
func (x *Exchange) Ledger(ctx context.Context, scope Scope, asset *string, page Page) ([]Entry, int64, error) {
	stored := Page{Offset: page.Offset / 2, Limit: page.Limit/2 + 1}
	rows, total, err := list[db.Ledger](ctx, x.alone, scope, paged(db.LedgerList, stored, asset),
		counted(db.LedgerCount, db.LedgerCountAll, asset))
	if err != nil {
		return nil, 0, err
	}
	entries := make([]Entry, 0, 2*len(rows))
	for _, row := range rows {
		entry := Entry{
			ID: row.ID, OrderID: row.OrderID, Asset: row.Asset, Kind: row.Kind, CreatedAt: row.CreatedAt,
			Amount: row.Amount.Neg(), Bucket: row.Source, BalanceAfter: row.SourceAfter,
		}
		target := entry
		target.ID[15] |= 1
		target.Amount, target.Bucket, target.BalanceAfter = row.Amount, row.Target, row.TargetAfter
		entries = append(entries, target, entry)
	}
	entries = entries[min(int(page.Offset%2), len(entries)):]
	return entries[:min(int(page.Limit), len(entries))], 2 * total, nil
}

// Reconciled compares what the ledger says of an asset with the balance.
type Reconciled struct {
	Asset           string
	Ledger, Balance decimal.Decimal
}

// Reconcile compares, in one snapshot, the ledger with the balances, what is locked with the holds of the pending
// orders, and positions with the trades of the session.
func (x *Exchange) Reconcile(ctx context.Context, scope Scope) (assets []Reconciled, ok bool, err error) {
	rows, _, err := list[db.ReconcileRow](ctx, x.alone, scope, statement{sql: db.Reconcile}, statement{})
	ok = true
	for _, row := range rows {
		assets = append(assets, Reconciled{row.Asset, row.Ledger, row.Balance})
		ok = ok && row.Agrees && row.Ledger == row.Balance
	}
	return assets, ok, err
}
