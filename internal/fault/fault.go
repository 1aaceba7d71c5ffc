// Package fault is the registry of the errors that a client can see: each code with its status and its public sentence,
// stated once. What else is known of an error, its cause, is for the log and never leaves the server.
package fault

import (
	"errors"
	"net/http"
	"time"
)

// Code is the stable name of an error; openapi.yaml lists the same ones.
type Code string

// The codes, in alphabetical order.
const (
	AgentArchived          Code = "AGENT_ARCHIVED"
	AgentNotFound          Code = "AGENT_NOT_FOUND"
	AgentRequired          Code = "AGENT_REQUIRED"
	BodyTooLarge           Code = "BODY_TOO_LARGE"
	DuplicateAccount       Code = "DUPLICATE_ACCOUNT"
	DuplicateClientOrderID Code = "DUPLICATE_CLIENT_ORDER_ID"
	IdempotencyInFlight    Code = "IDEMPOTENCY_IN_FLIGHT"
	IdempotencyKeyReused   Code = "IDEMPOTENCY_KEY_REUSED"
	InsufficientBalance    Code = "INSUFFICIENT_BALANCE"
	Internal               Code = "INTERNAL"
	InvalidAPIKey          Code = "INVALID_API_KEY"
	InvalidPrice           Code = "INVALID_PRICE"
	InvalidQuantity        Code = "INVALID_QUANTITY"
	InvalidSymbol          Code = "INVALID_SYMBOL"
	InvalidToken           Code = "INVALID_TOKEN"
	JWTRequired            Code = "JWT_REQUIRED"
	MalformedBody          Code = "MALFORMED_BODY"
	MethodNotAllowed       Code = "METHOD_NOT_ALLOWED"
	NotFound               Code = "NOT_FOUND"
	OrderNotCancellable    Code = "ORDER_NOT_CANCELLABLE"
	OrderNotFound          Code = "ORDER_NOT_FOUND"
	OrderRejected          Code = "ORDER_REJECTED"
	OutcomeUnknown         Code = "OUTCOME_UNKNOWN"
	Overloaded             Code = "OVERLOADED"
	PermissionDenied       Code = "PERMISSION_DENIED"
	PriceNotAvailable      Code = "PRICE_NOT_AVAILABLE"
	RequestTimeout         Code = "REQUEST_TIMEOUT"
	TokenExpired           Code = "TOKEN_EXPIRED"
	Unavailable            Code = "UNAVAILABLE"
	UnsupportedMediaType   Code = "UNSUPPORTED_MEDIA_TYPE"
	ValidationError        Code = "VALIDATION_ERROR"
)

type definition struct {
	status     int
	message    string
	retryAfter time.Duration // sent as Retry-After where it is not zero
}

var registry = map[Code]definition{
	AgentArchived: {status: http.StatusConflict,
		message: "The agent is archived. Its owner brings it back with POST /api/v1/agents/{agent_id}/unarchive."},
	AgentRequired: {status: http.StatusConflict,
		message: "The account has no default agent any more. Name one of its agents in the X-Agent-Id header."},
	DuplicateClientOrderID: {status: http.StatusConflict,
		message: "Another order of this agent has this client_order_id. Choose a new one for a new order."},
	InsufficientBalance: {status: http.StatusBadRequest,
		message: "The available balance does not cover the order. Order at most details.max_allowed_quantity, or free what open orders hold."},
	InvalidPrice: {status: http.StatusBadRequest,
		message: "The price does not pass a filter of the pair. Use a multiple of its tick_size; GET /api/v1/market/pairs lists the filters."},
	InvalidQuantity: {status: http.StatusBadRequest,
		message: "The quantity does not pass a filter of the pair, which details name. GET /api/v1/market/pairs lists the filters."},
	OrderNotCancellable: {status: http.StatusBadRequest,
		message: "Only a pending order can be cancelled, and this one is not any more. GET /api/v1/trade/order/{order_id} shows what became of it."},
	OrderNotFound: {status: http.StatusNotFound,
		message: "This agent has no such order. List its orders with GET /api/v1/trade/orders."},
	OrderRejected: {status: http.StatusBadRequest,
		message: "The order breaks a risk limit of the agent, which details.reason names. Order at most details.max_allowed_quantity."},
	PermissionDenied: {status: http.StatusForbidden,
		message: "This key may not do this. An agent's key acts for that agent alone and does not reset it; use the account's key or a token."},
	AgentNotFound: {status: http.StatusNotFound,
		message: "There is no such agent in this account. List yours with GET /api/v1/agents."},
	BodyTooLarge: {status: http.StatusRequestEntityTooLarge,
		message: "The body is too large. Send less."},
	DuplicateAccount: {status: http.StatusConflict,
		message: "An account with this e-mail address exists. Log in with its keys, or register another address."},
	IdempotencyInFlight: {status: http.StatusConflict,
		message: "The first request with this Idempotency-Key is still being worked on. Repeat it in a moment."},
	IdempotencyKeyReused: {status: http.StatusUnprocessableEntity,
		message: "This Idempotency-Key was used for another request. Use a new key for a new request."},
	Internal: {status: http.StatusInternalServerError,
		message: "The server failed. Try again; if it lasts, report the request_id to whoever runs this server."},
	InvalidAPIKey: {status: http.StatusUnauthorized,
		message: "The API key or secret is not valid. Check both for missing or mistaken characters."},
	InvalidSymbol: {status: http.StatusBadRequest,
		message: "There is no such pair. GET /api/v1/market/pairs lists them."},
	InvalidToken: {status: http.StatusUnauthorized,
		message: "The token is not valid. Call POST /api/v1/auth/login for a new one."},
	JWTRequired: {status: http.StatusUnauthorized,
		message: "This call needs a token. Call POST /api/v1/auth/login with the account's key and secret, and send the " +
			"token in the Authorization header, after the word Bearer."},
	MalformedBody: {status: http.StatusBadRequest,
		message: "The body is not valid JSON. Send one JSON object, encoded in UTF-8."},
	MethodNotAllowed: {status: http.StatusMethodNotAllowed,
		message: "This path does not take this method. Use one of those in the Allow header."},
	NotFound: {status: http.StatusNotFound,
		message: "There is nothing at this path. See /docs for what there is."},
	OutcomeUnknown: {status: http.StatusServiceUnavailable, retryAfter: time.Second,
		message: "The connection to the database was lost while the change was being saved, so it may or may not have " +
			"been. Repeat the request with the same Idempotency-Key, or look before you repeat it without one."},
	Overloaded: {status: http.StatusServiceUnavailable, retryAfter: time.Second,
		message: "The server has more requests than it can work on. Try again shortly."},
	PriceNotAvailable: {status: http.StatusServiceUnavailable, retryAfter: time.Second,
		message: "There is no recent price of this pair. Try again shortly."},
	RequestTimeout: {status: http.StatusRequestTimeout,
		message: "The request did not arrive in time. Send it again, and faster."},
	TokenExpired: {status: http.StatusUnauthorized,
		message: "The token has expired. Call POST /api/v1/auth/login for a new one."},
	Unavailable: {status: http.StatusServiceUnavailable, retryAfter: time.Second,
		message: "The server cannot take requests at the moment. Try again shortly."},
	UnsupportedMediaType: {status: http.StatusUnsupportedMediaType,
		message: "The body must be JSON. Send Content-Type: application/json."},
	ValidationError: {status: http.StatusUnprocessableEntity,
		message: "The request breaks a limit of the API. Correct the fields named in details.errors."},
}

