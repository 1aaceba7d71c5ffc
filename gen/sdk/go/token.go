package agentexchange

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// auth is the kind of credentials that an operation takes.
type auth int

const (
	authNone  auth = iota // nothing
	authKey               // an API key, or a token
	authToken             // a token
)

// renewBefore is how long before its expiry a token is replaced.
const renewBefore = time.Minute

// proof is the header that authenticates a call, if any, and its token, if it contains one.
type proof struct {
	header, value string
	token         Secret
}

// prove returns the proof that the call needs, logging in if necessary.
func (c *Client) prove(ctx context.Context, r *request) (proof, error) {
	switch {
	case r.auth == authNone:
		return proof{}, nil
	case r.auth == authKey && c.credentials().key != "":
		return proof{header: "X-API-Key", value: string(c.credentials().key)}, nil
	}
	token, err := c.credentials().get(ctx, r)
	if err != nil {
		return proof{}, err
	}
	return proof{header: "Authorization", value: "Bearer " + string(token), token: token}, nil
}

// credentials are the client's key and secret, and the current token. If several calls need a token at once, one of
// them logs in and the others wait for it.
type credentials struct {
	client      *Client
	key, secret Secret

	mu      sync.Mutex
	token   Secret
	expires time.Time // when to replace it; zero means never
	login   *login    // the login in progress, if any
}

// login is the result of a login in progress, for the calls that wait for it.
type login struct {
	ended     chan struct{}
	err       error
	abandoned bool // its caller's context ended, so another call must log in
}

// get returns the token. It logs in if there is none or it is about to expire.
func (c *credentials) get(ctx context.Context, r *request) (Secret, error) {
	for {
		c.mu.Lock()
		if c.token != "" && (c.expires.IsZero() || time.Now().Before(c.expires)) {
			defer c.mu.Unlock()
			return c.token, nil
		}
		if c.secret == "" {
			defer c.mu.Unlock()
			return "", c.missing(r)
		}
		current := c.login
		if current == nil {
			c.login = &login{ended: make(chan struct{})}
			c.mu.Unlock()
			return c.logIn(ctx)
		}
		c.mu.Unlock()
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

// logIn gets a token and wakes the calls that wait for it.
func (c *credentials) logIn(ctx context.Context) (Secret, error) {
	asked := time.Now()
	answer, err := c.client.Login(ctx, LoginRequest{APIKey: c.key, APISecret: c.secret})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login.err, c.login.abandoned = err, ctx.Err() != nil
	close(c.login.ended)
	c.login = nil
	if err != nil {
		return "", err
	}
	lifetime := time.Duration(answer.ExpiresIn) * time.Second
	c.token, c.expires = answer.Token, asked.Add(lifetime-min(renewBefore, lifetime/2))
	return c.token, nil
}

// discard drops a token that the server has rejected, and reports whether the client can get another.
func (c *credentials) discard(token Secret, err error) bool {
	refused := errors.Is(err, ErrTokenExpired) || errors.Is(err, ErrInvalidToken)
	if token == "" || c.secret == "" || !refused {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == token { // otherwise another call has already replaced it
		c.token = ""
	}
	return true
}

func (c *credentials) missing(r *request) error {
	needs := "a token: give the client the account's APIKey and APISecret, or a Token"
	if r.auth == authKey {
		needs = "an APIKey or a Token"
	}
	return fmt.Errorf("agentexchange: %s needs %s: %w", r.operation, needs, ErrCredentials)
}
