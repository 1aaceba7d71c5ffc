package testkit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/require"
)

// credential recognises API keys, secrets and JWTs.
var credential = regexp.MustCompile(`[as]k_live_[0-9A-Za-z]{38}|eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+`)

var specRouter = sync.OnceValue(func() routers.Router {
	router, err := legacy.NewRouter(StrictSpec())
	if err != nil {
		panic(err)
	}
	return router
})

// Client calls a server, and fails its test when an answer is not as the spec says.
type Client struct {
	tb     testing.TB
	server *Server
	http   *http.Client
	header http.Header
}

// Client returns a client without credentials.
func (s *Server) Client(tb testing.TB) *Client {
	return &Client{tb: tb, server: s, http: &http.Client{Transport: transport}, header: http.Header{}}
}

var transport = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	return t
}()

// With returns a client that also sends a header.
func (c *Client) With(name, value string) *Client {
	copied := *c
	copied.header = c.header.Clone()
	copied.header.Set(name, value)
	return &copied
}

// Bearer returns a client that sends a token.
func (c *Client) Bearer(token string) *Client { return c.With("Authorization", "Bearer "+token) }

// Answer is what a server answered.
type Answer struct {
	tb     testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request, with a body that is JSON: of any value, or as it stands where it is a []byte.
func (c *Client) Do(method, path string, body any) *Answer {
	c.tb.Helper()
	answer, err := c.Try(method, path, body)
	require.NoError(c.tb, err)
	return answer
}

// Try is Do for a request that may fail to be answered.
func (c *Client) Try(method, path string, body any) (*Answer, error) {
	c.tb.Helper()
	request := c.request(method, path, body)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	c.server.Check(c.tb, request, response.StatusCode, response.Header, read)
	return &Answer{tb: c.tb, Status: response.StatusCode, Header: response.Header, Body: read}, nil
}

func (c *Client) request(method, path string, body any) *http.Request {
	c.tb.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case []byte:
		reader = bytes.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		require.NoError(c.tb, err)
		reader = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(context.Background(), method, c.server.URL+path, reader)
	require.NoError(c.tb, err)
	request.Header = c.header.Clone()
	if reader != nil && request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

// Check holds an answer against the spec: its status, headers and body are those of the operation, without a field that
// is not declared, and errors have the envelope, also where there is no operation.
func (s *Server) Check(tb testing.TB, request *http.Request, status int, header http.Header, body []byte) {
	tb.Helper()
	s.remember(body)
	what := fmt.Sprintf("%s %s answered %d %s", request.Method, request.URL.Path, status, body)
	require.NotEmpty(tb, header.Get("X-Request-Id"), what)
	if status >= 400 {
		checkEnvelope(tb, header, body, what)
	}
	route, params, err := specRouter().FindRoute(request)
	if err != nil {
		return // a page, or nothing at all
	}
	require.NoError(tb, openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: params, Route: route},
		Status:                 status, Header: header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}), what)
	if status >= 400 {
		require.Contains(tb, declaredCodes(route.Operation.OperationID, status), (&Answer{Body: body}).Code(), what)
	}
}

func checkEnvelope(tb testing.TB, header http.Header, body []byte, what string) {
	tb.Helper()
	require.Equal(tb, "application/json", header.Get("Content-Type"), what)
	var value any
	require.NoError(tb, json.Unmarshal(body, &value), what)
	require.NoError(tb, StrictSpec().Components.Schemas["Error"].Value.VisitJSON(value, openapi3.MultiErrors()), what)
	fields := value.(map[string]any)["error"].(map[string]any)
	require.Equal(tb, header.Get("X-Request-Id"), fields["request_id"], what)
	seenCodes.Store(fields["code"], true)
}

var seenCodes sync.Map

// SeenCodes returns every error code that a checked answer had.
func SeenCodes() map[string]bool {
	codes := map[string]bool{}
	seenCodes.Range(func(code, _ any) bool {
		codes[code.(string)] = true
		return true
	})
	return codes
}

// Want fails the test unless the answer has this status.
func (a *Answer) Want(status int) *Answer {
	a.tb.Helper()
	require.Equal(a.tb, status, a.Status, string(a.Body))
	return a
}

// WantError fails the test unless the answer is this error.
func (a *Answer) WantError(status int, code string) *Answer {
	a.tb.Helper()
	a.Want(status)
	require.Equal(a.tb, code, a.Code(), string(a.Body))
	return a
}

// Code is the code of an error, or empty.
func (a *Answer) Code() string {
	var envelope struct{ Error struct{ Code string } }
	_ = json.Unmarshal(a.Body, &envelope)
	return envelope.Error.Code
}

// Fields returns the body, an object.
func (a *Answer) Fields() map[string]any {
	a.tb.Helper()
	var fields map[string]any
	require.NoError(a.tb, json.Unmarshal(a.Body, &fields), string(a.Body))
	return fields
}

// Text returns a field of the body that is a string.
func (a *Answer) Text(field string) string {
	a.tb.Helper()
	text, ok := a.Fields()[field].(string)
	require.True(a.tb, ok, "%s in %s", field, a.Body)
	return text
}

// Account is a registered account and a client that is logged in to it.
type Account struct {
	*Client
	ID, APIKey, APISecret, Token, AgentID, AgentKey string
}

// Register makes an account and logs in.
func (s *Server) Register(tb testing.TB) *Account {
	tb.Helper()
	client := s.Client(tb)
	made := client.Do(http.MethodPost, "/api/v1/auth/register", map[string]any{"display_name": "Ada"}).Want(http.StatusCreated)
	account := &Account{
		ID: made.Text("account_id"), APIKey: made.Text("api_key"), APISecret: made.Text("api_secret"),
		AgentID: made.Text("agent_id"), AgentKey: made.Text("agent_api_key"),
	}
	account.Token = client.Do(http.MethodPost, "/api/v1/auth/login",
		map[string]any{"api_key": account.APIKey, "api_secret": account.APISecret}).Want(http.StatusOK).Text("token")
	account.Client = client.Bearer(account.Token)
	return account
}

// Create makes an agent and answers its id.
func (a *Account) Create(fields map[string]any) string {
	a.tb.Helper()
	return a.Do(http.MethodPost, "/api/v1/agents", fields).Want(http.StatusCreated).Text("agent_id")
}
