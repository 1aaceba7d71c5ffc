package httpapi

import (
	"context"
	"errors"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/skill"
	"github.com/google/uuid"
)

// ResetAgent restores the starting balance; an archived agent comes back.
func (s *Server) ResetAgent(ctx context.Context, req api.ResetAgentRequestObject) (api.ResetAgentResponseObject, error) {
	release, err := s.holdOwn(ctx, req.AgentID)
	if err != nil {
		return nil, err
	}
	defer release()
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.ResetAgent200JSONResponse, error) {
		book, err := s.lockOwn(ctx, tx, req.AgentID)
		if err != nil {
			return api.ResetAgent200JSONResponse{}, err
		}
		agent, _, _, err := s.reset(ctx, tx, book, book.StartingBalance)
		return api.ResetAgent200JSONResponse{AgentChangedJSONResponse: api.AgentChangedJSONResponse{Body: agentOf(agent)}}, err
	})
}

// holdOwn keeps an agent of the account that calls from the writers.
func (s *Server) holdOwn(ctx context.Context, id uuid.UUID) (release func(), err error) {
	release, err = s.exchange.Hold(ctx, exchange.Scope{AgentID: id, AccountID: owner(ctx)})
	if errors.Is(err, exchange.ErrOutOfScope) {
		return nil, fault.New(fault.AgentNotFound)
	}
	return release, err
}

// lockOwn locks an agent of the account that calls.
func (s *Server) lockOwn(ctx context.Context, tx *work, id uuid.UUID) (*exchange.Locked, error) {
	book, err := s.exchange.Lock(ctx, tx, exchange.Scope{AgentID: id, AccountID: owner(ctx)})
	if errors.Is(err, exchange.ErrOutOfScope) {
		return nil, fault.New(fault.AgentNotFound)
	}
	return book, err
}

// reset ends the agent's session and begins a new one.
func (s *Server) reset(
	ctx context.Context, tx *work, book *exchange.Locked, startingBalance decimal.Decimal,
) (db.Agent, exchange.EndedSession, exchange.Session, error) {
	ended, begun, err := book.Reset(ctx, startingBalance, s.now())
	if err != nil {
		return db.Agent{}, ended, begun, err
	}
	agent, err := db.New().AgentReset(ctx, tx, db.AgentResetParams{
		ID: book.ID, AccountID: book.AccountID, StartingBalance: begun.StartingBalance, SessionID: begun.ID,
		UpdatedAt: begun.StartedAt, DayStartedAt: begun.Day,
	})
	return agent, ended, begun, err
}

// ArchiveAgent stops an agent and keeps what it has.
func (s *Server) ArchiveAgent(ctx context.Context, req api.ArchiveAgentRequestObject) (api.ArchiveAgentResponseObject, error) {
	release, err := s.holdOwn(ctx, req.AgentID)
	if err != nil {
		return nil, err
	}
	defer release()
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.ArchiveAgent200JSONResponse, error) {
		book, err := s.lockOwn(ctx, tx, req.AgentID)
		if err != nil {
			return api.ArchiveAgent200JSONResponse{}, err
		}
		if _, err := book.CancelAll(ctx, s.now()); err != nil {
			return api.ArchiveAgent200JSONResponse{}, err
		}
		changed, err := s.setStatus(ctx, tx, req.AgentID, api.AgentStatusArchived)
		return api.ArchiveAgent200JSONResponse{AgentChangedJSONResponse: changed}, err
	})
}

// UnarchiveAgent brings an archived agent back as it was.
func (s *Server) UnarchiveAgent(ctx context.Context, req api.UnarchiveAgentRequestObject) (api.UnarchiveAgentResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.UnarchiveAgent200JSONResponse, error) {
		changed, err := s.setStatus(ctx, tx, req.AgentID, api.AgentStatusActive)
		return api.UnarchiveAgent200JSONResponse{AgentChangedJSONResponse: changed}, err
	})
}

func (s *Server) setStatus(
	ctx context.Context, tx *work, id api.AgentID, status api.AgentStatus,
) (api.AgentChangedJSONResponse, error) {
	agent, err := found(db.New().AgentSetStatus(ctx, tx, db.AgentSetStatusParams{
		ID: id, AccountID: owner(ctx), Status: string(status), UpdatedAt: s.now(),
	}))
	return api.AgentChangedJSONResponse{Body: agentOf(agent)}, err
}

// GetAgentAPIKey answers an agent's key in full.
func (s *Server) GetAgentAPIKey(ctx context.Context, req api.GetAgentAPIKeyRequestObject) (api.GetAgentAPIKeyResponseObject, error) {
	_, key, err := s.agentWithKey(ctx, req.AgentID)
	if err != nil {
		return nil, err
	}
	return api.GetAgentAPIKey200JSONResponse{Body: api.AgentKey{
		AgentID: req.AgentID, APIKey: key, Message: "Current API key for this agent.",
	}}, nil
}

