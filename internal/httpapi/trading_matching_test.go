package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// becomes waits until an order has a status, and answers it.
func becomes(t *testing.T, agent *testkit.Agent, orderID, status string) *testkit.Answer {
	t.Helper()
	var order *testkit.Answer
	require.Eventually(t, func() bool {
		order = agent.Get("/trade/order/" + orderID)
		return order.Text("status") == status
	}, 10*time.Second, 20*time.Millisecond, "the order does not become %s", status)
	return order
}

// of is a price moved by some percent, at a multiple of a cent.
func of(price decimal.Decimal, factor string) string {
	return price.Mul(decimal.MustParse(factor)).FloorTo(decimal.MustParse("0.01")).String()
}

func TestALimitOrderFillsAtExactlyItsLimitWhenThePriceIsBeyondIt(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	price := agent.Price("BTCUSDT")
	low, high := of(price, "0.99"), of(price, "1.01")
	before := agent.Available("USDT")
	order := agent.Place(limitOrder("buy", "BTCUSDT", "0.02", low)).Want(201)
	hold := order.Decimal("locked_amount")
	require.Equal(t, before.Sub(hold), agent.Available("USDT"))
	further := agent.Place(limitOrder("buy", "BTCUSDT", "0.001", of(price, "0.6"))).Want(201)

	clock.Set(whenFallsBelow(t, clock, "BTCUSDT", decimal.MustParse(low)))
	filled := becomes(t, agent, order.Text("order_id"), "filled")
	require.Equal(t, filled.Text("price"), filled.Text("executed_price"))
	require.Equal(t, "maker", filled.Text("liquidity"))
	require.Equal(t, "0.00000000", filled.Text("slippage_pct"))
	value := decimal.MustParse(low).Mul(decimal.MustParse("0.02"))
	require.Equal(t, value.Mul(decimal.MustParse("0.001")), filled.Decimal("fee"))
	require.Equal(t, value.Add(filled.Decimal("fee")), filled.Decimal("total_cost"))
	require.Equal(t, hold, filled.Decimal("total_cost"))
	require.Nil(t, filled.Fields()["locked_amount"])
	require.Equal(t, "pending", agent.Get("/trade/order/"+further.Text("order_id")).Text("status"))
	require.Equal(t, further.Decimal("locked_amount"), agent.Held("USDT"))
	require.Equal(t, before.Sub(filled.Decimal("total_cost")).Sub(agent.Held("USDT")), agent.Available("USDT"))
	agent.Cancel(order.Text("order_id")).WantError(400, "ORDER_NOT_CANCELLABLE")

	sale := agent.Place(limitOrder("sell", "BTCUSDT", "0.02", high)).Want(201)
	require.Equal(t, "0.02000000", agent.Held("BTC").String())
	clock.Set(whenRisesAbove(t, clock, "BTCUSDT", decimal.MustParse(high)))
	filled = becomes(t, agent, sale.Text("order_id"), "filled")
	require.Equal(t, decimal.MustParse(high), filled.Decimal("executed_price"))
	trades := agent.Get("/trade/history").List("trades")
	require.Len(t, trades, 2)
	require.Equal(t, sale.Text("order_id"), trades[0]["order_id"])
	require.Equal(t, filled.Text("filled_at"), trades[0]["executed_at"])
	require.Equal(t, filled.Text("executed_price"), trades[0]["price"])
	require.Equal(t, "maker", trades[0]["liquidity"])
	require.Empty(t, agent.Get("/account/positions").List("positions"))
	agent.RequireReconciled()
}

