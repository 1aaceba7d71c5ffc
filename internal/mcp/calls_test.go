package mcp_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/testkit"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"
)

func buy(quantity any) arguments {
	return arguments{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": quantity}
}

// A refusal is an answer that a model can act on, never an error of the protocol.
func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		agent := server.Register(t).Agent()
		session := connect(t, server, agent.Key, selection{toolsets: "default,agents"})

		refused := session.refused("place_order", buy("1"))
		require.Equal(t, "ORDER_REJECTED", refused["code"])
		require.NotEmpty(t, refused["request_id"])
		details := refused["details"].(map[string]any)
		require.Equal(t, "position_limit_exceeded", details["reason"])
		session.call("place_order", buy(details["max_allowed_quantity"]))

		for _, each := range []struct {
			tool       string
			with       any
			code, says string
		}{
			{"get_price", arguments{"symbol": "NOPE"}, "INVALID_SYMBOL", "There is no such pair. list_pairs lists them."},
			{"get_order", arguments{"order_id": agent.ID}, "ORDER_NOT_FOUND", "no such order"},
			{"list_agents", nil, "JWT_REQUIRED", "needs an account's token"},
			{"place_order", buy(0.5), "VALIDATION_ERROR", "/quantity must be a decimal string"},
			{"place_order", arguments{"symbol": "BTCUSDT", "side": "hold", "type": "limit"}, "VALIDATION_ERROR", "/side must be one of [buy sell]"},
			{"place_order", arguments{"leverage": 10, "price": nil}, "VALIDATION_ERROR", "/leverage is not a field of this call"},
			{"list_candles", arguments{"symbol": "BTCUSDT", "limit": "many"}, "VALIDATION_ERROR", "/limit must be an integer from 1 to 1000"},
			{"list_candles", arguments{"symbol": "BTCUSDT", "depth": 3}, "VALIDATION_ERROR", "/depth is not a parameter of this call"},
			{"list_trades", arguments{"symbol": nil}, "VALIDATION_ERROR", "/symbol must not be null"},
			{"cancel_order", arguments{}, "VALIDATION_ERROR", "/order_id is required"},
			{"cancel_order", arguments{"order_id": "../orders/open"}, "VALIDATION_ERROR", "/order_id must be a valid uuid"},
			{"get_balance", arguments{"asset": "BTC"}, "VALIDATION_ERROR", "/asset is not a parameter of this call"},
			{"get_balance", []string{"BTC"}, "VALIDATION_ERROR", "the arguments must be an object"},
		} {
			refused := session.refused(each.tool, each.with)
			require.Equal(t, each.code, refused["code"], each.says)
			require.Contains(t, told(refused), each.says)
		}
		agent.RequireReconciled()
	})
}

// told is the message of an error with the violations that it lists.
func told(refused map[string]any) string {
	lines := []string{refused["message"].(string)}
	details, _ := refused["details"].(map[string]any)
	violations, _ := details["errors"].([]any)
	for _, each := range violations {
		violation := each.(map[string]any)
		lines = append(lines, fmt.Sprintf("%s %s", violation["field"], violation["message"]))
	}
	return strings.Join(lines, "\n")
}

func TestArgumentsReachTheirPlace(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		agent := server.Register(t).Agent()
		session := connect(t, server, agent.Key, selection{toolsets: "all"})
		for _, list := range []any{[]string{"BTCUSDT", "ETHUSDT"}, "BTCUSDT,ETHUSDT"} {
			require.Len(t, session.call("list_prices", arguments{"symbols": list})["prices"], 2)
		}
		order := buy("0.001")
		order["client_order_id"] = "null"
		placed := session.call("place_order", order)
		found := session.call("get_order_by_client_id", arguments{"client_order_id": "null"})
		require.Equal(t, placed["order_id"], found["order_id"])
		require.Len(t, session.call("list_trades", arguments{"limit": 1, "offset": 0})["trades"], 1)
	})
}

func TestATokenManagesTheAccountsAgents(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		account := server.Register(t)
		session := connect(t, server, account.Token, selection{toolsets: "agents,trading"})
		made := session.call("create_agent", arguments{"display_name": "Scalper", "risk_profile": arguments{"max_open_orders": 3}})
		id := made["agent_id"].(string)
		renamed := session.call("update_agent", arguments{"agent_id": id, "display_name": "Swinger", "llm_model": nil})
		require.Equal(t, "Swinger", renamed["display_name"])
		require.EqualValues(t, 3, session.call("get_agent_risk", arguments{"agent_id": id})["max_open_orders"])
		require.Len(t, session.call("list_agents", arguments{"include_archived": true})["agents"], 2)
		session.call("place_order", buy("0.001")) // for the default agent

		result := session.try(t.Context(), "delete_agent", arguments{"agent_id": id})
		require.False(t, result.IsError)
		require.Equal(t, "Done.", textOf(t, result))
		require.Equal(t, "AGENT_NOT_FOUND", session.refused("get_agent", arguments{"agent_id": id})["code"])
		require.Contains(t, session.refused("get_agent", arguments{"agent_id": id})["message"], "with list_agents.")
	})
}

