package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/labstack/echo/v4"
)

type envelope struct {
	Error envelopeError `json:"error"`
}

type envelopeError struct {
	Code      fault.Code `json:"code"`
	Message   string     `json:"message"`
	Details   any        `json:"details,omitempty"`
	RequestID string     `json:"request_id"`
}

// statusClientGone is logged for a request whose client did not wait for the answer. It is never sent.
const statusClientGone = 499

// answerError renders every error. The private cause is logged with the request's id and never sent.
func (s *Server) answerError(err error, c echo.Context) {
	ctx := c.Request().Context()
	call := callOf(ctx)
	if errors.Is(err, context.Canceled) && call.gone() {
		c.Response().Status = statusClientGone
		return
	}
	known := faultOf(err)
	status := known.Status()
	if status >= http.StatusInternalServerError {
		s.log.LogAttrs(ctx, slog.LevelError, "failed", slog.String("request_id", call.requestID),
			slog.String("operation", call.operation), slog.String("code", string(known.Code)), slog.String("cause", known.Error()))
	}
	if c.Response().Committed {
		return // the answer has begun
	}
	header := c.Response().Header()
	if wait := known.Code.RetryAfter(); wait > 0 {
		header.Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	}
	switch known.Code {
	default:
	case fault.JWTRequired:
		header.Set("WWW-Authenticate", `Bearer realm="agentexchange"`)
	case fault.InvalidToken, fault.TokenExpired:
		header.Set("WWW-Authenticate", `Bearer realm="agentexchange", error="invalid_token"`)
	case fault.InvalidAPIKey:
		header.Set("WWW-Authenticate", `ApiKey realm="agentexchange", Bearer realm="agentexchange"`)
	case fault.RequestTimeout, fault.BodyTooLarge:
		header.Set("Connection", "close") // the rest of the body is not worth reading
	}
	if err := c.JSON(status, envelope{envelopeError{
		Code: known.Code, Message: known.Message(), Details: publicDetails(known), RequestID: call.requestID,
	}}); err != nil {
		s.log.LogAttrs(ctx, slog.LevelDebug, "answer not sent", slog.String("request_id", call.requestID), slog.Any("cause", err))
	}
}

// faultOf returns an error as one that clients can see.
func faultOf(err error) *fault.Error {
	var known *fault.Error
	var routing *echo.HTTPError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &routing):
		return routingFault(routing)
	case postgres.IsUnavailable(err):
		return fault.New(fault.Unavailable).Because(err)
	default:
		return fault.New(fault.Internal).Because(err)
	}
}

// routingFault translates errors of the router and the generated wrappers.
func routingFault(err *echo.HTTPError) *fault.Error {
	switch err.Code {
	case http.StatusNotFound:
		return fault.New(fault.NotFound)
	case http.StatusMethodNotAllowed:
		return fault.New(fault.MethodNotAllowed)
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.UnsupportedMediaType)
	case http.StatusBadRequest:
		// A parameter that is valid by the spec but cannot be bound, such as an integer written as 1e2.
		return fault.New(fault.ValidationError).Because(err)
	default:
		return fault.New(fault.Internal).Because(err)
	}
}

// public returns an error with its details as clients see them.
func public(err error) error {
	known, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	shown := *known
	return shown.With(publicDetails(known))
}

func publicDetails(known *fault.Error) any {
	if refusal, ok := known.Details.(book.Refusal); ok {
		return detailsOf(refusal)
	}
	return known.Details
}

// detailsOf maps the details of a refused order.
func detailsOf(r book.Refusal) *api.RefusalDetails {
	switch r.Rule {
	case book.RuleDailyLoss:
		return limitDetails(r, api.RefusalDetailsReasonDailyLossLimit)
	case book.RulePosition:
		return limitDetails(r, api.RefusalDetailsReasonPositionLimitExceeded)
	case book.RuleOpenOrders:
		return limitDetails(r, api.RefusalDetailsReasonMaxOpenOrdersExceeded)
	case book.RuleBalance:
		return &api.RefusalDetails{
			Asset: &r.Asset, Required: &r.Required, Available: &r.Available, MaxAllowedQuantity: &r.MaxAllowedQuantity,
		}
	case book.RuleValue:
		return &api.RefusalDetails{Filter: new(api.RefusalDetailsFilterValue)}
	case book.RuleMinQty, book.RuleStepSize, book.RuleTickSize, book.RuleMinNotional:
	}
	return &api.RefusalDetails{
		Filter: new(api.RefusalDetailsFilter(r.Rule)), Limit: &r.Limit, Attempted: &r.Attempted,
		MaxAllowedQuantity: &r.MaxAllowedQuantity,
	}
}

func limitDetails(r book.Refusal, reason api.RefusalDetailsReason) *api.RefusalDetails {
	return &api.RefusalDetails{
		Reason: &reason, Limit: &r.Limit, Current: &r.Current, Attempted: &r.Attempted, MaxAllowedQuantity: &r.MaxAllowedQuantity,
	}
}
