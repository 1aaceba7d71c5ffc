package mcp_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mistake in the set-up is told at once, to whoever made it, with what to do; nothing goes to standard output.
func TestAMistakenSetUpIsExplained(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	retired := account.AgentKey
	account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/regenerate-key", nil).Want(http.StatusOK)
	stranger := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(stranger.Close)
	website := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "<html>Welcome</html>") }))
	t.Cleanup(website.Close)
	for _, each := range []struct {
		baseURL, credential, secret, toolsets string
		want                                  []string
	}{
		{server.URL, "", "", "", []string{"AGENTEXCHANGE_API_KEY is not set", "set it to the API key of the agent"}},
		{server.URL, account.APISecret, "", "", []string{"holds a secret", "ak_live_"}},
		{server.URL, "ak_live_mistyped", "", "", []string{"is not an API key", "mistaken characters"}},
		{server.URL, retired, "", "", []string{"does not accept AGENTEXCHANGE_API_KEY", "INVALID_API_KEY"}},
		{server.URL, account.Token + "x", "", "", []string{"does not accept AGENTEXCHANGE_API_KEY", "INVALID_TOKEN"}},
		{server.URL, account.APIKey, "", "gambling", []string{"--toolsets must be one or more of default, all, account"}},
		{"exchange.example.com", account.APIKey, "", "", []string{"AGENTEXCHANGE_BASE_URL must look like"}},
		{"http://127.0.0.1:1", account.APIKey, "", "", []string{"no answer from http://127.0.0.1:1", "agentexchange serve", "AGENTEXCHANGE_BASE_URL"}},
		{stranger.URL, account.APIKey, "", "", []string{"is no AgentExchange server", "AGENTEXCHANGE_BASE_URL"}},
		{website.URL, account.APIKey, "", "", []string{"is no AgentExchange server", "AGENTEXCHANGE_BASE_URL"}},
		{website.URL, account.APIKey, account.APISecret, "", []string{"is no AgentExchange server", "AGENTEXCHANGE_BASE_URL"}},
		{server.URL + "/docs", account.APIKey, "", "", []string{"there is no API at " + server.URL + "/docs", "set AGENTEXCHANGE_BASE_URL", "such as " + server.URL}},
		{server.URL, account.AgentKey, account.APISecret, "", []string{"does not accept AGENTEXCHANGE_API_KEY", "AGENTEXCHANGE_API_SECRET", "INVALID_API_KEY"}},
		{server.URL, account.Token, account.APISecret, "", []string{"AGENTEXCHANGE_API_SECRET", "the account's API key"}},
		{server.URL, account.APIKey, account.APIKey, "", []string{"AGENTEXCHANGE_API_SECRET is not a secret", "sk_live_"}},
	} {
		command := command(t, each.baseURL, each.credential, selection{toolsets: each.toolsets})
		command.Env = append(command.Env, "AGENTEXCHANGE_API_SECRET="+each.secret)
		var out, said bytes.Buffer
		command.Stdout, command.Stderr = &out, &said
		var exit *exec.ExitError
		require.ErrorAs(t, command.Run(), &exit)
		require.Equal(t, 1, exit.ExitCode())
		require.Empty(t, out.String())
		for _, want := range each.want {
			require.Contains(t, said.String(), want)
		}
		if each.credential != "" {
			require.NotContains(t, said.String(), each.credential)
		}
		if each.secret != "" {
			require.NotContains(t, said.String(), each.secret)
		}
	}
}

