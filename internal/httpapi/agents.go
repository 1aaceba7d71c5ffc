package httpapi

import (
	"context"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/agents"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/skill"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/oapi-codegen/nullable"
)

// owner is the account that calls.
func owner(ctx context.Context) uuid.UUID { return callOf(ctx).accountID }

// CreateAgent makes an agent, funds it and returns its key.
func (s *Server) CreateAgent(ctx context.Context, req api.CreateAgentRequestObject) (api.CreateAgentResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.CreateAgent201JSONResponse, error) {
		n := agents.New{
			DisplayName: req.Body.DisplayName, StartingBalance: *req.Body.StartingBalance, LLMModel: req.Body.LlmModel,
			Framework: req.Body.Framework, Limits: s.limitsOf(req.Body.RiskProfile), Color: req.Body.Color,
		}
		if req.Body.StrategyTags != nil {
			n.StrategyTags = *req.Body.StrategyTags
		}
		created, err := s.agents.Create(ctx, tx, owner(ctx), n)
		return api.CreateAgent201JSONResponse{AgentCreatedJSONResponse: createdOf(created)}, err
	})
}

// CloneAgent makes an agent with the configuration of another.
func (s *Server) CloneAgent(ctx context.Context, req api.CloneAgentRequestObject) (api.CloneAgentResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.CloneAgent201JSONResponse, error) {
		created, err := s.agents.Clone(ctx, tx, owner(ctx), req.AgentID, req.Params.NewName)
		return api.CloneAgent201JSONResponse{AgentCreatedJSONResponse: createdOf(created)}, err
	})
}

// ListAgents returns a page of the account's agents, oldest first.
func (s *Server) ListAgents(ctx context.Context, req api.ListAgentsRequestObject) (api.ListAgentsResponseObject, error) {
	// The validator has put the spec's defaults in for what was not sent.
	list, total, err := s.agents.List(ctx, owner(ctx), *req.Params.IncludeArchived, req.Params.Limit, *req.Params.Offset)
	if err != nil {
		return nil, err
	}
	if unchanged(ctx, total, list...) {
		return api.ListAgents304Response{}, nil
	}
	return api.ListAgents200JSONResponse{AgentPageJSONResponse: pageOf(list, total)}, nil
}

// GetAgentOverview returns every agent of the account that is not archived.
func (s *Server) GetAgentOverview(ctx context.Context, _ api.GetAgentOverviewRequestObject) (api.GetAgentOverviewResponseObject, error) {
	list, total, err := s.agents.List(ctx, owner(ctx), false, nil, 0)
	if err != nil {
		return nil, err
	}
	if unchanged(ctx, total, list...) {
		return api.GetAgentOverview304Response{}, nil
	}
	return api.GetAgentOverview200JSONResponse{AgentPageJSONResponse: pageOf(list, total)}, nil
}

// GetAgent returns one agent.
func (s *Server) GetAgent(ctx context.Context, req api.GetAgentRequestObject) (api.GetAgentResponseObject, error) {
	agent, err := s.agents.Get(ctx, owner(ctx), req.AgentID)
	if err != nil {
		return nil, err
	}
	if unchanged(ctx, 1, agent) {
		return api.GetAgent304Response{}, nil
	}
	return api.GetAgent200JSONResponse{OneAgentJSONResponse: api.OneAgentJSONResponse{Body: agentOf(agent)}}, nil
}

// UpdateAgent changes the fields that were sent. If none was, it is a read.
func (s *Server) UpdateAgent(ctx context.Context, req api.UpdateAgentRequestObject) (api.UpdateAgentResponseObject, error) {
	agent, err := s.agents.Update(ctx, owner(ctx), req.AgentID, agents.Change{
		DisplayName: req.Body.DisplayName, LLMModel: optionalOf(req.Body.LlmModel), Framework: optionalOf(req.Body.Framework),
		StrategyTags: req.Body.StrategyTags, Color: optionalOf(req.Body.Color),
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateAgent200JSONResponse{OneAgentJSONResponse: api.OneAgentJSONResponse{Body: agentOf(agent)}}, nil
}

// DeleteAgent deletes an agent and everything that belongs to it.
func (s *Server) DeleteAgent(ctx context.Context, req api.DeleteAgentRequestObject) (api.DeleteAgentResponseObject, error) {
	if err := s.agents.Delete(ctx, owner(ctx), req.AgentID); err != nil {
		return nil, err
	}
	return api.DeleteAgent204Response{}, nil
}

// ResetAgent restores the starting balance; an archived agent is active again.
func (s *Server) ResetAgent(ctx context.Context, req api.ResetAgentRequestObject) (api.ResetAgentResponseObject, error) {
	held, err := s.agents.Hold(ctx, owner(ctx), req.AgentID)
	if err != nil {
		return nil, err
	}
	defer held.Release()
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.ResetAgent200JSONResponse, error) {
		agent, err := s.agents.Reset(ctx, tx, held)
		return api.ResetAgent200JSONResponse{AgentChangedJSONResponse: changedOf(agent)}, err
	})
}

