package tests

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestAnUpdateDistinguishesNullFromNotSent(t *testing.T) {
	t.Parallel()
	account := register(t)
	path := agentsPath + "/" + account.AgentID
	p := newProxy(t, nil)
	owner := newClient(t, agentexchange.Options{BaseURL: p.URL, APIKey: account.APIKey, APISecret: account.APISecret})

	agent, err := owner.UpdateAgent(t.Context(), account.AgentID, agentexchange.UpdateAgentRequest{
		LLMModel: agentexchange.Value("claude-sonnet-4-6"), Framework: agentexchange.Value("custom"),
		StrategyTags: []string{"rsi"},
	})
	require.NoError(t, err)
	require.Equal(t, "claude-sonnet-4-6", *agent.LLMModel)

	agent, err = owner.UpdateAgent(t.Context(), account.AgentID, agentexchange.UpdateAgentRequest{
		LLMModel: agentexchange.Null[string](), StrategyTags: []string{},
	})
	require.NoError(t, err)
	require.Nil(t, agent.LLMModel)
	require.Equal(t, "custom", *agent.Framework, "what is not sent stays")
	require.Empty(t, agent.StrategyTags)

	require.JSONEq(t, `{"llm_model":null,"strategy_tags":[]}`, string(p.requests(path)[1].Body))
}

func TestNullableKeepsItsThreeStatesInJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"color":null}`, `{"color":"#3B82F6"}`} {
		var request agentexchange.UpdateAgentRequest
		require.NoError(t, json.Unmarshal([]byte(text), &request))
		again, err := json.Marshal(request)
		require.NoError(t, err)
		require.JSONEq(t, text, string(again))
	}
	value, ok := agentexchange.Value("x").Get()
	require.True(t, ok)
	require.Equal(t, "x", value)
	_, ok = agentexchange.Null[string]().Get()
	require.False(t, ok)
	require.True(t, agentexchange.Null[string]().IsNull())
}

func TestMoneyIsExactInBothDirections(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	owner := newOwner(t, p.URL)
	exact := decimal.RequireFromString("123456789012.12345678") // more digits than a float64 has
	made, err := owner.CreateAgent(t.Context(), agentexchange.CreateAgentRequest{DisplayName: "Rich", StartingBalance: &exact})
	require.NoError(t, err)
	require.True(t, exact.Equal(made.StartingBalance), made.StartingBalance.String())
	require.JSONEq(t, `{"display_name":"Rich","starting_balance":"123456789012.12345678"}`, string(p.requests(agentsPath)[0].Body))

	trader := newTrader(t, p.URL)
	_, err = trader.PreviewOrder(t.Context(), marketBuy("0.00001"))
	require.NoError(t, err)
	require.Contains(t, string(p.requests(orderPath + "/preview")[0].Body), `"quantity":"0.00001"`, "a string without an exponent")
}

func TestANewerServerIsTolerated(t *testing.T) {
	t.Parallel()
	account := register(t)
	newer := rewrite(func(fields map[string]any) {
		fields["status"], fields["mood"] = "hibernating", map[string]any{"level": 3}
	})
	p := newProxy(t, map[string][]fault{agentsPath + "/" + account.AgentID: {newer}})
	owner := newClient(t, agentexchange.Options{BaseURL: p.URL, APIKey: account.APIKey, APISecret: account.APISecret})
	agent, err := owner.GetAgent(t.Context(), account.AgentID)
	require.NoError(t, err)
	require.Equal(t, agentexchange.AgentStatus("hibernating"), agent.Status)
}

func TestAResponseThatIsNotTheAPIsIsAnError(t *testing.T) {
	t.Parallel()
	p := newProxy(t, map[string][]fault{pairsPath: {answer(http.StatusOK, "<h1>Welcome to the hotel's network</h1>")}})
	_, err := newClient(t, agentexchange.Options{BaseURL: p.URL}).ListPairs(t.Context())
	require.ErrorContains(t, err, "agentexchange: ListPairs: the response is not what the API describes")
}

func TestQueriesAreEncoded(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	client := newClient(t, agentexchange.Options{BaseURL: p.URL})
	prices, err := client.ListPrices(t.Context(), &agentexchange.ListPricesParams{Symbols: []string{"ethusdt", "BTCUSDT"}})
	require.NoError(t, err)
	require.Len(t, prices.Prices, 2)
	require.Equal(t, "ETHUSDT", prices.Prices[0].Symbol)
	require.Equal(t, "symbols=ethusdt,BTCUSDT", p.requests("/api/v1/market/prices")[0].Query)

	east := time.Now().Add(-time.Hour).In(time.FixedZone("UTC+2", 2*60*60)).Truncate(time.Minute)
	candles, err := client.ListCandles(t.Context(), "BTCUSDT", &agentexchange.ListCandlesParams{
		Interval: agentexchange.Ptr(agentexchange.ListCandlesParamsInterval5M), StartTime: &east, Limit: agentexchange.Ptr(3),
	})
	require.NoError(t, err)
	require.Len(t, candles.Candles, 3)
	require.False(t, candles.Candles[0].Time.Before(east))

	_, err = client.GetPrice(t.Context(), "../pairs")
	require.ErrorIs(t, err, agentexchange.ErrInvalidSymbol, "an argument stays in its place in the path")
}

func TestAnArgumentThatCannotBeSentIsAnError(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	owner := newOwner(t, p.URL)
	for want, err := range map[string]error{
		`DeleteAgent: agent_id is "", which names nothing`:   owner.DeleteAgent(t.Context(), ""),
		`DeleteAgent: agent_id is "..", which names nothing`: owner.DeleteAgent(t.Context(), ".."),
		`takes no Idempotency-Key`:                           owner.DeleteAgent(t.Context(), "x", agentexchange.WithIdempotencyKey("k")),
		`takes no X-Agent-Id`:                                owner.DeleteAgent(t.Context(), "x", agentexchange.WithAgentID("x")),
		`Idempotency-Key must be printable ASCII, not empty, and have no blank at either end`: second(owner.CreateAgent(t.Context(),
			agentexchange.CreateAgentRequest{DisplayName: "x"}, agentexchange.WithIdempotencyKey("a\nb"))),
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, p.requests(loginPath))
}

func second(_ any, err error) error { return err }
