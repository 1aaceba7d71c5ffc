// Package fault has the errors that a client can see. openapi.yaml states each code once, with its status and its public
// sentence, and codes.gen.go is made of that. The cause of an error is for the log and never leaves the server.
package fault

import (
	"errors"
	"net/http"
	"time"
)

// Code is the stable name of an error.
type Code string

type definition struct {
	status     int
	message    string
	retryAfter time.Duration // sent as Retry-After unless it is zero
}

// Status is the HTTP status of the code.
func (c Code) Status() int { return registry[c].status }

// Message is the public sentence of the code.
func (c Code) Message() string { return registry[c].message }

// RetryAfter is how long a client should wait before it tries again; zero if waiting does not help.
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

// WithStatus gives the error another status than the code's own.
func (e *Error) WithStatus(status int) *Error {
	e.status = status
	return e
}

// Forbidden makes the error one about what the caller's credential may do, rather than about the state of things: the
// status is 403 in place of the code's own.
func (e *Error) Forbidden() *Error { return e.WithStatus(http.StatusForbidden) }

// Saying replaces the code's own sentence, which has to fit every case, with a more specific one.
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

// Status is the HTTP status of the response.
func (e *Error) Status() int {
	if e.status != 0 {
		return e.status
	}
	return e.Code.Status()
}

// Is reports whether an error is that of a code.
func Is(err error, code Code) bool {
	known, ok := errors.AsType[*Error](err)
	return ok && known.Code == code
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
