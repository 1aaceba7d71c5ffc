package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/agentexchange/agentexchange/internal/fault"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// failure is an error of the API, as in its envelope.
type failure struct {
	Code      fault.Code      `json:"code"`
	Message   string          `json:"message"`
	Details   json.RawMessage `json:"details,omitempty"`
	RequestID string          `json:"request_id,omitempty"`
}

// askTheKeeper replaces public messages that name HTTP calls which a model cannot make, but the person who set up its client
// can.
var askTheKeeper = map[fault.Code]string{
	fault.InvalidAPIKey: "The API key that this MCP server was given is not valid. Ask whoever set it up for one that is.",
	fault.JWTRequired:   "This tool needs an account's token, and this MCP server was given a key. Ask whoever set it up for one with a token.",
	fault.InvalidToken:  "The token that this MCP server was given is not valid. Ask whoever set it up to log in again.",
	fault.TokenExpired:  "The token that this MCP server was given has expired. Ask whoever set it up to log in again.",
	fault.AgentRequired: "The account has no default agent any more. Ask whoever set up this MCP server to give it an agent's own key.",
	fault.OutcomeUnknown: "The connection to the database was lost while the change was being saved, so it may or may not have been. " +
		"Look what became of it before you call this tool again.",
}

// result translates an answer. JSON is given both as it is and as text, for clients that know only that.
func (c *caller) result(a *answer) *sdk.CallToolResult {
	switch {
	case a.status == http.StatusNoContent:
		return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: "Done."}}}
	case a.status >= http.StatusBadRequest:
		return c.refused(a)
	}
	body := bytes.TrimSpace(a.body)
	if !json.Valid(body) {
		return c.refusal(strange(a))
	}
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: string(body)}}, StructuredContent: json.RawMessage(body)}
}

func (c *caller) refused(a *answer) *sdk.CallToolResult {
	said, isError := a.failure()
	if !isError {
		return c.refusal(strange(a))
	}
	if message, ok := askTheKeeper[said.Code]; ok {
		said.Message = message
	}
	said.Message = c.names.Replace(said.Message)
	return c.refusal(said)
}

// failure is the error of an answer, if it is one of the API's.
func (a *answer) failure() (failure, bool) {
	var envelope struct{ Error failure }
	err := json.Unmarshal(a.body, &envelope)
	return envelope.Error, a.status >= http.StatusBadRequest && err == nil && envelope.Error.Code != ""
}

func strange(a *answer) failure {
	return failure{Code: fault.Unavailable, RequestID: a.header.Get(headerRequestID), Message: fmt.Sprintf(
		"The answer, of status %d, is not that of an AgentExchange server. Ask whoever set up this MCP server to check AGENTEXCHANGE_BASE_URL.", a.status)}
}

// unanswered is the result of a call that got no answer.
func (c *caller) unanswered(t *tool, err error) *sdk.CallToolResult {
	said := failure{Code: fault.Unavailable, Message: "The AgentExchange server cannot be reached (" + reason(err) + "). Try again shortly; " +
		"if it lasts, ask whoever set up this MCP server whether the server runs and whether AGENTEXCHANGE_BASE_URL names it."}
	if !t.reads {
		said.Message += " The call may have taken effect all the same: look before you repeat it."
	}
	return c.refusal(said)
}

func reason(err error) string {
	if errors.Is(err, context.Canceled) {
		return "the call was cancelled"
	}
	return err.Error()
}

func (c *caller) refusal(said failure) *sdk.CallToolResult {
	text := encode(map[string]failure{"error": said})
	return &sdk.CallToolResult{IsError: true, Content: []sdk.Content{&sdk.TextContent{Text: string(text)}}, StructuredContent: text}
}
