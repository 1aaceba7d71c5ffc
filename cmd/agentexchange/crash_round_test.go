package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/require"
)

// crashRound holds the requests to a server until it was killed.
type crashRound struct {
	t       *testing.T
	crowd   crowd
	agents  []string // keys
	limit   string   // just below the price, so that the market may reach it
	clients []*crashClient
}

// crashClient places one order after the other.
type crashClient struct {
	key, name string
	placed    []*placement
}

// placement is a request, and the order it returned, if it was answered.
type placement struct {
	body       map[string]any
	idempotent string // the Idempotency-Key; empty if the request has a client order id instead
	orderID    string
}

func newCrashRound(t *testing.T, server *process, token string, crowd crowd) *crashRound {
	t.Helper()
	r := &crashRound{t: t, crowd: crowd}
	for a := range crowd.agents {
		status, made := server.call(http.MethodPost, "/api/v1/agents", token, map[string]any{
			"display_name": fmt.Sprintf("Agent %d", a), "starting_balance": "1000000.00",
			"risk_profile": map[string]any{"max_position_size_pct": 100, "daily_loss_limit_pct": 100, "max_open_orders": 200},
		})
		require.Equal(t, http.StatusCreated, status, made)
		r.agents = append(r.agents, made["api_key"].(string))
		for c := range crowd.clientsOfEach {
			r.clients = append(r.clients, &crashClient{key: r.agents[a], name: fmt.Sprintf("%d.%d.%d", a, c, mathrand.Uint32())})
		}
	}
	status, price := server.call(http.MethodGet, "/api/v1/market/price/ETHUSDT", token, nil)
	require.Equal(t, http.StatusOK, status, price)
	r.limit = decimal.MustParse(price["price"].(string)).Mul(decimal.MustParse("0.9998")).FloorTo(decimal.MustParse("0.01")).String()
	return r
}

// next returns a client's next order. None is ever rejected: a client sells only what it bought, and the number of
// resting orders stays within the limit.
func (r *crashRound) next(c *crashClient) *placement {
	n := len(c.placed)
	p := &placement{body: map[string]any{"symbol": "ETHUSDT", "type": "market", "side": "buy", "quantity": "0.0200"}}
	switch {
	case n%3 == 1:
		p.body["side"] = "sell"
	case n%3 == 2 && n < 450/r.crowd.clientsOfEach:
		p.body["type"], p.body["price"] = "limit", r.limit
	}
	if name := fmt.Sprintf("order-%s-%d", c.name, n); n%2 == 0 {
		p.idempotent = name
	} else {
		p.body["client_order_id"] = name
	}
	return p
}

// load runs all clients, spread over the servers, and calls kill in the meantime.
func (r *crashRound) load(servers []*process, kill func()) {
	connections := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(r.clients)}, Timeout: 20 * time.Second}
	defer connections.CloseIdleConnections()
	var running sync.WaitGroup
	problems := make(chan string, len(r.clients))
	var ended atomic.Bool
	for n, c := range r.clients {
		url := servers[n%len(servers)].url
		running.Go(func() {
			for !ended.Load() {
				p := r.next(c)
				c.placed = append(c.placed, p)
				status, answer, err := p.send(connections, url, c.key)
				if err != nil || status == http.StatusServiceUnavailable {
					return // the order may exist or not; the database may die a moment before the server
				}
				if status != http.StatusCreated {
					problems <- fmt.Sprintf("%d %v to %v", status, answer, p.body)
					return
				}
				p.orderID = answer["order_id"].(string)
			}
		})
	}
	<-time.After(momentOfTheKill(r.t))
	kill()
	ended.Store(true)
	running.Wait()
	close(problems)
	for problem := range problems {
		require.Fail(r.t, problem)
	}
}

// momentOfTheKill is random on purpose. The log of a failed round names the seed that repeats it.
func momentOfTheKill(t *testing.T) time.Duration {
	t.Helper()
	const variable = "AGENTEXCHANGE_CRASH_SEED"
	seed := mathrand.Uint64()
	if given := os.Getenv(variable); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, variable)
	}
	moment := time.Duration(50+mathrand.New(mathrand.NewPCG(seed, 0)).IntN(300)) * time.Millisecond
	t.Logf("killed %s after the load began: %s=%d kills then again", moment, variable, seed)
	return moment
}

func (p *placement) send(connections *http.Client, url, key string) (int, map[string]any, error) {
	encoded, err := json.Marshal(p.body)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/api/v1/trade/order", bytes.NewReader(encoded))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Key", key)
	if p.idempotent != "" {
		request.Header.Set("Idempotency-Key", p.idempotent)
	}
	return answerTo(connections, request)
}

func answerTo(connections *http.Client, request *http.Request) (int, map[string]any, error) {
	response, err := connections.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	var fields map[string]any
	err = json.NewDecoder(response.Body).Decode(&fields)
	return response.StatusCode, fields, err
}

