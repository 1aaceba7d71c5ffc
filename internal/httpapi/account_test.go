package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// requireFields finds fields of an answer as they should be.
func requireFields(t *testing.T, want, got object) {
	t.Helper()
	for name, value := range want {
		require.EqualValues(t, value, got[name], name)
	}
}

// requireSampled waits until the equity of a minute is noted.
func requireSampled(t *testing.T, server *testkit.Server, agent *testkit.Agent, minute time.Time) {
	t.Helper()
	require.Eventually(t, func() bool {
		var sampled bool
		err := server.Pool.QueryRow(t.Context(), "select exists (select from equity_points where agent_id = $1 and at = $2)",
			agent.ID, minute).Scan(&sampled)
		return err == nil && sampled
	}, 10*time.Second, 20*time.Millisecond)
}

// A day with a buy and two sells, an hour apart, at prices that the simulated market of seed 0 has at these times; all
// figures were computed by hand, from the formulas of the spec:
//
//	12:00:00  BTC at 87487.91, a volume of 3383754925.7743723: buy 0.02, so that the price moves by the least, 0.0001
//	13:00:30  BTC at 88003.21: sell 0.005
//	14:00:30  BTC at 87578.22: sell 0.015
func TestAccountFiguresAreThoseComputedByHand(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	account := server.Register(t)
	agent := account.NewAgent(object{"display_name": "Hand", "risk_profile": profile(100, 20, 50)})
	requireFields(t, object{
		"account_id": account.ID, "agent_id": agent.ID, "display_name": "Hand", "status": "active", "starting_balance": "10000.00000000",
		"created_at": "2026-03-17T12:00:00Z", "risk_profile": object{"max_position_size_pct": 100.0, "daily_loss_limit_pct": 20.0, "max_open_orders": 50.0},
	}, agent.Get("/account/info").Fields())

	requireFields(t, object{
		"executed_price": "87496.65879100", "slippage_pct": "0.01000000", "fee": "1.74993318", "total_cost": "1751.68310900",
		"created_at": "2026-03-17T12:00:00Z", "filled_at": "2026-03-17T12:00:00Z", "status": "filled", "executed_quantity": "0.02000000",
	}, agent.Place(marketOrder("buy", "BTCUSDT", "0.02")).Want(201).Fields())
	resting := agent.Place(restingBuy("")).Want(201)
	requireFields(t, object{"locked_asset": "USDT", "locked_amount": "100.10000000", "filled_at": nil, "fee": nil}, resting.Fields())
	requireAfterBuy(t, agent)

	clock.Advance(time.Hour + 30*time.Second)
	requireSampled(t, server, agent, clock.Now().Truncate(time.Minute))
	requireFields(t, object{
		"executed_price": "87994.40967900", "slippage_pct": "0.01000000", "fee": "0.43997205", "total_cost": "439.53207635",
	}, agent.Place(marketOrder("sell", "BTCUSDT", "0.005")).Want(201).Fields())
	requireAfterFirstSale(t, agent)

	clock.Advance(time.Hour)
	requireSampled(t, server, agent, clock.Now().Truncate(time.Minute))
	requireFields(t, object{"executed_price": "87569.46217800", "fee": "1.31354193", "total_cost": "1312.22839074"},
		agent.Place(marketOrder("sell", "BTCUSDT", "0.015")).Want(201).Fields())
	requireFields(t, object{"unlocked_asset": "USDT", "unlocked_amount": "100.10000000", "cancelled_at": "2026-03-17T14:00:30Z"},
		agent.Cancel(resting.Text("order_id")).Want(200).Fields())
	requireAtTheEnd(t, account, agent)
	requireLedger(t, agent)
	agent.RequireReconciled()
}

