// Package tests uses the Go SDK as any other program would, against the server at AGENTEXCHANGE_BASE_URL.
package tests

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"
	"testing"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("AGENTEXCHANGE_BASE_URL") == "" {
		panic("AGENTEXCHANGE_BASE_URL names no server to test against")
	}
	// Idle connections that the transport keeps open are not leaks.
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		os.Exit(code)
	}), goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"))
}

// newClient returns a client, or fails the test.
func newClient(tb testing.TB, options agentexchange.Options) *agentexchange.Client {
	tb.Helper()
	client, err := agentexchange.New(options)
	require.NoError(tb, err)
	return client
}

// register creates an account.
func register(tb testing.TB) *agentexchange.AccountCredentials {
	tb.Helper()
	account, err := newClient(tb, agentexchange.Options{}).Register(tb.Context(), agentexchange.RegisterRequest{DisplayName: "Ada"})
	require.NoError(tb, err)
	return account
}

// newOwner creates an account and returns a client that manages its agents through baseURL.
func newOwner(tb testing.TB, baseURL string) *agentexchange.Client {
	tb.Helper()
	account := register(tb)
	return newClient(tb, agentexchange.Options{BaseURL: baseURL, APIKey: account.APIKey, APISecret: account.APISecret})
}

// newTrader creates an account and returns a client that trades for its default agent through baseURL.
func newTrader(tb testing.TB, baseURL string) *agentexchange.Client {
	tb.Helper()
	return newClient(tb, agentexchange.Options{BaseURL: baseURL, APIKey: register(tb).AgentAPIKey})
}

// fault handles a request in the proxy.
type fault func(p *proxy, w http.ResponseWriter, r *http.Request)

// pass lets the request through.
func pass(p *proxy, w http.ResponseWriter, r *http.Request) { p.forward.ServeHTTP(w, r) }

// drop cuts the connection before the server has seen the request.
func drop(*proxy, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// loseAnswer cuts the connection after the server has answered.
func loseAnswer(p *proxy, _ http.ResponseWriter, r *http.Request) {
	p.forward.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// hang does not answer until the client gives up.
func hang(_ *proxy, _ http.ResponseWriter, r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// answer returns a fault that answers instead of the server; header has alternating names and values.
func answer(status int, body string, header ...string) fault {
	return func(_ *proxy, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// rewrite returns a fault that forwards the request and changes the fields of the response.
func rewrite(change func(fields map[string]any)) fault {
	return func(p *proxy, w http.ResponseWriter, r *http.Request) {
		recorder := httptest.NewRecorder()
		p.forward.ServeHTTP(recorder, r)
		var fields map[string]any
		if err := json.Unmarshal(recorder.Body.Bytes(), &fields); err != nil {
			panic(err)
		}
		change(fields)
		w.WriteHeader(recorder.Code)
		_ = json.NewEncoder(w).Encode(fields)
	}
}

// sent is a request as the client sent it.
type sent struct {
	Method, Path, Query string
	Header              http.Header
	Body                []byte
}

// proxy sits between a client and the server and records every request. It applies a path's faults to successive
// requests; the last fault applies to all that follow.
type proxy struct {
	URL     string
	forward *httputil.ReverseProxy

	mu     sync.Mutex
	faults map[string][]fault
	seen   []sent
}

func newProxy(tb testing.TB, faults map[string][]fault) *proxy {
	tb.Helper()
	target, err := url.Parse(os.Getenv("AGENTEXCHANGE_BASE_URL"))
	require.NoError(tb, err)
	p := &proxy{faults: faults, forward: &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}}
	server := httptest.NewServer(p)
	tb.Cleanup(server.Close)
	p.URL = server.URL
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	p.next(r, body)(p, w, r)
}

// next records the request and returns the fault for it.
func (p *proxy) next(r *http.Request, body []byte) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, sent{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body})
	faults := p.faults[r.URL.Path]
	if len(faults) == 0 {
		return pass
	}
	if len(faults) > 1 {
		p.faults[r.URL.Path] = faults[1:]
	}
	return faults[0]
}

// requests returns the requests sent to a path.
func (p *proxy) requests(path string) []sent {
	p.mu.Lock()
	defer p.mu.Unlock()
	var of []sent
	for _, request := range p.seen {
		if request.Path == path {
			of = append(of, request)
		}
	}
	return of
}
