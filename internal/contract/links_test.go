package contract_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestLinksUseOnlyWhatTheirResponsesHave(t *testing.T) {
	t.Parallel()
	require.Empty(t, brokenLinks(testkit.Spec().T))
}

func TestBrokenLinksAreDetected(t *testing.T) {
	t.Parallel()
	for expression, seen := range map[string]string{
		"$response.body#/nothing": "updateAgent 200 GetAgent: $response.body#/nothing",
		"$request.path.nothing":   "updateAgent 200 GetAgent: $request.path.nothing",
		"$request.body":           "archiveAgent 200 GetAgent: $request.body",
		"$response.header.Link":   "updateAgent 200 GetAgent: $response.header.Link",
	} {
		doc, err := spec.Load()
		require.NoError(t, err)
		doc.Components.Links["GetAgentOfRequest"].Value.Parameters = map[string]any{"agent_id": expression}
		require.Contains(t, brokenLinks(doc.T), seen)
	}
	doc, err := spec.Load()
	require.NoError(t, err)
	doc.Components.Links["GetAgentOfRequest"].Value.Parameters = nil
	require.Contains(t, brokenLinks(doc.T), "updateAgent 200 GetAgent: gives no agent_id")
}

// brokenLinks returns the links that use a value which the response or its request lacks, or which omit a required
// parameter of the next request.
func brokenLinks(doc *openapi3.T) []string {
	targets := map[string]openapi3.Operation{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			withShared := *op
			withShared.Parameters = slices.Concat(item.Parameters, op.Parameters)
			targets[op.OperationID] = withShared
		}
	}
	var broken []string
	for _, source := range targets {
		for status, answer := range source.Responses.Map() {
			for name, link := range answer.Value.Links {
				for _, what := range faults(source, answer.Value, link.Value, targets[link.Value.OperationID]) {
					broken = append(broken, fmt.Sprintf("%s %s %s: %s", source.OperationID, status, name, what))
				}
			}
		}
	}
	return broken
}

func faults(source openapi3.Operation, answer *openapi3.Response, link *openapi3.Link, target openapi3.Operation) []string {
	if target.OperationID == "" {
		return []string{"leads nowhere"}
	}
	var found []string
	for _, param := range target.Parameters {
		if _, given := link.Parameters[param.Value.Name]; param.Value.Required && !given {
			found = append(found, "gives no "+param.Value.Name)
		}
	}
	expressions := []any{}
	for _, expression := range link.Parameters {
		expressions = append(expressions, expression)
	}
	if link.RequestBody != nil {
		expressions = append(expressions, link.RequestBody)
	}
	for _, expression := range expressions {
		if !resolves(fmt.Sprint(expression), source, answer) {
			found = append(found, fmt.Sprint(expression))
		}
	}
	return found
}

// resolves reports whether every response, or the request before it, has the value that an expression names. It knows
// only those of OpenAPI's expressions which the document uses.
func resolves(expression string, source openapi3.Operation, answer *openapi3.Response) bool {
	if field, ok := strings.CutPrefix(expression, "$response.body#/"); ok {
		media := answer.Content.Get("application/json")
		return media != nil && slices.Contains(media.Schema.Value.Required, field)
	}
	if name, ok := strings.CutPrefix(expression, "$request.path."); ok {
		return source.Parameters.GetByInAndName(openapi3.ParameterInPath, name) != nil
	}
	return expression == "$request.body" && source.RequestBody != nil
}
