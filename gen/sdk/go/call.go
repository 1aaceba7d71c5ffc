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
	longestObedient = 30 * time.Second // the longest Retry-After that is waited for
)

// call makes a call that is answered in JSON.
func call[T any](ctx context.Context, c *Client, r *request, options []CallOption) (*T, error) {
	body, err := c.do(ctx, r, options)
	if err != nil {
		return nil, err
	}
	answer := new(T)
	if err := json.Unmarshal(body, answer); err != nil {
		return nil, fmt.Errorf("agentexchange: %s: the answer is not what the API describes: %w", r.operation, err)
	}
	return answer, nil
}

// callText makes a call that is answered in text.
func (c *Client) callText(ctx context.Context, r *request, options []CallOption) (string, error) {
	body, err := c.do(ctx, r, options)
	return string(body), err
}

// call makes a call that has no answer but that it was done.
func (c *Client) call(ctx context.Context, r *request, options []CallOption) error {
	_, err := c.do(ctx, r, options)
	return err
}

// do makes as many attempts as it takes. Each may be repeated, as nothing is done twice: whatever creates something takes
// an Idempotency-Key, which is the same for all of them.
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

// pauseAfter answers whether a call that failed so may succeed when it is repeated, and how long to wait before.
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

// backoff is a random pause, whose bound doubles from retry to retry.
func backoff(retry int) time.Duration {
	bound := min(firstPause<<min(retry, 10), longestPause)
	return rand.N(bound) //nolint:gosec // it spreads the load and keeps no secret
}
