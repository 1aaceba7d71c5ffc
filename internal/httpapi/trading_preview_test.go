package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// A preview says what placing the order then does, to the last digit, and leaves no trace.
func TestAPreviewForetellsTheOrder(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	account := server.Register(t)
	price := account.Agent().Price("BTCUSDT")
	solPrice := account.Agent().Price("SOLUSDT").String()
	for what, order := range map[string]object{
		"at the price":       limitOrder("buy", "BTCUSDT", "0.01", price.String()),
		"IOC at the price":   with(limitOrder("buy", "BTCUSDT", "0.01", price.String()), object{"time_in_force": "IOC"}),
		"FOK at the price":   with(limitOrder("sell", "SOLUSDT", "1", solPrice), object{"time_in_force": "FOK"}),
		"sell at the price":  limitOrder("sell", "SOLUSDT", "1", solPrice),
		"IOC that crosses":   with(limitOrder("sell", "SOLUSDT", "1", "50"), object{"time_in_force": "IOC"}),
		"IOC beyond limits":  with(limitOrder("buy", "BTCUSDT", "9", price.String()), object{"time_in_force": "IOC"}),
		"a small impact":     limitOrder("buy", "BTCUSDT", "0.01", of(price, "1.0002")),
		"target that is met": {"symbol": "SOLUSDT", "side": "sell", "type": "take_profit", "quantity": "1", "trigger_price": "50"},
		"market buy":         marketOrder("buy", "BTCUSDT", "0.01"),
		"market sell":        marketOrder("sell", "SOLUSDT", "1.5"),
		"all of it":          marketOrder("sell", "SOLUSDT", "3"),
		"resting buy":        restingBuy(""),
		"crossing buy":       limitOrder("buy", "BTCUSDT", "0.01", "99999"),
		"resting sell":       limitOrder("sell", "SOLUSDT", "1", "999"),
		"crossing sell":      limitOrder("sell", "SOLUSDT", "1", "50"),
		"IOC":                with(restingBuy(""), object{"time_in_force": "IOC"}),
		"FOK that crosses":   with(limitOrder("buy", "BTCUSDT", "0.01", "99999"), object{"time_in_force": "FOK"}),
		"stop":               {"symbol": "SOLUSDT", "side": "sell", "type": "stop_loss", "quantity": "1", "trigger_price": "60"},
		"stop that is met":   {"symbol": "SOLUSDT", "side": "sell", "type": "stop_loss", "quantity": "1", "trigger_price": "900"},
		"target":             {"symbol": "SOLUSDT", "side": "sell", "type": "take_profit", "quantity": "1", "trigger_price": "900"},
		"too large":          marketOrder("buy", "BTCUSDT", "1"),
		"more than is held":  marketOrder("sell", "SOLUSDT", "4"),
		"too small":          marketOrder("buy", "BTCUSDT", "0.00001"),
		"between ticks":      limitOrder("buy", "BTCUSDT", "0.01", "10000.001"),
		"beyond the balance": limitOrder("buy", "ETHUSDT", "8", "1200"),
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			agent := account.NewAgent(object{"display_name": "A"})
			agent.Place(marketOrder("buy", "SOLUSDT", "3")).Want(201)
			before := rowsOf(t, server, agent.ID)
			preview := agent.Do(http.MethodPost, "/api/v1/trade/order/preview", order).Want(200).Fields()
			require.Equal(t, before, rowsOf(t, server, agent.ID))
			placed := agent.Place(order)
			require.Equal(t, preview["would_pass"], placed.Status == http.StatusCreated, string(placed.Body))
			if placed.Status != http.StatusCreated {
				refusal := preview["refusal"].(object)
				require.Equal(t, placed.Code(), refusal["code"])
				for name, value := range placed.Details() {
					require.Equal(t, value, refusal["details"].(object)[name], name)
				}
				require.Equal(t, placed.Details()["max_allowed_quantity"], preview["max_allowed_quantity"])
				return
			}
			for _, rule := range preview["rules"].([]any) {
				require.Equal(t, true, rule.(object)["passed"])
			}
			got := placed.Fields()
			for _, field := range []string{"status", "symbol", "side", "type", "time_in_force", "quantity", "price", "trigger_price", "locked_asset", "locked_amount"} {
				require.Equal(t, got[field], preview[field], field)
			}
			switch {
			case got["status"] == "expired":
				require.Equal(t, got["price"], preview["estimated_price"])
				for _, field := range []string{"slippage_pct", "estimated_fee", "estimated_total_cost"} {
					require.Equal(t, "0.00000000", preview[field], field)
				}
				requirePosition(t, agent, preview["resulting_position"].(object))
			case got["status"] == "pending" && got["type"] == "limit":
				require.Equal(t, got["price"], preview["estimated_price"])
				require.Equal(t, "0.00000000", preview["slippage_pct"])
			case got["status"] == "filled":
				require.Equal(t, got["executed_price"], preview["estimated_price"])
				require.Equal(t, got["slippage_pct"], preview["slippage_pct"])
				require.Equal(t, got["fee"], preview["estimated_fee"])
				require.Equal(t, got["total_cost"], preview["estimated_total_cost"])
				requirePosition(t, agent, preview["resulting_position"].(object))
			}
			largest := preview["max_allowed_quantity"].(string)
			if largest != "0.00000000" { // of the state before
				require.GreaterOrEqual(t, parse(largest).Cmp(parse(got["quantity"])), 0)
			}
		})
	}
}

func requirePosition(t *testing.T, agent *testkit.Agent, foretold object) {
	t.Helper()
	for _, position := range agent.Get("/account/positions").List("positions") {
		if position["symbol"] == foretold["symbol"] {
			require.Equal(t, position["quantity"], foretold["quantity"])
			require.Equal(t, position["avg_entry_price"], foretold["avg_entry_price"])
			return
		}
	}
	require.Equal(t, "0.00000000", foretold["quantity"])
	require.Nil(t, foretold["avg_entry_price"])
}

// agentTables are those that hold something of agents.
var agentTables = []string{"agents", "agent_keys", "sealed_keys", "balances", "orders", "trades", "ledger", "sessions", "equity_points"}

func agentColumn(table string) string {
	if table == "agents" {
		return "id"
	}
	return "agent_id"
}

// rowsOf is all that the database has of an agent.
func rowsOf(t *testing.T, server *testkit.Server, agentID string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range agentTables {
		rows, err := server.Pool.Query(t.Context(),
			fmt.Sprintf("select t::text from %s as t where %s = $1 order by 1", table, agentColumn(table)), agentID)
		require.NoError(t, err)
		for rows.Next() {
			var row string
			require.NoError(t, rows.Scan(&row))
			all[table] = append(all[table], row)
		}
		require.NoError(t, rows.Err())
	}
	return all
}
