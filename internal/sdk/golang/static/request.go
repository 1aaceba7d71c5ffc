package agentexchange

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const (
	agentIDHeader        = "X-Agent-Id"
	idempotencyKeyHeader = "Idempotency-Key"
)

// CallOption changes a single call.
type CallOption func(*request)

// WithAgentID makes the call for this agent of the account, instead of the client's.
func WithAgentID(id string) CallOption { return func(r *request) { r.agentID = &id } }

// WithIdempotencyKey sends this key instead of a generated one. A second call with the same key, even from another
// process, does not act again: it returns the first call's result.
func WithIdempotencyKey(key string) CallOption { return func(r *request) { r.idempotencyKey = &key } }

// request is a call. All attempts share it.
type request struct {
	operation, method, path           string
	auth                              auth
	takesAgentID, takesIdempotencyKey bool
	body                              any

	query                   []string
	agentID, idempotencyKey *string
	encoded                 []byte
	header                  http.Header
	err                     error // the first argument that cannot be sent
}

// setPath inserts an argument into the path.
func (r *request) setPath(name string, value any) {
	segment := text(value)
	if segment == "" || segment == "." || segment == ".." {
		r.fail(fmt.Errorf("%s is %q, which names nothing", name, segment))
	}
	r.path = strings.ReplaceAll(r.path, "{"+name+"}", url.PathEscape(segment))
}

// addQuery adds the values of a parameter to the query: one by one if explode, otherwise as one list.
func (r *request) addQuery(name string, explode bool, values ...string) {
	for i, value := range values {
		values[i] = url.QueryEscape(value)
	}
	switch {
	case len(values) == 0:
	case explode:
		for _, value := range values {
			r.query = append(r.query, name+"="+value)
		}
	default:
		r.query = append(r.query, name+"="+strings.Join(values, ","))
	}
}

func (r *request) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// prepare sets what all attempts share.
func (r *request) prepare(c *Client, options []CallOption) error {
	for _, option := range options {
		if option != nil {
			option(r)
		}
	}
	r.header = http.Header{"Accept": {"application/json, text/*"}, "User-Agent": {"agentexchange-go/" + Version}}
	if r.body != nil {
		var err error
		if r.encoded, err = json.Marshal(r.body); err != nil {
			r.fail(err)
		}
		r.header.Set("Content-Type", "application/json")
	}
	if r.takesAgentID && r.agentID == nil && c.agentID != "" {
		r.agentID = &c.agentID
	}
	if r.takesIdempotencyKey && r.idempotencyKey == nil {
		r.idempotencyKey = Ptr(newIdempotencyKey())
	}
	r.setHeader(agentIDHeader, r.takesAgentID, r.agentID)
	r.setHeader(idempotencyKeyHeader, r.takesIdempotencyKey, r.idempotencyKey)
	if r.err != nil {
		return fmt.Errorf("agentexchange: %s: %w", r.operation, r.err)
	}
	return nil
}

func (r *request) setHeader(name string, taken bool, value *string) {
	switch {
	case value == nil:
	case !taken:
		r.fail(errors.New("takes no " + name))
	case !sendable(*value): // not shown, as it may be a secret
		r.fail(fmt.Errorf("%s must be printable ASCII, not empty, and have no blank at either end", name))
	default:
		r.header.Set(name, *value)
	}
}

// send makes one attempt and returns the body of a successful response.
func (r *request) send(ctx context.Context, c *Client, proof proof) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	target := c.baseURL + r.path
	if len(r.query) > 0 {
		target += "?" + strings.Join(r.query, "&")
	}
	var body io.Reader
	if r.encoded != nil {
		body = bytes.NewReader(r.encoded)
	}
	sent, err := http.NewRequestWithContext(limited, r.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("agentexchange: %s: %w", r.operation, err)
	}
	sent.Header = r.header.Clone()
	if proof.header != "" {
		sent.Header.Set(proof.header, proof.value)
	}
	response, err := c.http.Do(sent)
	if err != nil {
		return nil, r.unanswered(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, r.unanswered(ctx, err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, newAPIError(r.operation, response, answer)
	}
	return answer, nil
}

// unanswered returns the error of an attempt without a response: that of the caller's context if it has ended.
func (r *request) unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("agentexchange: %s: %w", r.operation, ctx.Err())
	}
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		err = failed.Err // without the URL; the operation is enough
	}
	return &ConnectionError{Operation: r.operation, Err: err}
}

// newIdempotencyKey returns an unguessable key of 48 characters.
func newIdempotencyKey() string {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

// text returns a value as it is written in a path or query.
func text(value any) string {
	switch value := value.(type) {
	case Secret:
		return string(value)
	case encoding.TextMarshaler:
		if marshaled, err := value.MarshalText(); err == nil {
			return string(marshaled)
		}
	}
	return fmt.Sprint(value)
}

// optional returns the text of an optional value.
func optional[T any](value *T) []string {
	if value == nil {
		return nil
	}
	return []string{text(*value)}
}

// texts returns the text of each value in a list.
func texts[T any](values []T) []string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = text(value)
	}
	return all
}
