package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/mcp"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/labstack/echo/v4"
)

const pathMCP = "/mcp"

// routeMCP serves the API's tools. A call of a tool becomes an HTTP request of its own, which is validated, authorized,
// limited and answered like any other. What is done here concerns the protocol around it.
func (s *Server) routeMCP() {
	handler := mcp.NewHandler(s.tools, s)
	serve := func(c echo.Context) error { return handler.Serve(c.Response(), c.Request()) }
	s.echo.POST(pathMCP, serve, enter(&spec.Operation{ID: "mcp"}), fromKnownOrigin, s.authenticateMCP, s.receive, s.boundMCP)
}

// fromKnownOrigin refuses web pages whose origin CORS has not allowed, so that DNS rebinding does not help them. Clients
// other than browsers send no Origin.
func fromKnownOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Header.Get(echo.HeaderOrigin) != "" && c.Response().Header().Get(echo.HeaderAccessControlAllowOrigin) == "" {
			return fault.New(fault.PermissionDenied).Saying("Web pages of this origin may not call this server. Whoever runs it " +
				"allows them by naming the origin in AGENTEXCHANGE_CORS_ORIGINS.")
		}
		return next(c)
	}
}

// authenticateMCP finds out who calls. Many clients can send only a bearer token, so an API key is taken as one, too. A
// known caller who may not act, for instance because the agent is archived, gets the refusal from the tool.
func (s *Server) authenticateMCP(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		keyFromBearer(r.Header)
		caller, err := s.principalOf(r)
		if err != nil {
			return err
		}
		call := callOf(r.Context())
		call.scope, err = s.scopes.Resolve(r.Context(), caller)
		if err != nil && !slices.Contains([]int{http.StatusForbidden, http.StatusNotFound, http.StatusConflict}, faultOf(err).Status()) {
			return err
		}
		call.accountID = call.scope.AccountID
		r.Header.Set(headerRequestID, call.requestID) // for the tool's own request: one id for both
		return next(c)
	}
}

// keyFromBearer moves an API key to where keys are looked for.
func keyFromBearer(header http.Header) {
	scheme, token, _ := strings.Cut(header.Get(echo.HeaderAuthorization), " ")
	token = strings.TrimSpace(token)
	if strings.EqualFold(scheme, "Bearer") && header.Get(headerAPIKey) == "" && strings.HasPrefix(token, string(auth.KindAPIKey)) {
		header.Set(headerAPIKey, token)
		header.Del(echo.HeaderAuthorization)
	}
}

// boundMCP limits how many requests are worked on and for how long. Its slots are its own, because the call of a tool takes
// one of the others. The time allows for a second attempt of a call; each attempt has the usual limit.
func (s *Server) boundMCP(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		select {
		case s.inFlightMCP <- struct{}{}:
			defer func() { <-s.inFlightMCP }()
		default:
			return fault.New(fault.Overloaded)
		}
		r := c.Request()
		ctx, cancel := context.WithTimeout(r.Context(), 2*s.timeout)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		body := callOf(ctx).body
		c.Request().Body, c.Request().ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		return next(c)
	}
}
