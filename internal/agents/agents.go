// Package agents does what happens to accounts, agents and their keys: registering, creating, cloning, changing, resetting,
// archiving and deleting. It knows nothing of HTTP.
//
// A method that takes a transaction does all of its work in it, so that its caller can store an idempotent answer in the
// same one. Work on an agent's book takes the agent as held by the exchange, which parks its orders meanwhile.
package agents

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Agents changes and reads accounts and agents.
type Agents struct {
	Pool     *pgxpool.Pool
	Readers  *postgres.Readers // for what is read of single agents
	Vault    *auth.Vault
	Exchange *exchange.Exchange
	IDs      *book.IDs
	Now      func() time.Time
	Random   io.Reader // for keys
	MaxName  int       // characters of a name
}

// Agent is an agent as its account sees it.
type Agent struct {
	ID, AccountID    uuid.UUID
	DisplayName      string
	APIKeyPreview    string
	StartingBalance  decimal.Decimal
	LLMModel         *string
	Framework        *string
	StrategyTags     []string
	Limits           book.Limits
	Color            *string
	Archived         bool
	CreatedAt        time.Time
	UpdatedAt        time.Time
	SessionID        uuid.UUID
	SessionStartedAt time.Time
	Version          int64 // counts the changes of what is above
}

func agentOf(row db.Agent) Agent {
	return Agent{
		ID: row.ID, AccountID: row.AccountID, DisplayName: row.DisplayName, APIKeyPreview: row.APIKeyPreview,
		StartingBalance: row.StartingBalance, LLMModel: row.LLMModel, Framework: row.Framework, StrategyTags: row.StrategyTags,
		Limits: book.Limits{
			MaxPositionSizePct: row.MaxPositionSizePct, DailyLossLimitPct: row.DailyLossLimitPct,
			MaxOpenOrders: row.MaxOpenOrders,
		},
		Color: row.Color, Archived: row.Status == bookdb.StatusArchived, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		SessionID: row.SessionID, SessionStartedAt: row.SessionStartedAt, Version: row.Version,
	}
}

// found maps a row, and turns its absence into AgentNotFound.
func found(row db.Agent, err error) (Agent, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.AgentNotFound)
	}
	return agentOf(row), err
}

// List returns a page of an account's agents, oldest first, and how many there are in all, as they were at one moment.
// Without a limit the page has no end.
func (a *Agents) List(
	ctx context.Context, accountID uuid.UUID, includeArchived bool, limit *int32, offset int32,
) (agents []Agent, total int64, err error) {
	list, count := db.AgentListActive, db.AgentCountActive
	if includeArchived {
		list, count = db.AgentList, db.AgentCount
	}
	var rows []db.Agent
	var pipeline pgx.Batch
	pipeline.Queue("begin isolation level repeatable read read only")
	postgres.Collect(&pipeline, &rows, list, accountID, offset, limit)
	pipeline.Queue(count, accountID).QueryRow(func(row pgx.Row) error { return row.Scan(&total) })
	pipeline.Queue("commit")
	err = postgres.Send(ctx, a.Pool, &pipeline)
	return postgres.Column(rows, func(row *db.Agent) Agent { return agentOf(*row) }), total, err
}

// Get returns an agent of the account. It fails with AgentNotFound.
func (a *Agents) Get(ctx context.Context, accountID, id uuid.UUID) (Agent, error) {
	rows, err := postgres.Rows[db.Agent](ctx, a.Readers, db.AgentGet, id, accountID)
	if err != nil {
		return Agent{}, err
	}
	if len(rows) == 0 {
		return Agent{}, fault.New(fault.AgentNotFound)
	}
	return agentOf(rows[0]), nil
}

// Change names what changes of an agent; what is nil stays as it is.
type Change struct {
	DisplayName  *string
	LLMModel     *Optional
	Framework    *Optional
	StrategyTags *[]string
	Color        *Optional
}

// Optional is a text that can be taken away.
type Optional struct{ Text *string }

// Update changes an agent. A change of nothing is a read. It fails with AgentNotFound.
func (a *Agents) Update(ctx context.Context, accountID, id uuid.UUID, change Change) (Agent, error) {
	if change == (Change{}) {
		return a.Get(ctx, accountID, id)
	}
	params := db.AgentUpdateParams{
		ID: id, AccountID: accountID, UpdatedAt: a.Now(), StrategyTags: []string{},
		SetDisplayName: change.DisplayName != nil, SetLLMModel: change.LLMModel != nil,
		SetFramework: change.Framework != nil, SetStrategyTags: change.StrategyTags != nil, SetColor: change.Color != nil,
	}
	if change.DisplayName != nil {
		params.DisplayName = *change.DisplayName
	}
	if change.LLMModel != nil {
		params.LLMModel = change.LLMModel.Text
	}
	if change.Framework != nil {
		params.Framework = change.Framework.Text
	}
	if change.StrategyTags != nil && *change.StrategyTags != nil {
		params.StrategyTags = *change.StrategyTags
	}
	if change.Color != nil {
		params.Color = change.Color.Text
	}
	return found(db.New().AgentUpdate(ctx, a.Pool, params))
}

// SetLimits replaces an agent's limits. It fails with AgentNotFound.
func (a *Agents) SetLimits(ctx context.Context, accountID, id uuid.UUID, limits book.Limits) (Agent, error) {
	return found(db.New().AgentUpdateRiskProfile(ctx, a.Pool, db.AgentUpdateRiskProfileParams{
		ID: id, AccountID: accountID, UpdatedAt: a.Now(), MaxPositionSizePct: limits.MaxPositionSizePct,
		DailyLossLimitPct: limits.DailyLossLimitPct, MaxOpenOrders: limits.MaxOpenOrders,
	}))
}

// newID makes an id that sorts by time of creation.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
