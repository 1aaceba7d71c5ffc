package tests

import (
	"context"
	"net/http"
	"testing"
	"time"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	agentsPath   = "/api/v1/agents"
	orderPath    = "/api/v1/trade/order"
	registerPath = "/api/v1/auth/register"
	pairsPath    = "/api/v1/market/pairs"

	inFlight = `{"error":{"code":"IDEMPOTENCY_IN_FLIGHT","message":"Repeat it in a moment.","request_id":"r-1"}}`
)

func TestACallIsRepeatedAfterATransientFailure(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]fault{
		"a connection that breaks": drop,
		"an answer that is lost":   loseAnswer,
		"500":                      answer(http.StatusInternalServerError, ""),
		"502 of a proxy":           answer(http.StatusBadGateway, "<h1>Bad gateway</h1>"),
		"429":                      answer(http.StatusTooManyRequests, "", "Retry-After", "0"),
		"a first request that is still worked on": answer(http.StatusConflict, inFlight),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t, map[string][]fault{agentsPath: {trouble, trouble, pass}})
			owner := newOwner(t, p.URL)
			made, err := owner.CreateAgent(t.Context(), agentexchange.CreateAgentRequest{DisplayName: "Once"})
			require.NoError(t, err)
			require.Equal(t, "Once", made.DisplayName)

			attempts := p.requests(agentsPath)
			require.GreaterOrEqual(t, len(attempts), 3)
			for _, attempt := range attempts {
				require.Equal(t, attempts[0].Header.Get("Idempotency-Key"), attempt.Header.Get("Idempotency-Key"))
				require.Equal(t, attempts[0].Body, attempt.Body)
			}
			list, err := owner.ListAgents(t.Context(), nil)
			require.NoError(t, err)
			require.EqualValues(t, 2, list.Total, "the default agent and the one that was made")
		})
	}
}

func TestARepeatedPostNeverActsTwice(t *testing.T) {
	t.Parallel()
	t.Run("an order", func(t *testing.T) {
		t.Parallel()
		p := newProxy(t, map[string][]fault{orderPath: {loseAnswer, loseAnswer, pass}})
		trader := newTrader(t, p.URL)
		order, err := trader.PlaceOrder(t.Context(), marketBuy("0.001"))
		require.NoError(t, err)
		trades, err := trader.ListTrades(t.Context(), nil)
		require.NoError(t, err)
		require.EqualValues(t, 1, trades.Total)
		require.Equal(t, order.OrderID, trades.Trades[0].OrderID)
	})
	t.Run("a registration, which nobody has authenticated", func(t *testing.T) {
		t.Parallel()
		p := newProxy(t, map[string][]fault{registerPath: {loseAnswer, pass}})
		email := "ada." + time.Now().Format("150405.000000000") + "@example.com"
		account, err := newClient(t, agentexchange.Options{BaseURL: p.URL}).Register(t.Context(),
			agentexchange.RegisterRequest{DisplayName: "Ada", Email: &email})
		require.NoError(t, err, "a second registration would be refused: the address is taken")
		require.NotEmpty(t, account.APISecret)
	})
	t.Run("a call that is made again with the same key", func(t *testing.T) {
		t.Parallel()
		owner := newOwner(t, "")
		body := agentexchange.CreateAgentRequest{DisplayName: "Once"}
		first, err := owner.CreateAgent(t.Context(), body, agentexchange.WithIdempotencyKey("nightly-7"))
		require.NoError(t, err)
		second, err := owner.CreateAgent(t.Context(), body, agentexchange.WithIdempotencyKey("nightly-7"))
		require.NoError(t, err)
		require.Equal(t, first, second)
		third, err := owner.CreateAgent(t.Context(), body)
		require.NoError(t, err)
		require.NotEqual(t, first.AgentID, third.AgentID, "another call has another key")
	})
}

func TestADeletionWithALostResponseReportsNothingToDelete(t *testing.T) {
	t.Parallel()
	account := register(t)
	p := newProxy(t, map[string][]fault{agentsPath + "/" + account.AgentID: {loseAnswer, pass}})
	owner := newClient(t, agentexchange.Options{BaseURL: p.URL, APIKey: account.APIKey, APISecret: account.APISecret})
	require.ErrorIs(t, owner.DeleteAgent(t.Context(), account.AgentID), agentexchange.ErrAgentNotFound)
}

