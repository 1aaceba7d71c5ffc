package agents

import (
	"context"
	"errors"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RevealKey returns an agent and its key in full. It fails with AgentNotFound.
func (a *Agents) RevealKey(ctx context.Context, accountID, id uuid.UUID) (Agent, auth.Secret, error) {
	row, err := db.New().AgentGetSealedKey(ctx, a.Pool, db.AgentGetSealedKeyParams{ID: id, AccountID: accountID})
	if errors.Is(err, pgx.ErrNoRows) {
		err = fault.New(fault.AgentNotFound)
	}
	if err != nil {
		return Agent{}, "", err
	}
	key, err := a.Vault.Open(id, auth.PurposeAgentKey, row.Sealed)
	return agentOf(row.Agent), auth.Secret(key), err
}

// ReplaceKey gives an agent a new key; the old one is dead from the commit on. The agent's lock puts several calls at once
// into an order, and each takes out the key of the one before. It fails with AgentNotFound.
func (a *Agents) ReplaceKey(ctx context.Context, tx pgx.Tx, accountID, id uuid.UUID) (auth.Secret, error) {
	queries := db.New()
	row, err := queries.AgentLock(ctx, tx, db.AgentLockParams{ID: id, AccountID: accountID})
	if _, err = found(row, err); err != nil {
		return "", err
	}
	key, sealed, err := a.mintKey(ctx, tx, id)
	if err != nil {
		return "", err
	}
	return key, queries.AgentKeyReplace(ctx, tx, db.AgentKeyReplaceParams{
		ID: id, AccountID: accountID, OldDigest: row.APIKeyDigest, Digest: auth.DigestKey(key), Sealed: sealed,
		Preview: auth.PreviewKey(key), UpdatedAt: a.Now(),
	})
}

// mintKey makes a key and seals it, under the master key in force, for an agent.
func (a *Agents) mintKey(ctx context.Context, tx pgx.Tx, agentID uuid.UUID) (key auth.Secret, sealed []byte, err error) {
	if key, err = auth.MintKey(a.Random, auth.KindAPIKey); err != nil {
		return "", nil, err
	}
	sealer, err := a.Vault.Sealer(ctx, tx)
	if err != nil {
		return "", nil, err
	}
	sealed, err = sealer.Seal(agentID, auth.PurposeAgentKey, []byte(key.Reveal()))
	return key, sealed, err
}
