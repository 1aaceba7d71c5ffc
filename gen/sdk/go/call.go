package agentexchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

const (
	firstPause      = 200 * time.Millisecond
	longestPause    = 5 * time.Second
	longestObedient = 30 * time.Second // the longest Retry-After that is obeyed
)

// call makes a call with a JSON response.
func call[T any](ctx context.Context, c *Client, r *request, options []CallOption) (*T, error) {
	body, err := c.do(ctx, r, options)
	if err != nil {
		return nil, err
	}
	answer := new(T)
	if err := json.Unmarshal(body, answer); err != nil {
		return nil, fmt.Errorf("agentexchange: %s: the response is not what the API describes: %w", r.operation, err)
	}
	return answer, nil
}

// callText makes a call with a text response.
func (c *Client) callText(ctx context.Context, r *request, options []CallOption) (string, error) {
	body, err := c.do(ctx, r, options)
	return string(body), err
}

// call makes a call without a response body.
func (c *Client) call(ctx context.Context, r *request, options []CallOption) error {
	_, err := c.do(ctx, r, options)
	return err
}

// do makes as many attempts as needed. Every call may be repeated without acting twice: those that create something
// send the same Idempotency-Key with each attempt.
func (c *Client) do(ctx context.Context, r *request, options []CallOption) ([]byte, error) {
	if err := r.prepare(c, options); err != nil {
		return nil, err
	}
	renewed := false
	for retry := 0; ; {
		proof, err := c.prove(ctx, r)
		if err != nil {
			return nil, err
		}
		body, err := r.send(ctx, c, proof)
		if err == nil {
			return body, nil
		}
		if !renewed && c.credentials().discard(proof.token, err) {
			renewed = true
			continue
		}
		pause, again := pauseAfter(err, retry)
		if !again || retry >= c.maxRetries {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, r.unanswered(ctx, err)
		case <-time.After(pause):
			retry++
		}
	}
}

// pauseAfter reports whether to repeat a call that failed with err, and returns how long to wait before.
func pauseAfter(err error, retry int) (time.Duration, bool) {
	if failed := (*ConnectionError)(nil); errors.As(err, &failed) {
		return backoff(retry), true
	}
	refused := (*APIError)(nil)
	if !errors.As(err, &refused) {
		return 0, false
	}
	if refused.Status < 500 && refused.Status != http.StatusTooManyRequests && refused.Code != ErrIdempotencyInFlight {
		return 0, false
	}
	return max(min(refused.retryAfter, longestObedient), backoff(retry)), true
}

// backoff returns a random pause whose bound doubles with each retry.
func backoff(retry int) time.Duration {
	bound := min(firstPause<<min(retry, 10), longestPause)
	return rand.N(bound) //nolint:gosec // it spreads load and protects no secret
}