// ArchiveAgent stops an agent and keeps what it has.
func (s *Server) ArchiveAgent(ctx context.Context, req api.ArchiveAgentRequestObject) (api.ArchiveAgentResponseObject, error) {
	held, err := s.agents.Hold(ctx, owner(ctx), req.AgentID)
	if err != nil {
		return nil, err
	}
	defer held.Release()
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.ArchiveAgent200JSONResponse, error) {
		agent, err := s.agents.Archive(ctx, tx, held)
		return api.ArchiveAgent200JSONResponse{AgentChangedJSONResponse: changedOf(agent)}, err
	})
}

// UnarchiveAgent lets an archived agent trade again.
func (s *Server) UnarchiveAgent(ctx context.Context, req api.UnarchiveAgentRequestObject) (api.UnarchiveAgentResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.UnarchiveAgent200JSONResponse, error) {
		agent, err := s.agents.Unarchive(ctx, tx, owner(ctx), req.AgentID)
		return api.UnarchiveAgent200JSONResponse{AgentChangedJSONResponse: changedOf(agent)}, err
	})
}

// GetAgentAPIKey returns an agent's key in full.
func (s *Server) GetAgentAPIKey(ctx context.Context, req api.GetAgentAPIKeyRequestObject) (api.GetAgentAPIKeyResponseObject, error) {
	_, key, err := s.agents.RevealKey(ctx, owner(ctx), req.AgentID)
	if err != nil {
		return nil, err
	}
	return api.GetAgentAPIKey200JSONResponse{Body: api.AgentKey{
		AgentID: req.AgentID, APIKey: key, Message: "Current API key for this agent.",
	}}, nil
}

// RegenerateAgentKey replaces an agent's key.
func (s *Server) RegenerateAgentKey(
	ctx context.Context, req api.RegenerateAgentKeyRequestObject,
) (api.RegenerateAgentKeyResponseObject, error) {
	return idempotently(ctx, s, req.Params.IdempotencyKey, func(tx pgx.Tx) (api.RegenerateAgentKey200JSONResponse, error) {
		key, err := s.agents.ReplaceKey(ctx, tx, owner(ctx), req.AgentID)
		return api.RegenerateAgentKey200JSONResponse{Body: api.AgentKey{
			AgentID: req.AgentID, APIKey: key,
			Message: "New API key for this agent. The old one no longer works: update your agent now.",
		}}, err
	})
}

// GetAgentRisk returns the limits by which the next order is judged.
func (s *Server) GetAgentRisk(ctx context.Context, req api.GetAgentRiskRequestObject) (api.GetAgentRiskResponseObject, error) {
	agent, err := s.agents.Get(ctx, owner(ctx), req.AgentID)
	if err != nil {
		return nil, err
	}
	if unchanged(ctx, 1, agent) {
		return api.GetAgentRisk304Response{}, nil
	}
	return api.GetAgentRisk200JSONResponse{
		OneRiskProfileJSONResponse: api.OneRiskProfileJSONResponse{Body: riskProfileOf(agent.Limits)},
	}, nil
}

// UpdateAgentRisk replaces the three limits.
func (s *Server) UpdateAgentRisk(
	ctx context.Context, req api.UpdateAgentRiskRequestObject,
) (api.UpdateAgentRiskResponseObject, error) {
	agent, err := s.agents.SetLimits(ctx, owner(ctx), req.AgentID, book.Limits{
		MaxPositionSizePct: req.Body.MaxPositionSizePct, DailyLossLimitPct: req.Body.DailyLossLimitPct,
		MaxOpenOrders: req.Body.MaxOpenOrders,
	})
	if err != nil {
		return nil, err
	}
	return api.UpdateAgentRisk200JSONResponse{
		OneRiskProfileJSONResponse: api.OneRiskProfileJSONResponse{Body: riskProfileOf(agent.Limits)},
	}, nil
}

