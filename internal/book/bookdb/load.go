// Package bookdb reads books from PostgreSQL and writes back what has changed in them, in pipelines of its caller's.
package bookdb

import (
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// The locks in which agents are read. They are in the order of their ids, so that no two transactions lock each other out.
const (
	lockAgents           = db.BookRead + "order by id for no key update"
	lockAgentsSkipLocked = lockAgents + " skip locked"
)

// Rows are what a pipeline reads of agents and their books.
type Rows struct {
	agents   []db.BookReadRow
	balances []db.BookBalancesRow
	resting  []db.BookRestingRow
}

// QueueLocked locks the agents and reads their books. The statements after the first see what was committed while the
// lock was waited for. With skipLocked, agents that another transaction has locked are left out.
func (r *Rows) QueueLocked(pipeline *pgx.Batch, agents []uuid.UUID, skipLocked bool) {
	lock := lockAgents
	if skipLocked {
		lock = lockAgentsSkipLocked
	}
	r.queue(pipeline, lock, agents)
}

// QueueUnlocked reads an agent's book for a judgement that changes nothing.
func (r *Rows) QueueUnlocked(pipeline *pgx.Batch, agentID uuid.UUID) {
	r.queue(pipeline, db.BookRead, []uuid.UUID{agentID})
}

func (r *Rows) queue(pipeline *pgx.Batch, read string, agents []uuid.UUID) {
	postgres.Collect(pipeline, &r.agents, read, agents)
	postgres.Collect(pipeline, &r.balances, db.BookBalances, agents)
	postgres.Collect(pipeline, &r.resting, db.BookResting, agents)
}

// Books returns the books that were read, by agent.
func (r *Rows) Books(ids *book.IDs) map[uuid.UUID]*book.Book {
	books := make(map[uuid.UUID]*book.Book, len(r.agents))
	for _, row := range r.agents {
		books[row.ID] = book.New(agentOf(row), ids)
	}
	for _, row := range r.balances {
		if b := books[row.AgentID]; b != nil {
			b.Load(row.Asset, book.Asset{
				Available: row.Available, Locked: row.Locked, Basis: row.CostBasis, OpenedAt: row.OpenedAt,
			})
			if row.Asset == book.Quote {
				b.LoadLastID(row.LastID)
			}
		}
	}
	for _, row := range r.resting {
		if b := books[row.AgentID]; b != nil {
			b.LoadResting(row.Symbol, restingOf(row))
		}
	}
	return books
}

// Agents returns the ids of the agents that were read, in the order in which they were.
func (r *Rows) Agents() []uuid.UUID {
	return postgres.Column(r.agents, func(row *db.BookReadRow) uuid.UUID { return row.ID })
}

// StatusArchived is the status of an archived agent.
const StatusArchived = "archived"

func agentOf(row db.BookReadRow) book.Agent {
	return book.Agent{
		ID: row.ID, AccountID: row.AccountID, KeyDigest: row.APIKeyDigest, Archived: row.Status == StatusArchived,
		StartingBalance: row.StartingBalance,
		Limits: book.Limits{
			MaxPositionSizePct: row.MaxPositionSizePct, DailyLossLimitPct: row.DailyLossLimitPct,
			MaxOpenOrders: row.MaxOpenOrders,
		},
		SessionID: row.SessionID, SessionStartedAt: row.SessionStartedAt,
		DayStartedAt: row.DayStartedAt, DayStartEquity: row.DayStartEquity,
	}
}

func restingOf(row db.BookRestingRow) book.Resting {
	return book.Resting{Orders: row.Orders, Buys: row.Buys, HeldQuote: row.HeldQuote, HeldBase: row.HeldBase}
}

// QueueResting reads the sums of an agent's pending orders into a book that is known once the pipeline comes to it; nil
// for none.
func QueueResting(pipeline *pgx.Batch, agentID uuid.UUID, into func() *book.Book) {
	pipeline.Queue(db.BookResting, []uuid.UUID{agentID}).Query(func(rows pgx.Rows) error {
		sums, err := postgres.AppendRows[db.BookRestingRow](nil, rows)
		b := into()
		if err != nil || b == nil {
			return err
		}
		for _, row := range sums {
			b.LoadResting(row.Symbol, restingOf(row))
		}
		return nil
	})
}

// QueueOrders reads orders by a statement whose rows are theirs.
func QueueOrders(pipeline *pgx.Batch, into *[]*book.Order, sql string, args ...any) {
	pipeline.Queue(sql, args...).Query(func(rows pgx.Rows) error {
		read, err := postgres.AppendRows[db.Order](nil, rows)
		*into = postgres.Column(read, func(row *db.Order) *book.Order { return orderOf(row) })
		return err
	})
}

func orderOf(row *db.Order) *book.Order {
	order := &book.Order{
		ID: row.ID, AgentID: row.AgentID,
		Request: book.Request{
			ClientOrderID: row.ClientOrderID, Symbol: row.Symbol, Side: book.Side(row.Side), Type: book.Type(row.Type),
			TimeInForce: book.TimeInForce(row.TimeInForce), Quantity: row.Quantity, Price: row.Price,
			TriggerPrice: row.TriggerPrice,
		},
		Status: book.Status(row.Status), Hold: row.Hold, Value: row.Value, ExecutedPrice: row.ExecutedPrice,
		SlippagePct: row.SlippagePct, Fee: row.Fee, CreatedAt: row.CreatedAt, ClosedAt: row.ClosedAt, Dedup: row.Dedup,
	}
	if order.Status == book.Filled {
		order.Liquidity = LiquidityOf(row.Liquidity)
	}
	return order
}

// LiquidityOf is the liquidity of a fill. The column is null of a fill from before there was one.
func LiquidityOf(column *string) book.Liquidity {
	if column == nil {
		return book.Taker
	}
	return book.Liquidity(*column)
}
