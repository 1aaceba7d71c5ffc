package exchange_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Two servers write for one agent in turn, and their clocks are an hour apart.
func TestOneAgentsRowsAreInTheOrderOfTheirIDsWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	clock, ahead := testkit.NewClock(), testkit.NewClock()
	ahead.Advance(time.Hour)
	server := testkit.Start(t, clock.Use)
	agent := server.Register(t).Agent()
	replica := server.Replica(t, func(c *config.Server) { c.Now = ahead.Now })

	var placed []string
	for n := range 10 {
		at := []*testkit.Agent{agent.At(replica), agent}[n%2]
		placed = append(placed, at.Place(marketBuy).Want(http.StatusCreated).Text("order_id"))
	}
	for what, sql := range map[string]string{
		"orders": "select id::text from orders where agent_id = $1 order by id",
		"trades": "select order_id::text from trades where agent_id = $1 order by id",
		"postings": `select order_id::text from ledger where agent_id = $1 and order_id is not null
			group by order_id order by max(id::text)`,
	} {
		rows, err := server.Pool.Query(t.Context(), sql, agent.ID)
		require.NoError(t, err)
		written, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Equal(t, placed, written, what)
	}
	// No posting of an order comes before one of an earlier order.
	var mixed int
	require.NoError(t, server.Pool.QueryRow(t.Context(), `select count(*) from (
			select order_id, lag(order_id) over (order by id) as before from ledger where agent_id = $1 and order_id is not null
		) as l where order_id < before`, agent.ID).Scan(&mixed))
	require.Zero(t, mixed)
	agent.RequireReconciled()
}