func TestALimitOrderThatCrossesPaysItsImpact(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	price := agent.Price("BTCUSDT")
	taker := price.Mul(decimal.MustParse("1.0001"))
	for _, limit := range []string{of(price, "1.2"), of(taker.Add(decimal.MustParse("0.01")), "1")} {
		filled := agent.Place(limitOrder("buy", "BTCUSDT", "0.001", limit)).Want(201)
		require.Equal(t, "filled", filled.Text("status"))
		require.Equal(t, taker, filled.Decimal("executed_price"))
		require.Equal(t, "0.01000000", filled.Text("slippage_pct"))
		require.Equal(t, "taker", filled.Text("liquidity"))
		trade := agent.Get("/trade/history").List("trades")[0]
		require.Equal(t, filled.Text("order_id"), trade["order_id"])
		require.Equal(t, "taker", trade["liquidity"])
	}
	sold := agent.Place(limitOrder("sell", "BTCUSDT", "0.002", of(price, "0.8"))).Want(201)
	require.Equal(t, price.Mul(decimal.MustParse("0.9999")), sold.Decimal("executed_price"))
	require.Equal(t, "taker", sold.Text("liquidity"))
	agent.RequireReconciled()
}

func TestALimitOrderRestsWhereItsImpactIsWorseThanItsLimit(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	agent.Place(marketOrder("buy", "BTCUSDT", "0.01")).Want(201)
	price := agent.Price("BTCUSDT")
	for _, order := range []object{
		limitOrder("buy", "BTCUSDT", "0.001", price.String()),
		limitOrder("buy", "BTCUSDT", "0.001", of(price, "1.0001")),
		limitOrder("sell", "BTCUSDT", "0.001", price.String()),
	} {
		for force, status := range map[string]string{"GTC": "pending", "IOC": "expired", "FOK": "expired"} {
			placed := agent.Place(with(order, object{"time_in_force": force})).Want(201)
			require.Equal(t, status, placed.Text("status"), "%s %v", force, order)
			require.Nil(t, placed.Fields()["liquidity"])
		}
	}
	agent.RequireReconciled()
}

// The price comes to a limit, and later falls far below it in one step.
func TestATouchFillsNothingAndAJumpGivesNothingExtra(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	price := newOracle(clock.Now())
	at, below := clock.Now(), agent.Price("BTCUSDT").Mul(decimal.MustParse("0.999"))
	for price.price("BTCUSDT", at).Cmp(below) >= 0 { // step by step: no price before is so low
		at = at.Add(sim.Step)
	}
	touch := price.price("BTCUSDT", at)
	touched := agent.Place(limitOrder("buy", "BTCUSDT", "0.001", touch.String())).Want(201).Text("order_id")
	passed := agent.Place(limitOrder("buy", "BTCUSDT", "0.001", touch.Add(decimal.MustParse("0.01")).String())).Want(201).Text("order_id")
	clock.Set(at)
	require.Equal(t, touch.Add(decimal.MustParse("0.01")), becomes(t, agent, passed, "filled").Decimal("executed_price"))
	require.Equal(t, "pending", agent.Get("/trade/order/"+touched).Text("status"), "the price is at its limit")

	clock.Set(whenFallsBelow(t, clock, "BTCUSDT", touch.Mul(decimal.MustParse("0.99"))))
	filled := becomes(t, agent, touched, "filled")
	require.Equal(t, touch, filled.Decimal("executed_price"))
	require.Equal(t, "maker", filled.Text("liquidity"))
	require.Equal(t, "0.00000000", filled.Text("slippage_pct"))
	agent.RequireReconciled()
}

// The column is null of what was filled before it existed.
func TestAFillOfWhichNoLiquidityIsKnownCountsAsTaker(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, testkit.NewClock().Use)
	agent := server.Register(t).Agent()
	order := agent.Place(marketOrder("buy", "BTCUSDT", "0.001")).Want(201).Text("order_id")
	resting := agent.Place(restingBuy("")).Want(201).Text("order_id")
	for _, table := range []string{"orders", "trades"} {
		changed, err := server.Pool.Exec(t.Context(), "update "+table+" set liquidity = null where liquidity is not null")
		require.NoError(t, err)
		require.EqualValues(t, 1, changed.RowsAffected(), table)
	}
	require.Equal(t, "taker", agent.Get("/trade/order/"+order).Text("liquidity"))
	require.Equal(t, "taker", agent.Get("/trade/history").List("trades")[0]["liquidity"])
	require.Nil(t, agent.Get("/trade/order/" + resting).Fields()["liquidity"])
}

