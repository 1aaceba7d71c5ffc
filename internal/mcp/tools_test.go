package mcp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/agentexchange/agentexchange/internal/mcp"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"
)

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

const defaultTools = "cancel_order get_balance get_order get_performance get_portfolio get_positions get_price get_risk " +
	"get_ticker list_candles list_open_orders list_pairs list_trades place_order preview_order"

func TestATradingAgentGetsTheToolsThatItNeeds(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		agent := server.Register(t).Agent()
		tools := connect(t, server, agent.Key, selection{}).tools()
		require.Equal(t, defaultTools, names(tools))
		require.LessOrEqual(t, len(tools), 15)
		encoded, err := json.Marshal(tools)
		require.NoError(t, err)
		require.Less(t, len(encoded), 13_000, "a model reads all of it")
	})
}

func TestTheServerIsOfTheAPIsVersion(t *testing.T) {
	t.Parallel()
	doc, err := spec.Load()
	require.NoError(t, err)
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		is := connect(t, server, server.Register(t).AgentKey, selection{}).InitializeResult().ServerInfo
		require.Equal(t, "agentexchange", is.Name)
		require.Equal(t, doc.Info.Version, is.Version)
	})
}

func TestEveryDefaultToolCanBeCalled(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		agent := server.Register(t).Agent()
		session := connect(t, server, agent.Key, selection{})
		resting := session.call("place_order", arguments{"symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "0.01", "price": "10000"})
		require.Equal(t, "pending", resting["status"])
		order := arguments{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.001"}
		calls := []struct {
			tool  string
			with  arguments
			field string
		}{
			{"list_pairs", nil, "pairs"},
			{"get_price", arguments{"symbol": "BTCUSDT"}, "price"},
			{"get_ticker", arguments{"symbol": "ethusdt"}, "volume"},
			{"list_candles", arguments{"symbol": "BTCUSDT", "interval": "1h", "limit": 3}, "candles"},
			{"preview_order", order, "would_pass"},
			{"place_order", order, "executed_price"},
			{"get_order", arguments{"order_id": resting["order_id"]}, "status"},
			{"list_open_orders", arguments{"limit": 10}, "orders"},
			{"cancel_order", arguments{"order_id": resting["order_id"]}, "order_id"},
			{"list_trades", arguments{"symbol": "BTCUSDT"}, "trades"},
			{"get_balance", nil, "balances"},
			{"get_positions", arguments{}, "positions"},
			{"get_portfolio", nil, "total_equity"},
			{"get_risk", nil, "rules"},
			{"get_performance", arguments{"period": "7d"}, "sharpe_ratio"},
		}
		called := map[string]bool{}
		for _, each := range calls {
			require.Contains(t, session.call(each.tool, each.with), each.field, each.tool)
			called[each.tool] = true
		}
		for name := range session.tools() {
			require.True(t, called[name], "%s was not called", name)
		}
		agent.RequireReconciled()
	})
}

func TestAReadOnlySessionCanChangeNothing(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		agent := server.Register(t).Agent()
		session := connect(t, server, agent.Key, selection{toolsets: "all", readOnly: true})
		tools := session.tools()
		require.NotEmpty(t, tools)
		for name, tool := range tools {
			require.True(t, tool.Annotations.ReadOnlyHint, name)
		}
		require.Contains(t, tools, "preview_order")
		for _, writing := range []string{"place_order", "cancel_order", "cancel_all_orders", "reset_account", "update_agent", "delete_agent"} {
			require.NotContains(t, tools, writing)
			_, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: writing})
			require.ErrorContains(t, err, "unknown tool")
		}
	})
}

func TestToolsetsSwitchToolsOn(t *testing.T) {
	t.Parallel()
	overEachTransport(t, func(t *testing.T, connect connector) {
		server := testkit.Start(t)
		agent := server.Register(t).Agent()
		guide, err := os.ReadFile(filepath.Join("..", "web", "guide", "mcp.md"))
		require.NoError(t, err)
		for toolset, want := range map[string]string{
			"default":   defaultTools,
			"market":    "get_orderbook get_price get_ticker list_candles list_market_trades list_pairs list_prices",
			"analytics": "get_leaderboard get_performance get_portfolio_history",
			"trading": "cancel_all_orders cancel_order get_order get_order_by_client_id list_open_orders list_orders list_trades " +
				"place_order preview_order",
			"account": "get_account_info get_balance get_pnl get_portfolio get_positions get_risk list_ledger reconcile reset_account",
			"agents": "archive_agent clone_agent create_agent delete_agent get_agent get_agent_overview get_agent_risk list_agents " +
				"reset_agent unarchive_agent update_agent update_agent_risk",
		} {
			require.Equal(t, want, names(connect(t, server, agent.Key, selection{toolsets: toolset}).tools()))
			require.Contains(t, string(guide), "| `"+toolset+"` |")
		}
		two := connect(t, server, agent.Key, selection{toolsets: "default,analytics"}).tools()
		require.Len(t, two, 17)
		require.Contains(t, two, "get_leaderboard")
		all := connect(t, server, agent.Key, selection{toolsets: "all"}).tools()
		require.Len(t, all, 40)
		for _, tool := range []string{"get_agent_api_key", "regenerate_agent_key", "get_agent_skill", "login", "register"} {
			require.NotContains(t, all, tool, "a model has no business with credentials")
		}
	})
}

