package httpapi

import (
	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/oapi-codegen/nullable"
)

func pageOf(agents []db.Agent, total int64) api.AgentPageJSONResponse {
	page := api.AgentPageJSONResponse{Body: api.AgentList{Agents: make([]api.Agent, len(agents)), Total: total}}
	for n, agent := range agents {
		page.Body.Agents[n] = agentOf(agent)
	}
	return page
}

func agentOf(agent db.Agent) api.Agent {
	return api.Agent{
		ID:              agent.ID,
		AccountID:       agent.AccountID,
		DisplayName:     agent.DisplayName,
		APIKeyPreview:   agent.APIKeyPreview,
		StartingBalance: agent.StartingBalance,
		LlmModel:        agent.LLMModel,
		Framework:       agent.Framework,
		StrategyTags:    agent.StrategyTags,
		RiskProfile:     riskProfileOf(agent),
		Color:           agent.Color,
		Status:          api.AgentStatus(agent.Status),
		CreatedAt:       agent.CreatedAt,
		UpdatedAt:       agent.UpdatedAt,
	}
}

func riskProfileOf(agent db.Agent) api.RiskProfile {
	return api.RiskProfile{
		MaxPositionSizePct: agent.MaxPositionSizePct,
		DailyLossLimitPct:  agent.DailyLossLimitPct,
		MaxOpenOrders:      agent.MaxOpenOrders,
	}
}

// pointerOf answers nil for null and for absent.
func pointerOf(value nullable.Nullable[string]) *string {
	if text, err := value.Get(); err == nil {
		return &text
	}
	return nil
}

func valueOf[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

// tagsOf answers an empty list, and never NULL, where there are none.
func tagsOf(tags *[]string) []string {
	if tags == nil || *tags == nil {
		return []string{}
	}
	return *tags
}