// GetAgentSkill renders the file that teaches an LLM to use its agent.
func (s *Server) GetAgentSkill(ctx context.Context, req api.GetAgentSkillRequestObject) (api.GetAgentSkillResponseObject, error) {
	agent, key, err := s.agents.RevealKey(ctx, owner(ctx), req.AgentID)
	if err != nil {
		return nil, err
	}
	shown := key.Reveal()
	if !*req.Params.IncludeKey {
		shown = "$AGENTEXCHANGE_API_KEY"
	}
	text, err := s.guide.Render(skill.Agent{
		ID: agent.ID.String(), Name: agent.DisplayName, Key: shown, BaseURL: s.baseURL(callOf(ctx).host),
		MaxPositionSizePct: agent.Limits.MaxPositionSizePct, DailyLossLimitPct: agent.Limits.DailyLossLimitPct,
		MaxOpenOrders: agent.Limits.MaxOpenOrders,
	})
	if err != nil {
		return nil, err
	}
	return api.GetAgentSkill200TextMarkdownCharsetUTF8Response{
		Body: strings.NewReader(text), ContentLength: int64(len(text)),
	}, nil
}

// limitsOf maps the limits of a new agent. The validator has put the spec's defaults in for those that were not sent; if
// none was, all of them are defaults.
func (s *Server) limitsOf(asked *api.RiskProfileOverrides) book.Limits {
	if asked == nil {
		asked = &s.defaultRisk
	}
	return book.Limits{
		MaxPositionSizePct: *asked.MaxPositionSizePct, DailyLossLimitPct: *asked.DailyLossLimitPct,
		MaxOpenOrders: *asked.MaxOpenOrders,
	}
}

// optionalOf returns nil for what was not sent.
func optionalOf(value nullable.Nullable[string]) *agents.Optional {
	if !value.IsSpecified() {
		return nil
	}
	if text, err := value.Get(); err == nil {
		return &agents.Optional{Text: &text}
	}
	return &agents.Optional{} // null
}

func createdOf(created agents.Created) api.AgentCreatedJSONResponse {
	return api.AgentCreatedJSONResponse{Body: api.AgentCredentials{
		AgentID: created.ID, APIKey: created.Key, DisplayName: created.DisplayName, StartingBalance: created.StartingBalance,
		Message: "Save the api_key now: your agent sends it as X-API-Key. GET /api/v1/agents/" + created.ID.String() +
			"/api-key retrieves it again.",
	}}
}

func changedOf(agent agents.Agent) api.AgentChangedJSONResponse {
	return api.AgentChangedJSONResponse{Body: agentOf(agent)}
}

func pageOf(list []agents.Agent, total int64) api.AgentPageJSONResponse {
	page := api.AgentPageJSONResponse{Body: api.AgentList{Agents: make([]api.Agent, len(list)), Total: total}}
	for n, agent := range list {
		page.Body.Agents[n] = agentOf(agent)
	}
	return page
}

func agentOf(a agents.Agent) api.Agent {
	return api.Agent{
		ID: a.ID, AccountID: a.AccountID, DisplayName: a.DisplayName, APIKeyPreview: a.APIKeyPreview,
		StartingBalance: a.StartingBalance, LlmModel: a.LLMModel, Framework: a.Framework, StrategyTags: a.StrategyTags,
		RiskProfile: riskProfileOf(a.Limits), Color: a.Color, Status: statusOf(a.Archived),
		CreatedAt: a.CreatedAt, UpdatedAt: a.UpdatedAt,
	}
}

func statusOf(archived bool) api.AgentStatus {
	if archived {
		return api.AgentStatusArchived
	}
	return api.AgentStatusActive
}

func riskProfileOf(l book.Limits) api.RiskProfile {
	return api.RiskProfile{
		MaxPositionSizePct: l.MaxPositionSizePct, DailyLossLimitPct: l.DailyLossLimitPct, MaxOpenOrders: l.MaxOpenOrders,
	}
}