func TestAnArchivedAgentIsToldSo(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		account := server.Register(t)
		account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/archive", nil).Want(http.StatusOK)
		session := connect(t, server, account.AgentKey, selection{})
		require.NotEmpty(t, session.tools())
		require.Equal(t, "AGENT_ARCHIVED", session.refused("get_balance", nil)["code"])
		account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/unarchive", nil).Want(http.StatusOK)
		session.call("get_balance", nil)
	})
}

// Every session acts for its own agent, however many call at once.
func TestAgentsAreKeptApart(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		account := server.Register(t)
		agents := []*testkit.Agent{account.Agent(), account.NewAgent(map[string]any{"display_name": "Other"})}
		var group sync.WaitGroup
		for n, agent := range agents {
			session := connect(t, server, agent.Key, selection{})
			for range 8 {
				group.Go(func() {
					result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "place_order", Arguments: buy(fmt.Sprintf("0.%03d", n+1))})
					if err != nil || result.IsError {
						t.Errorf("%v %v", result, err)
					}
				})
			}
		}
		group.Wait()
		for n, agent := range agents {
			require.Equal(t, decimal.MustParse(fmt.Sprintf("0.%03d", 8*(n+1))).String(), agent.Available("BTC").String())
			agent.RequireReconciled()
		}
		stranger := connect(t, server, agents[1].Key, selection{})
		order := agents[0].Get("/trade/orders?limit=1").List("orders")[0]["order_id"]
		require.Equal(t, "ORDER_NOT_FOUND", stranger.refused("get_order", arguments{"order_id": order})["code"])
	})
}

// A client that gives up does not leave its call behind: it ends on the server, too, and the session goes on.
func TestACancelledCallEndsOnTheServer(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		account := server.Register(t)
		session := connect(t, server, account.Token, selection{toolsets: "agents"})
		release := holdUp(t, server, account.AgentID)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := session.CallTool(ctx, &sdk.CallToolParams{Name: "update_agent", Arguments: renamed(account.AgentID, "Never")})
			done <- err
		}()
		waitUntilSomethingWaits(t, server, true)
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
		require.Eventually(t, func() bool {
			return strings.Contains(server.Log.String(), `"operation":"updateAgent","status":499`)
		}, 10*time.Second, 10*time.Millisecond)
		waitUntilSomethingWaits(t, server, false)
		release()
		require.NotEqual(t, "Never", session.call("get_agent", arguments{"agent_id": account.AgentID})["display_name"])
	})
}

func renamed(agentID, name string) arguments {
	return arguments{"agent_id": agentID, "display_name": name}
}

// holdUp locks an agent's row, so that what changes it waits until release is called.
func holdUp(t *testing.T, server *testkit.Server, agentID string) (release func()) {
	t.Helper()
	tx, err := server.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "select from agents where id = $1 for update", agentID)
	require.NoError(t, err)
	release = sync.OnceFunc(func() { _ = tx.Rollback(context.Background()) })
	t.Cleanup(release)
	return release
}

// waitUntilSomethingWaits waits until a statement waits for a lock, or none does.
func waitUntilSomethingWaits(t *testing.T, server *testkit.Server, want bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting bool
		err := server.Pool.QueryRow(t.Context(),
			"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')").Scan(&waiting)
		return err == nil && waiting == want
	}, 10*time.Second, 10*time.Millisecond)
}

// A call that is going on when the server is told to stop is still answered.
func TestAServerThatStopsAnswersWhatItHasBegun(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		account := server.Register(t)
		session := connect(t, server, account.Token, selection{toolsets: "agents"})
		release := holdUp(t, server, account.AgentID)
		answered := make(chan *sdk.CallToolResult, 1)
		go func() {
			result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: "update_agent", Arguments: renamed(account.AgentID, "Last")})
			if err != nil {
				t.Error(err)
			}
			answered <- result
		}()
		waitUntilSomethingWaits(t, server, true)
		stopped := make(chan error, 1)
		go func() { stopped <- server.App.Close(context.Background()) }()
		require.Eventually(t, func() bool { // it takes no new connections
			response, err := http.Get(server.URL + "/healthz")
			return err != nil || response.Body.Close() != nil
		}, 10*time.Second, 10*time.Millisecond)
		release()
		result := <-answered
		require.NotNil(t, result)
		require.False(t, result.IsError, textOf(t, result))
		require.NoError(t, <-stopped)
	})
}
