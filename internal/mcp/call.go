package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// caller calls tools. Its transport reaches the API and adds the credentials.
type caller struct {
	api   http.RoundTripper
	names *strings.Replacer
}

// handler returns the SDK's handler of a tool. It fails only if the session does: a refusal of the API, or a call that could
// not be sent, is an answer that a model can read.
func (c *caller) handler(t *tool) sdk.ToolHandler {
	return func(ctx context.Context, call *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		request, err := t.request(call.Params.Arguments)
		if refused, ok := errors.AsType[*fault.Error](err); ok {
			return c.refusal(failure{Code: refused.Code, Message: refused.Message(), Details: encode(refused.Details)}), nil
		} else if err != nil {
			return nil, err
		}
		answer, err := c.send(ctx, t, request)
		if err != nil {
			return c.unanswered(t, err), nil
		}
		return c.result(answer), nil
	}
}

// request is one HTTP request, which can be sent several times.
type request struct {
	method, path string
	query        url.Values
	header       http.Header
	body         []byte
}

// request puts the arguments where the operation takes them. An unknown argument goes where the API will find it and refuse
// it.
func (t *tool) request(arguments json.RawMessage) (*request, error) {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(orEmpty(arguments), &given); err != nil {
		return nil, fault.Invalid(fault.Violation{Message: "the arguments must be an object"})
	}
	r := &request{method: t.op.Method, path: t.op.Path, query: url.Values{}, header: http.Header{}}
	if violations := t.unwritable(given); violations != nil {
		return nil, fault.Invalid(violations...)
	}
	fields := map[string]json.RawMessage{}
	for name, value := range given {
		switch {
		case t.inPath[name] != nil:
			r.path = strings.ReplaceAll(r.path, "{"+name+"}", url.PathEscape(textOf(value)))
		case t.op.Body != nil && t.inQuery[name] == nil:
			fields[name] = value
		case t.inQuery[name] != nil && isArray(t.inQuery[name]):
			r.query.Set(name, listOf(value))
		default:
			r.query.Set(name, textOf(value))
		}
	}
	if t.op.Body != nil {
		r.header.Set("Content-Type", "application/json")
		r.body = encode(fields)
	}
	if t.op.Idempotent {
		r.header.Set(headerIdempotencyKey, uuid.NewString())
	}
	return r, nil
}

// unwritable returns the arguments whose absence or value leaves nothing to send that the API could judge.
func (t *tool) unwritable(given map[string]json.RawMessage) (violations []fault.Violation) {
	for _, name := range t.input.PropertyOrder {
		value, isGiven := given[name]
		switch {
		case t.inPath[name] != nil && (isNull(value) || textOf(value) == ""):
			violations = append(violations, fault.Violation{Field: "/" + name, Message: "is required"})
		case t.inQuery[name] != nil && isGiven && isNull(value):
			violations = append(violations, fault.Violation{Field: "/" + name, Message: "must not be null"})
		}
	}
	return violations
}

func isNull(value json.RawMessage) bool { return len(value) == 0 || string(value) == "null" }

func orEmpty(arguments json.RawMessage) json.RawMessage {
	if isNull(arguments) {
		return json.RawMessage("{}")
	}
	return arguments
}

// textOf is a value as a path or a query has it. The API judges a value that is not text, a number or a boolean.
func textOf(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// listOf is a list as a query has it. A string is passed through unchanged, because models do write "BTCUSDT,ETHUSDT".
func listOf(value json.RawMessage) string {
	var entries []json.RawMessage
	if json.Unmarshal(value, &entries) != nil || entries == nil {
		return textOf(value)
	}
	texts := make([]string, len(entries))
	for i, entry := range entries {
		texts[i] = textOf(entry)
	}
	return strings.Join(texts, ",")
}

// answer is the API's answer.
type answer struct {
	status int
	header http.Header
	body   []byte
}

const (
	attempts  = 3
	patience  = 5 * time.Second // no attempt begins after this
	firstWait = 100 * time.Millisecond
)

// send sends the request until it gets a final answer. A call with an effect is repeated only under its own Idempotency-Key,
// or if repeating it has the same effect. Repeating a DELETE leaves the same state, but gets another answer.
func (c *caller) send(ctx context.Context, t *tool, r *request) (*answer, error) {
	started, wait := time.Now(), firstWait
	again := t.op.Idempotent || t.repeatable && t.op.Method != http.MethodDelete
	for attempt := 1; ; attempt++ {
		answer, err := c.sendOnce(ctx, r)
		if !again || attempt == attempts || !passing(answer, err) {
			return answer, err
		}
		if err == nil {
			if seconds, err := strconv.Atoi(answer.header.Get("Retry-After")); err == nil {
				wait = time.Duration(seconds) * time.Second
			}
		}
		if time.Since(started)+wait > patience {
			return answer, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait):
		}
		wait *= 3
	}
}

// passing reports whether the next attempt may get another answer.
func passing(answer *answer, err error) bool {
	if err != nil {
		return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	switch answer.status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusConflict: // the previous attempt is still being worked on
		return bytes.Contains(answer.body, []byte(fault.IdempotencyInFlight))
	}
	return false
}

// sendOnce sends the request, and reads whatever the answer is.
func (c *caller) sendOnce(ctx context.Context, r *request) (*answer, error) {
	target := r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	sent, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	maps.Copy(sent.Header, r.header)
	response, err := c.api.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &answer{status: response.StatusCode, header: response.Header, body: body}, nil
}

// encode writes JSON in which < and & are not escaped.
func encode(value any) json.RawMessage {
	if value == nil {
		return nil
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil // every value here was decoded from JSON or is made to be encoded
	}
	return bytes.TrimSpace(out.Bytes())
}
