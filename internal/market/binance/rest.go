package binance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
)

// ErrRateLimited means that a request was refused, or not sent, because of Binance's rate limits.
var ErrRateLimited = fmt.Errorf("%w: Binance's rate limit is reached", market.ErrUnavailable)

// ErrUpstream means that Binance did not answer, or sent an invalid response.
var ErrUpstream = fmt.Errorf("%w: Binance did not answer as it should", market.ErrUnavailable)

// rest is a client of Binance's REST API.
type rest struct {
	opts  Options
	clock func() time.Time
	http  *http.Client

	mu    sync.Mutex
	until time.Time // no request is sent before
}

// get fetches a resource and decodes its JSON into answer. It fails with ErrRateLimited, ctx's error, or else
// ErrUpstream.
func (r *rest) get(ctx context.Context, path string, query url.Values, answer any) error {
	if until := r.pausedUntil(); r.clock().Before(until) {
		return fmt.Errorf("%w: no requests until %s", ErrRateLimited, until.Format(time.RFC3339))
	}
	limited, cancel := context.WithTimeout(ctx, r.opts.Timeout)
	defer cancel()
	body, err := r.fetch(limited, path+"?"+query.Encode())
	if err == nil {
		if err = json.Unmarshal(body, answer); err == nil {
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, ErrRateLimited) {
		return err
	}
	return fmt.Errorf("%w: GET %s: %w", ErrUpstream, path, err)
}

func (r *rest) fetch(ctx context.Context, target string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(r.opts.RESTURL, "/")+target, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := r.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if err := r.heed(response); err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, refusal(response)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, r.opts.MaxBody+1))
	if err == nil && int64(len(body)) > r.opts.MaxBody {
		return nil, fmt.Errorf("the answer is longer than %d bytes", r.opts.MaxBody)
	}
	return body, err
}

// heed pauses requests when Binance rejects one for its rate limit, and a little before it would: clients that do not
// are banned.
func (r *rest) heed(response *http.Response) error {
	now := r.clock()
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusTeapot:
		pause := retryAfter(response.Header.Get("Retry-After"), now)
		r.pause(now.Add(pause))
		return fmt.Errorf("%w: it answered %d and asked for a pause of %s", ErrRateLimited, response.StatusCode, pause)
	}
	used, err := strconv.Atoi(response.Header.Get("X-Mbx-Used-Weight-1m"))
	if err == nil && used >= r.opts.MaxWeight {
		r.pause(now.Truncate(time.Minute).Add(time.Minute)) // when the count restarts
	}
	return nil
}

func (r *rest) pause(until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.until = later(r.until, until)
}

func (r *rest) pausedUntil() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.until
}

// retryAfter parses a Retry-After header, in seconds or as a date. It returns a minute if there is none, and at most
// three days, the longest ban.
func retryAfter(header string, now time.Time) time.Duration {
	const longest = 72 * time.Hour
	pause := time.Minute
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 {
		pause = time.Duration(min(seconds, int(longest.Seconds()))) * time.Second
	} else if date, err := http.ParseTime(header); err == nil {
		pause = date.Sub(now)
	}
	return min(max(pause, time.Second), longest)
}

// refusal returns Binance's reason as an error.
func refusal(response *http.Response) error {
	var reason struct {
		Code    int    `json:"code"`
		Message string `json:"msg"`
	}
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
	if json.Unmarshal(body, &reason) == nil && reason.Message != "" {
		return fmt.Errorf("status %d, code %d: %s", response.StatusCode, reason.Code, reason.Message)
	}
	return fmt.Errorf("status %d", response.StatusCode)
}
