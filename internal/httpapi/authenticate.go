package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// authenticate finds out who calls, by the credentials that the operation takes, before any of the body is read.
func (s *Server) authenticate(op *spec.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		switch {
		case op.Credentials.Public():
			return next
		case op.Credentials.Key:
			return s.scoped(op, next)
		}
		return func(c echo.Context) error {
			r := c.Request()
			token, err := bearerToken(r.Header)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
			defer cancel()
			accountID, err := s.tokens.Verify(ctx, token)
			if err != nil {
				return err
			}
			callOf(r.Context()).accountID = accountID
			return next(c)
		}
	}
}

// bearerToken returns the token of the Authorization header. It ignores an API key beside it; a key alone is not enough.
func bearerToken(header http.Header) (string, error) {
	values := header.Values(echo.HeaderAuthorization)
	if len(values) == 0 {
		return "", fault.New(fault.JWTRequired)
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", fault.New(fault.JWTRequired)
	}
	if len(values) > 1 {
		return "", fault.New(fault.InvalidToken)
	}
	token = strings.TrimSpace(token)
	if isKey(token) {
		return "", fault.New(fault.InvalidToken).Saying("This is an API key and not a token. Send it in the X-API-Key header " +
			"where a key will do; POST /api/v1/auth/login gives a token for the account's key and secret.")
	}
	return token, nil
}

func isKey(token string) bool {
	return strings.HasPrefix(token, string(auth.KindAPIKey)) || strings.HasPrefix(token, string(auth.KindAPISecret))
}

const (
	headerAPIKey  = "X-API-Key"
	headerAgentID = "X-Agent-Id"
)

// scoped finds out which agent a request is about, and by what right. The result of earlier requests is only a hint: the
// operation proves it. If the request is refused before that, the credential is looked up again, so that a caller whose key
// is no longer valid learns that first.
func (s *Server) scoped(op *spec.Operation, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		call := callOf(r.Context())
		caller, err := s.principalOf(r)
		if err != nil {
			return err
		}
		var hinted bool
		call.scope, hinted = s.scopes.Hint(caller)
		if !hinted {
			if call.scope, err = s.scopes.Resolve(r.Context(), caller); err != nil {
				return err
			}
		}
		call.accountID = call.scope.AccountID
		if op.AccountOnly && call.scope.KeyDigest != nil {
			err = fault.New(fault.PermissionDenied)
		} else {
			err = next(c)
		}
		outOfScope := errors.Is(err, book.ErrOutOfScope)
		refusedOnAHint := err != nil && hinted && !call.proven && faultOf(err).Status() < http.StatusInternalServerError
		if !outOfScope && !refusedOnAHint {
			return err
		}
		if _, reason := s.scopes.Resolve(context.WithoutCancel(r.Context()), caller); reason != nil {
			return reason
		}
		if outOfScope { // the agent was made or deleted between two looks at it
			return fault.New(fault.Unavailable).Because(err)
		}
		return err
	}
}

// noteProof notes whether a handler has proven the scope. An operation about an agent proves it first, so any outcome but
// ErrOutOfScope shows that it did, except for a request that the handler itself rejected or that found a full queue.
func noteProof(handle api.StrictHandlerFunc, _ string) api.StrictHandlerFunc {
	return func(c echo.Context, request any) (any, error) {
		response, err := handle(c, request)
		callOf(c.Request().Context()).proven = !errors.Is(err, book.ErrOutOfScope) &&
			!fault.Is(err, fault.ValidationError) && !fault.Is(err, fault.Overloaded)
		return response, err
	}
}

// principalOf reads the credentials. A key decides, whatever token is sent along.
func (s *Server) principalOf(r *http.Request) (auth.Principal, error) {
	var caller auth.Principal
	if values := r.Header.Values(headerAgentID); len(values) == 1 {
		// The validator refuses a malformed id, once it is clear who calls.
		if id, err := uuid.Parse(values[0]); err == nil && len(values[0]) == len(uuid.Nil.String()) {
			caller.AgentID = &id
		}
	}
	if keys := r.Header.Values(headerAPIKey); len(keys) > 0 {
		key, err := auth.ParseKey(keys[0], auth.KindAPIKey)
		if err != nil || len(keys) > 1 {
			return caller, fault.New(fault.InvalidAPIKey)
		}
		caller.KeyDigest = auth.DigestKey(key)
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
	caller.AccountID, err = s.tokens.Verify(ctx, token)
	return caller, err
}
