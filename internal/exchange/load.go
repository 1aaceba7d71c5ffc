package exchange

import (
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// reading is what a pipeline reads of the agents that it locks.
type reading struct {
	agents   []db.BookLockRow
	balances []db.Balance
	resting  []db.BookRestingRow
}

// queue locks the agents and reads their books. The statements after the first see what was committed while the lock was
// waited for. With free, agents that somebody else holds are left out.
func (r *reading) queue(batch *pgx.Batch, agents []uuid.UUID, free bool) {
	lock := db.BookLock
	if free {
		lock = db.BookLockFree
	}
	postgres.Collect(batch, &r.agents, lock, agents)
	postgres.Collect(batch, &r.balances, db.BookBalances, agents)
	postgres.Collect(batch, &r.resting, db.BookResting, agents)
}

// queueUnlocked reads an agent's book for a judgement that changes nothing.
func (r *reading) queueUnlocked(batch *pgx.Batch, agentID uuid.UUID) {
	agents := []uuid.UUID{agentID}
	postgres.Collect(batch, &r.agents, db.BookRead, agents)
	postgres.Collect(batch, &r.balances, db.BookBalances, agents)
	postgres.Collect(batch, &r.resting, db.BookResting, agents)
}

// books puts together what was read.
func (r *reading) books(ids *IDs) map[uuid.UUID]*Book {
	books := make(map[uuid.UUID]*Book, len(r.agents))
	for _, row := range r.agents {
		books[row.ID] = newBook(agentOf(row), ids)
	}
	for _, row := range r.balances {
		if book := books[row.AgentID]; book != nil {
			book.assets[row.Asset] = &Asset{
				Available: row.Available, Locked: row.Locked, Basis: row.CostBasis, OpenedAt: row.OpenedAt, stored: true,
			}
		}
	}
	for _, row := range r.resting {
		if book := books[row.AgentID]; book != nil {
			book.resting[row.Symbol] = resting{orders: row.Orders, buys: row.Buys}
		}
	}
	return books
}

func newBook(agent Agent, ids *IDs) *Book {
	return &Book{Agent: agent, assets: map[string]*Asset{}, resting: map[string]resting{}, ids: ids}
}

const statusArchived = "archived"

func agentOf(row db.BookLockRow) Agent {
	return Agent{
		ID: row.ID, AccountID: row.AccountID, KeyDigest: row.APIKeyDigest, Archived: row.Status == statusArchived,
		StartingBalance: row.StartingBalance,
		Limits: Limits{
			MaxPositionSizePct: row.MaxPositionSizePct, DailyLossLimitPct: row.DailyLossLimitPct,
			MaxOpenOrders: row.MaxOpenOrders,
		},
		SessionID: row.SessionID, SessionStartedAt: row.SessionStartedAt,
		DayStartedAt: row.DayStartedAt, DayStartEquity: row.DayStartEquity,
	}
}

// OrderOf is an order as it is stored.
func OrderOf(row db.Order) *Order {
	return &Order{
		ID: row.ID, AgentID: row.AgentID,
		Request: Request{
			ClientOrderID: row.ClientOrderID, Symbol: row.Symbol, Side: Side(row.Side), Type: Type(row.Type),
			TimeInForce: TimeInForce(row.TimeInForce), Quantity: row.Quantity, Price: row.Price, TriggerPrice: row.TriggerPrice,
		},
		Status: Status(row.Status), Hold: row.Hold, Value: row.Value, ExecutedPrice: row.ExecutedPrice,
		SlippagePct: row.SlippagePct, Fee: row.Fee, CreatedAt: row.CreatedAt, ClosedAt: row.ClosedAt, dedup: row.Dedup,
	}
}
