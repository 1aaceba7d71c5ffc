package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/labstack/echo/v4"
)

// authenticate finds out who calls, by the credentials that the operation takes, before a byte of the body is read.
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

// bearerToken answers the token of the Authorization header. An API key sent along is ignored, and alone is not enough.
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
