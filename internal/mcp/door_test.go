package mcp_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// list is the smallest request of the protocol.
var list = map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}

// door is a client of /mcp itself; like every client of testkit it wants errors to have the API's envelope.
func door(t *testing.T, server *testkit.Server) *testkit.Client {
	return server.Client(t).With("Accept", "application/json, text/event-stream")
}

func TestCredentialsComeAsAKeyOrAsABearer(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	for _, client := range []*testkit.Client{
		door(t, server).With("X-API-Key", account.AgentKey),
		door(t, server).Bearer(account.AgentKey),
		door(t, server).With("X-API-Key", account.APIKey),
		door(t, server).Bearer(account.APIKey),
		door(t, server).Bearer(account.Token),
	} {
		answer := client.Do(http.MethodPost, "/mcp", list).Want(http.StatusOK)
		require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
		require.Empty(t, answer.Header.Get("Mcp-Session-Id"), "any replica may answer the next request")
		require.Len(t, answer.Fields()["result"].(map[string]any)["tools"], 15)
	}
}

// Whoever is not known is refused before a byte of the body is read.
func TestStrangersAreRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.MaxBody = 1024 })
	account := server.Register(t)
	retired := account.AgentKey
	account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/regenerate-key", nil).Want(http.StatusOK)
	tooLarge := []byte(strings.Repeat(" ", 2000))
	for _, each := range []struct {
		client *testkit.Client
		code   string
	}{
		{door(t, server), "INVALID_API_KEY"},
		{door(t, server).With("X-API-Key", "ak_live_mistyped"), "INVALID_API_KEY"},
		{door(t, server).With("X-API-Key", retired), "INVALID_API_KEY"},
		{door(t, server).Bearer(retired), "INVALID_API_KEY"},
		{door(t, server).Bearer(account.APISecret), "INVALID_TOKEN"},
		{door(t, server).Bearer(account.Token + "x"), "INVALID_TOKEN"},
	} {
		answer := each.client.Do(http.MethodPost, "/mcp", tooLarge).WantError(http.StatusUnauthorized, each.code)
		require.Contains(t, answer.Header.Get("WWW-Authenticate"), "Bearer")
	}
	door(t, server).Bearer(account.Token).Do(http.MethodPost, "/mcp", tooLarge).WantError(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
}

