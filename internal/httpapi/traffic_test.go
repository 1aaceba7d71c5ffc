package httpapi_test

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// traffic is how many statements an operation takes, and in how many round trips to the database. What only reads takes
// one at most. Orders and cancels share theirs with whatever else their writer has in its batch.
var traffic = map[string][2]int64{
	"archiveAgent":        {8, 5},
	"cancelAllOrders":     {11, 5},
	"cancelOrder":         {11, 2},
	"cloneAgent":          {6, 5},
	"createAgent":         {5, 4},
	"deleteAgent":         {7, 7},
	"getAccountInfo":      {1, 1},
	"getAgent":            {1, 1},
	"getAgentApiKey":      {1, 1},
	"getAgentOverview":    {4, 1},
	"getAgentRisk":        {1, 1},
	"getAgentSkill":       {1, 1},
	"getBalance":          {1, 1},
	"getHealth":           {0, 0},
	"getJwks":             {0, 0},
	"getLeaderboard":      {5, 1},
	"getOrder":            {2, 1},
	"getOrderByClientId":  {2, 1},
	"getOrderbook":        {0, 0},
	"getPerformance":      {4, 1},
	"getPnl":              {4, 1},
	"getPortfolio":        {1, 1},
	"getPortfolioHistory": {4, 1},
	"getPositions":        {1, 1},
	"getPrice":            {0, 0},
	"getReadiness":        {1, 1},
	"getRisk":             {4, 1},
	"getTicker":           {0, 0},
	"listAgents":          {4, 1},
	"listCandles":         {0, 0},
	"listLedger":          {3, 1},
	"listMarketTrades":    {0, 0},
	"listOpenOrders":      {3, 1},
	"listOrders":          {3, 1},
	"listPairs":           {0, 0},
	"listPrices":          {0, 0},
	"listTrades":          {3, 1},
	"login":               {1, 1},
	"placeOrder":          {10, 2},
	"previewOrder":        {3, 1},
	"reconcile":           {2, 1},
	"regenerateAgentKey":  {6, 5},
	"register":            {6, 5},
	"resetAccount":        {11, 6},
	"resetAgent":          {12, 6},
	"unarchiveAgent":      {3, 3},
	"updateAgent":         {1, 1},
	"updateAgentRisk":     {1, 1},
}

func TestNoOperationTakesMoreRoundTripsThanItDid(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock() // it stands still, so that no price changes and no minute ends while we count
	proxy := testkit.NewProxy(t, testkit.Database(t))
	server := testkit.Start(t, clock.Use, func(cfg *config.Server) { cfg.URL = proxy.URL })
	calls := callsOfEveryOperation(server.Register(t))

	var named []string
	for _, path := range testkit.Spec().Paths.Map() {
		for method, operation := range path.Operations() {
			named = append(named, operation.OperationID)
			if method == http.MethodGet {
				assert.LessOrEqual(t, traffic[operation.OperationID][1], int64(1), "round trips of %s", operation.OperationID)
			}
		}
	}
	slices.Sort(named)
	require.Equal(t, named, slices.Sorted(maps.Keys(calls)), "every operation is counted")
	for _, operation := range named {
		seen := leastTraffic(proxy, calls[operation])
		assert.LessOrEqual(t, seen.Statements, traffic[operation][0], "statements of %s", operation)
		assert.LessOrEqual(t, seen.RoundTrips, traffic[operation][1], "round trips of %s", operation)
	}
}

// One who names another account's agent is refused by a look-up of his own credential. No statement about the agent runs,
// so neither its time nor its traffic tells that there is one.
func TestAStrangerReachesNoStatementAboutAnAgent(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	proxy := testkit.NewProxy(t, testkit.Database(t))
	server := testkit.Start(t, clock.Use, func(cfg *config.Server) { cfg.URL = proxy.URL })
	agentID, stranger := server.Register(t).AgentID, server.Register(t)
	for _, path := range []string{
		"/account/balance", "/account/ledger", "/account/reconcile", "/account/pnl", "/account/risk", "/trade/orders",
		"/trade/orders/open", "/trade/history", "/analytics/performance", "/analytics/portfolio/history", "/analytics/leaderboard",
	} {
		seen := func(named string) testkit.Traffic {
			return leastTraffic(proxy, func() func() {
				return func() {
					stranger.With("X-Agent-Id", named).Do(http.MethodGet, "/api/v1"+path, nil).WantError(404, "AGENT_NOT_FOUND")
				}
			})
		}
		require.Equal(t, seen(uuid.NewString()), seen(agentID), "the agent of another, like one that does not exist: %s", path)
		require.EqualValues(t, 1, seen(agentID).Statements, path)
	}
}

// leastTraffic makes a call several times: the first prepares its statements, and work that goes on beside it can only
// add to the count.
func leastTraffic(proxy *testkit.Proxy, prepare func() func()) testkit.Traffic {
	var seen []testkit.Traffic
	for range 5 {
		call := prepare()
		before := proxy.Traffic()
		call()
		seen = append(seen, proxy.Traffic().Sub(before))
	}
	return slices.MinFunc(seen, func(a, b testkit.Traffic) int {
		return cmp.Or(cmp.Compare(a.RoundTrips, b.RoundTrips), cmp.Compare(a.Statements, b.Statements))
	})
}

