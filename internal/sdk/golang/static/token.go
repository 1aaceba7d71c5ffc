package agentexchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// auth is what an operation takes for a proof of who calls.
type auth int

const (
	authNone  auth = iota // nothing
	authKey               // an API key, or a token
	authToken             // a token
)

// renewBefore is how long before a token expires it is replaced.
const renewBefore = time.Minute

// proof is the header that proves who calls, if any, and the token in it, if it is one.
type proof struct {
	header, value string
	token         Secret
}

// prove answers the proof that the call takes, and logs in for it if it must.
func (c *Client) prove(ctx context.Context, r *request) (proof, error) {
	switch {
	case r.auth == authNone:
		return proof{}, nil
	case r.auth == authKey && c.apiKey != "":
		return proof{header: "X-API-Key", value: string(c.apiKey)}, nil
	}
	token, err := c.tokens.get(ctx, r)
	if err != nil {
		return proof{}, err
	}
	return proof{header: "Authorization", value: "Bearer " + string(token), token: token}, nil
}

// tokens keeps the token. However many calls need one at once, one of them logs in and the others wait for it.
type tokens struct {
	client *Client
	secret Secret

	mu      sync.Mutex
	token   Secret
	expires time.Time // when to replace it; zero is never
	login   *login    // the one that is under way, if any
}

// login is what those who wait for it want to know.
type login struct {
	ended     chan struct{}
	err       error
	abandoned bool // by the caller who made it, so that another must
}

// get answers the token, and logs in if there is none or it is about to expire.
func (t *tokens) get(ctx context.Context, r *request) (Secret, error) {
	for {
		t.mu.Lock()
		if t.token != "" && (t.expires.IsZero() || time.Now().Before(t.expires)) {
			defer t.mu.Unlock()
			return t.token, nil
		}
		if t.secret == "" {
			defer t.mu.Unlock()
			return "", t.missing(r)
		}
		current := t.login
		if current == nil {
			t.login = &login{ended: make(chan struct{})}
			t.mu.Unlock()
			return t.logIn(ctx)
		}
		t.mu.Unlock()
		select {
		case <-current.ended:
			if current.err != nil && !current.abandoned {
				return "", current.err
			}
		case <-ctx.Done():
			return "", r.unanswered(ctx, ctx.Err())
		}
	}
}

// logIn gets a token, and tells those who wait.
func (t *tokens) logIn(ctx context.Context) (Secret, error) {
	asked := time.Now()
	answer, err := t.client.Login(ctx, LoginRequest{APIKey: t.client.apiKey, APISecret: t.secret})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.login.err, t.login.abandoned = err, ctx.Err() != nil
	close(t.login.ended)
	t.login = nil
	if err != nil {
		return "", err
	}
	lifetime := time.Duration(answer.ExpiresIn) * time.Second
	t.token, t.expires = answer.Token, asked.Add(lifetime-min(renewBefore, lifetime/2))
	return t.token, nil
}

// discard forgets a token that the server has refused, and reports whether another can be got.
func (t *tokens) discard(token Secret, err error) bool {
	refused := errors.Is(err, ErrTokenExpired) || errors.Is(err, ErrInvalidToken)
	if token == "" || t.secret == "" || !refused {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == token { // else another call has replaced it already
		t.token = ""
	}
	return true
}

func (t *tokens) missing(r *request) error {
	needs := "a token: give the client the account's APIKey and APISecret, or a Token"
	if r.auth == authKey {
		needs = "an APIKey or a Token"
	}
	return fmt.Errorf("agentexchange: %s needs %s: %w", r.operation, needs, ErrCredentials)
}
