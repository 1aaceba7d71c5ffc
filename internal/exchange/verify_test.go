package exchange_test

import (
	"net/http"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// What is locked no longer equals the holds, as a mistake in the rules would leave it.
func TestABookThatDoesNotAddUpIsNotWritten(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	broken, sound := account.Agent(), account.NewAgent(map[string]any{"display_name": "Sound"})
	broken.Place(map[string]any{
		"symbol": "BTCUSDT", "side": "buy", "type": "limit", "quantity": "0.001", "price": "60000",
	}).Want(http.StatusCreated)
	_, err := server.Pool.Exec(t.Context(), "update orders set hold = hold + 1 where agent_id = $1", broken.ID)
	require.NoError(t, err)

	broken.Place(marketBuy).WantError(http.StatusInternalServerError, "INTERNAL")
	sound.Place(marketBuy).Want(http.StatusCreated)
	require.Contains(t, server.Log.String(), "held by orders in the book of agent "+broken.ID)
	var orders, trades int
	require.NoError(t, server.Pool.QueryRow(t.Context(), `select (select count(*) from orders where agent_id = $1),
		(select count(*) from trades where agent_id = $1)`, broken.ID).Scan(&orders, &trades))
	require.Equal(t, 1, orders)
	require.Zero(t, trades)
}