func requireAfterBuy(t *testing.T, agent *testkit.Agent) {
	t.Helper()
	require.Equal(t, object{"total_equity_usdt": "9998.07509100", "balances": []any{
		object{"asset": "USDT", "available": "8148.21689100", "locked": "100.10000000", "total": "8248.31689100"},
		object{"asset": "BTC", "available": "0.02000000", "locked": "0.00000000", "total": "0.02000000"},
	}}, agent.Get("/account/balance").Fields())
	position := object{
		"symbol": "BTCUSDT", "asset": "BTC", "quantity": "0.02000000", "avg_entry_price": "87584.15545000",
		"current_price": "87487.91000000", "market_value": "1749.75820000", "unrealized_pnl": "-1.92490900",
		"unrealized_pnl_pct": "-0.10988911", "opened_at": "2026-03-17T12:00:00Z",
	}
	require.Equal(t, object{"positions": []any{position}, "total_unrealized_pnl": "-1.92490900"}, agent.Get("/account/positions").Fields())
	require.Equal(t, object{
		"total_equity": "9998.07509100", "available_cash": "8148.21689100", "locked_cash": "100.10000000",
		"total_position_value": "1749.75820000", "unrealized_pnl": "-1.92490900", "realized_pnl": "0.00000000",
		"total_pnl": "-1.92490900", "roi_pct": "-0.01924909", "starting_balance": "10000.00000000",
		"positions": []any{position}, "timestamp": "2026-03-17T12:00:00Z",
	}, agent.Get("/account/portfolio").Fields())
	requireFields(t, object{"limit": "20.00000000", "used": "0.01924909", "remaining": "19.98075091"}, ruleOf(t, agent, "daily_loss_limit"))
	requireFields(t, object{"limit": "100.00000000", "used": "18.50114330", "remaining": "81.49885670"}, ruleOf(t, agent, "position_limit"))
	requireFields(t, object{"limit": "50.00000000", "used": "1.00000000", "remaining": "49.00000000"}, ruleOf(t, agent, "max_open_orders"))
	requireFields(t, object{"win_rate": "0.00000000", "winning_trades": 0, "net_pnl": "-1.92490900"}, agent.Get("/account/pnl").Fields())
}

func requireAfterFirstSale(t *testing.T, agent *testkit.Agent) {
	t.Helper()
	requireFields(t, object{
		"total_equity": "10007.89711735", "available_cash": "8587.74896735", "total_position_value": "1320.04815000",
		"unrealized_pnl": "6.28581825", "realized_pnl": "1.61129910", "total_pnl": "7.89711735", "roi_pct": "0.07897117",
	}, agent.Get("/account/portfolio").Fields())
	requireFields(t, object{
		"quantity": "0.01500000", "avg_entry_price": "87584.15545000", "unrealized_pnl_pct": "0.47845931", "opened_at": "2026-03-17T12:00:00Z",
	}, agent.Get("/account/positions").List("positions")[0])
	for _, period := range []string{"1d", "7d", "30d", "all"} {
		require.Equal(t, object{
			"period": period, "realized_pnl": "1.61129910", "unrealized_pnl": "6.28581825", "total_pnl": "7.89711735",
			"fees_paid": "2.18990523", "net_pnl": "7.89711735", "winning_trades": 1.0, "losing_trades": 0.0, "win_rate": "100.00000000",
		}, agent.Get("/account/pnl?period="+period).Fields())
	}
	requireFields(t, object{"used": "14.18927606", "remaining": "85.81072394"}, ruleOf(t, agent, "position_limit"))
	requireFields(t, object{"used": "0.00000000"}, ruleOf(t, agent, "daily_loss_limit"))
}

