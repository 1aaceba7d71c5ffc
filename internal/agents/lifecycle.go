package agents

import (
	"context"
	"errors"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const statusActive = "active"

// Hold parks the orders of an account's agent, for Reset, Archive or Delete. The caller releases it. It fails with
// AgentNotFound.
func (a *Agents) Hold(ctx context.Context, accountID, id uuid.UUID) (*exchange.Held, error) {
	held, err := a.Exchange.Hold(ctx, book.Scope{AgentID: id, AccountID: accountID})
	return held, notFound(err)
}

// notFound names what an account's agent that is out of scope is.
func notFound(err error) error {
	if errors.Is(err, book.ErrOutOfScope) {
		return fault.New(fault.AgentNotFound)
	}
	return err
}

// Reset begins a new session of a held agent, with its starting balance. An archived agent is active again. It fails with
// AgentNotFound.
func (a *Agents) Reset(ctx context.Context, tx pgx.Tx, held *exchange.Held) (Agent, error) {
	locked, err := held.Lock(ctx, tx)
	if err != nil {
		return Agent{}, notFound(err)
	}
	if _, _, err := locked.Reset(ctx, locked.StartingBalance, a.Now()); err != nil {
		return Agent{}, err
	}
	return found(db.New().AgentGet(ctx, tx, db.AgentGetParams{ID: locked.ID, AccountID: locked.AccountID}))
}

// Archive cancels the orders of a held agent and stops it. What it has stays. It fails with AgentNotFound.
func (a *Agents) Archive(ctx context.Context, tx pgx.Tx, held *exchange.Held) (Agent, error) {
	locked, err := held.Lock(ctx, tx)
	if err != nil {
		return Agent{}, notFound(err)
	}
	now := a.Now()
	if _, err := locked.CancelAll(ctx, now); err != nil {
		return Agent{}, err
	}
	return a.setStatus(ctx, tx, locked.AccountID, locked.ID, bookdb.StatusArchived)
}

// Unarchive lets an archived agent trade again. It fails with AgentNotFound.
func (a *Agents) Unarchive(ctx context.Context, tx pgx.Tx, accountID, id uuid.UUID) (Agent, error) {
	return a.setStatus(ctx, tx, accountID, id, statusActive)
}

func (a *Agents) setStatus(ctx context.Context, tx pgx.Tx, accountID, id uuid.UUID, status string) (Agent, error) {
	return found(db.New().AgentSetStatus(ctx, tx, db.AgentSetStatusParams{
		ID: id, AccountID: accountID, Status: status, UpdatedAt: a.Now(),
	}))
}

// Delete deletes an agent and everything that belongs to it. It fails with AgentNotFound.
func (a *Agents) Delete(ctx context.Context, accountID, id uuid.UUID) error {
	held, err := a.Hold(ctx, accountID, id)
	if err != nil {
		return err
	}
	defer held.Release()
	return postgres.InTx(ctx, a.Pool, func(tx pgx.Tx) error {
		queries := db.New()
		row, err := queries.AgentLock(ctx, tx, db.AgentLockParams{ID: id, AccountID: accountID})
		if _, err = found(row, err); err != nil {
			return err
		}
		if err := queries.AgentKeyDelete(ctx, tx, row.APIKeyDigest); err != nil {
			return err
		}
		if err := queries.AgentDelete(ctx, tx, db.AgentDeleteParams{ID: id, AccountID: accountID}); err != nil {
			return err
		}
		return queries.AccountClearDefaultAgent(ctx, tx, db.AccountClearDefaultAgentParams{ID: accountID, AgentID: id})
	})
}
