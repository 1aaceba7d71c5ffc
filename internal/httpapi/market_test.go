package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/httpapi"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestPairsHaveFiltersAndPrices(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	list := client.Do(http.MethodGet, "/api/v1/market/pairs", nil).Want(200).Fields()
	pairs := list["pairs"].([]any)
	require.GreaterOrEqual(t, len(pairs), 40)
	require.EqualValues(t, len(pairs), list["total"])
	previous := ""
	for _, each := range pairs {
		pair := each.(map[string]any)
		symbol := pair["symbol"].(string)
		require.Greater(t, symbol, previous)
		previous = symbol
		require.Equal(t, true, pair["has_price"])
		price := client.Do(http.MethodGet, "/api/v1/market/price/"+symbol, nil).Want(200)
		require.Equal(t, symbol, price.Text("symbol"))
		require.True(t, decimal.MustParse(price.Text("price")).IsMultipleOf(decimal.MustParse(pair["tick_size"].(string))), symbol)
	}
}

func TestPricesOfSeveralPairs(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	all := client.Do(http.MethodGet, "/api/v1/market/prices", nil).Want(200).Fields()
	require.GreaterOrEqual(t, all["count"], 40.0)
	some := client.Do(http.MethodGet, "/api/v1/market/prices?symbols=ethusdt,BTCUSDT", nil).Want(200).Fields()
	require.Equal(t, 2.0, some["count"])
	require.Equal(t, "ETHUSDT", some["prices"].([]any)[0].(map[string]any)["symbol"])
	require.Equal(t, "BTCUSDT", some["prices"].([]any)[1].(map[string]any)["symbol"])
	client.Do(http.MethodGet, "/api/v1/market/prices?symbols=BTCUSDT,NOPE", nil).WantError(400, "INVALID_SYMBOL")
	client.Do(http.MethodGet, "/api/v1/market/prices?symbols=", nil).WantError(422, "VALIDATION_ERROR")
}

func TestUnknownSymbolsAreSaid(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	eachOperation(func(path, method string, op *openapi3.Operation) {
		for _, param := range op.Parameters {
			if param.Ref == "#/components/parameters/Symbol" {
				base := path[:len(path)-len("{symbol}")]
				client.Do(method, base+"NOPE", nil).WantError(400, "INVALID_SYMBOL")
				client.Do(method, base+"btcusdt", nil).Want(200)
			}
		}
	})
}

func TestCandlesAreAlignedAndPaged(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	times := func(query string) []time.Time {
		list := client.Do(http.MethodGet, "/api/v1/market/candles/BTCUSDT?"+query, nil).Want(200).Fields()
		var all []time.Time
		for _, candle := range list["candles"].([]any) {
			at, err := time.Parse(time.RFC3339, candle.(map[string]any)["time"].(string))
			require.NoError(t, err)
			all = append(all, at)
		}
		require.EqualValues(t, len(all), list["count"])
		return all
	}
	require.Len(t, times(""), 100)
	start := time.Now().UTC().Truncate(24 * time.Hour).Add(-48 * time.Hour)
	from := times("interval=1h&limit=5&start_time=" + url.QueryEscape(start.Format(time.RFC3339)))
	require.Len(t, from, 5)
	for i, at := range from {
		require.Equal(t, start.Add(time.Duration(i)*time.Hour), at)
	}
	until := times("interval=1h&limit=5&end_time=" + url.QueryEscape(start.Format(time.RFC3339)))
	require.Equal(t, start.Add(-time.Hour), until[4], "the end is not part of it")
	require.Empty(t, times("start_time="+url.QueryEscape(time.Now().Add(time.Hour).UTC().Format(time.RFC3339))))
	client.Do(http.MethodGet, "/api/v1/market/candles/BTCUSDT?interval=2m", nil).WantError(422, "VALIDATION_ERROR")
	client.Do(http.MethodGet, "/api/v1/market/candles/BTCUSDT?start_time=yesterday", nil).WantError(422, "VALIDATION_ERROR")
}

func TestOrderbookSurroundsThePrice(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	book := client.Do(http.MethodGet, "/api/v1/market/orderbook/BTCUSDT?depth=50", nil).Want(200).Fields()
	bids, asks := book["bids"].([]any), book["asks"].([]any)
	require.Len(t, bids, 50)
	require.Len(t, asks, 50)
	price := func(level any) decimal.Decimal { return decimal.MustParse(level.([]any)[0].(string)) }
	require.Negative(t, price(bids[0]).Cmp(price(asks[0])))
	require.Negative(t, price(bids[1]).Cmp(price(bids[0])))
	require.Positive(t, price(asks[1]).Cmp(price(asks[0])))
}

// A price that is older than 30 seconds is none.
func TestOldPricesAreNotQuoted(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	now := time.Now()
	stale := sim.New(1, func() time.Time { return now.Add(-market.StaleAfter - time.Second) })
	handler, err := httpapi.New(httpapi.Options{
		Pool: server.Pool, Probe: server.Pool, Vault: server.Vault(t), Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return now }, Market: stale, MaxInFlight: 1, RequestTimeout: time.Minute,
	})
	require.NoError(t, err)
	get := func(path string) *httptest.ResponseRecorder {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		server.Check(t, request, answer.Code, answer.Header(), answer.Body.Bytes())
		return answer
	}
	for _, call := range []string{"price/BTCUSDT", "prices?symbols=BTCUSDT", "ticker/BTCUSDT", "trades/BTCUSDT", "orderbook/BTCUSDT"} {
		answer := get("/api/v1/market/" + call)
		require.Equal(t, http.StatusServiceUnavailable, answer.Code)
		require.Contains(t, answer.Body.String(), "PRICE_NOT_AVAILABLE")
		require.Equal(t, "1", answer.Header().Get("Retry-After"))
	}
	require.Contains(t, get("/api/v1/market/prices").Body.String(), `"count":0`)
	require.NotContains(t, get("/api/v1/market/pairs").Body.String(), `"has_price":true`)
	require.Equal(t, http.StatusServiceUnavailable, get("/readyz").Code)
}

func TestTickersRoll(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	ticker := client.Do(http.MethodGet, "/api/v1/market/ticker/ethusdt", nil).Want(200)
	value := func(field string) decimal.Decimal { return decimal.MustParse(ticker.Text(field)) }
	require.Equal(t, "ETHUSDT", ticker.Text("symbol"))
	require.True(t, value("change").Equal(value("close").Sub(value("open"))))
	require.GreaterOrEqual(t, value("high").Cmp(value("close")), 0)
	require.LessOrEqual(t, value("low").Cmp(value("open")), 0)
	require.Equal(t, 1, value("quote_volume").Sign())
}
