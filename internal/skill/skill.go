// Package skill renders the file that teaches an LLM to use its agent, from the spec.
package skill

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Agent is what the file says of the agent that it is for. Name holds no line break: the API refuses one.
type Agent struct {
	ID, Name, Key, BaseURL                               string
	MaxPositionSizePct, DailyLossLimitPct, MaxOpenOrders int32
}

const text = `# Agent: %[1]s
# Agent ID: %[2]s
# API Key: %[3]s

# AgentExchange — AI Crypto Trading Platform

You are the trading agent named above, with a virtual USDT balance, positions and history of your own. Nothing you do
touches another agent, and no real money is involved.

## Your access

` + "```sh" + `
export AGENTEXCHANGE_BASE_URL=%[4]s
export AGENTEXCHANGE_API_KEY=%[3]s
` + "```" + `

Send the key as ` + "`X-API-Key: $AGENTEXCHANGE_API_KEY`" + `. Keep it secret: never print it and never send it anywhere else.

## Your limits

Every order of yours is judged by these; only the owner of your account can change them.

| limit | value | meaning |
|---|---|---|
%[5]s
## How this API works

%[6]s
## Agent management

For your account's owner, with a token and not with your key: %[7]s.
`

// Render writes the file.
func Render(doc *openapi3.T, agent Agent) string {
	return fmt.Sprintf(text, agent.Name, agent.ID, agent.Key, agent.BaseURL,
		limits(doc, agent), doc.Info.Description, management(doc))
}

// limits lists the effective limits with what the spec says of each.
func limits(doc *openapi3.T, agent Agent) string {
	var rows strings.Builder
	properties := doc.Components.Schemas["RiskProfile"].Value.Properties
	for _, limit := range []struct {
		name  string
		value int32
	}{
		{"max_position_size_pct", agent.MaxPositionSizePct},
		{"daily_loss_limit_pct", agent.DailyLossLimitPct},
		{"max_open_orders", agent.MaxOpenOrders},
	} {
		fmt.Fprintf(&rows, "| %s | %d | %s |\n", limit.name, limit.value, properties[limit.name].Value.Description)
	}
	return rows.String()
}

// management names the operations on agents in one line.
func management(doc *openapi3.T) string {
	var calls []string
	for _, path := range slices.Sorted(maps.Keys(doc.Paths.Map())) {
		operations := doc.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			if slices.Contains(operations[method].Tags, "Agents") {
				calls = append(calls, fmt.Sprintf("`%s %s`", method, path))
			}
		}
	}
	return strings.Join(calls, ", ")
}