func TestConditionalOrdersFireWhenThePriceMeetsTheirTrigger(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	agent.Place(marketOrder("buy", "SOLUSDT", "4")).Want(201)
	price := agent.Price("SOLUSDT")
	place := func(kind, trigger string) string {
		return agent.Place(object{
			"symbol": "SOLUSDT", "side": "sell", "type": kind, "quantity": "1", "trigger_price": trigger,
		}).Want(201).Text("order_id")
	}
	below, above := of(price, "0.98"), of(price, "1.02")
	stop, target := place("stop_loss", below), place("take_profit", above)
	farStop, farTarget := place("stop_loss", of(price, "0.5")), place("take_profit", of(price, "2.5"))
	require.Equal(t, "4.00000000", agent.Held("SOL").String())
	agent.Place(marketOrder("sell", "SOLUSDT", "1")).WantError(400, "INSUFFICIENT_BALANCE")

	clock.Set(whenFallsBelow(t, clock, "SOLUSDT", decimal.MustParse(below)))
	filled := becomes(t, agent, stop, "filled")
	require.Negative(t, filled.Decimal("executed_price").Cmp(decimal.MustParse(below)), "it sells like a market order, below the price that met it")
	require.Equal(t, 1, filled.Decimal("slippage_pct").Sign())
	require.Equal(t, "taker", filled.Text("liquidity"))

	clock.Set(whenRisesAbove(t, clock, "SOLUSDT", decimal.MustParse(above)))
	becomes(t, agent, target, "filled")
	for _, far := range []string{farStop, farTarget} {
		require.Equal(t, "pending", agent.Get("/trade/order/"+far).Text("status"))
	}
	require.Equal(t, "2.00000000", agent.Held("SOL").String())
	agent.RequireReconciled()
}

func TestOrdersThatMayNotRestExpireAtOnce(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).Agent()
	balance := string(agent.Get("/account/balance").Body)
	for _, force := range []string{"IOC", "FOK"} {
		expired := agent.Place(with(restingBuy(""), object{"time_in_force": force})).Want(201).Fields()
		require.Equal(t, "expired", expired["status"])
		require.Equal(t, "0.00000000", expired["executed_quantity"])
		for _, field := range []string{"locked_asset", "locked_amount", "filled_at", "executed_price", "fee", "total_cost", "liquidity"} {
			require.Nil(t, expired[field], field)
		}
		require.Equal(t, balance, string(agent.Get("/account/balance").Body))
		agent.Cancel(expired["order_id"].(string)).WantError(400, "ORDER_NOT_CANCELLABLE")
	}
	require.EqualValues(t, 2, agent.Get("/trade/orders?status=expired").Fields()["total"])
	crossing := with(limitOrder("buy", "BTCUSDT", "0.001", of(agent.Price("BTCUSDT"), "1.2")), object{"time_in_force": "FOK"})
	filled := agent.Place(crossing).Want(201)
	require.Equal(t, "filled", filled.Text("status"))
	require.Negative(t, filled.Decimal("executed_price").Cmp(filled.Decimal("price")), "it gets the better price")
	agent.RequireReconciled()
}

func TestOldOrdersExpireAndReleaseTheirHolds(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use, func(c *config.Server) { c.OrderMaxAge = time.Hour }).Register(t).Agent()
	agent.Place(marketOrder("buy", "SOLUSDT", "1")).Want(201)
	available := agent.Available("USDT")
	old := []string{
		agent.Place(restingBuy("")).Want(201).Text("order_id"),
		agent.Place(object{"symbol": "SOLUSDT", "side": "sell", "type": "stop_loss", "quantity": "1", "trigger_price": "50"}).Want(201).Text("order_id"),
	}
	clock.Advance(time.Hour / 2)
	young := agent.Place(restingBuy("")).Want(201).Text("order_id")
	clock.Advance(time.Hour/2 + time.Second)
	for _, order := range old {
		expired := becomes(t, agent, order, "expired").Fields()
		require.Nil(t, expired["locked_amount"])
		agent.Cancel(order).WantError(400, "ORDER_NOT_CANCELLABLE")
	}
	require.Equal(t, "pending", agent.Get("/trade/order/"+young).Text("status"))
	require.Equal(t, "100.10000000", agent.Held("USDT").String())
	require.Equal(t, "1.00000000", agent.Available("SOL").String())
	agent.Cancel(young).Want(200)
	require.Equal(t, available, agent.Available("USDT"))
	agent.RequireReconciled()
}

