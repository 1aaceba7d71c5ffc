package portfolio

import (
	"context"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Page is the part of a list that is wanted.
type Page struct{ Limit, Offset int32 }

// send sends statements and reads their rows, in one round trip.
type send func(context.Context, *pgx.Batch) error

// ownConnection sends reads that may take long; r.Readers.Read sends all others.
func (r *Reader) ownConnection(ctx context.Context, statements *pgx.Batch) error {
	return postgres.Send(ctx, r.Pool, statements)
}

// query is a statement about an agent, whose id is its first argument; args follow it.
type query struct {
	sql  string
	args []any
}

// filtered is a query for what passes filters.
func filtered(sql string, filters ...*string) query {
	q := query{sql: sql}
	for _, filter := range filters {
		q.args = append(q.args, filter)
	}
	return q
}

// paged is a query for a page of what passes the filters.
func paged(sql string, page Page, filters ...*string) query {
	q := filtered(sql, filters...)
	q.args = append(q.args, page.Offset, page.Limit)
	return q
}

// counted is a query for how many pass the filters. Without a filter, a statement of its own counts everything.
func counted(sql, all string, filters ...*string) query {
	if slices.ContainsFunc(filters, func(filter *string) bool { return filter != nil }) {
		return filtered(sql, filters...)
	}
	return query{sql: all}
}

// list reads rows of an agent, which collect puts into a pipeline, and how many there are in all if count is a query, in
// one round trip. It fails like Account.
func list(ctx context.Context, send send, scope book.Scope, collect func(*pgx.Batch), count query) (total int64, err error) {
	var proof bookdb.Proof
	var pipeline pgx.Batch
	proof.Queue(&pipeline, scope.AgentID)
	collect(&pipeline)
	if count.sql != "" {
		pipeline.Queue(count.sql, append([]any{scope.AgentID}, count.args...)...).
			QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	}
	if err := send(ctx, &pipeline); err != nil {
		return 0, err
	}
	return total, proof.MayRead(scope)
}

// listRows is list of rows of any type.
func listRows[Row any](ctx context.Context, send send, scope book.Scope, read, count query) (rows []Row, total int64, err error) {
	total, err = list(ctx, send, scope, func(pipeline *pgx.Batch) {
		postgres.Collect(pipeline, &rows, read.sql, append([]any{scope.AgentID}, read.args...)...)
	}, count)
	return rows, total, err
}

// listOrders is list of orders.
func listOrders(ctx context.Context, send send, scope book.Scope, read, count query) (orders []*book.Order, total int64, err error) {
	total, err = list(ctx, send, scope, func(pipeline *pgx.Batch) {
		bookdb.QueueOrders(pipeline, &orders, read.sql, append([]any{scope.AgentID}, read.args...)...)
	}, count)
	return orders, total, err
}

// Orders returns an agent's orders, newest first, and how many match.
func (r *Reader) Orders(ctx context.Context, scope book.Scope, status, symbol *string, page Page) ([]*book.Order, int64, error) {
	if status != nil && book.Status(*status) == book.Pending { // there is an index of these
		return listOrders(ctx, r.Readers.Read, scope, paged(db.OrderListPending, page, symbol), filtered(db.OrderCountPending, symbol))
	}
	return listOrders(ctx, r.ownConnection, scope, paged(db.OrderList, page, status, symbol),
		counted(db.OrderCount, db.OrderCountAll, status, symbol))
}

// Order returns one order. It fails with OrderNotFound and like Account.
func (r *Reader) Order(ctx context.Context, scope book.Scope, id uuid.UUID) (*book.Order, error) {
	return r.order(ctx, scope, query{db.OrderGet, []any{id}})
}

// OrderByClientID returns the order that the agent's own id names. It fails like Order.
func (r *Reader) OrderByClientID(ctx context.Context, scope book.Scope, clientOrderID string) (*book.Order, error) {
	return r.order(ctx, scope, query{db.OrderGetByDedup, []any{book.DedupOf(scope.AgentID, clientOrderID)}})
}

func (r *Reader) order(ctx context.Context, scope book.Scope, read query) (*book.Order, error) {
	orders, _, err := listOrders(ctx, r.Readers.Read, scope, read, query{})
	if err != nil {
		return nil, err
	}
	if len(orders) == 0 {
		return nil, fault.New(fault.OrderNotFound)
	}
	return orders[0], nil
}

// Trades returns an agent's trades, newest first, and how many match.
func (r *Reader) Trades(ctx context.Context, scope book.Scope, symbol, side *string, page Page) ([]book.Trade, int64, error) {
	rows, total, err := listRows[db.Trade](ctx, r.ownConnection, scope, paged(db.TradeList, page, symbol, side),
		counted(db.TradeCount, db.TradeCountAll, symbol, side))
	return postgres.Column(rows, func(row *db.Trade) book.Trade {
		return book.Trade{
			ID: row.ID, OrderID: row.OrderID, SessionID: row.SessionID, Symbol: row.Symbol, Side: book.Side(row.Side),
			Quantity: row.Quantity, Price: row.Price, Value: row.Value, Fee: row.Fee, RealizedPnL: row.RealizedPnl,
			Equity: row.Equity, UnrealizedPnL: row.UnrealizedPnl, ExecutedAt: row.ExecutedAt,
			Liquidity: bookdb.LiquidityOf(row.Liquidity),
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

// Ledger returns the postings of an agent, newest first, and how many match. A stored row is two of them.
func (r *Reader) Ledger(ctx context.Context, scope book.Scope, asset *string, page Page) ([]Entry, int64, error) {
	stored := Page{Offset: page.Offset / 2, Limit: page.Limit/2 + 1}
	rows, total, err := listRows[db.Ledger](ctx, r.ownConnection, scope, paged(db.LedgerList, stored, asset),
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
func (r *Reader) Reconcile(ctx context.Context, scope book.Scope) (assets []Reconciled, ok bool, err error) {
	rows, _, err := listRows[db.LedgerReconcileRow](ctx, r.ownConnection, scope, query{sql: db.LedgerReconcile}, query{})
	ok = true
	for _, row := range rows {
		assets = append(assets, Reconciled{row.Asset, row.Ledger, row.Balance})
		ok = ok && row.Agrees && row.Ledger == row.Balance
	}
	return assets, ok, err
}
