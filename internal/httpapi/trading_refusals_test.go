package httpapi_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func parse(text any) decimal.Decimal { return decimal.MustParse(text.(string)) }

// with returns a copy of an order in which some fields are others.
func with(order, fields object) object {
	copied := maps.Clone(order)
	maps.Copy(copied, fields)
	return copied
}

func marketOrder(side, symbol, quantity string) object {
	return object{"symbol": symbol, "side": side, "type": "market", "quantity": quantity}
}

func limitOrder(side, symbol, quantity, price string) object {
	return object{"symbol": symbol, "side": side, "type": "limit", "quantity": quantity, "price": price}
}

// Each refusal says which rule it was and by how much, and what would pass: that much passes, and one step more does not.
func TestRefusalsSayWhatWouldPass(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	account := server.Register(t)
	stop := object{"symbol": "SOLUSDT", "side": "sell", "type": "stop_loss", "quantity": "1", "trigger_price": "60"}
	for what, c := range map[string]struct {
		agent   object // beside the name
		before  []object
		order   object
		code    string
		details object // those that do not depend on the price
	}{
		"below min_qty": {
			order: marketOrder("buy", "BTCUSDT", "0.000005"), code: "INVALID_QUANTITY",
			details: object{"filter": "min_qty", "limit": "0.00001000", "attempted": "0.00000500"},
		},
		"between steps": {
			order: marketOrder("buy", "BTCUSDT", "0.000015"), code: "INVALID_QUANTITY",
			details: object{"filter": "step_size", "limit": "0.00001000", "attempted": "0.00001500"},
		},
		"price between ticks": {
			order: limitOrder("buy", "BTCUSDT", "0.001", "40000.001"), code: "INVALID_PRICE",
			details: object{"filter": "tick_size", "limit": "0.01000000", "attempted": "40000.00100000", "max_allowed_quantity": "0.00000000"},
		},
		"trigger between ticks": {
			before: []object{marketOrder("buy", "SOLUSDT", "1")}, order: with(stop, object{"trigger_price": "60.001"}), code: "INVALID_PRICE",
			details: object{"filter": "tick_size", "attempted": "60.00100000"},
		},
		"below min_notional at the price": {
			order: marketOrder("buy", "BTCUSDT", "0.00001"), code: "INVALID_QUANTITY",
			details: object{"filter": "min_notional", "limit": "5.00000000"},
		},
		"below min_notional at the limit": {
			order: limitOrder("buy", "BTCUSDT", "0.0004", "10000"), code: "INVALID_QUANTITY",
			details: object{"filter": "min_notional", "limit": "5.00000000", "attempted": "4.00000000"},
		},
		"below min_notional at the trigger": {
			before: []object{marketOrder("buy", "SOLUSDT", "1")}, order: with(stop, object{"quantity": "0.05"}), code: "INVALID_QUANTITY",
			details: object{"filter": "min_notional", "limit": "5.00000000", "attempted": "3.00000000", "max_allowed_quantity": "1.00000000"},
		},
		"position cap, at the market": {
			before: []object{marketOrder("buy", "BTCUSDT", "0.01")}, order: marketOrder("buy", "BTCUSDT", "1"), code: "ORDER_REJECTED",
			details: object{"reason": "position_limit_exceeded", "limit": "25.00000000"},
		},
		"position cap, with pending buys": {
			before: []object{limitOrder("buy", "BTCUSDT", "0.1", "10000")}, order: limitOrder("buy", "BTCUSDT", "0.2", "10000"), code: "ORDER_REJECTED",
			details: object{"reason": "position_limit_exceeded", "limit": "25.00000000", "current": "10.00000000", "attempted": "30.00000000", "max_allowed_quantity": "0.15000000"},
		},
		"open orders": {
			agent:  object{"risk_profile": profile(25, 20, 1)},
			before: []object{restingBuy("")}, order: restingBuy(""), code: "ORDER_REJECTED",
			details: object{"reason": "max_open_orders_exceeded", "limit": "1.00000000", "current": "1.00000000", "attempted": "2.00000000", "max_allowed_quantity": "0.00000000"},
		},
		"daily loss": {
			agent:  object{"risk_profile": profile(100, 1, 50), "starting_balance": "10000000"},
			before: []object{marketOrder("buy", "ENJUSDT", "20000000")}, order: marketOrder("buy", "BTCUSDT", "0.001"), code: "ORDER_REJECTED",
			details: object{"reason": "daily_loss_limit", "limit": "1.00000000", "max_allowed_quantity": "0.00000000"},
		},
		"balance of a buy": {
			agent:  object{"risk_profile": profile(100, 20, 50)},
			before: []object{limitOrder("buy", "BTCUSDT", "0.9", "10000")}, order: limitOrder("buy", "ETHUSDT", "1", "1000"), code: "INSUFFICIENT_BALANCE",
			details: object{"asset": "USDT", "required": "1001.00000000", "available": "991.00000000", "max_allowed_quantity": "0.99000000"},
		},
		"balance of a buy at the market": {
			agent:  object{"risk_profile": profile(100, 20, 50)},
			before: []object{limitOrder("buy", "BTCUSDT", "0.9", "10000")}, order: marketOrder("buy", "ETHUSDT", "1"), code: "INSUFFICIENT_BALANCE",
			details: object{"asset": "USDT", "available": "991.00000000"},
		},
		"a sale of what is not there": {
			order: marketOrder("sell", "BTCUSDT", "1"), code: "INSUFFICIENT_BALANCE",
			details: object{"asset": "BTC", "required": "1.00000000", "available": "0.00000000", "max_allowed_quantity": "0.00000000"},
		},
		"a sale of what is held for another": {
			before: []object{marketOrder("buy", "SOLUSDT", "2"), stop}, order: marketOrder("sell", "SOLUSDT", "1.5"), code: "INSUFFICIENT_BALANCE",
			details: object{"asset": "SOL", "required": "1.50000000", "available": "1.00000000", "max_allowed_quantity": "1.00000000"},
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			agent := account.NewAgent(with(object{"display_name": "A"}, c.agent))
			for _, order := range c.before {
				agent.Place(order).Want(201)
			}
			unchanged := string(agent.Get("/account/balance").Body)
			answer := agent.Place(c.order).WantError(http.StatusBadRequest, c.code)
			details := answer.Details()
			for name, value := range c.details {
				require.Equal(t, value, details[name], "%s in %s", name, answer.Body)
			}
			require.Equal(t, unchanged, string(agent.Get("/account/balance").Body))
			requireLargest(t, agent, c.order, details["max_allowed_quantity"].(string))
			agent.RequireReconciled()
		})
	}
}

