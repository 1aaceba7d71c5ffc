package testkit

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/require"
)

// Clock is a clock that stands still until it is moved. With it the simulated market stands still, too.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows noon of a day.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 17, 12, 0, 0, 0, time.UTC)} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Set moves the clock to a time.
func (c *Clock) Set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = at
}

// Advance moves the clock on.
func (c *Clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// Use makes a server use the clock.
func (c *Clock) Use(cfg *config.Server) { cfg.Now = c.Now }

// Replica runs another server on the same database, by the same clock and keys.
func (s *Server) Replica(tb testing.TB, configure ...func(*config.Server)) *Server {
	tb.Helper()
	like := func(cfg *config.Server) { *cfg = s.Config }
	return Start(tb, append([]func(*config.Server){like}, configure...)...)
}

// Agent is an agent and a client that has its key.
type Agent struct {
	*Client
	ID, Key string
}

// Agent returns the account's default agent.
func (a *Account) Agent() *Agent { return a.server.agent(a.tb, a.AgentID, a.AgentKey) }

// NewAgent makes an agent.
func (a *Account) NewAgent(fields map[string]any) *Agent {
	a.tb.Helper()
	made := a.Do(http.MethodPost, "/api/v1/agents", fields).Want(http.StatusCreated)
	return a.server.agent(a.tb, made.Text("agent_id"), made.Text("api_key"))
}

func (s *Server) agent(tb testing.TB, id, key string) *Agent {
	return &Agent{Client: s.Client(tb).With("X-API-Key", key), ID: id, Key: key}
}

// At returns the agent's client of another server.
func (g *Agent) At(s *Server) *Agent { return s.agent(g.tb, g.ID, g.Key) }

// Get reads what must be there.
func (c *Client) Get(path string) *Answer {
	c.tb.Helper()
	return c.Do(http.MethodGet, "/api/v1"+path, nil).Want(http.StatusOK)
}

// Place places an order, accepted or not.
func (c *Client) Place(order map[string]any) *Answer {
	c.tb.Helper()
	return c.Do(http.MethodPost, "/api/v1/trade/order", order)
}

// Cancel cancels an order, or tries to.
func (c *Client) Cancel(orderID string) *Answer {
	c.tb.Helper()
	return c.Do(http.MethodDelete, "/api/v1/trade/order/"+orderID, nil)
}

// Price is the current price of a pair.
func (c *Client) Price(symbol string) decimal.Decimal {
	c.tb.Helper()
	return c.Get("/market/price/" + symbol).Decimal("price")
}

// Available is how much of an asset the agent can use.
func (c *Client) Available(asset string) decimal.Decimal { return c.balance(asset, "available") }

// Held is how much of an asset is held for open orders.
func (c *Client) Held(asset string) decimal.Decimal { return c.balance(asset, "locked") }

func (c *Client) balance(asset, field string) decimal.Decimal {
	c.tb.Helper()
	for _, each := range c.Get("/account/balance").List("balances") {
		if each["asset"] == asset {
			return decimal.MustParse(each[field].(string))
		}
	}
	return decimal.Decimal{}
}

// RequireReconciled fails the test unless the agent's ledger, balances, holds and positions agree.
func (c *Client) RequireReconciled() {
	c.tb.Helper()
	answer := c.Get("/account/reconcile")
	require.Equal(c.tb, true, answer.Fields()["ok"], string(answer.Body))
}

// Decimal returns a field of the body that is a decimal.
func (a *Answer) Decimal(field string) decimal.Decimal {
	a.tb.Helper()
	value, err := decimal.Parse(a.Text(field))
	require.NoError(a.tb, err, "%s in %s", field, a.Body)
	return value
}

// List returns a field of the body that is a list of objects.
func (a *Answer) List(field string) []map[string]any {
	a.tb.Helper()
	list, ok := a.Fields()[field].([]any)
	require.True(a.tb, ok, "%s in %s", field, a.Body)
	objects := make([]map[string]any, len(list))
	for n, each := range list {
		objects[n], ok = each.(map[string]any)
		require.True(a.tb, ok, "%s in %s", field, a.Body)
	}
	return objects
}

// Details returns the details of an error.
func (a *Answer) Details() map[string]any {
	a.tb.Helper()
	failure, ok := a.Fields()["error"].(map[string]any)
	require.True(a.tb, ok, string(a.Body))
	details, ok := failure["details"].(map[string]any)
	require.True(a.tb, ok, string(a.Body))
	return details
}