// Clients are strict about schemas: nothing that is OpenAPI's alone, nothing that refers elsewhere.
func TestInputSchemasAreOfJSONSchema(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	agent := server.Register(t).Agent()
	known := []string{
		"type", "description", "properties", "required", "additionalProperties", "items", "enum", "default", "examples",
		"format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
	}
	for name, tool := range overHTTP(t, server, agent.Key, selection{toolsets: "all"}).tools() {
		require.NotEmpty(t, tool.Title, name)
		require.NotEmpty(t, tool.Description, name)
		require.False(t, *tool.Annotations.OpenWorldHint, name)
		encoded, err := json.Marshal(tool.InputSchema)
		require.NoError(t, err)
		schema := &jsonschema.Schema{}
		require.NoError(t, json.Unmarshal(encoded, schema))
		require.Equal(t, "object", schema.Type, name)
		resolved, err := schema.Resolve(&jsonschema.ResolveOptions{ValidateDefaults: true})
		require.NoError(t, err, name)
		require.Error(t, resolved.Validate(map[string]any{"no_such_argument": 1}), name)
		eachKeyword(tool.InputSchema, func(keyword string) { require.Contains(t, known, keyword, name) })
		for argument, property := range schema.Properties {
			require.NotEmpty(t, property.Description, "%s %s", name, argument)
		}
	}
}

func eachKeyword(schema any, visit func(keyword string)) {
	fields, ok := schema.(map[string]any)
	if !ok {
		return // true or false
	}
	for keyword, value := range fields {
		visit(keyword)
		switch keyword {
		case "properties":
			for _, property := range value.(map[string]any) {
				eachKeyword(property, visit)
			}
		case "items", "additionalProperties":
			eachKeyword(value, visit)
		}
	}
}

func TestAnnotationsSayWhatACallDoes(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	tools := overHTTP(t, server, server.Register(t).AgentKey, selection{toolsets: "all"}).tools()
	for name, want := range map[string]struct{ reads, destroys, repeatable bool }{
		"get_price":     {reads: true, repeatable: true},
		"preview_order": {reads: true, repeatable: true},
		"place_order":   {},
		"cancel_order":  {destroys: true, repeatable: true},
		"update_agent":  {destroys: true, repeatable: true},
		"create_agent":  {},
		"reset_agent":   {destroys: true},
		"reset_account": {destroys: true},
	} {
		said := tools[name].Annotations
		require.Equal(t, want.reads, said.ReadOnlyHint, name)
		require.Equal(t, want.destroys, *said.DestructiveHint, name)
		require.Equal(t, want.repeatable, said.IdempotentHint, name)
	}
	nullable := tools["create_agent"].InputSchema.(map[string]any)["properties"].(map[string]any)["llm_model"].(map[string]any)
	require.Equal(t, []any{"string", "null"}, nullable["type"])
}

func TestAToolThatTheSpecDoesNotFullyDescribeIsNamed(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(op *openapi3.Operation){
		"x-mcp must be":      func(op *openapi3.Operation) { op.Extensions["x-mcp"] = "yes" },
		`unknown field`:      func(op *openapi3.Operation) { op.Extensions["x-mcp"] = map[string]any{"toolset": "trading"} },
		"one tag":            func(op *openapi3.Operation) { op.Tags = nil },
		"no Idempotency-Key": func(op *openapi3.Operation) { op.Parameters = nil },
		"does not only read": func(op *openapi3.Operation) {
			op.Extensions["x-mcp"] = map[string]any{"reads": true, "destroys": true}
		},
		"would be called symbol": func(op *openapi3.Operation) {
			op.AddParameter(openapi3.NewQueryParameter("symbol").WithSchema(openapi3.NewStringSchema()))
		},
		"parameter in cookie": func(op *openapi3.Operation) {
			op.AddParameter(openapi3.NewCookieParameter("flavour").WithSchema(openapi3.NewStringSchema()))
		},
		"refers to itself": func(op *openapi3.Operation) {
			body := op.RequestBody.Value.Content.Get("application/json").Schema.Value
			body.Properties["order"] = body.NewRef()
		},
		"none of JSON Schema": func(op *openapi3.Operation) {
			amount := openapi3.NewFloat64Schema().WithMin(0).WithExclusiveMin(true)
			op.RequestBody.Value.Content.Get("application/json").Schema.Value.Properties["amount"] = amount.NewRef()
		},
	} {
		doc, err := spec.Load()
		require.NoError(t, err)
		spoil(doc.Paths.Value("/api/v1/trade/order").Post)
		_, err = readCatalog(doc.T)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "placeOrder", want)
	}
}

func TestOnlyAPostNeedsToSayThatItReads(t *testing.T) {
	t.Parallel()
	doc, err := spec.Load()
	require.NoError(t, err)
	doc.Paths.Value("/api/v1/account/risk").Get.Extensions["x-mcp"] = map[string]any{"reads": true}
	_, err = readCatalog(doc.T)
	require.ErrorContains(t, err, "getRisk")
	require.ErrorContains(t, err, "are for a POST")
}

// readCatalog reads a document anew, after it was changed.
func readCatalog(changed *openapi3.T) (*mcp.Catalog, error) {
	doc, err := spec.New(changed)
	if err != nil {
		return nil, err
	}
	return mcp.NewCatalog(doc)
}
