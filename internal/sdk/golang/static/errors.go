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

// ErrCredentials is the error of a call that is not sent because the client has no credentials for it.
var ErrCredentials = errors.New("credentials are missing")

// Error makes an error of the code, so that errors.Is(err, agentexchange.ErrOrderRejected) asks for it.
func (e ErrorCode) Error() string { return string(e) }

// APIError is what the server answered instead of a result. errors.Is compares it with the constants of [ErrorCode].
type APIError struct {
	// Operation is the method that was called, such as CreateAgent.
	Operation string

	// Status is the HTTP status.
	Status int

	// Code is the stable name of the error. It is empty if the answer is not one of the API's, as that of a proxy.
	Code ErrorCode

	// Message says what to do.
	Message string

	// Details is more about the error, as JSON, or empty. [APIError.Refusal] and [APIError.Violations] read it.
	Details json.RawMessage

	// RequestID is the server's name of the request, to be found in its log.
	RequestID string

	retryAfter time.Duration
}

// newAPIError reads an answer that is an error.
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

// Error says what failed, why, what would pass, and the id of the request.
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

// Unwrap answers the code, so that errors.Is finds it.
func (e *APIError) Unwrap() error {
	if e.Code == "" {
		return nil
	}
	return e.Code
}

// Refusal answers why an order was refused, or nil if the error is not a refusal.
func (e *APIError) Refusal() *RefusalDetails {
	var details RefusalDetails
	if len(e.Details) == 0 || json.Unmarshal(e.Details, &details) != nil || details == (RefusalDetails{}) {
		return nil
	}
	return &details
}

// Violations answers the limits that the request breaks, of an [ErrValidationError].
func (e *APIError) Violations() []Violation {
	var details struct {
		Errors []Violation `json:"errors"`
	}
	if len(e.Details) == 0 || json.Unmarshal(e.Details, &details) != nil {
		return nil
	}
	return details.Errors
}

// ConnectionError is the failure to get an answer: the server could not be reached, the connection broke, or the time
// was up. What was asked for may have been done.
type ConnectionError struct {
	// Operation is the method that was called, such as CreateAgent.
	Operation string

	// Err is the cause.
	Err error
}

// Error says what failed, and why.
func (e *ConnectionError) Error() string {
	return fmt.Sprintf("agentexchange: %s: no answer: %v", e.Operation, e.Err)
}

// Unwrap answers the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

// Timeout reports whether the time was up.
func (e *ConnectionError) Timeout() bool {
	var timeout interface{ Timeout() bool }
	return errors.As(e.Err, &timeout) && timeout.Timeout()
}

// retryAfter reads the header of that name, which is in seconds or a date; zero if it says nothing.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
