package httpapi

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// The answers of a server of the previous version are replayed for a day.
func TestAStoredOrderWithoutLiquidityIsReplayedWithNone(t *testing.T) {
	t.Parallel()
	at, price := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), decimal.MustParse("50000")
	order := orderOf(&book.Order{
		ID: uuid.New(), Status: book.Filled, ExecutedPrice: &price, Value: &price, Fee: &price, SlippagePct: &price,
		Liquidity: book.Taker, CreatedAt: at, ClosedAt: &at,
		Request: book.Request{Symbol: "BTCUSDT", Side: book.Buy, Type: book.Market, TimeInForce: book.IOC, Quantity: price},
	})
	text, err := json.Marshal(order)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	require.Equal(t, "taker", fields["liquidity"])
	delete(fields, "liquidity")
	stored, err := json.Marshal(map[string]any{"existed": false, "order": fields})
	require.NoError(t, err)

	answer, err := replayedOrder(stored)
	require.NoError(t, err)
	order.Liquidity = nil
	require.Equal(t, api.PlaceOrder201JSONResponse{Body: order}, answer)
	text, err = json.Marshal(order)
	require.NoError(t, err)
	require.Contains(t, string(text), `"liquidity":null`)
}