// Codes lists every declared code, in no particular order.
func Codes() []Code {
	codes := make([]Code, 0, len(registry))
	for code := range registry {
		codes = append(codes, code)
	}
	return codes
}

// Status is the HTTP status of the code.
func (c Code) Status() int { return registry[c].status }

// Message is the public sentence of the code.
func (c Code) Message() string { return registry[c].message }

// RetryAfter is how long a client should wait before it tries again; zero where waiting does not help.
func (c Code) RetryAfter() time.Duration { return registry[c].retryAfter }

// Error is an error that a client can see.
type Error struct {
	Code    Code
	Details any    // the envelope's details; nil leaves them out
	status  int    // in place of the code's own, unless it is zero
	message string // in place of the code's own, unless it is empty
	cause   error
}

// New makes the error of a code.
func New(code Code) *Error { return &Error{Code: code} }

// Because adds the private cause, which is logged and never sent.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// With adds the public details.
func (e *Error) With(details any) *Error {
	e.Details = details
	return e
}

// WithStatus answers with another status than the code's own.
func (e *Error) WithStatus(status int) *Error {
	e.status = status
	return e
}

// Forbidden makes the error one about what the caller's credential may do, rather than about the state of things: the
// status is 403 in place of the code's own.
func (e *Error) Forbidden() *Error { return e.WithStatus(http.StatusForbidden) }

// Saying tells more of what to do than the code's own sentence, which has to fit every case.
func (e *Error) Saying(message string) *Error {
	e.message = message
	return e
}

// Message is the public sentence.
func (e *Error) Message() string {
	if e.message != "" {
		return e.message
	}
	return e.Code.Message()
}

// Status is the HTTP status to answer with.
func (e *Error) Status() int {
	if e.status != 0 {
		return e.status
	}
	return e.Code.Status()
}

// Stored reports whether a refusal of this status, judged under an agent's lock, is the answer to every repeat of its
// request too. The others may come out differently the next time, and are answered anew.
func Stored(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusConflict
}

// Is reports whether an error is that of a code.
func Is(err error, code Code) bool {
	known, ok := errors.AsType[*Error](err)
	return ok && known.Code == code
}

// Details answers the public details of an error, or nil.
func Details(err error) any {
	if known, ok := errors.AsType[*Error](err); ok {
		return known.Details
	}
	return nil
}

// Error is the private text, for the log.
func (e *Error) Error() string {
	if e.cause == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.cause.Error()
}

func (e *Error) Unwrap() error { return e.cause }

// Violation is one violated limit of the API: a JSON pointer, and what the field must be.
type Violation struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Invalid is a ValidationError that names every violation.
func Invalid(violations ...Violation) *Error {
	return New(ValidationError).With(struct {
		Errors []Violation `json:"errors"`
	}{violations})
}