// callsOfEveryOperation answers, for each operation, what prepares a call that succeeds.
func callsOfEveryOperation(account *testkit.Account) map[string]func() func() {
	trader := account.NewAgent(map[string]any{"display_name": "Trader"})
	trader.Place(marketOrder("buy", "BTCUSDT", "0.001")).Want(http.StatusCreated)
	resting := limitOrder("buy", "BTCUSDT", "0.001", "60000")
	rest := func() string { return trader.Place(resting).Want(http.StatusCreated).Text("order_id") }
	order := rest()
	named := maps.Clone(resting)
	named["client_order_id"] = "mine"
	trader.Place(named).Want(http.StatusCreated)
	other := "/api/v1/agents/" + account.Create(map[string]any{"display_name": "Other"})

	do := func(client *testkit.Client, method, path string, status int, body any) func() func() {
		return func() func() { return func() { client.Do(method, path, body).Want(status) } }
	}
	own := func(method, path string, status int, body any) func() func() {
		return do(account.Client, method, path, status, body)
	}
	page := func(path string) func() func() { return do(trader.Client, http.MethodGet, path, 200, nil) }
	get := func(path string) func() func() { return page("/api/v1" + path) }
	login := map[string]any{"api_key": account.APIKey, "api_secret": account.APISecret}
	return map[string]func() func(){
		"register":           own(http.MethodPost, "/api/v1/auth/register", 201, map[string]any{"display_name": "Bob"}),
		"login":              own(http.MethodPost, "/api/v1/auth/login", 200, login),
		"getJwks":            page("/.well-known/jwks.json"),
		"getHealth":          page("/healthz"),
		"getReadiness":       page("/readyz"),
		"createAgent":        own(http.MethodPost, "/api/v1/agents", 201, map[string]any{"display_name": "New"}),
		"listAgents":         own(http.MethodGet, "/api/v1/agents?limit=2", 200, nil),
		"getAgentOverview":   own(http.MethodGet, "/api/v1/agents/overview", 200, nil),
		"getAgent":           own(http.MethodGet, other, 200, nil),
		"updateAgent":        own(http.MethodPut, other, 200, map[string]any{"display_name": "Renamed"}),
		"cloneAgent":         own(http.MethodPost, other+"/clone", 201, nil),
		"resetAgent":         own(http.MethodPost, other+"/reset", 200, nil),
		"archiveAgent":       own(http.MethodPost, other+"/archive", 200, nil),
		"unarchiveAgent":     own(http.MethodPost, other+"/unarchive", 200, nil),
		"getAgentApiKey":     own(http.MethodGet, other+"/api-key", 200, nil),
		"regenerateAgentKey": own(http.MethodPost, other+"/regenerate-key", 200, nil),
		"getAgentRisk":       own(http.MethodGet, other+"/risk-profile", 200, nil),
		"updateAgentRisk": own(http.MethodPut, other+"/risk-profile", 200,
			map[string]any{"max_position_size_pct": 10, "daily_loss_limit_pct": 5, "max_open_orders": 5}),
		"getAgentSkill": own(http.MethodGet, other+"/skill.md", 200, nil),
		"deleteAgent": func() func() {
			id := account.Create(map[string]any{"display_name": "Doomed"})
			return func() { account.Do(http.MethodDelete, "/api/v1/agents/"+id, nil).Want(http.StatusNoContent) }
		},
		"listPairs":          get("/market/pairs"),
		"getPrice":           get("/market/price/BTCUSDT"),
		"listPrices":         get("/market/prices"),
		"getTicker":          get("/market/ticker/BTCUSDT"),
		"listCandles":        get("/market/candles/BTCUSDT"),
		"listMarketTrades":   get("/market/trades/BTCUSDT"),
		"getOrderbook":       get("/market/orderbook/BTCUSDT"),
		"placeOrder":         do(trader.Client, http.MethodPost, "/api/v1/trade/order", 201, marketOrder("buy", "BTCUSDT", "0.0001")),
		"previewOrder":       do(trader.Client, http.MethodPost, "/api/v1/trade/order/preview", 200, resting),
		"getOrder":           get("/trade/order/" + order),
		"getOrderByClientId": get("/trade/order/by-client-id/mine"),
		"listOrders":         get("/trade/orders"),
		"listOpenOrders":     get("/trade/orders/open"),
		"cancelOrder": func() func() {
			id := rest()
			return func() { trader.Cancel(id).Want(http.StatusOK) }
		},
		"cancelAllOrders": func() func() {
			rest()
			return do(trader.Client, http.MethodDelete, "/api/v1/trade/orders/open", 200, nil)()
		},
		"listTrades":          get("/trade/history"),
		"getAccountInfo":      get("/account/info"),
		"getBalance":          get("/account/balance"),
		"getPositions":        get("/account/positions"),
		"getPortfolio":        get("/account/portfolio"),
		"getPnl":              get("/account/pnl"),
		"getRisk":             get("/account/risk"),
		"listLedger":          get("/account/ledger"),
		"reconcile":           get("/account/reconcile"),
		"resetAccount":        own(http.MethodPost, "/api/v1/account/reset", 200, map[string]any{}),
		"getPerformance":      get("/analytics/performance"),
		"getPortfolioHistory": get("/analytics/portfolio/history"),
		"getLeaderboard":      get("/analytics/leaderboard"),
	}
}
