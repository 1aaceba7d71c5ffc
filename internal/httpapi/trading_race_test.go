package httpapi_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// crowd is how many orders are sent at once.
const crowd = 64

type object = map[string]any

func profile(position, loss, orders int) object {
	return object{"max_position_size_pct": position, "daily_loss_limit_pct": loss, "max_open_orders": orders}
}

// However many orders come at once, and to whichever replica: what passes is what would pass one after the other, at the
// same price and to the last digit, and so no limit is exceeded.
func TestOrdersAtOnceEndLikeOrdersOneAfterTheOther(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	account := server.Register(t)
	for what, c := range map[string]struct {
		agent, before, order object
		refusal              string
	}{
		"max_position_size_pct, filled": {
			object{"risk_profile": profile(25, 100, 50)}, nil,
			object{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.002"}, "position_limit_exceeded",
		},
		"max_position_size_pct, resting": {
			object{"risk_profile": profile(25, 100, 200)}, nil,
			object{"symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "0.01", "price": "10000"}, "position_limit_exceeded",
		},
		"max_open_orders": {
			object{"risk_profile": profile(100, 100, 7)}, nil,
			object{"symbol": "ETHUSDT", "side": "buy", "type": "limit", "quantity": "0.01", "price": "1000"}, "max_open_orders_exceeded",
		},
		"daily_loss_limit_pct": { // a million moves this small market by 2.5 %
			object{"risk_profile": profile(100, 1, 50), "starting_balance": "10000000"}, nil,
			object{"symbol": "ENJUSDT", "side": "buy", "type": "market", "quantity": "6000000"}, "daily_loss_limit",
		},
		"the balance, filled": {
			object{"risk_profile": profile(100, 100, 50), "starting_balance": "1000"}, heldBuy,
			object{"symbol": "SOLUSDT", "side": "buy", "type": "market", "quantity": "0.111"}, "",
		},
		"the balance, resting": {
			object{"risk_profile": profile(100, 100, 200), "starting_balance": "1000"}, heldBuy,
			object{"symbol": "SOLUSDT", "side": "buy", "type": "limit", "quantity": "0.317", "price": "50"}, "",
		},
		"the holding, sold": {
			object{}, object{"symbol": "SOLUSDT", "side": "buy", "type": "market", "quantity": "2.5"},
			object{"symbol": "SOLUSDT", "side": "sell", "type": "market", "quantity": "0.099"}, "",
		},
		"the holding, offered": {
			object{}, object{"symbol": "SOLUSDT", "side": "buy", "type": "market", "quantity": "2.5"},
			object{"symbol": "SOLUSDT", "side": "sell", "type": "stop_loss", "quantity": "0.099", "trigger_price": "60"}, "",
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c.agent["display_name"] = "A"
			together, alone := account.NewAgent(c.agent), account.NewAgent(c.agent)
			orders := passedBefore(t, c.before, together, alone)
			var answers, inTurn [crowd]*testkit.Answer
			var all sync.WaitGroup
			for i := range answers {
				all.Go(func() { answers[i] = together.At([]*testkit.Server{server, replica}[i%2]).Place(c.order) })
			}
			all.Wait()
			for i := range inTurn {
				inTurn[i] = alone.Place(c.order)
			}
			passed := placed(t, answers[:], c.refusal)
			require.Equal(t, placed(t, inTurn[:], c.refusal), passed)
			require.Positive(t, passed, "it tests nothing if none pass")
			require.Less(t, passed, crowd, "it tests nothing if all pass")
			for _, path := range []string{"/account/balance", "/account/risk"} {
				require.Equal(t, string(alone.Get(path).Body), string(together.Get(path).Body))
			}
			require.EqualValues(t, orders+passed, together.Get("/trade/orders").Fields()["total"])
			together.RequireReconciled()
			alone.RequireReconciled()
		})
	}
}

// heldBuy holds half of a thousand, so that the balance ends before the cap on a position does.
var heldBuy = object{"symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "0.05", "price": "10000"}

func passedBefore(t *testing.T, order object, agents ...*testkit.Agent) int {
	t.Helper()
	if order == nil {
		return 0
	}
	for _, agent := range agents {
		agent.Place(order).Want(http.StatusCreated)
	}
	return 1
}

// placed counts the orders that were accepted; the others must have been refused for this reason, none meaning the
// balance.
func placed(t *testing.T, answers []*testkit.Answer, refusal string) int {
	t.Helper()
	count := 0
	for _, answer := range answers {
		switch {
		case answer.Status == http.StatusCreated:
			count++
		case refusal == "":
			answer.WantError(http.StatusBadRequest, "INSUFFICIENT_BALANCE")
		default:
			answer.WantError(http.StatusBadRequest, "ORDER_REJECTED")
			require.Equal(t, refusal, answer.Details()["reason"])
		}
	}
	return count
}

func TestOfManyCancellationsOneReleasesTheHold(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	agent := server.Register(t).Agent()
	before := agent.Available("USDT")
	for range 5 {
		order := agent.Place(restingBuy("")).Want(201).Text("order_id")
		require.Equal(t, "100.10000000", agent.Held("USDT").String())
		var answers [16]*testkit.Answer
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = agent.At([]*testkit.Server{server, replica}[i%2]).Cancel(order) })
		}
		all.Wait()
		cancelled := 0
		for _, answer := range answers {
			if answer.Status == http.StatusOK {
				cancelled++
				require.Equal(t, "100.10000000", answer.Text("unlocked_amount"))
				continue
			}
			answer.WantError(http.StatusBadRequest, "ORDER_NOT_CANCELLABLE")
		}
		require.Equal(t, 1, cancelled)
		require.Equal(t, before, agent.Available("USDT"))
		require.True(t, agent.Held("USDT").IsZero())
	}
	agent.RequireReconciled()
}

