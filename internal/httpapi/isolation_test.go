package httpapi_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// tenants are three accounts of four agents each, on two replicas.
type tenants struct {
	clock    *testkit.Clock
	market   *sim.Sim
	servers  []*testkit.Server
	accounts []*testkit.Account
	agents   []*testkit.Agent
	owner    map[string]*testkit.Account
}

func newTenants(t *testing.T) *tenants {
	t.Helper()
	w := &tenants{clock: testkit.NewClock(), owner: map[string]*testkit.Account{}}
	w.market = sim.New(0, w.clock.Now)
	server := testkit.Start(t, w.clock.Use)
	w.servers = []*testkit.Server{server, server.Replica(t)}
	for range 3 {
		account := server.Register(t)
		w.accounts = append(w.accounts, account)
		w.agents = append(w.agents, account.Agent())
		for range 3 {
			w.agents = append(w.agents, account.NewAgent(object{"display_name": "A", "risk_profile": profile(60, 50, 20)}))
		}
		for _, agent := range w.agents[len(w.agents)-4:] {
			w.owner[agent.ID] = account
		}
	}
	return w
}

var symbols = []string{"BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT"}

// step is one thing that an agent, or its owner, does. What becomes of it does not matter here, unless it fails.
type step struct {
	agent, replica, action int
	symbol, side           string
	quantity               int
	mine                   int // an order of its own, or a client order id
}

func (w *tenants) do(t *testing.T, s step) {
	agent := w.agents[s.agent].At(w.servers[s.replica])
	quantity := map[string]string{"BTCUSDT": "0.00%d", "ETHUSDT": "0.0%d", "SOLUSDT": "0.%d", "XRPUSDT": "1%d"}[s.symbol]
	quantity = fmt.Sprintf(quantity, s.quantity)
	var answer *testkit.Answer
	switch s.action {
	case 0, 1, 2:
		answer = agent.Place(marketOrder(s.side, s.symbol, quantity))
	case 3:
		answer = agent.Place(with(restingBuy(""), object{"client_order_id": fmt.Sprint("id-", s.mine)}))
	case 4:
		tick, _ := w.market.Last("SOLUSDT")
		near := of(tick.Price, []string{"0.9995", "1.0005"}[s.mine%2])
		answer = agent.Place(limitOrder(s.side, "SOLUSDT", fmt.Sprintf("0.%d", s.quantity), near))
	case 5:
		answer = agent.Place(object{
			"symbol": s.symbol, "side": "sell", "type": "take_profit", "quantity": quantity, "trigger_price": "999999",
		})
	case 6:
		orders := agent.Get("/trade/orders/open").List("orders")
		if len(orders) == 0 {
			return
		}
		answer = agent.Cancel(orders[s.mine%len(orders)]["order_id"].(string))
	case 7:
		answer = agent.Do(http.MethodDelete, "/api/v1/trade/orders/open", nil)
	default:
		owner := w.owner[agent.ID].With("X-Agent-Id", agent.ID)
		answer = owner.Do(http.MethodPost, "/api/v1/account/reset", object{"starting_balance": fmt.Sprint(1000 * s.quantity)})
	}
	require.Less(t, answer.Status, 500, string(answer.Body))
	require.Contains(t, []string{"", "ORDER_REJECTED", "INSUFFICIENT_BALANCE", "INVALID_QUANTITY", "ORDER_NOT_CANCELLABLE", "DUPLICATE_CLIENT_ORDER_ID"}, answer.Code())
}

func drawStep(t *rapid.T, agent int) step {
	return step{
		agent: agent, replica: rapid.IntRange(0, 1).Draw(t, "replica"), action: rapid.IntRange(0, 8).Draw(t, "action"),
		symbol: rapid.SampledFrom(symbols).Draw(t, "symbol"), side: rapid.SampledFrom([]string{"buy", "buy", "sell"}).Draw(t, "side"),
		quantity: rapid.IntRange(1, 9).Draw(t, "quantity"), mine: rapid.IntRange(0, 9).Draw(t, "mine"),
	}
}

// Whatever an agent does, nothing changes of any other, not a byte: neither of its account's nor of anybody else's. Half
// of the agents act at once, again and again; after each round those that did nothing are as they were, and so are those
// that could read them.
func TestWhatAnAgentDoesChangesNothingOfTheOthers(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	before := rowsByAgent(t, w.servers[0])
	rapid.Check(t, func(r *rapid.T) {
		acting := rapid.SliceOfNDistinct(rapid.IntRange(0, len(w.agents)-1), 1, len(w.agents)-1, rapid.ID[int]).Draw(r, "acting")
		var steps []step
		isActing := map[int]bool{}
		for _, agent := range acting {
			isActing[agent] = true
			for range rapid.IntRange(1, 2).Draw(r, "steps") {
				steps = append(steps, drawStep(r, agent))
			}
		}
		var all sync.WaitGroup
		for _, s := range steps {
			all.Go(func() { w.do(t, s) })
		}
		all.Wait()
		after := rowsByAgent(t, w.servers[0])
		for n, agent := range w.agents {
			require.NotEmpty(r, after[agent.ID])
			if !isActing[n] {
				require.Equal(r, before[agent.ID], after[agent.ID])
			}
		}
		w.agents[acting[0]].RequireReconciled()
		before = after
	})
	for _, agent := range w.agents {
		agent.RequireReconciled()
	}
	requireConserved(t, w.servers[0])
}