func requireAtTheEnd(t *testing.T, account *testkit.Account, agent *testkit.Agent) {
	t.Helper()
	requireFields(t, object{
		"total_equity": "10000.07735809", "unrealized_pnl": "0.00000000", "realized_pnl": "0.07735809", "total_pnl": "0.07735809",
		"roi_pct": "0.00077358", "locked_cash": "0.00000000",
	}, agent.Get("/account/portfolio").Fields())
	requireFields(t, object{"fees_paid": "3.50344716", "winning_trades": 1, "losing_trades": 1, "win_rate": "50.00000000"},
		agent.Get("/account/pnl").Fields())
	figures := object{ // two whole hours, from the equity right after the buy: +0.10307984 %, and −0.06853080 %
		"sharpe_ratio": "13.32382270", "sortino_ratio": "33.36470261", "max_drawdown_pct": "0.08296779", "max_drawdown_duration_days": "0.04201389",
		"win_rate": "50.00000000", "profit_factor": "1.05043094", "avg_win": "1.61129910", "avg_loss": "-1.53394101", "total_trades": 3,
		"avg_trades_per_day": "3.00000000", "best_trade": "1.61129910", "worst_trade": "-1.53394101", "current_streak": -1, "undefined": []any{},
	}
	for _, period := range []string{"1d", "7d", "30d", "90d", "all"} {
		figures["period"] = period
		requireFields(t, figures, agent.Get("/analytics/performance?period="+period).Fields())
	}
	require.Equal(t, []map[string]any{
		{"time": "2026-03-17T12:00:00Z", "total_equity": "9998.07509100", "unrealized_pnl": "-1.92490900", "realized_pnl": "0.00000000"},
		{"time": "2026-03-17T13:00:00Z", "total_equity": "10007.89711735", "unrealized_pnl": "6.28581825", "realized_pnl": "1.61129910"},
		{"time": "2026-03-17T14:00:00Z", "total_equity": "10000.07735809", "unrealized_pnl": "0.00000000", "realized_pnl": "0.07735809"},
	}, agent.Get("/analytics/portfolio/history").List("snapshots"))
	require.Len(t, agent.Get("/analytics/portfolio/history?interval=1m").List("snapshots"), 100)
	require.Len(t, agent.Get("/analytics/portfolio/history?interval=1d").List("snapshots"), 1)
	require.Equal(t, []map[string]any{
		{"rank": 1.0, "account_id": account.ID, "agent_id": agent.ID, "display_name": "Hand", "roi_pct": "0.00077358", "sharpe_ratio": "13.32382270", "total_trades": 3.0, "win_rate": "50.00000000"},
		{"rank": 2.0, "account_id": account.ID, "agent_id": account.AgentID, "display_name": "Ada's Agent", "roi_pct": "0.00000000", "sharpe_ratio": "0.00000000", "total_trades": 0.0, "win_rate": "0.00000000"},
	}, agent.Get("/analytics/leaderboard").List("rankings"))
	require.Len(t, agent.Get("/analytics/leaderboard?limit=1").List("rankings"), 1)
	trades := agent.Get("/trade/history?side=sell").List("trades")
	require.Len(t, trades, 2)
	requireFields(t, object{"total": "1313.54193267", "realized_pnl": "-1.53394101", "quantity": "0.01500000"}, trades[0])
	requireFields(t, object{"total": "439.97204840", "realized_pnl": "1.61129910", "quantity": "0.00500000"}, trades[1])
}

// requireLedger finds that every page is the part of the whole that it should be, that each asset's postings add up to
// nothing, and that the agent's own add up to what it has.
func requireLedger(t *testing.T, agent *testkit.Agent) {
	t.Helper()
	whole := agent.Get("/account/ledger?limit=500")
	entries := whole.List("entries")
	require.EqualValues(t, len(entries), whole.Fields()["total"])
	require.Len(t, entries, 2*(1+3+1+3+3+1), "a deposit, three trades of three transfers, a hold and its release")
	for offset := range len(entries) + 2 {
		for _, limit := range []int{1, 3, 7} {
			page := agent.Get(fmt.Sprintf("/account/ledger?limit=%d&offset=%d", limit, offset))
			require.EqualValues(t, len(entries), page.Fields()["total"])
			first, end := min(offset, len(entries)), min(offset+limit, len(entries))
			require.Equal(t, entries[first:end], page.List("entries"))
		}
	}
	sums, own, ids := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}, map[string]bool{}
	newest := map[string]string{}
	for _, entry := range entries {
		asset, bucket := entry["asset"].(string), entry["bucket"].(string)
		sums[asset] = sums[asset].Add(parse(entry["amount"]))
		ids[entry["entry_id"].(string)+bucket] = true
		if bucket != "available" && bucket != "locked" {
			require.Nil(t, entry["balance_after"])
			continue
		}
		own[asset] = own[asset].Add(parse(entry["amount"]))
		if name := asset + bucket; newest[name] == "" {
			newest[name] = entry["balance_after"].(string)
		}
	}
	require.Len(t, ids, len(entries))
	for asset, sum := range sums {
		require.True(t, sum.IsZero(), asset)
	}
	require.Equal(t, "10000.07735809", own["USDT"].String())
	require.True(t, own["BTC"].IsZero())
	require.Equal(t, map[string]string{"USDTavailable": "10000.07735809", "USDTlocked": "0.00000000", "BTCavailable": "0.00000000"}, newest)
	bitcoin := agent.Get("/account/ledger?asset=btc")
	require.EqualValues(t, 6, bitcoin.Fields()["total"])
}