func matches(server *testkit.Server) bool {
	return strings.Contains(server.Log.String(), `"msg":"matching"`)
}

// Of two replicas one matches, also what is placed at the other; when it is closed, the other does.
func TestOneReplicaMatchesAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	require.Eventually(t, func() bool { return matches(server) }, 10*time.Second, 10*time.Millisecond)
	replica := server.Replica(t)
	agent := server.Register(t).Agent().At(replica)
	fall := func() (order string, at time.Time) {
		limit := of(agent.Price("BTCUSDT"), "0.995")
		order = agent.Place(limitOrder("buy", "BTCUSDT", "0.001", limit)).Want(201).Text("order_id")
		return order, whenFallsBelow(t, clock, "BTCUSDT", decimal.MustParse(limit))
	}
	first, at := fall()
	clock.Set(at)
	becomes(t, agent, first, "filled")
	require.False(t, matches(replica), "one at a time")

	second, at := fall()
	server.Stop(t)
	clock.Set(at) // before the other has noticed, or after
	becomes(t, agent, second, "filled")
	require.True(t, matches(replica))
	third, at := fall()
	clock.Set(at)
	becomes(t, agent, third, "filled")
	require.EqualValues(t, 3, agent.Get("/trade/history").Fields()["total"])
	agent.RequireReconciled()
}

// The simulated market ends in 2106. After that its last price is no price any more: nothing is placed or filled at it,
// while it still says what a position is worth.
func TestAStalePriceFillsNothing(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	end := newOracle(time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC))
	last, _ := end.sim.Last("BTCUSDT")
	clock.Set(last.Time.Add(-3 * time.Hour).Truncate(sim.Step))
	limit := last.Price.Add(decimal.MustParse("0.01"))                         // the last price is beyond it
	for newOracle(clock.Now()).price("BTCUSDT", clock.Now()).Cmp(limit) <= 0 { // until then it rises: begin earlier
		clock.Advance(-time.Minute)
	}
	server := testkit.Start(t, clock.Use)
	agent := server.Register(t).Agent()
	agent.Place(marketOrder("buy", "SOLUSDT", "1")).Want(201)
	order := agent.Place(limitOrder("buy", "BTCUSDT", "0.001", limit.String())).Want(201)
	require.Equal(t, "pending", order.Text("status"))

	clock.Set(last.Time.Add(time.Hour).Truncate(time.Minute))
	require.Eventually(t, func() bool { // the matcher goes by once a second, and notes the equity of a new minute
		clock.Advance(time.Minute)
		var samples int
		err := server.Pool.QueryRow(t.Context(), "select count(*) from equity_points where at > $1", last.Time).Scan(&samples)
		return err == nil && samples >= 3
	}, 20*time.Second, 200*time.Millisecond)
	require.Equal(t, "pending", agent.Get("/trade/order/"+order.Text("order_id")).Text("status"))
	for _, path := range []string{"/api/v1/trade/order", "/api/v1/trade/order/preview"} {
		for _, wanted := range []object{marketOrder("sell", "SOLUSDT", "1"), marketOrder("buy", "BTCUSDT", "0.001"), restingBuy("")} {
			answer := agent.Do(http.MethodPost, path, wanted).WantError(503, "PRICE_NOT_AVAILABLE")
			require.Equal(t, "1", answer.Header.Get("Retry-After"))
		}
	}
	lastSOL, _ := end.sim.Last("SOLUSDT")
	require.Equal(t, lastSOL.Price.String(), agent.Get("/account/positions").List("positions")[0]["market_value"])
	agent.Cancel(order.Text("order_id")).Want(200)
	agent.RequireReconciled()
}
