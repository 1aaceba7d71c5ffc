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

// CallOption changes one call.
type CallOption func(*request)

// WithAgentID makes the call one for this agent of the account, and not for the client's.
func WithAgentID(id string) CallOption { return func(r *request) { r.agentID = &id } }

// WithIdempotencyKey sends this key in place of one that is made for the call. A call that is made again with the same
// key, even by another process, is not done again: it answers what the first was answered.
func WithIdempotencyKey(key string) CallOption { return func(r *request) { r.idempotencyKey = &key } }

// request is one call, and the same for each of its attempts.
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

// setPath puts an argument into the path.
func (r *request) setPath(name string, value any) {
	segment := text(value)
	if segment == "" || segment == "." || segment == ".." {
		r.fail(fmt.Errorf("%s is %q, which names nothing", name, segment))
	}
	r.path = strings.ReplaceAll(r.path, "{"+name+"}", url.PathEscape(segment))
}

// addQuery puts the values of a parameter into the query: exploded, one by one, else in one list.
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

// prepare fixes what all attempts share.
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
	case !sendable(*value): // it may be a secret, so it is not shown
		r.fail(fmt.Errorf("%s holds a character that cannot stand in a header, or nothing, or a blank at an end", name))
	default:
		r.header.Set(name, *value)
	}
}

// send makes one attempt, and answers the body of a success.
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

// unanswered is the error of an attempt without an answer: that of the caller's context, if it has ended.
func (r *request) unanswered(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("agentexchange: %s: %w", r.operation, ctx.Err())
	}
	if failed := (*url.Error)(nil); errors.As(err, &failed) {
		err = failed.Err // without the URL, which the operation stands for
	}
	return &ConnectionError{Operation: r.operation, Err: err}
}

// newIdempotencyKey makes a key that nobody guesses, of 48 characters.
func newIdempotencyKey() string {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}

// text is how a value stands in a path or query.
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

// optional is the text of a value that may be left out.
func optional[T any](value *T) []string {
	if value == nil {
		return nil
	}
	return []string{text(*value)}
}

// texts are those of a list.
func texts[T any](values []T) []string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = text(value)
	}
	return all
}
