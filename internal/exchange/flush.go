package exchange

import (
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// column makes of rows the array of one of their columns.
func column[Row, Value any](rows []Row, of func(*Row) Value) []Value {
	values := make([]Value, len(rows))
	for i := range rows {
		values[i] = of(&rows[i])
	}
	return values
}

// owned is a row with the agent that it belongs to.
type owned[Row any] struct {
	agent uuid.UUID
	row   Row
}

// of lists one kind of change of all the books.
func of[Row any](books []*Book, changes func(*Book) []Row) []owned[Row] {
	var rows []owned[Row]
	for _, book := range books {
		for _, row := range changes(book) {
			rows = append(rows, owned[Row]{book.ID, row})
		}
	}
	return rows
}

func agentsOf[Row any](rows []owned[Row]) []uuid.UUID {
	return column(rows, func(r *owned[Row]) uuid.UUID { return r.agent })
}

// flush puts the changes of all the books into a pipeline: a statement for each kind, however many rows there are.
func flush(batch *pgx.Batch, books []*Book) {
	flushDays(batch, books)
	flushBalances(batch, books)
	flushOpened(batch, books)
	flushClosed(batch, books)
	flushTrades(batch, books)
	flushLedger(batch, books)
	if rows := of(books, func(b *Book) []uuid.UUID { return b.changes.handed }); len(rows) > 0 {
		batch.Queue(db.OrderChangeInsertMany, agentsOf(rows), column(rows, func(r *owned[uuid.UUID]) uuid.UUID { return r.row }))
	}
}

func flushDays(batch *pgx.Batch, books []*Book) {
	rows := of(books, func(b *Book) []Agent {
		if !b.changes.day {
			return nil
		}
		return []Agent{b.Agent}
	})
	if len(rows) == 0 {
		return
	}
	batch.Queue(db.BookDayStart, agentsOf(rows),
		column(rows, func(r *owned[Agent]) *time.Time { return r.row.DayStartedAt }),
		column(rows, func(r *owned[Agent]) *decimal.Decimal { return r.row.DayStartEquity }))
}

type namedAsset struct {
	name string
	*Asset
}

// flushBalances writes the balances that have changed. Of a position that is sold no row is kept.
func flushBalances(batch *pgx.Batch, books []*Book) {
	pick := func(want func(namedAsset) bool) []owned[namedAsset] {
		return of(books, func(b *Book) []namedAsset {
			var assets []namedAsset
			for name, asset := range b.assets {
				if row := (namedAsset{name, asset}); asset.dirty && want(row) {
					assets = append(assets, row)
				}
			}
			return assets
		})
	}
	sold := func(a namedAsset) bool { return a.name != Quote && a.Total().IsZero() }
	writeBalances(batch, db.BalanceUpdateMany, pick(func(a namedAsset) bool { return a.stored && !sold(a) }))
	writeBalances(batch, db.BalanceInsertMany, pick(func(a namedAsset) bool { return !a.stored && !sold(a) }))
	if rows := pick(func(a namedAsset) bool { return a.stored && sold(a) }); len(rows) > 0 {
		batch.Queue(db.BalanceDeleteMany, agentsOf(rows), column(rows, func(r *owned[namedAsset]) string { return r.row.name }))
	}
}

func writeBalances(batch *pgx.Batch, sql string, rows []owned[namedAsset]) {
	if len(rows) == 0 {
		return
	}
	batch.Queue(sql, agentsOf(rows),
		column(rows, func(r *owned[namedAsset]) string { return r.row.name }),
		column(rows, func(r *owned[namedAsset]) decimal.Decimal { return r.row.Available }),
		column(rows, func(r *owned[namedAsset]) decimal.Decimal { return r.row.Locked }),
		column(rows, func(r *owned[namedAsset]) decimal.Decimal { return r.row.Basis }),
		column(rows, func(r *owned[namedAsset]) *time.Time { return r.row.OpenedAt }))
}

func flushOpened(batch *pgx.Batch, books []*Book) {
	rows := of(books, func(b *Book) []*Order { return b.changes.opened })
	if len(rows) == 0 {
		return
	}
	type row = owned[*Order]
	batch.Queue(db.OrderInsertMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.row.ID }),
		column(rows, func(r *row) *string { return r.row.ClientOrderID }),
		column(rows, func(r *row) *uuid.UUID { return r.row.dedup }),
		column(rows, func(r *row) string { return r.row.Symbol }),
		column(rows, func(r *row) string { return string(r.row.Side) }),
		column(rows, func(r *row) string { return string(r.row.Type) }),
		column(rows, func(r *row) string { return string(r.row.TimeInForce) }),
		column(rows, func(r *row) string { return string(r.row.Status) }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Quantity }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.Price }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.TriggerPrice }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Hold }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.Value }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.ExecutedPrice }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.SlippagePct }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.Fee }),
		column(rows, func(r *row) time.Time { return r.row.CreatedAt }),
		column(rows, func(r *row) *time.Time { return r.row.ClosedAt }))
}

func flushClosed(batch *pgx.Batch, books []*Book) {
	rows := of(books, func(b *Book) []*Order { return b.changes.closed })
	if len(rows) == 0 {
		return
	}
	type row = owned[*Order]
	batch.Queue(db.OrderCloseMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.row.ID }),
		column(rows, func(r *row) string { return string(r.row.Status) }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.Value }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.ExecutedPrice }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.SlippagePct }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.Fee }),
		column(rows, func(r *row) *time.Time { return r.row.ClosedAt }))
}

func flushTrades(batch *pgx.Batch, books []*Book) {
	rows := of(books, func(b *Book) []Trade { return b.changes.trades })
	if len(rows) == 0 {
		return
	}
	type row = owned[Trade]
	batch.Queue(db.TradeInsertMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.row.ID }),
		column(rows, func(r *row) uuid.UUID { return r.row.OrderID }),
		column(rows, func(r *row) uuid.UUID { return r.row.SessionID }),
		column(rows, func(r *row) string { return r.row.Symbol }),
		column(rows, func(r *row) string { return string(r.row.Side) }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Quantity }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Price }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Value }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Fee }),
		column(rows, func(r *row) decimal.Decimal { return r.row.RealizedPnL }),
		column(rows, func(r *row) decimal.Decimal { return r.row.Equity }),
		column(rows, func(r *row) decimal.Decimal { return r.row.UnrealizedPnL }),
		column(rows, func(r *row) time.Time { return r.row.ExecutedAt }))
}

func flushLedger(batch *pgx.Batch, books []*Book) {
	rows := of(books, func(b *Book) []transfer { return b.changes.transfers })
	if len(rows) == 0 {
		return
	}
	type row = owned[transfer]
	batch.Queue(db.LedgerInsertMany, agentsOf(rows),
		column(rows, func(r *row) uuid.UUID { return r.row.id }),
		column(rows, func(r *row) *uuid.UUID { return r.row.orderID }),
		column(rows, func(r *row) string { return r.row.asset }),
		column(rows, func(r *row) decimal.Decimal { return r.row.amount }),
		column(rows, func(r *row) string { return r.row.source }),
		column(rows, func(r *row) string { return r.row.target }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.sourceAfter }),
		column(rows, func(r *row) *decimal.Decimal { return r.row.targetAfter }),
		column(rows, func(r *row) string { return r.row.kind }),
		column(rows, func(r *row) time.Time { return r.row.at }))
}
