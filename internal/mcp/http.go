package mcp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/agentexchange/agentexchange/internal/fault"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	headerAuthorization = "Authorization"
	headerAPIKey        = "X-API-Key"
	headerAgentID       = "X-Agent-Id"
	headerRequestID     = "X-Request-Id"
)

// Handler serves MCP over HTTP, in the protocol's stateless mode: any replica can answer any request. Each URL has its
// own tools: ?toolsets=market,trading&read_only=true.
type Handler struct {
	catalog *Catalog
	api     http.Handler
	serving *sdk.StreamableHTTPHandler

	mu      sync.Mutex
	servers map[string]*sdk.Server // by selection
}

// NewHandler makes a handler whose tools call the API's handler. Their requests carry the credentials of the MCP request,
// which must have been authenticated.
func NewHandler(catalog *Catalog, api http.Handler) *Handler {
	h := &Handler{catalog: catalog, api: api, servers: map[string]*sdk.Server{}}
	h.serving = sdk.NewStreamableHTTPHandler(
		func(r *http.Request) *sdk.Server { return r.Context().Value(serverKey{}).(*sdk.Server) },
		&sdk.StreamableHTTPOptions{
			Stateless: true, JSONResponse: true,
			MaxRequestBodyBytes:        -1,   // the body has been read and limited already
			DisableLocalhostProtection: true, // Origin has been checked; a proxy may send any Host
		})
	return h
}

type (
	serverKey  struct{}
	inboundKey struct{}
)

// Serve answers a request, or an error of package fault.
func (h *Handler) Serve(w http.ResponseWriter, r *http.Request) error {
	selection, err := selectionOf(r.URL)
	if err != nil {
		return err
	}
	server, err := h.serverOf(selection)
	if err != nil {
		return err
	}
	ctx := context.WithValue(context.WithValue(r.Context(), serverKey{}, server), inboundKey{}, r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r = r.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &refusalWriter{ResponseWriter: w}
	h.serving.ServeHTTP(answer, r)
	return answer.settle(body)
}

// selectionOf reads the query of the URL.
func selectionOf(u *url.URL) (s Selection, err error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return s, fault.Invalid(fault.Violation{Field: "/", Message: "the query string is not well encoded"})
	}
	for name, values := range query {
		switch name {
		case "toolsets":
			s.Toolsets = strings.Split(strings.Join(values, ","), ",")
		case "read_only":
			if s.ReadOnly, err = strconv.ParseBool(values[0]); err != nil || len(values) > 1 {
				return s, fault.Invalid(fault.Violation{Field: "/read_only", Message: "must be true or false"})
			}
		default:
			return s, fault.Invalid(fault.Violation{Message: "takes the parameters toolsets and read_only, and no others"})
		}
	}
	slices.Sort(s.Toolsets)
	s.Toolsets = slices.Compact(s.Toolsets)
	return s, nil
}

// serverOf returns the server of a selection, made once. The number of selections is small.
func (h *Handler) serverOf(s Selection) (*sdk.Server, error) {
	key := fmt.Sprintf("%q %t", s.Toolsets, s.ReadOnly)
	h.mu.Lock()
	defer h.mu.Unlock()
	if server := h.servers[key]; server != nil {
		return server, nil
	}
	tools, err := h.catalog.find(s)
	if err != nil {
		return nil, fault.Invalid(fault.Violation{Field: "/toolsets", Message: err.Error()})
	}
	server, err := h.catalog.server(tools, inProcess{h.api}, nil)
	if err != nil {
		return nil, err
	}
	h.servers[key] = server
	return server, nil
}

// inProcess hands requests to the API's handler as if they had come over the network from the caller of the tool.
type inProcess struct{ api http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (response *http.Response, err error) {
	inbound := r.Context().Value(inboundKey{}).(*http.Request)
	// In the protocol's older versions the SDK's own context outlives the client.
	ctx, cancel := context.WithCancel(r.Context())
	defer context.AfterFunc(inbound.Context(), cancel)()
	defer cancel()
	r = r.WithContext(ctx)
	r.Host, r.RemoteAddr = inbound.Host, inbound.RemoteAddr
	for _, name := range []string{headerAuthorization, headerAPIKey, headerAgentID, headerRequestID} {
		if values := inbound.Header.Values(name); values != nil {
			r.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	defer func() {
		switch value := recover(); value {
		case nil:
		case http.ErrAbortHandler: // the API's way to leave a client that went away
			err = context.Canceled
		default:
			panic(value)
		}
	}()
	w := &answerWriter{header: http.Header{}, status: http.StatusOK}
	t.api.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

type answerWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answerWriter) Header() http.Header                { return w.header }
func (w *answerWriter) WriteHeader(status int)             { w.status = status }
func (w *answerWriter) Write(text []byte) (n int, _ error) { return w.body.Write(text) }
