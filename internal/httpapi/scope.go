package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/labstack/echo/v4"
)

const (
	headerAPIKey  = "X-API-Key"
	headerAgentID = "X-Agent-Id"
)

// principal is who calls an operation of an agent: somebody with a key, or an account with a token; and the agent that
// is asked for, if one is.
type principal struct {
	keyDigest []byte    // of an agent's or an account's key
	accountID uuid.UUID // of a token, if there is no key
	agentID   *uuid.UUID
}

// scoped finds out for which agent a request is, and by what right. Whom a key stands for is remembered, but only as a
// hint: the statement that the operation comes to checks it, and where that or anything else refuses the request, the
// database is asked anew before the refusal is answered, so that a key that is not valid any more hears just that.
func (s *Server) scoped(op *operation, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		call := callOf(r.Context())
		caller, err := s.principalOf(r)
		if err != nil {
			return err
		}
		var hinted bool
		call.scope, hinted = s.hints.find(caller)
		if !hinted {
			if call.scope, err = s.resolve(r.Context(), caller); err != nil {
				return err
			}
		}
		call.accountID = call.scope.AccountID
		if op.accountOnly && call.scope.KeyDigest != nil {
			err = fault.New(fault.PermissionDenied)
		} else {
			err = next(c)
		}
		outOfScope := errors.Is(err, exchange.ErrOutOfScope)
		refusedOnAHint := err != nil && hinted && !call.verified && faultOf(err).Status() < http.StatusInternalServerError
		if !outOfScope && !refusedOnAHint {
			return err
		}
		if _, reason := s.resolve(context.WithoutCancel(r.Context()), caller); reason != nil {
			return reason
		}
		if outOfScope { // the agent came or went between two looks at it
			return fault.New(fault.Unavailable).Because(err)
		}
		return err
	}
}

// principalOf reads the credentials. A key decides, whatever token is sent along.
func (s *Server) principalOf(r *http.Request) (principal, error) {
	var caller principal
	if values := r.Header.Values(headerAgentID); len(values) == 1 {
		// One that is none is refused by the validator, once it is clear who calls.
		if id, err := uuid.Parse(values[0]); err == nil && len(values[0]) == len(uuid.Nil.String()) {
			caller.agentID = &id
		}
	}
	if keys := r.Header.Values(headerAPIKey); len(keys) > 0 {
		key, err := auth.ParseKey(keys[0], auth.KindAPIKey)
		if err != nil || len(keys) > 1 {
			return caller, fault.New(fault.InvalidAPIKey)
		}
		caller.keyDigest = auth.DigestKey(key)
		return caller, nil
	}
	token, err := bearerToken(r.Header)
	if fault.Is(err, fault.JWTRequired) {
		return caller, fault.New(fault.InvalidAPIKey).Saying("No credentials were sent. Send an API key in the X-API-Key " +
			"header, or a token in the Authorization header, after the word Bearer.")
	}
	if err != nil {
		return caller, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	caller.accountID, err = s.tokens.Verify(ctx, token)
	return caller, err
}

// resolve asks the database whom the caller stands for.
func (s *Server) resolve(ctx context.Context, caller principal) (exchange.Scope, error) {
	select { // anybody can make up keys that look like one
	case s.resolving <- struct{}{}:
		defer func() { <-s.resolving }()
	default:
		return exchange.Scope{}, fault.New(fault.Overloaded)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var accountID *uuid.UUID
	if caller.keyDigest == nil {
		accountID = &caller.accountID
	}
	rows, err := postgres.Rows[db.ScopeResolveRow](ctx, s.readers, db.ScopeResolve, caller.keyDigest, accountID, caller.agentID)
	if err != nil {
		return exchange.Scope{}, err
	}
	if len(rows) == 0 {
		s.hints.forget(caller)
		if caller.keyDigest == nil {
			return exchange.Scope{}, fault.New(fault.InvalidToken)
		}
		return exchange.Scope{}, fault.New(fault.InvalidAPIKey)
	}
	row := rows[0]
	switch {
	case row.ByAgent && caller.agentID != nil && *caller.agentID != row.AgentID:
		return exchange.Scope{}, fault.New(fault.PermissionDenied)
	case row.AgentID == uuid.Nil && caller.agentID != nil:
		return exchange.Scope{}, fault.New(fault.AgentNotFound)
	case row.AgentID == uuid.Nil:
		s.hints.forget(caller)
		return exchange.Scope{}, fault.New(fault.AgentRequired)
	}
	scope := exchange.Scope{AgentID: row.AgentID, AccountID: row.AccountID}
	if row.ByAgent {
		scope = exchange.Scope{AgentID: row.AgentID, KeyDigest: caller.keyDigest}
	}
	s.hints.learn(caller, scope)
	if row.ByAgent && row.Status == string(api.AgentStatusArchived) {
		return scope, fault.New(fault.AgentArchived).WithStatus(http.StatusForbidden)
	}
	return scope, nil
}

// maxHints bounds the memory of the hints; one takes some 150 bytes.
const maxHints = 100_000

// hints remembers whom keys and accounts stand for.
type hints struct {
	known *lru.Cache[string, exchange.Scope] // of a key or account, with its default agent
}

func newHints() hints {
	known, err := lru.New[string, exchange.Scope](maxHints)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return hints{known: known}
}

func (caller principal) name() string {
	if caller.keyDigest != nil {
		return string(caller.keyDigest)
	}
	return string(caller.accountID[:])
}

// find answers what is remembered of a caller, unless what it asks for is more than that can answer.
func (h *hints) find(caller principal) (exchange.Scope, bool) {
	if caller.keyDigest == nil && caller.agentID != nil {
		return exchange.Scope{AgentID: *caller.agentID, AccountID: caller.accountID}, true
	}
	scope, known := h.known.Get(caller.name())
	if !known || caller.agentID == nil || *caller.agentID == scope.AgentID {
		return scope, known
	}
	if scope.KeyDigest != nil {
		return exchange.Scope{}, false // another agent's key: to be refused, if it is still a key
	}
	scope.AgentID = *caller.agentID
	return scope, true
}

// learn remembers an agent's key, and an account's default agent.
func (h *hints) learn(caller principal, scope exchange.Scope) {
	if caller.agentID != nil && scope.KeyDigest == nil {
		return
	}
	h.known.Add(caller.name(), scope)
}

func (h *hints) forget(caller principal) { h.known.Remove(caller.name()) }