// rowsByAgent is a digest of all that the database has of each agent, by agent and table.
func rowsByAgent(t *testing.T, server *testkit.Server) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, table := range agentTables {
		rows, err := server.Pool.Query(t.Context(), fmt.Sprintf(
			"select %s::text, md5(string_agg(t::text, chr(10) order by t::text)) from %s as t group by 1", agentColumn(table), table))
		require.NoError(t, err)
		for rows.Next() {
			var agentID, digest string
			require.NoError(t, rows.Scan(&agentID, &digest))
			if all[agentID] == nil {
				all[agentID] = map[string]string{}
			}
			all[agentID][table] = digest
		}
		require.NoError(t, rows.Err())
	}
	return all
}

// Ten thousand random steps of twelve agents, on two replicas and all at once, neither make nor lose anything: every
// agent's ledger, balances, holds and positions agree, and what the ledgers say of all agents together adds up.
func TestTenThousandRandomStepsLoseNothing(t *testing.T) {
	t.Parallel()
	w := newTenants(t)
	const steps, clients = 10_000, 48
	var all sync.WaitGroup
	for client := range clients {
		random := rand.New(rand.NewPCG(1, uint64(client)))
		all.Go(func() {
			for range steps / clients {
				s := step{
					agent: random.IntN(len(w.agents)), replica: random.IntN(2), action: random.IntN(7), symbol: symbols[random.IntN(4)],
					side: []string{"buy", "sell"}[random.IntN(2)], quantity: 1 + random.IntN(9), mine: random.IntN(1000),
				}
				if random.IntN(50) == 0 { // what ends many orders is rare
					s.action = 7 + random.IntN(2)
				}
				if random.IntN(100) == 0 { // and the price moves on, to where resting orders fill
					w.clock.Advance(10 * time.Second)
				}
				w.do(t, s)
			}
		})
	}
	all.Wait()
	var rested, fills int
	require.Eventually(t, func() bool { // the faster the machine, the fewer prices there were while the clients ran
		w.clock.Advance(10 * time.Second)
		require.NoError(t, w.servers[0].Pool.QueryRow(t.Context(), `
			select count(*) filter (where hold > 0), count(*) from orders where status = 'filled'`).Scan(&rested, &fills))
		return rested > 50
	}, 30*time.Second, 50*time.Millisecond, "resting orders are filled")
	for _, agent := range w.agents {
		agent.RequireReconciled()
	}
	requireConserved(t, w.servers[0])
	require.Greater(t, fills, 1000)
}

// requireConserved adds up what is known of all agents: the USDT that came in from the market and from outside is what
// the agents have, and no trade, fee or hold is anywhere but once.
func requireConserved(t *testing.T, server *testkit.Server) {
	t.Helper()
	for what, query := range map[string]string{
		"filled orders without exactly one trade": `select count(*) from orders o where o.status = 'filled' and 1 <>
			(select count(*) from trades t where t.agent_id = o.agent_id and t.order_id = o.id)`,
		"trades without a filled order": `select count(*) from trades t where not exists
			(select from orders o where o.agent_id = t.agent_id and o.id = t.order_id and o.status = 'filled')`,
		"trades with other figures than their orders": `select count(*) from trades t join orders o on o.agent_id = t.agent_id and o.id = t.order_id
			where (t.quantity, t.price, t.value, t.fee, t.liquidity) is distinct from (o.quantity, o.executed_price, o.value, o.fee, o.liquidity)`,
		"orders whose holds were not released once": `select count(*) from orders o where o.hold > 0 and o.hold <> (
			select coalesce(sum(case when l.target = 'locked' then l.amount end), 0) from ledger l where l.agent_id = o.agent_id and l.order_id = o.id)
			or o.hold > 0 and case when o.status = 'pending' then o.hold else 0 end <> (
			select coalesce(sum(case when l.target = 'locked' then l.amount else 0 end - case when l.source = 'locked' then l.amount else 0 end), 0)
			from ledger l where l.agent_id = o.agent_id and l.order_id = o.id)`,
		"fees that are not in the ledger": `select count(*) from trades t where t.fee <> (select coalesce(sum(l.amount), 0)
			from ledger l where l.agent_id = t.agent_id and l.order_id = t.order_id and l.kind = 'fee')`,
		"balances below zero":  `select count(*) from balances where available < 0 or locked < 0 or cost_basis < 0`,
		"positions of nothing": `select count(*) from balances where asset <> 'USDT' and (available + locked = 0 or opened_at is null)`,
		"more open orders than allowed": `select count(*) from agents a where a.max_open_orders <
			(select count(*) from orders o where o.agent_id = a.id and o.status = 'pending')`,
		"client order ids used twice": `select count(*) from (select from orders where client_order_id is not null
			group by agent_id, client_order_id having count(*) > 1) as twice`,
	} {
		var count int
		require.NoError(t, server.Pool.QueryRow(t.Context(), query).Scan(&count), what)
		require.Zero(t, count, what)
	}
}
