package mcp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
)

// refusalWriter withholds the SDK's plain-text refusals from the client, so that they are answered like every error.
type refusalWriter struct {
	http.ResponseWriter
	status int
	text   []byte
}

// Unwrap is for http.ResponseController.
func (w *refusalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *refusalWriter) WriteHeader(status int) {
	if status >= http.StatusBadRequest && strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		w.status = status
		return
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *refusalWriter) Write(text []byte) (int, error) {
	if w.status != 0 {
		w.text = append(w.text, text...)
		return len(text), nil
	}
	return w.ResponseWriter.Write(text)
}

// settle answers a refusal of the SDK, or returns the error with which to answer it.
func (w *refusalWriter) settle(body []byte) error {
	if w.status == 0 {
		return nil
	}
	w.Header().Del("Content-Type")
	said := strings.TrimSpace(string(w.text))
	if status, answer := protocolAnswer(body, said); status != 0 {
		if answer != nil {
			w.Header().Set("Content-Type", "application/json")
		}
		w.ResponseWriter.WriteHeader(status)
		_, err := w.ResponseWriter.Write(answer)
		return err
	}
	switch {
	case w.status == http.StatusUnsupportedMediaType:
		return fault.New(fault.UnsupportedMediaType)
	case w.status < http.StatusInternalServerError:
		return fault.Invalid(fault.Violation{Message: said}).WithStatus(w.status)
	default:
		return fault.New(fault.Internal).Because(errors.New(said))
	}
}

// How the SDK's text begins if the fault is in the request and not in the HTTP around it. Nothing else tells the two apart.
const (
	saidUnknownMethod  = "JSON RPC not handled"
	saidInvalidRequest = "invalid request"
)

// protocolAnswer is the answer to a faulty request, the same as over stdio: a call gets an error of its own, and an unknown
// notification gets none; the HTTP status is a success. For any other refusal the status is 0.
func protocolAnswer(body []byte, said string) (status int, answer []byte) {
	message, err := jsonrpc.DecodeMessage(body)
	request, ok := message.(*jsonrpc.Request)
	if err != nil || !ok {
		return 0, nil
	}
	isUnknown, isInvalid := strings.HasPrefix(said, saidUnknownMethod), strings.HasPrefix(said, saidInvalidRequest)
	switch {
	case isUnknown && request.IsCall():
		return http.StatusOK, protocolError(request.ID, jsonrpc.CodeMethodNotFound, fmt.Sprintf("method not found: %q", request.Method))
	case isUnknown:
		return http.StatusAccepted, nil
	case isInvalid && request.IsCall():
		return http.StatusOK, protocolError(request.ID, jsonrpc.CodeInvalidRequest, said)
	}
	return 0, nil
}