// restingBuy is an order that holds 100.1 USDT and does not fill: BTC is never below half of 48,000.
func restingBuy(clientOrderID string) object {
	order := object{"symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "0.01", "price": "10000"}
	if clientOrderID != "" {
		order["client_order_id"] = clientOrderID
	}
	return order
}

// The price reaches a row of orders while they are being cancelled: each is either filled or cancelled, as whoever asked
// was told.
func TestOfAFillAndACancellationOneWins(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	agent := server.Register(t).NewAgent(object{"display_name": "A", "risk_profile": profile(100, 100, 200)})
	limit := agent.Price("BTCUSDT").Mul(decimal.MustParse("0.999")).FloorTo(decimal.MustParse("0.01"))
	orders := make([]string, 160)
	for i := range orders {
		orders[i] = agent.Place(object{
			"symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "0.0002", "price": limit.String(),
		}).Want(201).Text("order_id")
	}
	clock.Set(whenFallsBelow(t, clock, "BTCUSDT", limit))
	cancelled := make([]bool, len(orders))
	var all sync.WaitGroup
	for half, s := range []*testkit.Server{server, replica} {
		all.Go(func() {
			for i := half; i < len(orders); i += 2 {
				answer := agent.At(s).Cancel(orders[i])
				if cancelled[i] = answer.Status == http.StatusOK; !cancelled[i] {
					answer.WantError(http.StatusBadRequest, "ORDER_NOT_CANCELLABLE")
				}
			}
		})
	}
	all.Wait()
	requireNonePending(t, agent.Client)
	fills := 0
	for i, id := range orders {
		want := "filled"
		if cancelled[i] {
			want = "cancelled"
		} else {
			fills++
		}
		require.Equal(t, want, agent.Get("/trade/order/"+id).Text("status"))
	}
	require.EqualValues(t, fills, agent.Get("/trade/history").Fields()["total"])
	require.True(t, agent.Held("USDT").IsZero())
	agent.RequireReconciled()
}

func requireNonePending(t *testing.T, client *testkit.Client) {
	t.Helper()
	require.Eventually(t, func() bool { return client.Get("/trade/orders/open").Fields()["total"] == 0.0 },
		10*time.Second, 20*time.Millisecond)
}

// Orders, cancellations and fills are going on when resets come in between: each leaves a session that begins with
// exactly its starting balance, and what comes after it is consistent.
func TestAResetAmongOrdersLeavesAWholeState(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	replica := server.Replica(t)
	account := server.Register(t)
	agent := account.NewAgent(object{"display_name": "A", "risk_profile": profile(100, 100, 200)})
	var all sync.WaitGroup
	for i := range crowd {
		at := agent.At([]*testkit.Server{server, replica}[i%2])
		all.Go(func() {
			order := restingBuy(fmt.Sprint("order-", i))
			if i%3 > 0 {
				order = object{"symbol": "ETHUSDT", "side": []string{"buy", "sell"}[i%3-1], "type": "market", "quantity": "0.1"}
			}
			answer := at.Place(order)
			if i%6 == 0 && answer.Status == http.StatusCreated {
				at.Cancel(answer.Text("order_id"))
			}
			if answer.Status != http.StatusCreated { // sold before it was bought
				answer.WantError(http.StatusBadRequest, "INSUFFICIENT_BALANCE")
			}
		})
		if i%16 == 8 {
			owner := at.With("X-API-Key", account.APIKey).With("X-Agent-Id", agent.ID)
			all.Go(func() { owner.Do(http.MethodPost, "/api/v1/account/reset", object{"confirm": true}).Want(200) })
		}
	}
	all.Wait()
	agent.RequireReconciled()
	requireWholeSessions(t, server, agent.ID, 5)

	// A last one, with nothing going on: it leaves nothing but the starting balance.
	account.Do(http.MethodPost, "/api/v1/agents/"+agent.ID+"/reset", nil).Want(200)
	requireWholeSessions(t, server, agent.ID, 6)
	agent.RequireReconciled()
	balances := agent.Get("/account/balance").List("balances")
	require.Equal(t, []map[string]any{{
		"asset": "USDT", "available": "10000.00000000", "locked": "0.00000000", "total": "10000.00000000",
	}}, balances)
	require.EqualValues(t, 0, agent.Get("/trade/orders/open").Fields()["total"])
	require.EqualValues(t, 0, agent.Get("/analytics/performance").Fields()["total_trades"])
}

// requireWholeSessions holds for every agent: one of its sessions is open, which is the one that its row names,
// and no trade belongs to none.
func requireWholeSessions(t *testing.T, server *testkit.Server, agentID string, sessions int) {
	t.Helper()
	var count, open, current, strays int
	err := server.Pool.QueryRow(t.Context(), `select count(*), count(*) filter (where s.ended_at is null),
			count(*) filter (where s.ended_at is null and s.id = a.session_id and s.starting_balance = a.starting_balance),
			(select count(*) from trades t where t.agent_id = a.id and not exists
				(select from sessions x where x.agent_id = a.id and x.id = t.session_id))
		from agents a join sessions s on s.agent_id = a.id where a.id = $1 group by a.id`, agentID).
		Scan(&count, &open, &current, &strays)
	require.NoError(t, err)
	require.Equal(t, []int{sessions, 1, 1, 0}, []int{count, open, current, strays})

	// What the agent has of USDT is what the session began with and what its trades, and no others, made of that.
	var has, explained decimal.Decimal
	err = server.Pool.QueryRow(t.Context(), `select b.available + b.locked, a.starting_balance + coalesce((
			select sum(case when t.side = 'sell' then t.value else -t.value end - t.fee) from trades t
			where t.agent_id = a.id and t.session_id = a.session_id), 0)
		from agents a join balances b on b.agent_id = a.id and b.asset = 'USDT' where a.id = $1`, agentID).
		Scan(&has, &explained)
	require.NoError(t, err)
	require.Equal(t, explained, has)
}

// An order waits for a reset at another replica: it counts to the session that the reset began, so its time is not before
// that. The clock moves while both wait for the agent's lock, which the test has.
func TestAnOrderThatWaitedForAResetComesAfterIt(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	account := server.Register(t)
	agent := account.Agent().At(replica)
	tx, err := server.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "select from agents where id = $1 for update", agent.ID)
	require.NoError(t, err)
	requireWaiting := func(count int) {
		require.Eventually(t, func() bool {
			var waiting int
			err := server.Pool.QueryRow(t.Context(), `select count(*) from pg_stat_activity
				where datname = current_database() and wait_event_type = 'Lock'`).Scan(&waiting)
			return err == nil && waiting == count
		}, 5*time.Second, 2*time.Millisecond)
	}
	var all sync.WaitGroup
	all.Go(func() { account.Do(http.MethodPost, "/api/v1/agents/"+agent.ID+"/reset", nil).Want(200) })
	requireWaiting(1)
	all.Go(func() { agent.Place(marketOrder("buy", "SOLUSDT", "1")).Want(201) })
	requireWaiting(2)
	clock.Advance(time.Minute)
	require.NoError(t, tx.Rollback(t.Context()))
	all.Wait()
	require.EqualValues(t, 1, agent.Get("/trade/history").Fields()["total"])
	require.EqualValues(t, 1, agent.Get("/analytics/performance").Fields()["total_trades"])
	started := agent.Get("/account/info").Fields()["current_session"].(object)["started_at"].(string)
	require.GreaterOrEqual(t, agent.Get("/trade/history").List("trades")[0]["executed_at"].(string), started)
	require.NotEqual(t, "reset", agent.Get("/account/ledger").List("entries")[0]["kind"], "newest first")
	agent.RequireReconciled()
}
