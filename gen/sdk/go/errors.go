package agentexchange

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrCredentials means that a call was not sent because the client lacks the credentials for it.
var ErrCredentials = errors.New("credentials are missing")

// Error makes each code an error, for errors.Is(err, agentexchange.ErrOrderRejected).
func (e ErrorCode) Error() string { return string(e) }

// APIError is an error response of the server. errors.Is compares it with the constants of [ErrorCode].
type APIError struct {
	// Operation is the method that was called, such as CreateAgent.
	Operation string

	// Status is the HTTP status.
	Status int

	// Code is the stable name of the error. It is empty if the response is not the API's but, for example, a proxy's.
	Code ErrorCode

	// Message says what to do.
	Message string

	// Details has more about the error as JSON, or is empty. [APIError.Refusal] and [APIError.Violations] parse it.
	Details json.RawMessage

	// RequestID identifies the request in the server's log.
	RequestID string

	retryAfter time.Duration
}

// newAPIError parses an error response.
func newAPIError(operation string, response *http.Response, body []byte) *APIError {
	var envelope struct {
		Error struct {
			Code      ErrorCode       `json:"code"`
			Message   string          `json:"message"`
			Details   json.RawMessage `json:"details"`
			RequestID string          `json:"request_id"`
		} `json:"error"`
	}
	e := &APIError{
		Operation: operation, Status: response.StatusCode, RequestID: response.Header.Get("X-Request-Id"),
		Message:    http.StatusText(response.StatusCode),
		retryAfter: retryAfter(response.Header.Get("Retry-After"), time.Now()),
	}
	if err := json.Unmarshal(body, &envelope); err == nil && envelope.Error.Code != "" {
		e.Code, e.Message, e.Details = envelope.Error.Code, envelope.Error.Message, envelope.Error.Details
		if envelope.Error.RequestID != "" {
			e.RequestID = envelope.Error.RequestID
		}
	}
	return e
}

// Error returns what failed, why, what would pass, and the id of the request.
func (e *APIError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "agentexchange: %s: %d", e.Operation, e.Status)
	if e.Code != "" {
		fmt.Fprintf(&text, " %s", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&text, ": %s", e.Message)
	}
	for _, violation := range e.Violations() {
		fmt.Fprintf(&text, " %s: %s.", cmp.Or(violation.Field, "body"), violation.Message)
	}
	if refusal := e.Refusal(); refusal != nil {
		if refusal.Reason != nil {
			fmt.Fprintf(&text, " reason: %s.", *refusal.Reason)
		}
		if refusal.MaxAllowedQuantity != nil {
			fmt.Fprintf(&text, " max_allowed_quantity: %s.", refusal.MaxAllowedQuantity)
		}
	}
	if e.RequestID != "" {
		fmt.Fprintf(&text, " (request %s)", e.RequestID)
	}
	return text.String()
}

// Unwrap returns the code, for errors.Is.
func (e *APIError) Unwrap() error {
	if e.Code == "" {
		return nil
	}
	return e.Code
}

// Refusal returns why an order was refused, or nil if the error is not a refusal.
func (e *APIError) Refusal() *RefusalDetails {
	var details RefusalDetails
	if len(e.Details) == 0 || json.Unmarshal(e.Details, &details) != nil || details == (RefusalDetails{}) {
		return nil
	}
	return &details
}

// Violations returns the limits that the request violates, for an [ErrValidationError].
func (e *APIError) Violations() []Violation {
	var details struct {
		Errors []Violation `json:"errors"`
	}
	if len(e.Details) == 0 || json.Unmarshal(e.Details, &details) != nil {
		return nil
	}
	return details.Errors
}

// ConnectionError means that there was no response: the server could not be reached, the connection broke, or the
// attempt timed out. The server may have acted on the request.
type ConnectionError struct {
	// Operation is the method that was called, such as CreateAgent.
	Operation string

	// Err is the cause.
	Err error
}

// Error returns what failed and why.
func (e *ConnectionError) Error() string {
	return fmt.Sprintf("agentexchange: %s: no answer: %v", e.Operation, e.Err)
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Timeout reports whether the attempt timed out.
func (e *ConnectionError) Timeout() bool {
	var timeout interface{ Timeout() bool }
	return errors.As(e.Err, &timeout) && timeout.Timeout()
}

// retryAfter parses a Retry-After header, in seconds or as a date. It returns 0 if there is none.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