// A large order moves the price of a small market: by 0.1 × 231300 ÷ 6394416.65975 of it.
func TestALargeOrderMovesThePrice(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	agent := testkit.Start(t, clock.Use).Register(t).NewAgent(object{"display_name": "A", "risk_profile": profile(100, 20, 50), "starting_balance": "1000000"})
	requireFields(t, object{
		"executed_price": "0.23213666", "slippage_pct": "0.36172071", "fee": "232.13666000", "total_cost": "232368.79666000",
	}, agent.Place(marketOrder("buy", "ENJUSDT", "1000000")).Want(201).Fields())
	require.Equal(t, "0.23236880", agent.Get("/account/positions").List("positions")[0]["avg_entry_price"])
}

// A new agent has no figures yet: each is zero, and named.
func TestFiguresThatHaveNoValueAreNamed(t *testing.T) {
	t.Parallel()
	agent := testkit.Start(t, testkit.NewClock().Use).Register(t).Agent()
	require.ElementsMatch(t,
		[]any{"sharpe_ratio", "sortino_ratio", "win_rate", "profit_factor", "avg_win", "avg_loss", "best_trade", "worst_trade"},
		agent.Get("/analytics/performance").Fields()["undefined"])
	require.Equal(t, "all", agent.Get("/account/pnl").Text("period"))
	history := agent.Get("/analytics/portfolio/history")
	require.Equal(t, "1h", history.Text("interval"))
	require.Len(t, history.List("snapshots"), 1)
}

// Of two servers with nothing in common but the seed and the time, the same orders come to the same, to the last digit.
func TestTheSameOrdersComeToTheSameOnEveryServer(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	var agents [2]*testkit.Agent
	for n := range agents {
		agents[n] = testkit.Start(t, clock.Use).Register(t).NewAgent(object{"display_name": "A", "risk_profile": profile(60, 50, 20)})
	}
	ids := map[string]bool{"order_id": true, "trade_id": true, "entry_id": true, "account_id": true, "agent_id": true}
	compare := func(read func(agent *testkit.Agent) *testkit.Answer) {
		var got [2]any
		for n, agent := range agents {
			answer := read(agent)
			got[n] = without(ids, answer.Fields())
			if failure, refused := answer.Fields()["error"].(object); refused {
				delete(failure, "request_id")
				got[n] = failure
			}
		}
		require.Equal(t, got[0], got[1])
	}
	for n := range 48 {
		order := marketOrder([]string{"buy", "buy", "sell"}[n%3], symbols[n%4], []string{"0.003", "0.02", "0.9", "40"}[n%4])
		if n%5 == 4 {
			order = with(restingBuy(""), object{"time_in_force": []string{"GTC", "IOC"}[n%2]})
		}
		compare(func(agent *testkit.Agent) *testkit.Answer { return agent.Place(order) })
		clock.Advance(time.Duration(n) * time.Second)
	}
	for _, path := range []string{"/account/balance", "/account/positions", "/account/portfolio", "/account/pnl", "/account/risk", "/account/ledger?limit=500", "/trade/history?limit=500", "/trade/orders"} {
		compare(func(agent *testkit.Agent) *testkit.Answer {
			return agent.Do(http.MethodGet, "/api/v1"+path, nil).Want(200)
		})
	}
	agents[0].RequireReconciled()
}

// without leaves some fields out, however deep.
func without(names map[string]bool, value any) any {
	switch value := value.(type) {
	case object:
		for name, field := range value {
			if names[name] {
				delete(value, name)
			} else {
				value[name] = without(names, field)
			}
		}
	case []any:
		for n, each := range value {
			value[n] = without(names, each)
		}
	}
	return value
}
