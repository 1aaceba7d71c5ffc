package exchange_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var marketBuy = map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.0001"}

// The line is cut after the commit was sent and before its answer came. The database is asked what became of it.
func TestACommitWhoseAnswerIsLostIsFoundOut(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewProxy(t, testkit.Database(t))
	server := testkit.Start(t, func(c *config.Server) { c.URL = proxy.URL })
	account := server.Register(t)
	agent := server.Client(t).With("X-API-Key", account.AgentKey)
	agent.Do(http.MethodPost, "/api/v1/trade/order", marketBuy).Want(201)
	order := maps.Clone(marketBuy)
	order["client_order_id"] = "written-and-committed-in-one-message"
	proxy.CutAfter("written-and-committed-in-one-message")
	agent.Do(http.MethodPost, "/api/v1/trade/order", order).Want(201)
	require.InDelta(t, 2, agent.Do(http.MethodGet, "/api/v1/trade/orders", nil).Want(200).Fields()["total"], 0)
	require.Equal(t, true, agent.Do(http.MethodGet, "/api/v1/account/reconcile", nil).Want(200).Fields()["ok"])
}

// The database crashes before it gets the commit, and forgets even that there was such a transaction: another one gets its
// id, and is committed. That one is not to be taken for the lost one.
func TestACommitIsNotMistakenForAnotherWithItsID(t *testing.T) {
	t.Parallel()
	database, err := testkit.StartPostgres(t.Context(), true)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Stop(context.Background())) })
	// So late that the crash comes first.
	for _, statement := range []string{"alter system set wal_writer_delay to '10s'", "select pg_reload_conf()"} {
		direct(t, database.URL(), statement)
	}
	proxy := testkit.NewProxy(t, database.URL())
	server := testkit.Start(t, func(c *config.Server) { c.URL = proxy.URL })
	agent := server.Register(t).Agent()
	agent.Place(marketBuy).Want(http.StatusCreated)

	order := maps.Clone(marketBuy)
	order["client_order_id"] = "never-arrives"
	proxy.DownBefore("never-arrives")
	var placing sync.WaitGroup
	var placed *testkit.Answer
	placing.Go(func() { placed = agent.Place(order) })
	require.Eventually(t, proxy.Lost, 10*time.Second, time.Millisecond)
	require.NoError(t, database.ShutDownAtOnce())
	for range 100 {
		direct(t, database.URL(), "select pg_current_xact_id()")
	}
	proxy.Up()
	placing.Wait()
	if placed.Status == http.StatusCreated {
		agent.Get("/trade/order/" + placed.Text("order_id"))
	} else {
		placed.Want(http.StatusServiceUnavailable)
	}
	agent.RequireReconciled()
}

// direct executes a statement, as soon as the database is there.
func direct(t *testing.T, url, statement string) {
	t.Helper()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		conn, err := pgx.Connect(context.Background(), url)
		if assert.NoError(t, err) {
			_, err = conn.Exec(context.Background(), statement)
			assert.NoError(t, err)
			assert.NoError(t, conn.Close(context.Background()))
		}
	}, 20*time.Second, 5*time.Millisecond)
}

// Without the database nothing is answered 201, and what is answered 201 afterwards is there.
func TestADatabaseThatGoesAwayLosesNothing(t *testing.T) {
	t.Parallel()
	database := testkit.Database(t)
	proxy := testkit.NewProxy(t, database)
	server := testkit.Start(t, func(c *config.Server) { c.URL = proxy.URL })
	account := server.Register(t)
	agent := server.Client(t).With("X-API-Key", account.AgentKey)
	var mu sync.Mutex
	placed := 0
	var running sync.WaitGroup
	for worker := range 8 {
		running.Go(func() {
			for n := range 20 {
				if worker == 0 && n == 5 {
					proxy.Down()
				}
				if worker == 0 && n == 10 {
					proxy.Up()
				}
				switch answer := agent.Do(http.MethodPost, "/api/v1/trade/order", marketBuy); answer.Status {
				case http.StatusCreated:
					mu.Lock()
					placed++
					mu.Unlock()
				default:
					answer.Want(http.StatusServiceUnavailable)
				}
			}
		})
	}
	running.Wait()
	server.Pool.Reset() // it went through the proxy too
	var orders, trades int
	require.NoError(t, server.Pool.QueryRow(t.Context(), "select count(*) from orders").Scan(&orders))
	require.NoError(t, server.Pool.QueryRow(t.Context(), "select count(*) from trades").Scan(&trades))
	require.GreaterOrEqual(t, orders, placed, "answered 201 and not there")
	require.Equal(t, orders, trades)
	require.Eventually(t, func() bool { // connections that died in the pool are noticed when they are used
		answer := agent.Do(http.MethodGet, "/api/v1/account/reconcile", nil)
		return answer.Status == 200 && answer.Fields()["ok"] == true
	}, 10*time.Second, time.Millisecond)
}

// One order of every batch is one that the database refuses. It fails alone, and takes none with it.
func TestAPoisonOrderInEveryBatchFailsAlone(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	_, err := server.Pool.Exec(t.Context(), `
		create function refuse_poison() returns trigger language plpgsql as $$ begin raise exception 'poison'; end $$;
		create trigger poison before insert on orders for each row when (new.client_order_id like 'poison%')
		execute function refuse_poison()`)
	require.NoError(t, err)

	const buyers, orders = 24, 20
	agents := make([]*testkit.Agent, buyers)
	for n := range agents {
		agents[n] = account.NewAgent(map[string]any{"display_name": "Buyer"})
	}
	var buying, poisoning sync.WaitGroup
	bought := make(chan struct{})
	for n := range 4 { // more than there are writers
		poisoner := account.NewAgent(map[string]any{"display_name": "Poisoner"})
		poisoning.Go(func() {
			order := maps.Clone(marketBuy)
			for {
				order["client_order_id"] = fmt.Sprintf("poison-%d", n)
				poisoner.Place(order).WantError(http.StatusInternalServerError, "INTERNAL")
				select {
				case <-bought:
					return
				default:
				}
			}
		})
	}
	for _, agent := range agents {
		buying.Go(func() {
			for range orders {
				agent.Place(marketBuy).Want(http.StatusCreated)
			}
		})
	}
	buying.Wait()
	close(bought)
	poisoning.Wait()
	for _, agent := range agents {
		require.InDelta(t, orders, agent.Get("/trade/orders").Fields()["total"], 0)
		agent.RequireReconciled()
	}
}