func TestWhatIsNotTheProtocolIsRefusedInTheUsualWay(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	client := door(t, server).With("X-API-Key", server.Register(t).AgentKey)
	post := func(client *testkit.Client, query string, body any) *testkit.Answer {
		return client.Do(http.MethodPost, "/mcp"+query, body)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} { // there is no stream and no session
		answer := client.Do(method, "/mcp", nil).WantError(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
		require.Contains(t, answer.Header.Get("Allow"), http.MethodPost)
	}
	post(client, "", []byte("{")).WantError(http.StatusBadRequest, "VALIDATION_ERROR")
	post(client, "", nil).WantError(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	post(client.With("Content-Type", "text/plain"), "", list).WantError(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
	accept := post(client.With("Accept", "text/html"), "", list).WantError(http.StatusBadRequest, "VALIDATION_ERROR")
	require.Contains(t, string(accept.Body), "Accept must contain")
	version := post(client.With("Mcp-Protocol-Version", "1999-01-01"), "", list).WantError(http.StatusBadRequest, "VALIDATION_ERROR")
	require.Contains(t, string(version.Body), "supported versions: ")

	unknown := post(client, "?toolsets=market,gambling", list).WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
	require.Contains(t, string(unknown.Body), "must be one or more of default, all, account, agents, analytics, market, trading")
	post(client, "?toolsets=", list).WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
	post(client, "?read_only=maybe", list).WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
	post(client, "?readonly=true", list).WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
	post(client, "?%zz", list).WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
}

// What the protocol has no method for is answered as over stdio. Status 404 would say, in its versions up to 2025-11-25,
// that a session is gone.
func TestAnUnknownMethodIsAnErrorOfTheProtocol(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	client := door(t, server).With("X-API-Key", agent.Key)
	stdio := startRaw(t, command(t, server.URL, agent.Key, selection{}))
	stdio.write(initialize)
	stdio.read()
	for request, code := range map[string]int{
		`{"jsonrpc":"2.0","id":"a","method":"nope"}`:                 -32601,
		`{"jsonrpc":"2.0","id":7,"method":"tasks/list","params":{}}`: -32601,
		`{"jsonrpc":"2.0","id":8,"method":"tools/call"}`:             -32600,
	} {
		stdio.write(request)
		want := stdio.read()
		require.Equal(t, code, want.Error.Code)
		for _, client := range []*testkit.Client{client, client.With("Mcp-Protocol-Version", "2025-11-25")} {
			answer := client.Do(http.MethodPost, "/mcp", []byte(request)).Want(http.StatusOK)
			require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
			var got rawAnswer
			require.NoError(t, json.Unmarshal(answer.Body, &got))
			require.Equal(t, want, got)
		}
	}
	// A notification is heard, whatever it is of, and not answered.
	for _, method := range []string{"notifications/initialized", "notifications/nope"} {
		require.Empty(t, client.Do(http.MethodPost, "/mcp", map[string]any{"jsonrpc": "2.0", "method": method}).Want(http.StatusAccepted).Body)
	}
	client.Do(http.MethodPost, "/mcp", map[string]any{"jsonrpc": "2.0", "method": "tools/list"}).WantError(http.StatusBadRequest, "VALIDATION_ERROR")
	stdio.end()
}

// A page whose name was made to resolve to this server cannot call it, whatever it knows.
func TestPagesOfOtherOriginsAreRefused(t *testing.T) {
	t.Parallel()
	const dashboard = "https://dashboard.example.com"
	closed, open := testkit.Start(t), testkit.Start(t, func(c *config.Server) { c.CORSOrigins = []string{dashboard} })
	client := door(t, closed).With("X-API-Key", closed.Register(t).AgentKey)
	for _, origin := range []string{dashboard, closed.URL, "null"} {
		client.With("Origin", origin).Do(http.MethodPost, "/mcp", list).WantError(http.StatusForbidden, "PERMISSION_DENIED")
	}
	client = door(t, open).With("X-API-Key", open.Register(t).AgentKey)
	client.With("Origin", dashboard).Do(http.MethodPost, "/mcp", list).Want(http.StatusOK)
	preflight := door(t, open).With("Origin", dashboard).With("Access-Control-Request-Method", "POST").
		Do(http.MethodOptions, "/mcp", nil).Want(http.StatusNoContent)
	require.Contains(t, preflight.Header.Get("Access-Control-Allow-Headers"), "Mcp-Protocol-Version")
	client.With("Origin", "https://elsewhere.example.com").Do(http.MethodPost, "/mcp", list).WantError(http.StatusForbidden, "PERMISSION_DENIED")
}

// What is worked on at once is limited, at the door and behind it, and a tool's call does not stand in its own way.
func TestABusyServerSaysSo(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.MaxInFlight = 1 })
	account := server.Register(t)
	client := door(t, server).Bearer(account.Token)
	client.Do(http.MethodPost, "/mcp", callOf("place_order", buy("0.001"))).Want(http.StatusOK)

	release := holdUp(t, server, account.AgentID)
	answered := make(chan *testkit.Answer, 1)
	go func() {
		answer, _ := client.Try(http.MethodPost, "/mcp?toolsets=agents", callOf("update_agent", renamed(account.AgentID, "Patient")))
		answered <- answer
	}()
	waitUntilSomethingWaits(t, server, true)
	busy := client.Do(http.MethodPost, "/mcp", list).WantError(http.StatusServiceUnavailable, "OVERLOADED")
	require.NotEmpty(t, busy.Header.Get("Retry-After"))
	release()
	require.Contains(t, string((<-answered).Body), "Patient")
}

func callOf(tool string, with arguments) map[string]any {
	return map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": with}}
}

// The request of a tool and the one at the door have one id, by which both are found in the log.
func TestAToolsCallIsLoggedUnderTheIdOfItsRequest(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	door(t, server).With("X-API-Key", agent.Key).With("X-Request-Id", "traced-1").Do(http.MethodPost, "/mcp", callOf("get_balance", nil)).Want(http.StatusOK)
	var operations []string
	for line := range strings.Lines(server.Log.String()) {
		var entry struct {
			RequestID string `json:"request_id"`
			AgentID   string `json:"agent_id"`
			Operation string
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if entry.RequestID == "traced-1" {
			require.Equal(t, agent.ID, entry.AgentID)
			operations = append(operations, entry.Operation)
		}
	}
	require.Equal(t, []string{"getBalance", "mcp"}, operations)
}

// With an account's key or token, X-Agent-Id says for whom, as it does everywhere.
func TestAnAccountNamesTheAgent(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	other := account.NewAgent(map[string]any{"display_name": "Other"})
	answer := door(t, server).Bearer(account.APIKey).With("X-Agent-Id", other.ID).Do(http.MethodPost, "/mcp", callOf("place_order", buy("0.001")))
	require.Contains(t, string(answer.Want(http.StatusOK).Body), "filled")
	require.Len(t, other.Get("/trade/orders").List("orders"), 1)
	require.Empty(t, account.Agent().Get("/trade/orders").List("orders"))
}
