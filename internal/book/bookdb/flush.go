package bookdb

import (
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// owned is a row with the agent that it belongs to.
type owned[Row any] struct {
	agent uuid.UUID
	row   *Row
}

// valuesOf lists one kind of change of all the books.
func valuesOf[Row any](books []*book.Book, kind func(*book.Book) []Row) []owned[Row] {
	var all []owned[Row]
	for _, b := range books {
		rows := kind(b)
		for n := range rows {
			all = append(all, owned[Row]{b.ID, &rows[n]})
		}
	}
	return all
}

// ordersOf is valuesOf of orders.
func ordersOf(books []*book.Book, kind func(*book.Book) []*book.Order) []owned[book.Order] {
	var all []owned[book.Order]
	for _, b := range books {
		for _, order := range kind(b) {
			all = append(all, owned[book.Order]{b.ID, order})
		}
	}
	return all
}

// column returns one value of each row.
func column[Row, Value any](rows []owned[Row], of func(*Row) Value) []Value {
	return postgres.Column(rows, func(r *owned[Row]) Value { return of(r.row) })
}

func agentsOf[Row any](rows []owned[Row]) []uuid.UUID {
	return postgres.Column(rows, func(r *owned[Row]) uuid.UUID { return r.agent })
}

// QueueChanges writes what has changed in the books: a statement for each kind of change, however many rows there are.
func QueueChanges(pipeline *pgx.Batch, books []*book.Book) {
	flushDays(pipeline, books)
	flushBalances(pipeline, books)
	flushOpened(pipeline, books)
	flushClosed(pipeline, books)
	flushTrades(pipeline, books)
	flushLedger(pipeline, books)
	if rows := valuesOf(books, func(b *book.Book) []uuid.UUID { return b.Changes().Announced }); len(rows) > 0 {
		pipeline.Queue(db.OrderChangeInsertMany, agentsOf(rows), column(rows, func(r *uuid.UUID) uuid.UUID { return *r }))
	}
}

func flushDays(pipeline *pgx.Batch, books []*book.Book) {
	rows := valuesOf(books, func(b *book.Book) []book.Agent {
		if !b.Changes().Day {
			return nil
		}
		return []book.Agent{b.Agent}
	})
	if len(rows) == 0 {
		return
	}
	pipeline.Queue(db.BookDayStart, agentsOf(rows),
		column(rows, func(r *book.Agent) *time.Time { return r.DayStartedAt }),
		column(rows, func(r *book.Agent) *decimal.Decimal { return r.DayStartEquity }))
}

// flushBalances writes the balances that have changed. No row is kept of a position that is sold.
func flushBalances(pipeline *pgx.Batch, books []*book.Book) {
	var updated, inserted, deleted []owned[book.ChangedBalance]
	for _, row := range valuesOf(books, (*book.Book).ChangedBalances) {
		sold := row.row.Name != book.Quote && row.row.Total().IsZero()
		switch {
		case sold && row.row.Stored:
			deleted = append(deleted, row)
		case sold:
		case row.row.Stored:
			updated = append(updated, row)
		default:
			inserted = append(inserted, row)
		}
	}
	writeBalances(pipeline, db.BalanceUpdateMany, updated)
	writeBalances(pipeline, db.BalanceInsertMany, inserted)
	if len(deleted) > 0 {
		pipeline.Queue(db.BalanceDeleteMany, agentsOf(deleted), column(deleted, func(r *book.ChangedBalance) string { return r.Name }))
	}
}

func writeBalances(pipeline *pgx.Batch, sql string, rows []owned[book.ChangedBalance]) {
	if len(rows) == 0 {
		return
	}
	type row = book.ChangedBalance
	pipeline.Queue(sql, agentsOf(rows),
		column(rows, func(r *row) string { return r.Name }),
		column(rows, func(r *row) decimal.Decimal { return r.Available }),
		column(rows, func(r *row) decimal.Decimal { return r.Locked }),
		column(rows, func(r *row) decimal.Decimal { return r.Basis }),
		column(rows, func(r *row) *time.Time { return r.OpenedAt }),
		column(rows, func(r *row) *uuid.UUID { return r.LastID }))
}

func flushOpened(pipeline *pgx.Batch, books []*book.Book) {
	rows := ordersOf(books, func(b *book.Book) []*book.Order { return b.Changes().Opened })
	if len(rows) == 0 {
		return
	}
	type row = book.Order
	pipeline.Queue(db.OrderInsertMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.ID }),
		column(rows, func(r *row) *string { return r.ClientOrderID }),
		column(rows, func(r *row) *uuid.UUID { return r.Dedup }),
		column(rows, func(r *row) string { return r.Symbol }),
		column(rows, func(r *row) string { return string(r.Side) }),
		column(rows, func(r *row) string { return string(r.Type) }),
		column(rows, func(r *row) string { return string(r.TimeInForce) }),
		column(rows, func(r *row) string { return string(r.Status) }),
		column(rows, func(r *row) decimal.Decimal { return r.Quantity }),
		column(rows, func(r *row) *decimal.Decimal { return r.Price }),
		column(rows, func(r *row) *decimal.Decimal { return r.TriggerPrice }),
		column(rows, func(r *row) decimal.Decimal { return r.Hold }),
		column(rows, func(r *row) *decimal.Decimal { return r.Value }),
		column(rows, func(r *row) *decimal.Decimal { return r.ExecutedPrice }),
		column(rows, func(r *row) *decimal.Decimal { return r.SlippagePct }),
		column(rows, func(r *row) *decimal.Decimal { return r.Fee }),
		column(rows, func(r *row) time.Time { return r.CreatedAt }),
		column(rows, func(r *row) *time.Time { return r.ClosedAt }),
		column(rows, func(r *row) *string { return liquidityColumn(r.Liquidity) }))
}