// An account's secret is used to log in, and again when the token has expired. Calls that notice so at once share a login.
func TestAnAccountsSecretKeepsItLoggedIn(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	server := testkit.Start(t, func(c *config.Server) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	account := server.Register(t)
	command := command(t, server.URL, account.APIKey, selection{toolsets: "agents,default"})
	command.Env = append(command.Env, "AGENTEXCHANGE_API_SECRET="+account.APISecret)
	said := &testkit.Log{}
	command.Stderr = said
	session := start(t, &sdk.CommandTransport{Command: command})
	session.call("list_agents", nil)
	require.Equal(t, "filled", session.call("place_order", buy("0.001"))["status"])
	require.Equal(t, 1, logins(server))
	ahead.Store(int64(2 * time.Hour))
	var calls sync.WaitGroup
	for n := range 8 {
		calls.Go(func() {
			result, err := session.CallTool(t.Context(), &sdk.CallToolParams{
				Name: "create_agent", Arguments: arguments{"display_name": fmt.Sprintf("Agent %d", n)},
			})
			assert.NoError(t, err)
			assert.False(t, result.IsError, "%v", result.StructuredContent)
		})
	}
	calls.Wait()
	require.EqualValues(t, 9, session.call("list_agents", nil)["total"])
	require.Equal(t, 2, logins(server))
	require.Empty(t, said.String())
}

// logins counts those after testkit's own.
func logins(server *testkit.Server) int {
	return strings.Count(server.Log.String(), `"operation":"login"`) - 1
}

// An agent's key cannot manage agents: whoever asked for the tools that do is told what they take.
func TestAKeyForToolsThatTakeATokenIsWarnedOf(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	for _, each := range []struct {
		credential, toolsets string
		warned               bool
	}{
		{account.AgentKey, "agents", true},
		{account.APIKey, "all", true},
		{account.Token, "agents", false},
		{account.AgentKey, "market,trading,account,analytics", false},
	} {
		session := startRaw(t, command(t, server.URL, each.credential, selection{toolsets: each.toolsets}))
		session.write(initialize)
		session.read()
		session.end()
		if each.warned {
			require.Contains(t, session.said.String(), "set AGENTEXCHANGE_API_SECRET")
			require.Contains(t, session.said.String(), "list_agents")
			require.NotContains(t, session.said.String(), "place_order")
		} else {
			require.Empty(t, session.said.String())
		}
	}
}

// Standard output holds the protocol and nothing else, and the process ends when it is told to, or when its client goes.
func TestTheProcessSpeaksTheProtocolAlone(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	for name, end := range map[string]func(*rawSession) error{
		"signal": func(s *rawSession) error { return s.command.Process.Signal(syscall.SIGTERM) },
		"end":    func(s *rawSession) error { return s.in.Close() },
	} {
		session := startRaw(t, command(t, server.URL, agent.Key, selection{}))
		for id, request := range []string{
			initialize,
			`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"place_order","arguments":{"symbol":"BTCUSDT","side":"buy","type":"market","quantity":"0.001"}}}`,
			`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"no_such_tool"}}`,
		} {
			session.write(request)
			require.EqualValues(t, id, session.read().ID)
			if id == 0 {
				session.write(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			}
		}
		require.NoError(t, end(session), name)
		session.end()
		require.NotContains(t, session.said.String(), agent.Key)
	}
}

// A line that is no message of JSON-RPC is answered by an error, and the session goes on as if it had not been written.
func TestALineThatIsNoMessageEndsNothing(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	session := startRaw(t, command(t, server.URL, server.Register(t).AgentKey, selection{}))
	session.write(initialize)
	require.Contains(t, session.read().Result, "serverInfo")
	for line, want := range map[string]rawAnswer{
		`garbage`:                    {Error: rawError{Code: -32700}},
		`{"jsonrpc":"2.0","id":7`:    {Error: rawError{Code: -32700}},
		`{"jsonrpc":"2.0"} trailing`: {Error: rawError{Code: -32700}},
		`[]`:                         {Error: rawError{Code: -32600}},
		`[` + ping(7) + `]`:          {Error: rawError{Code: -32600}},
		`"text"`:                     {Error: rawError{Code: -32600}},
		`null`:                       {Error: rawError{Code: -32600}},
		`{}`:                         {Error: rawError{Code: -32600}},
		`{"id":7,"method":"ping"}`:   {ID: 7.0, Error: rawError{Code: -32600}},
		`{"jsonrpc":"2.0","id":"seven","method":1}`:           {ID: "seven", Error: rawError{Code: -32600}},
		`{"jsonrpc":"2.0","id":{},"method":"ping"}`:           {Error: rawError{Code: -32600}},
		`{"jsonrpc":"2.0","id":7,"method":"nope"}`:            {ID: 7.0, Error: rawError{Code: -32601}},
		strings.Repeat("{", 17<<20):                           {Error: rawError{Code: -32700}},
		strings.Repeat("[", 5000) + strings.Repeat("]", 5000): {Error: rawError{Code: -32600}},
	} {
		// The requests beside it are answered, in whatever order.
		session.write(ping(100), line, "", " "+ping(101)+" \r")
		answers := map[any]rawAnswer{}
		for range 3 {
			answer := session.read()
			answers[answer.ID] = answer
		}
		require.Contains(t, answers, 100.0, line)
		require.Contains(t, answers, 101.0, line)
		require.Contains(t, answers, want.ID, line)
		require.Equal(t, want.Error.Code, answers[want.ID].Error.Code, line)
		require.NotEmpty(t, answers[want.ID].Error.Message, line)
	}
	session.end()
}

// What is written to the process before its input ends is answered: an order that is piped in is not placed in silence.
func TestTheEndOfTheInputWaitsForTheAnswers(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	session := startRaw(t, command(t, server.URL, agent.Key, selection{}))
	const order = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"place_order","arguments":{"symbol":"BTCUSDT","side":"buy","type":"market","quantity":"0.001"}}}`
	session.write(initialize, fmt.Sprintf(order, 1), fmt.Sprintf(order, 2), `{"jsonrpc":"2.0","id":3,"method":"tools/list"}`)
	require.NoError(t, session.in.Close())
	answered := map[any]bool{}
	for range 4 {
		answer := session.read()
		require.Zero(t, answer.Error)
		answered[answer.ID] = true
	}
	require.Len(t, answered, 4)
	session.end()
	require.Len(t, agent.Get("/trade/orders").List("orders"), 2)
}

// An answer that is lost is asked for again, under the same Idempotency-Key: the order is placed once.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	var orders atomic.Int32
	lossy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/trade/order") || orders.Add(1) > 2 {
			proxy.ServeHTTP(w, r)
			return
		}
		proxy.ServeHTTP(httptest.NewRecorder(), r) // the order is placed, and nobody hears of it
		if orders.Load() == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(lossy.Close)
	session := start(t, &sdk.CommandTransport{Command: command(t, lossy.URL+"/", agent.Key, selection{})})
	placed := session.call("place_order", buy("0.001"))
	require.EqualValues(t, 3, orders.Load())
	kept := agent.Get("/trade/orders").List("orders")
	require.Len(t, kept, 1)
	require.Equal(t, kept[0]["order_id"], placed["order_id"])
}

// A server that goes away is told of in an answer, and the session goes on.
func TestAServerThatIsGoneIsExplained(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	session := overStdio(t, server, agent.Key, selection{})
	session.call("get_balance", nil)
	server.Stop(t)
	reading := session.refused("get_balance", nil)
	require.Equal(t, "UNAVAILABLE", reading["code"])
	require.Contains(t, reading["message"], "cannot be reached")
	require.NotContains(t, reading["message"], "look before you repeat it")
	require.Contains(t, session.refused("place_order", buy("0.001"))["message"], "look before you repeat it")
	require.Len(t, session.tools(), 15)
}
