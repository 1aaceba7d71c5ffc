package mcp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// selection is which tools a session asks for.
type selection struct {
	toolsets string
	readOnly bool
}

// session is the official SDK's client, connected.
type session struct {
	*sdk.ClientSession
	t *testing.T
}

// connector begins a session with a server, as whoever has the credential.
type connector func(t *testing.T, server *testkit.Server, credential string, s selection) *session

// overEachTransport runs a test over both ways to the tools.
func overEachTransport(t *testing.T, test func(t *testing.T, connect connector)) {
	t.Helper()
	for name, connect := range map[string]connector{"http": overHTTP, "stdio": overStdio} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, connect)
		})
	}
}

func overHTTP(t *testing.T, server *testkit.Server, credential string, s selection) *session {
	t.Helper()
	endpoint := fmt.Sprintf("%s/mcp?read_only=%t", server.URL, s.readOnly)
	if s.toolsets != "" {
		endpoint += "&toolsets=" + s.toolsets
	}
	return start(t, &sdk.StreamableClientTransport{
		Endpoint: endpoint, HTTPClient: &http.Client{Transport: newChecked(t, server, credential)},
	})
}

func overStdio(t *testing.T, server *testkit.Server, credential string, s selection) *session {
	t.Helper()
	return start(t, &sdk.CommandTransport{Command: command(t, server.URL, credential, s)})
}

// command is agentexchange mcp, for a client to start.
func command(t *testing.T, baseURL, credential string, s selection) *exec.Cmd {
	t.Helper()
	arguments := []string{"mcp"}
	if s.toolsets != "" {
		arguments = append(arguments, "--toolsets="+s.toolsets)
	}
	if s.readOnly {
		arguments = append(arguments, "--read-only")
	}
	command := exec.CommandContext(context.Background(), testkit.Command(t), arguments...)
	command.Env = append(os.Environ(), "AGENTEXCHANGE_BASE_URL="+baseURL, "AGENTEXCHANGE_API_KEY="+credential)
	return command
}

func start(t *testing.T, transport sdk.Transport) *session {
	t.Helper()
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	connected, err := client.Connect(t.Context(), transport, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connected.Close() }) // by then some servers are gone
	return &session{ClientSession: connected, t: t}
}

// checked sends the credential as a bearer, and keeps every answer, to hold it to what the server promises of all.
type checked struct {
	server     *testkit.Server
	credential string

	mu   sync.Mutex
	seen []seenAnswer
}

type seenAnswer struct {
	request  *http.Request
	response *http.Response
	body     []byte
}

func newChecked(t *testing.T, server *testkit.Server, credential string) *checked {
	c := &checked{server: server, credential: credential}
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, answer := range c.seen {
			if bytes.HasPrefix(answer.body, []byte(`{"jsonrpc"`)) { // the protocol's own errors
				answer.response.StatusCode = http.StatusOK
			}
			server.Check(t, answer.request, answer.response.StatusCode, answer.response.Header, answer.body)
		}
	})
	return c
}

func (c *checked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+c.credential)
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, seenAnswer{r, response, body})
	answer := *response
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return &answer, nil
}

// tools returns what the server lists, by name.
func (s *session) tools() map[string]*sdk.Tool {
	s.t.Helper()
	tools := map[string]*sdk.Tool{}
	for tool, err := range s.Tools(s.t.Context(), nil) {
		require.NoError(s.t, err)
		tools[tool.Name] = tool
	}
	return tools
}

type arguments = map[string]any

// call calls a tool and answers what it said, which must not be an error.
func (s *session) call(name string, with arguments) map[string]any {
	s.t.Helper()
	result := s.try(s.t.Context(), name, with)
	require.False(s.t, result.IsError, "%s: %s", name, textOf(s.t, result))
	return fieldsOf(s.t, result)
}

// refused calls a tool and answers the error that it said.
func (s *session) refused(name string, with any) map[string]any {
	s.t.Helper()
	result := s.try(s.t.Context(), name, with)
	require.True(s.t, result.IsError, "%s: %s", name, textOf(s.t, result))
	return fieldsOf(s.t, result)["error"].(map[string]any)
}

func (s *session) try(ctx context.Context, name string, with any) *sdk.CallToolResult {
	s.t.Helper()
	result, err := s.CallTool(ctx, &sdk.CallToolParams{Name: name, Arguments: with})
	require.NoError(s.t, err, name)
	return result
}

func textOf(t *testing.T, result *sdk.CallToolResult) string {
	t.Helper()
	require.Len(t, result.Content, 1)
	return result.Content[0].(*sdk.TextContent).Text
}

// fieldsOf returns the structured content, which says the same as the text.
func fieldsOf(t *testing.T, result *sdk.CallToolResult) map[string]any {
	t.Helper()
	fields, ok := result.StructuredContent.(map[string]any)
	require.True(t, ok, "%v", result.StructuredContent)
	encoded, err := json.Marshal(fields)
	require.NoError(t, err)
	require.JSONEq(t, textOf(t, result), string(encoded))
	return fields
}

func names(tools map[string]*sdk.Tool) string {
	var list []string
	for name := range tools {
		list = append(list, name)
	}
	return strings.Join(sorted(list), " ")
}