// requireLargest finds that a quantity passes and that one step more does not; of zero, that not even one step does.
func requireLargest(t *testing.T, agent *testkit.Agent, order object, quantity string) {
	t.Helper()
	step := stepOf(t, agent, order["symbol"].(string))
	more := with(order, object{"quantity": parse(quantity).Add(step).String()})
	if answer := agent.Place(more); answer.Status != http.StatusBadRequest {
		require.Fail(t, "a step more passes", "%v: %s", more, answer.Body)
	}
	if !parse(quantity).IsZero() {
		agent.Place(with(order, object{"quantity": quantity})).Want(201)
	}
}

func stepOf(t *testing.T, agent *testkit.Agent, symbol string) decimal.Decimal {
	t.Helper()
	for _, pair := range agent.Get("/market/pairs").List("pairs") {
		if pair["symbol"] == symbol {
			return parse(pair["step_size"])
		}
	}
	require.FailNow(t, "no such pair")
	return decimal.Decimal{}
}

// What of a position is too little to be sold by itself may be sold as the whole of it.
func TestAWholePositionMayAlwaysBeSold(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	agent.Place(marketOrder("buy", "SOLUSDT", "0.5")).Want(201)
	agent.Place(marketOrder("sell", "SOLUSDT", "0.49")).Want(201)
	require.Equal(t, "min_notional", agent.Place(marketOrder("sell", "SOLUSDT", "0.009")).WantError(400, "INVALID_QUANTITY").Details()["filter"])
	agent.Place(marketOrder("sell", "SOLUSDT", "0.01")).Want(201)
	require.Empty(t, agent.Get("/account/positions").List("positions"))
	agent.RequireReconciled()
}

// A loss beyond the limit stops buying until the next day begins, and selling never.
func TestTheDailyLossLimitStopsBuysUntilMidnight(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).NewAgent(object{
		"display_name": "A", "risk_profile": profile(100, 1, 50), "starting_balance": "10000000",
	})
	agent.Place(marketOrder("buy", "ENJUSDT", "20000000")).Want(201)
	agent.Place(limitOrder("buy", "BTCUSDT", "0.01", "10000")).WantError(400, "ORDER_REJECTED")
	require.Equal(t, "0.00000000", ruleOf(t, agent, "daily_loss_limit")["remaining"])
	agent.Place(marketOrder("sell", "ENJUSDT", "20000000")).Want(201)
	agent.Place(marketOrder("buy", "BTCUSDT", "0.01")).WantError(400, "ORDER_REJECTED")
	clock.Set(clock.Now().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second))
	agent.Place(marketOrder("buy", "BTCUSDT", "0.01")).WantError(400, "ORDER_REJECTED")
	clock.Advance(time.Second)
	require.Equal(t, "0.00000000", ruleOf(t, agent, "daily_loss_limit")["used"])
	agent.Place(marketOrder("buy", "BTCUSDT", "0.01")).Want(201)
}