func (s *Server) agentWithKey(ctx context.Context, id api.AgentID) (db.Agent, auth.Secret, error) {
	row, err := found(db.New().AgentGetSealedKey(ctx, s.pool, db.AgentGetSealedKeyParams{ID: id, AccountID: owner(ctx)}))
	if err != nil {
		return db.Agent{}, "", err
	}
	key, err := s.vault.Open(id, auth.PurposeAgentKey, row.Sealed)
	return row.Agent, auth.Secret(key), err
}

// RegenerateAgentKey replaces an agent's key. The agent's lock puts several at once into an order, and each takes out
// the key of the one before.
func (s *Server) RegenerateAgentKey(
	ctx context.Context, req api.RegenerateAgentKeyRequestObject,
) (api.RegenerateAgentKeyResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx *work) (api.RegenerateAgentKey200JSONResponse, error) {
		key, err := s.replaceKey(ctx, tx, db.AgentLockParams{ID: req.AgentID, AccountID: owner(ctx)})
		return api.RegenerateAgentKey200JSONResponse{Body: api.AgentKey{
			AgentID: req.AgentID, APIKey: key,
			Message: "New API key for this agent. The old one no longer works: update your agent now.",
		}}, err
	})
}

func (s *Server) replaceKey(ctx context.Context, tx *work, id db.AgentLockParams) (auth.Secret, error) {
	queries := db.New()
	agent, err := found(queries.AgentLock(ctx, tx, id))
	if err != nil {
		return "", err
	}
	key, err := auth.MintKey(s.random, auth.KindAPIKey)
	if err != nil {
		return "", err
	}
	sealed, err := tx.seal(ctx, agent.ID, auth.PurposeAgentKey, []byte(key.Reveal()))
	if err != nil {
		return "", err
	}
	return key, queries.AgentKeyReplace(ctx, tx, db.AgentKeyReplaceParams{
		ID: agent.ID, AccountID: agent.AccountID, OldDigest: agent.APIKeyDigest, Digest: auth.DigestKey(key),
		Sealed: sealed, Preview: auth.PreviewKey(key), UpdatedAt: s.now(),
	})
}

// GetAgentRisk answers the limits that the next order is judged by.
func (s *Server) GetAgentRisk(
	ctx context.Context, req api.GetAgentRiskRequestObject,
) (api.GetAgentRiskResponseObject, error) {
	agent, err := s.agent(ctx, req.AgentID)
	if err == nil && unchanged(ctx, 1, agent) {
		return api.GetAgentRisk304Response{}, nil
	}
	return api.GetAgentRisk200JSONResponse{
		OneRiskProfileJSONResponse: api.OneRiskProfileJSONResponse{Body: riskProfileOf(agent)},
	}, err
}

// UpdateAgentRisk replaces the three limits.
func (s *Server) UpdateAgentRisk(
	ctx context.Context, req api.UpdateAgentRiskRequestObject,
) (api.UpdateAgentRiskResponseObject, error) {
	agent, err := found(db.New().AgentUpdateRiskProfile(ctx, s.pool, db.AgentUpdateRiskProfileParams{
		ID: req.AgentID, AccountID: owner(ctx), UpdatedAt: s.now(),
		MaxPositionSizePct: req.Body.MaxPositionSizePct, DailyLossLimitPct: req.Body.DailyLossLimitPct,
		MaxOpenOrders: req.Body.MaxOpenOrders,
	}))
	return api.UpdateAgentRisk200JSONResponse{
		OneRiskProfileJSONResponse: api.OneRiskProfileJSONResponse{Body: riskProfileOf(agent)},
	}, err
}

// GetAgentSkill renders the file that teaches an LLM to use its agent.
func (s *Server) GetAgentSkill(ctx context.Context, req api.GetAgentSkillRequestObject) (api.GetAgentSkillResponseObject, error) {
	agent, key, err := s.agentWithKey(ctx, req.AgentID)
	if err != nil {
		return nil, err
	}
	shown := key.Reveal()
	if !*req.Params.IncludeKey {
		shown = "$AGENTEXCHANGE_API_KEY"
	}
	text, err := s.guide.Render(skill.Agent{
		ID: agent.ID.String(), Name: agent.DisplayName, Key: shown, BaseURL: s.baseURL(callOf(ctx).host),
		MaxPositionSizePct: agent.MaxPositionSizePct, DailyLossLimitPct: agent.DailyLossLimitPct,
		MaxOpenOrders: agent.MaxOpenOrders,
	})
	if err != nil {
		return nil, err
	}
	return api.GetAgentSkill200TextMarkdownCharsetUTF8Response{
		Body: strings.NewReader(text), ContentLength: int64(len(text)),
	}, nil
}
