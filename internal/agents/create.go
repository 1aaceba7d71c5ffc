package agents

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// New describes an agent to be made.
type New struct {
	DisplayName     string
	StartingBalance decimal.Decimal
	LLMModel        *string
	Framework       *string
	StrategyTags    []string
	Limits          book.Limits
	Color           *string
}

// Created is a new agent and its key.
type Created struct {
	Agent
	Key auth.Secret
}

// Create makes an agent of an account, funds it and gives it a key. It fails with InvalidToken where the account no longer
// exists.
func (a *Agents) Create(ctx context.Context, tx pgx.Tx, accountID uuid.UUID, n New) (Created, error) {
	created, err := a.insert(ctx, tx, accountID, newID(), n)
	if postgres.ViolatesForeignKey(err) {
		err = fault.New(fault.InvalidToken).Because(err)
	}
	return created, err
}

// Clone makes an agent with the configuration of another, less its color. Without a name it is called like the other, with
// " (copy)". It fails with AgentNotFound.
func (a *Agents) Clone(ctx context.Context, tx pgx.Tx, accountID, id uuid.UUID, name *string) (Created, error) {
	source, err := found(db.New().AgentGet(ctx, tx, db.AgentGetParams{ID: id, AccountID: accountID}))
	if err != nil {
		return Created{}, err
	}
	n := New{
		DisplayName: withSuffix(source.DisplayName, " (copy)", a.MaxName), StartingBalance: source.StartingBalance,
		LLMModel: source.LLMModel, Framework: source.Framework, StrategyTags: source.StrategyTags, Limits: source.Limits,
	}
	if name != nil {
		n.DisplayName = *name
	}
	return a.Create(ctx, tx, accountID, n)
}

func (a *Agents) insert(ctx context.Context, tx pgx.Tx, accountID, id uuid.UUID, n New) (Created, error) {
	key, sealed, err := a.mintKey(ctx, tx, id)
	if err != nil {
		return Created{}, err
	}
	if n.StrategyTags == nil {
		n.StrategyTags = []string{}
	}
	now := a.Now()
	session := book.NewSession(a.IDs.Next(now, uuid.Nil), n.StartingBalance, now)
	row, err := db.New().AgentCreate(ctx, tx, db.AgentCreateParams{
		ID: id, AccountID: accountID, DisplayName: n.DisplayName, APIKeyDigest: auth.DigestKey(key),
		APIKeyPreview: auth.PreviewKey(key), APIKeySealed: sealed, StartingBalance: n.StartingBalance, LLMModel: n.LLMModel,
		Framework: n.Framework, StrategyTags: n.StrategyTags, MaxPositionSizePct: n.Limits.MaxPositionSizePct,
		DailyLossLimitPct: n.Limits.DailyLossLimitPct, MaxOpenOrders: n.Limits.MaxOpenOrders, Color: n.Color,
		CreatedAt: now, SessionID: session.ID, DayStartedAt: session.Day, DepositID: a.IDs.Next(now, uuid.Nil),
	})
	return Created{Agent: agentOf(db.Agent(row)), Key: key}, err
}

// withSuffix appends the suffix to a name, which is cut so that both together have at most maxLength characters.
func withSuffix(name, suffix string, maxLength int) string {
	room := maxLength - utf8.RuneCountInString(suffix)
	if runes := []rune(name); len(runes) > room {
		name = strings.TrimSpace(string(runes[:room]))
	}
	return name + suffix
}
