package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func TestTheSameOrderWithItsClientIDIsTheOrderThatExists(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	account := server.Register(t)
	agent := account.NewAgent(object{"display_name": "A", "risk_profile": profile(100, 20, 2)})
	order := with(limitOrder("buy", "BTCUSDT", "0.01", "10000"), object{"client_order_id": "a.B_c:9-"})
	first := agent.Place(order).Want(201)
	for what, same := range map[string]object{
		"as it is": order, "with its default": with(order, object{"time_in_force": "GTC"}),
		"in other figures": with(order, object{"quantity": "0.01000000", "price": "10000.00"}),
		"in lower case":    with(order, object{"symbol": "btcusdt"}),
	} {
		for _, at := range []*testkit.Agent{agent, agent.At(replica)} {
			require.Equal(t, string(first.Body), string(at.Place(same).Want(200).Body), what)
		}
	}
	for field, value := range map[string]any{
		"symbol": "ETHUSDT", "quantity": "0.02", "price": "9999", "time_in_force": "IOC", "side": "sell",
	} {
		agent.At(replica).Place(with(order, object{field: value})).WantError(409, "DUPLICATE_CLIENT_ORDER_ID")
	}
	agent.Place(with(marketOrder("buy", "BTCUSDT", "0.01"), object{"client_order_id": "a.B_c:9-"})).WantError(409, "DUPLICATE_CLIENT_ORDER_ID")
	require.EqualValues(t, 1, agent.Get("/trade/orders").Fields()["total"])
	require.Equal(t, first.Fields(), agent.Get("/trade/order/by-client-id/a.B_c:9-").Fields())

	// For ever: once it is cancelled, and after a reset.
	agent.Cancel(first.Text("order_id")).Want(200)
	require.Equal(t, "cancelled", agent.Place(order).Want(200).Text("status"))
	account.Do(http.MethodPost, "/api/v1/agents/"+agent.ID+"/reset", nil).Want(200)
	require.Equal(t, first.Text("order_id"), agent.Place(order).Want(200).Text("order_id"))
	agent.Place(with(order, object{"quantity": "0.02"})).WantError(409, "DUPLICATE_CLIENT_ORDER_ID")

	// A refused order uses up no id.
	refused := with(order, object{"client_order_id": "b", "price": "10000.001"})
	agent.Place(refused).WantError(400, "INVALID_PRICE")
	agent.Place(with(order, object{"client_order_id": "b"})).Want(201)
	agent.Do(http.MethodGet, "/api/v1/trade/order/by-client-id/c", nil).WantError(404, "ORDER_NOT_FOUND")
}

func TestManyOrdersWithOneClientIDAreOne(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	replica := server.Replica(t)
	agent := server.Register(t).Agent()
	var answers [32]*testkit.Answer
	var all sync.WaitGroup
	for i := range answers {
		at := agent.At([]*testkit.Server{server, replica}[i%2])
		all.Go(func() { answers[i] = at.Place(restingBuy("once")) })
	}
	all.Wait()
	created := 0
	for _, answer := range answers {
		if answer.Status == http.StatusCreated {
			created++
		} else {
			answer.Want(http.StatusOK)
		}
		require.Equal(t, answers[0].Text("order_id"), answer.Text("order_id"))
	}
	require.Equal(t, 1, created)
	require.EqualValues(t, 1, agent.Get("/trade/orders").Fields()["total"])
	require.Equal(t, "100.10000000", agent.Held("USDT").String())
	agent.RequireReconciled()
}

// replays sends an order with an Idempotency-Key, first to one server and then to others.
func replays(t *testing.T, agent *testkit.Agent, key string, order object, others ...*testkit.Server) *testkit.Answer {
	t.Helper()
	first := agent.With("Idempotency-Key", key).Place(order)
	require.Empty(t, first.Header.Get("Idempotency-Replayed"))
	for _, server := range others {
		again := agent.At(server).With("Idempotency-Key", key).Place(order)
		require.Equal(t, first.Status, again.Status, string(again.Body))
		require.Equal(t, withoutRequestID(first), withoutRequestID(again))
		if first.Status < 400 {
			require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
		}
	}
	return first
}

// An order is replayed as it was, though it, the agent and the price have changed since; and after a restart.
func TestOrdersAreReplayed(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	account := server.Register(t)
	agent := account.Agent()
	filled := replays(t, agent, "filled", marketOrder("buy", "BTCUSDT", "0.01"), server, replica).Want(201)
	resting := replays(t, agent, "resting", restingBuy(""), server, replica).Want(201)
	agent.Cancel(resting.Text("order_id")).Want(200)
	require.EqualValues(t, 2, agent.Get("/trade/orders").Fields()["total"])

	clock.Advance(3 * time.Hour)
	server.Stop(t)
	later := server.Replica(t)
	for key, want := range map[string]*testkit.Answer{"filled": filled, "resting": resting} {
		order := marketOrder("buy", "BTCUSDT", "0.01")
		if key == "resting" {
			order = restingBuy("")
		}
		again := agent.At(later).With("Idempotency-Key", key).Place(order).Want(201)
		require.Equal(t, string(want.Body), string(again.Body))
		require.Equal(t, "true", again.Header.Get("Idempotency-Replayed"))
	}
	require.EqualValues(t, 2, agent.At(later).Get("/trade/orders").Fields()["total"])

	// After 24 hours the key is forgotten.
	clock.Advance(21*time.Hour + time.Second)
	anew := agent.At(later).With("Idempotency-Key", "resting").Place(restingBuy("")).Want(201)
	require.NotEqual(t, resting.Text("order_id"), anew.Text("order_id"))
}