func TestARefusalIsNotRepeated(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	trader := newTrader(t, p.URL)
	_, err := trader.PlaceOrder(t.Context(), marketBuy("1000"))
	require.ErrorIs(t, err, agentexchange.ErrOrderRejected)
	require.Len(t, p.requests(orderPath), 1)
}

func TestACallIsGivenUpAfterMaxRetries(t *testing.T) {
	t.Parallel()
	for _, each := range []struct{ retries, attempts int }{{-1, 1}, {1, 2}, {0, 5}} {
		p := newProxy(t, map[string][]fault{pairsPath: {answer(http.StatusInternalServerError, "")}})
		_, err := newClient(t, agentexchange.Options{BaseURL: p.URL, MaxRetries: each.retries}).ListPairs(t.Context())
		var failed *agentexchange.APIError
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, http.StatusInternalServerError, failed.Status)
		assert.Len(t, p.requests(pairsPath), each.attempts, "MaxRetries %d", each.retries)
	}
}

func TestTheServersRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func() string{
		"in seconds": func() string { return "1" },
		"as a date":  func() string { return time.Now().Add(2 * time.Second).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked, repeated time.Time
			p := newProxy(t, map[string][]fault{pairsPath: {
				func(p *proxy, w http.ResponseWriter, r *http.Request) {
					asked = time.Now()
					answer(http.StatusServiceUnavailable, "", "Retry-After", header())(p, w, r)
				},
				func(p *proxy, w http.ResponseWriter, r *http.Request) {
					repeated = time.Now()
					pass(p, w, r)
				},
			}})
			_, err := newClient(t, agentexchange.Options{BaseURL: p.URL}).ListPairs(t.Context())
			require.NoError(t, err)
			require.GreaterOrEqual(t, repeated.Sub(asked), time.Second-10*time.Millisecond)
		})
	}
}

func TestTheContextEndsAWaitingCall(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]fault{
		"for an answer":    hang,
		"to be made again": answer(http.StatusServiceUnavailable, "", "Retry-After", "30"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			p := newProxy(t, map[string][]fault{pairsPath: {func(p *proxy, w http.ResponseWriter, r *http.Request) {
				time.AfterFunc(50*time.Millisecond, cancel)
				trouble(p, w, r)
			}}})
			started := time.Now()
			_, err := newClient(t, agentexchange.Options{BaseURL: p.URL}).ListPairs(ctx)
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, time.Since(started), 10*time.Second)
		})
	}
}

func TestAnAttemptThatTakesTooLongIsRepeated(t *testing.T) {
	t.Parallel()
	p := newProxy(t, map[string][]fault{pairsPath: {hang, pass}})
	client := newClient(t, agentexchange.Options{BaseURL: p.URL, Timeout: 2 * time.Second})
	_, err := client.ListPairs(t.Context())
	require.NoError(t, err)

	p = newProxy(t, map[string][]fault{pairsPath: {hang}})
	client = newClient(t, agentexchange.Options{BaseURL: p.URL, Timeout: 50 * time.Millisecond, MaxRetries: -1})
	_, err = client.ListPairs(t.Context())
	var unanswered *agentexchange.ConnectionError
	require.ErrorAs(t, err, &unanswered)
	require.True(t, unanswered.Timeout())
	require.Equal(t, "ListPairs", unanswered.Operation)
}

func TestAnUnreachableServerIsAConnectionError(t *testing.T) {
	t.Parallel()
	client := newClient(t, agentexchange.Options{BaseURL: "http://127.0.0.1:1", MaxRetries: -1})
	_, err := client.ListPairs(t.Context())
	var unanswered *agentexchange.ConnectionError
	require.ErrorAs(t, err, &unanswered)
	require.False(t, unanswered.Timeout())
}

func marketBuy(quantity string) agentexchange.PlaceOrderRequest {
	return agentexchange.PlaceOrderRequest{
		Symbol: "BTCUSDT", Side: agentexchange.SideBuy, Type: agentexchange.OrderTypeMarket,
		Quantity: decimal.RequireFromString(quantity),
	}
}
