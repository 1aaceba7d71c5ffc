// Package load asks a server for much at once, and measures what it answers.
//
// Closed loops find out how much a server can do: each connection sends its next request when the last is answered. Such
// a loop asks for less while the server is slow, and so leaves out the very requests that would have waited; therefore
// its latencies are corrected as HdrHistogram does. An open loop sends on schedule whatever comes back, and counts from
// the moment for which a request was scheduled.
package load

import (
	"net/http"
	"strconv"
)

// Request is one request and the answer that it must have.
type Request struct {
	Method, Path  string
	APIKey, Token string // either, or neither
	Body          []byte
	Want          int // status
	// Then looks at the answer's body, which it must not keep; nil if the answer does not matter.
	Then func(body []byte) error
}

// Get is a request that reads.
func Get(path, apiKey string) Request {
	return Request{Method: http.MethodGet, Path: path, APIKey: apiKey, Want: http.StatusOK}
}

// appendTo renders the request. Any server will take it, whatever its address.
func (r *Request) appendTo(wire []byte) []byte {
	wire = append(append(append(append(wire, r.Method...), ' '), r.Path...), " HTTP/1.1\r\nHost: localhost\r\n"...)
	if r.APIKey != "" {
		wire = append(append(append(wire, "X-API-Key: "...), r.APIKey...), "\r\n"...)
	}
	if r.Token != "" {
		wire = append(append(append(wire, "Authorization: Bearer "...), r.Token...), "\r\n"...)
	}
	if len(r.Body) > 0 {
		wire = append(wire, "Content-Type: application/json\r\n"...)
	}
	if len(r.Body) > 0 || r.Method == http.MethodPost {
		wire = append(strconv.AppendInt(append(wire, "Content-Length: "...), int64(len(r.Body)), 10), "\r\n"...)
	}
	return append(append(wire, "\r\n"...), r.Body...)
}

// header is that of the request for clients which render themselves.
func (r *Request) header() http.Header {
	h := http.Header{}
	if r.APIKey != "" {
		h.Set("X-API-Key", r.APIKey)
	}
	if r.Token != "" {
		h.Set("Authorization", "Bearer "+r.Token)
	}
	if len(r.Body) > 0 {
		h.Set("Content-Type", "application/json")
	}
	return h
}
