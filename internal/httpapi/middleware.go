package httpapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

const (
	headerIdempotencyKey      = "Idempotency-Key"
	headerIdempotencyReplayed = "Idempotency-Replayed"
	headerRequestID           = "X-Request-Id"

	maxLoggedPath = 256 // bytes
)

// call is the state of one request.
type call struct {
	requestID     string
	operation     string
	host          string
	accountID     uuid.UUID // the account that authenticated; nil for an agent's key and for public calls
	scope         book.Scope
	proven        bool              // the handler has proven the scope by the database
	body          []byte            // as it came
	requestDigest [sha256.Size]byte // of a request with an Idempotency-Key
	ifNoneMatch   string
	answer        http.Header
	gone          func() bool // the client did not wait for the answer
}

type callKey struct{}

// callOf returns the call of a request's context.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

var acceptableRequestID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,128}$`)

// observe gives every request its id, logs it, and turns a panic into an error.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := time.Now()
		r := c.Request()
		id := r.Header.Get(headerRequestID)
		if !acceptableRequestID.MatchString(id) || credential.MatchString(id) {
			id = uuid.Must(uuid.NewV7()).String()
		}
		call := &call{
			requestID: id, host: r.Host, ifNoneMatch: strings.Join(r.Header.Values("If-None-Match"), ","),
			answer: c.Response().Header(), gone: func() bool { return r.Context().Err() != nil },
		}
		call.answer.Set(headerRequestID, id)
		call.answer.Set("X-Content-Type-Options", "nosniff")
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), callKey{}, call)))
		if err := recovered(next, c); err != nil {
			c.Error(err)
		}
		took := time.Since(start)
		s.metrics.Request(call.operation, c.Response().Status, took)
		s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("request_id", id), slog.String("method", r.Method), slog.String("path", loggedPath(r.URL.Path)),
			slog.String("operation", call.operation), slog.Int("status", c.Response().Status),
			slog.Duration("duration", took), idAttr("account_id", call.accountID), idAttr("agent_id", call.scope.AgentID))
		if c.Response().Status == statusClientGone {
			panic(http.ErrAbortHandler) // so that net/http does not send an empty 200
		}
		return nil
	}
}

// credential finds credentials that a client put in the wrong place by mistake.
var credential = regexp.MustCompile(`[as]k_live_[0-9A-Za-z]+|eyJ[0-9A-Za-z_-]{8,}(\.[0-9A-Za-z_-]*)*`)

func loggedPath(path string) string {
	return credential.ReplaceAllString(path[:min(len(path), maxLoggedPath)], "[redacted]")
}

func idAttr(name string, id uuid.UUID) slog.Attr {
	if id == uuid.Nil {
		return slog.Attr{}
	}
	return slog.String(name, id.String())
}

func recovered(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		switch value := recover(); value {
		case nil:
		case http.ErrAbortHandler:
			panic(value)
		default:
			err = fault.New(fault.Internal).Because(fmt.Errorf("panic: %v\n%s", value, debug.Stack()))
		}
	}()
	return next(c)
}

// enter notes the operation of a request, for the log and the metrics.
func enter(op *spec.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			callOf(c.Request().Context()).operation = op.ID
			if op.ReturnsSecret {
				c.Response().Header().Set("Cache-Control", "no-store")
			}
			return next(c)
		}
	}
}

// receive reads the body, however slowly the client sends it.
func (s *Server) receive(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		r := c.Request()
		if callOf(r.Context()).body, err = readBody(r, s.maxBody); err != nil {
			return err
		}
		return next(c)
	}
}

// bound limits how long one request is worked on and how many are at once. It runs after the body has been read, so that
// slow senders hold no slot.
func (s *Server) bound(op *spec.Operation) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !op.Probe {
				select {
				case s.inFlight <- struct{}{}:
					defer func() { <-s.inFlight }()
				default:
					return fault.New(fault.Overloaded)
				}
			}
			ctx, cancel := context.WithTimeoutCause(c.Request().Context(), s.timeout, errTooSlow)
			defer cancel()
			c.SetRequest(c.Request().WithContext(ctx))
			err := next(c)
			if err != nil && errors.Is(context.Cause(ctx), errTooSlow) && !isFault(err) {
				return fault.New(fault.Unavailable).Because(errors.Join(errTooSlow, err))
			}
			return err
		}
	}
}

var errTooSlow = errors.New("the request took longer than it may")

func isFault(err error) bool {
	var known *fault.Error
	return errors.As(err, &known)
}

func allowOrigins(origins []string) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins: origins,
		AllowMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowHeaders: []string{"Authorization", "Content-Type", headerIdempotencyKey, "X-API-Key", "X-Agent-Id", headerRequestID, "If-None-Match",
			"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name"},
		ExposeHeaders: []string{"ETag", headerRequestID, headerIdempotencyReplayed, "Retry-After"},
		MaxAge:        int((10 * time.Minute).Seconds()),
	})
}

// validate checks a request against its operation. The handler decodes exactly what was checked.
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
		// The router leaves a path escaped if it contains an escape that is not needed.
		if unescaped, err := url.PathUnescape(params[name]); err == nil && c.Request().URL.RawPath != "" {
			params[name] = unescaped
		}
	}
	return params
}