func ruleOf(t *testing.T, agent *testkit.Agent, name string) object {
	t.Helper()
	for _, rule := range agent.Get("/account/risk").List("rules") {
		if rule["rule"] == name {
			return rule
		}
	}
	require.FailNow(t, "no such rule")
	return nil
}

// The limits that are put govern the next order, also where another replica judges it.
func TestNewLimitsGovernTheNextOrder(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	account := server.Register(t)
	agent := account.NewAgent(object{"display_name": "A", "risk_profile": profile(25, 20, 50)})
	put := func(limits object) {
		answer := account.Do(http.MethodPut, "/api/v1/agents/"+agent.ID+"/risk-profile", limits).Want(200).Fields()
		require.Equal(t, answer, agent.At(replica).Get("/account/risk").Fields()["risk_profile"])
	}
	big := limitOrder("buy", "BTCUSDT", "0.2", "10000")
	for range 3 {
		for _, at := range []*testkit.Agent{agent, agent.At(replica)} {
			put(profile(19, 20, 50))
			require.Equal(t, "19.00000000", at.Place(big).WantError(400, "ORDER_REJECTED").Details()["limit"])
			put(profile(20, 20, 50))
			order := at.Place(big).Want(201).Text("order_id")
			put(profile(100, 20, 1))
			require.Equal(t, "max_open_orders_exceeded", at.Place(big).WantError(400, "ORDER_REJECTED").Details()["reason"])
			require.Equal(t, "pending", at.Get("/trade/order/"+order).Text("status"), "a stricter limit does not end an order")
			at.Cancel(order).Want(200)
		}
	}
}

func TestSymbolsThatDoNotExistAndValuesThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	agent := testkit.Start(t, testkit.NewClock().Use).Register(t).Agent()
	agent.Place(marketOrder("buy", "NOPEUSDT", "1")).WantError(400, "INVALID_SYMBOL")
	agent.Place(marketOrder("buy", "btcusdt", "0.001")).Want(201)
	agent.Place(limitOrder("buy", "BTCUSDT", "999999999999", "999999999999")).WantError(400, "INVALID_QUANTITY")
	agent.Place(limitOrder("sell", "BTCUSDT", "999999999999", "999999999999")).Want(400)
	agent.Place(marketOrder("buy", "BTCUSDT", "999999999999")).Want(400)
	agent.Place(marketOrder("buy", "BTCUSDT", "0.0000000001")).WantError(422, "VALIDATION_ERROR")
	agent.RequireReconciled()
}

// Fields that do not go together are named, all of them.
func TestOrdersWhoseFieldsDoNotGoTogetherAreRefused(t *testing.T) {
	t.Parallel()
	agent := testkit.Start(t, testkit.NewClock().Use).Register(t).Agent()
	base := object{"symbol": "BTCUSDT", "side": "sell", "quantity": "0.001"}
	for _, c := range []struct {
		fields object
		wrong  []string
	}{
		{object{"type": "limit"}, []string{"/price"}},
		{object{"type": "limit", "price": "1", "trigger_price": "1"}, []string{"/trigger_price"}},
		{object{"type": "market", "price": "1"}, []string{"/price"}},
		{object{"type": "market", "price": "1", "trigger_price": "1"}, []string{"/price", "/trigger_price"}},
		{object{"type": "market", "time_in_force": "GTC"}, []string{"/time_in_force"}},
		{object{"type": "market", "time_in_force": "FOK"}, []string{"/time_in_force"}},
		{object{"type": "stop_loss"}, []string{"/trigger_price"}},
		{object{"type": "stop_loss", "trigger_price": "1", "price": "1"}, []string{"/price"}},
		{object{"type": "stop_loss", "trigger_price": "1", "side": "buy"}, []string{"/side"}},
		{object{"type": "take_profit", "trigger_price": "1", "side": "buy", "time_in_force": "IOC"}, []string{"/side", "/time_in_force"}},
		{object{"type": "take_profit", "price": "1", "side": "buy", "time_in_force": "FOK"}, []string{"/price", "/trigger_price", "/side", "/time_in_force"}},
	} {
		for _, path := range []string{"/api/v1/trade/order", "/api/v1/trade/order/preview"} {
			answer := agent.Do(http.MethodPost, path, with(base, c.fields)).WantError(422, "VALIDATION_ERROR")
			require.ElementsMatch(t, c.wrong, fieldsOf(answer), "%v", c.fields)
		}
	}
	require.EqualValues(t, 0, agent.Get("/trade/orders").Fields()["total"])
}