// A refusal that was judged under the agent's lock is the answer to every repeat, also once the order would pass.
func TestRefusalsAreReplayed(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	replica := server.Replica(t)
	account := server.Register(t)
	agent := account.NewAgent(object{"display_name": "A", "risk_profile": profile(25, 20, 1)})
	first := agent.Place(restingBuy("first")).Want(201).Text("order_id")
	replays(t, agent, "rejected", restingBuy(""), server, replica).WantError(400, "ORDER_REJECTED")
	replays(t, agent, "duplicate", marketOrderWithID("first"), server, replica).WantError(409, "DUPLICATE_CLIENT_ORDER_ID")
	replays(t, agent, "poor", marketOrder("sell", "BTCUSDT", "1"), server, replica).WantError(400, "INSUFFICIENT_BALANCE")
	replays(t, agent, "filter", marketOrder("buy", "BTCUSDT", "0.000001"), server, replica).WantError(400, "INVALID_QUANTITY")
	agent.Cancel(first).Want(200)
	agent.With("Idempotency-Key", "rejected").Place(restingBuy("")).WantError(400, "ORDER_REJECTED")
	agent.Place(restingBuy("")).Want(201)

	// What was not judged is not kept: the same key may be used for what is right.
	keyed := agent.With("Idempotency-Key", "mistake")
	keyed.Place(object{"symbol": "BTCUSDT"}).WantError(422, "VALIDATION_ERROR")
	keyed.Place(marketOrder("buy", "BTCUSDT", "0.001")).Want(201)
}

func marketOrderWithID(id string) object {
	return with(marketOrder("buy", "BTCUSDT", "0.001"), object{"client_order_id": id})
}

// Same request means the same bytes, path and agent; a key belongs to who authenticated.
func TestAKeyIsForOneRequestOfOneCaller(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	agent, other := account.Agent(), account.NewAgent(object{"display_name": "B"})
	keyed := agent.With("Idempotency-Key", "k")
	keyed.Place(restingBuy("")).Want(201)
	keyed.Place(restingBuy("x")).WantError(422, "IDEMPOTENCY_KEY_REUSED")
	keyed.Do(http.MethodPost, "/api/v1/trade/order", []byte(`{"symbol":"BTCUSDT", "side":"buy","type":"limit","quantity":"0.01","price":"10000"}`)).
		WantError(422, "IDEMPOTENCY_KEY_REUSED")
	other.With("Idempotency-Key", "k").Place(restingBuy("")).Want(201)
	owner := account.With("Idempotency-Key", "k")
	mine := owner.With("X-Agent-Id", agent.ID).Place(restingBuy("")).Want(201)
	owner.With("X-Agent-Id", other.ID).Place(restingBuy("")).WantError(422, "IDEMPOTENCY_KEY_REUSED")
	byKey := server.Client(t).With("X-API-Key", account.APIKey).With("Idempotency-Key", "k").Place(restingBuy("")).Want(201)
	require.Equal(t, mine.Text("order_id"), byKey.Text("order_id"), "an account is one caller, by token and by key")
	require.Equal(t, "true", byKey.Header.Get("Idempotency-Replayed"))
	for key, good := range map[string]bool{"": false, "a": true, strings.Repeat("k", 255): true, strings.Repeat("k", 256): false} {
		answer := agent.With("Idempotency-Key", key).Place(restingBuy(""))
		if good {
			answer.Want(201)
		} else {
			answer.WantError(422, "VALIDATION_ERROR")
		}
	}
}

func TestManyOrdersWithOneIdempotencyKeyAreOne(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	replica := server.Replica(t)
	agent := server.Register(t).Agent()
	for round := range 3 {
		var answers [32]*testkit.Answer
		var all sync.WaitGroup
		for i := range answers {
			at := agent.At([]*testkit.Server{server, replica}[i%2]).With("Idempotency-Key", fmt.Sprint("k", round))
			all.Go(func() { answers[i] = at.Place(restingBuy("")) })
		}
		all.Wait()
		orders := map[string]bool{}
		for _, answer := range answers {
			if answer.Status != http.StatusCreated {
				answer.WantError(409, "IDEMPOTENCY_IN_FLIGHT")
				continue
			}
			orders[answer.Text("order_id")] = true
		}
		require.Len(t, orders, 1)
		require.EqualValues(t, round+1, agent.Get("/trade/orders").Fields()["total"])
	}
	agent.RequireReconciled()
}