// verify compares a restarted server with what the clients were told. It returns the number of orders they know of.
func (r *crashRound) verify(server *process) int {
	answered := 0
	for _, key := range r.agents {
		r.requireWhole(server, key)
		exists := map[string]int{}
		for _, order := range r.list(server, key, "/api/v1/trade/orders?", "orders") {
			exists[order["order_id"].(string)]++
		}
		for _, c := range r.clients {
			for _, p := range c.placed {
				if c.key == key && p.orderID != "" {
					require.Equal(r.t, 1, exists[p.orderID], "order %s was answered before the crash: %v", p.orderID, p.body)
					answered++
				}
			}
		}
	}
	r.repeat(server) // also places the orders whose requests never arrived
	r.repeat(server)
	for _, key := range r.agents {
		want := map[string]bool{}
		for _, c := range r.clients {
			for _, p := range c.placed {
				if c.key == key {
					require.False(r.t, want[p.orderID], "two requests were answered with one order: %s", p.orderID)
					want[p.orderID] = true
				}
			}
		}
		orders := r.list(server, key, "/api/v1/trade/orders?", "orders")
		for _, order := range orders {
			require.True(r.t, want[order["order_id"].(string)], "nobody was told of %v", order)
		}
		require.Len(r.t, orders, len(want), "an order for each request, however often it was sent")
		r.requireWhole(server, key)
	}
	return answered
}

// repeat sends every request once more, in the same order.
func (r *crashRound) repeat(server *process) {
	connections := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: len(r.clients)}}
	defer connections.CloseIdleConnections()
	var running sync.WaitGroup
	problems := make(chan string, len(r.clients))
	for _, c := range r.clients {
		running.Go(func() {
			for _, p := range c.placed {
				if problem := r.repeatOne(connections, server, c, p); problem != "" {
					problems <- problem
					return
				}
			}
		})
	}
	running.Wait()
	close(problems)
	for problem := range problems {
		require.Fail(r.t, problem)
	}
}

func (r *crashRound) repeatOne(connections *http.Client, server *process, c *crashClient, p *placement) string {
	for begun := time.Now(); ; {
		status, answer, err := p.send(connections, server.url, c.key)
		switch {
		case err != nil:
			return err.Error()
		case (status == http.StatusServiceUnavailable || status == http.StatusConflict && strings.Contains(fmt.Sprint(answer), "IDEMPOTENCY_IN_FLIGHT")) &&
			time.Since(begun) < 10*time.Second:
			continue // the database has not yet noticed that the other server is dead
		case status != http.StatusOK && status != http.StatusCreated:
			return fmt.Sprintf("%d %v to %v", status, answer, p.body)
		case p.orderID != "" && answer["order_id"] != p.orderID:
			return fmt.Sprintf("%v was answered with order %s, and now with %v", p.body, p.orderID, answer)
		}
		p.orderID = answer["order_id"].(string)
		return ""
	}
}

// requireWhole compares orders with trades, and the ledger with balances and holds.
func (r *crashRound) requireWhole(server *process, key string) {
	// The market moves on, so an order may be filled between two requests.
	difference := r.difference(server, key)
	for begun := time.Now(); difference != "" && time.Since(begun) < 10*time.Second; {
		difference = r.difference(server, key)
	}
	require.Empty(r.t, difference)
	reconciled := r.get(server, key, "/api/v1/account/reconcile")
	require.Equal(r.t, true, reconciled["ok"], reconciled)
}

// difference returns what is wrong, or "": a filled order must have one trade, and other orders none.
func (r *crashRound) difference(server *process, key string) string {
	trades := map[string]int{}
	for _, trade := range r.list(server, key, "/api/v1/trade/history?", "trades") {
		trades[trade["order_id"].(string)]++
	}
	for _, order := range r.list(server, key, "/api/v1/trade/orders?", "orders") {
		id, want := order["order_id"].(string), 0
		if order["status"] == "filled" {
			want = 1
		}
		if trades[id] != want {
			return fmt.Sprintf("%d trades of %v", trades[id], order)
		}
		delete(trades, id)
	}
	if len(trades) > 0 {
		return fmt.Sprintf("trades without an order: %v", trades)
	}
	return ""
}

func (r *crashRound) get(server *process, key, path string) map[string]any {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.url+path, nil)
	require.NoError(r.t, err)
	request.Header.Set("X-API-Key", key)
	status, answer, err := answerTo(http.DefaultClient, request)
	for begun := time.Now(); status == http.StatusServiceUnavailable && time.Since(begun) < 10*time.Second; {
		status, answer, err = answerTo(http.DefaultClient, request) // the database is not back yet
	}
	require.NoError(r.t, err)
	require.Equal(r.t, http.StatusOK, status, answer)
	return answer
}

// list reads every page.
func (r *crashRound) list(server *process, key, path, of string) []map[string]any {
	var all []map[string]any
	for {
		page := r.get(server, key, fmt.Sprintf("%slimit=500&offset=%d", path, len(all)))
		for _, row := range page[of].([]any) {
			all = append(all, row.(map[string]any))
		}
		if len(page[of].([]any)) == 0 || float64(len(all)) >= page["total"].(float64) {
			return all
		}
	}
}