func flushClosed(pipeline *pgx.Batch, books []*book.Book) {
	rows := ordersOf(books, func(b *book.Book) []*book.Order { return b.Changes().Closed })
	if len(rows) == 0 {
		return
	}
	type row = book.Order
	pipeline.Queue(db.OrderCloseMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.ID }),
		column(rows, func(r *row) string { return string(r.Status) }),
		column(rows, func(r *row) *decimal.Decimal { return r.Value }),
		column(rows, func(r *row) *decimal.Decimal { return r.ExecutedPrice }),
		column(rows, func(r *row) *decimal.Decimal { return r.SlippagePct }),
		column(rows, func(r *row) *decimal.Decimal { return r.Fee }),
		column(rows, func(r *row) *time.Time { return r.ClosedAt }),
		column(rows, func(r *row) *string { return liquidityColumn(r.Liquidity) }))
}

// liquidityColumn is null of an order that is not filled.
func liquidityColumn(liquidity book.Liquidity) *string {
	if liquidity == "" {
		return nil
	}
	return (*string)(&liquidity)
}

func flushTrades(pipeline *pgx.Batch, books []*book.Book) {
	rows := valuesOf(books, func(b *book.Book) []book.Trade { return b.Changes().Trades })
	if len(rows) == 0 {
		return
	}
	type row = book.Trade
	pipeline.Queue(db.TradeInsertMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.ID }),
		column(rows, func(r *row) uuid.UUID { return r.OrderID }),
		column(rows, func(r *row) uuid.UUID { return r.SessionID }),
		column(rows, func(r *row) string { return r.Symbol }),
		column(rows, func(r *row) string { return string(r.Side) }),
		column(rows, func(r *row) decimal.Decimal { return r.Quantity }),
		column(rows, func(r *row) decimal.Decimal { return r.Price }),
		column(rows, func(r *row) decimal.Decimal { return r.Value }),
		column(rows, func(r *row) decimal.Decimal { return r.Fee }),
		column(rows, func(r *row) decimal.Decimal { return r.RealizedPnL }),
		column(rows, func(r *row) decimal.Decimal { return r.Equity }),
		column(rows, func(r *row) decimal.Decimal { return r.UnrealizedPnL }),
		column(rows, func(r *row) time.Time { return r.ExecutedAt }),
		column(rows, func(r *row) *string { return liquidityColumn(r.Liquidity) }))
}

func flushLedger(pipeline *pgx.Batch, books []*book.Book) {
	rows := valuesOf(books, func(b *book.Book) []book.Transfer { return b.Changes().Transfers })
	if len(rows) == 0 {
		return
	}
	type row = book.Transfer
	pipeline.Queue(db.LedgerInsertMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.ID }),
		column(rows, func(r *row) *uuid.UUID { return r.OrderID }),
		column(rows, func(r *row) string { return r.Asset }),
		column(rows, func(r *row) decimal.Decimal { return r.Amount }),
		column(rows, func(r *row) string { return r.Source }),
		column(rows, func(r *row) string { return r.Target }),
		column(rows, func(r *row) *decimal.Decimal { return r.SourceAfter }),
		column(rows, func(r *row) *decimal.Decimal { return r.TargetAfter }),
		column(rows, func(r *row) string { return r.Kind }),
		column(rows, func(r *row) time.Time { return r.At }))
}
