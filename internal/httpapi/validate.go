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

// validate holds a request against its operation: parameters first, then the body, and answers every violation of both
// at once. What the handler decodes afterwards is what was validated, trimmed and with the spec's defaults filled in,
// never the bytes that came: otherwise two readers of one body could disagree, on a field named twice for instance.
func validate(op *spec.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			call := callOf(r.Context())
			if op.Idempotent && len(r.Header.Values(headerIdempotencyKey)) > 0 {
				call.requestDigest = digestRequest(r, call.scope.AgentID, call.body)
			}
			violations := op.CheckParameters(r, pathParams(c))
			found, err := op.CheckBody(r, call.body)
			if err != nil {
				return err
			}
			if violations = append(violations, found...); len(violations) > 0 {
				return fault.Invalid(spec.AtMost(spec.MaxViolations, violations)...)
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
