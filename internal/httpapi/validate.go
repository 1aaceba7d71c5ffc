package httpapi

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/labstack/echo/v4"
)

// validate holds a request against its operation. The handler decodes what was validated.
func validate(op *spec.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			call := callOf(r.Context())
			if op.Idempotent && len(r.Header.Values(headerIdempotencyKey)) > 0 {
				call.requestDigest = digestRequest(r, call.scope.AgentID, call.body)
			}
			if err := op.Check(r, pathParams(c), call.body); err != nil {
				return err
			}
			return next(c)
		}
	}
}

func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength == 0 || r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	var tooLarge *http.MaxBytesError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &tooLarge):
		return nil, fault.New(fault.BodyTooLarge).With(map[string]any{"limit_bytes": limit})
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, fault.New(fault.RequestTimeout).Because(err)
	case err != nil: // the client broke off, or its framing is wrong
		return nil, fault.New(fault.MalformedBody).Because(err)
	}
	return body, nil
}

func pathParams(c echo.Context) map[string]string {
	params := make(map[string]string, len(c.ParamNames()))
	for _, name := range c.ParamNames() {
		params[name] = c.Param(name)
		// The router leaves a path escaped in which something is escaped that need not be.
		if unescaped, err := url.PathUnescape(params[name]); err == nil && c.Request().URL.RawPath != "" {
			params[name] = unescaped
		}
	}
	return params
}
