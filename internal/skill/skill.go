// Package skill renders the file that teaches an LLM to use its agent, from the spec.
package skill

import (
	"fmt"

	"github.com/getkin/kin-openapi/openapi3"
)

// Agent is what the file says of the agent that it is for.
type Agent struct {
	ID, Name, Key, BaseURL                               string
	MaxPositionSizePct, DailyLossLimitPct, MaxOpenOrders int32
}

// Render writes the file.
func Render(doc *openapi3.T, agent Agent) string {
	return fmt.Sprintf("# Agent: %s\n# Agent ID: %s\n# API Key: %s\n\n# AgentExchange — AI Crypto Trading Platform\n", agent.Name, agent.ID, agent.Key)
}
