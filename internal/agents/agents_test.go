package agents_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/agents"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/exchange"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// house is Agents and an exchange on a database of their own, without a server in front.
type house struct {
	*agents.Agents
	t *testing.T
}

func newHouse(t *testing.T) *house {
	t.Helper()
	url := testkit.Database(t)
	pool, err := postgres.Open(t.Context(), url, 4)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	writers, err := postgres.OpenWriters(t.Context(), url, 2)
	require.NoError(t, err)
	t.Cleanup(writers.Close)
	master, err := auth.NewMasterKey(rand.Reader)
	require.NoError(t, err)
	keys, err := auth.NewGivenKeys(master.Base64(), "")
	require.NoError(t, err)
	vault := auth.NewVault(rand.Reader, time.Now, keys)
	require.NoError(t, auth.Bootstrap(t.Context(), pool, vault))

	now := func() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
	feed, ids, readers := sim.New(1, now), &book.IDs{}, postgres.NewReaders(pool, 1)
	x := exchange.New(exchange.Options{Pool: pool, Writers: writers, Vault: vault, Feed: feed, Now: now, IDs: ids})
	running, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var all sync.WaitGroup
	all.Go(func() { _ = readers.Run(running) })
	all.Go(func() { _ = x.Run(running) })
	all.Go(func() { _ = feed.Run(running, func([]market.Tick) {}) })
	t.Cleanup(func() { stop(); all.Wait() })
	require.Eventually(t, func() bool { _, priced := feed.Last("BTCUSDT"); return priced }, 10*time.Second, time.Millisecond)
	return &house{t: t, Agents: &agents.Agents{
		Pool: pool, Readers: readers, Vault: vault, Exchange: x, IDs: ids, Now: now, Random: rand.Reader, MaxName: 100,
	}}
}

// inTx runs do in a transaction.
func inTx[Result any](h *house, do func(pgx.Tx) (Result, error)) (result Result, err error) {
	h.t.Helper()
	err = postgres.InTx(h.t.Context(), h.Pool, func(tx pgx.Tx) (err error) {
		result, err = do(tx)
		return err
	})
	return result, err
}

var limits = book.Limits{MaxPositionSizePct: 50, DailyLossLimitPct: 20, MaxOpenOrders: 5}

func (h *house) register() agents.Registered {
	h.t.Helper()
	registered, err := inTx(h, func(tx pgx.Tx) (agents.Registered, error) {
		return h.Register(h.t.Context(), tx, agents.NewAccount{
			DisplayName: "Ada", StartingBalance: decimal.MustParse("5000"), Limits: limits,
		})
	})
	require.NoError(h.t, err)
	return registered
}

// trade leaves the agent with a position, a trade and a resting order.
func (h *house) trade(created agents.Created) {
	h.t.Helper()
	scope := book.Scope{AgentID: created.ID, KeyDigest: auth.DigestKey(created.Key)}
	limit := decimal.MustParse("60000")
	for _, r := range []book.Request{
		{Symbol: "BTCUSDT", Side: book.Buy, Type: book.Market, TimeInForce: book.IOC, Quantity: decimal.MustParse("0.001")},
		{Symbol: "BTCUSDT", Side: book.Buy, Type: book.Limit, TimeInForce: book.GTC, Quantity: decimal.MustParse("0.001"), Price: &limit},
	} {
		_, err := h.Exchange.Place(h.t.Context(), scope, r, nil)
		require.NoError(h.t, err)
	}
}

func TestARegisteredAccountLogsInAndHasAnAgent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.register()
	accountID, _, err := h.LogIn(t.Context(), ada.APIKey.Reveal(), ada.APISecret.Reveal())
	require.NoError(t, err)
	require.Equal(t, ada.AccountID, accountID)
	for _, wrong := range [][2]string{
		{ada.APISecret.Reveal(), ada.APIKey.Reveal()}, {ada.APIKey.Reveal(), "sk_live_nonsense"}, {"", ""},
		{ada.Agent.Key.Reveal(), ada.APISecret.Reveal()},
	} {
		_, _, err := h.LogIn(t.Context(), wrong[0], wrong[1])
		require.True(t, fault.Is(err, fault.InvalidAPIKey), "%v", err)
	}
	list, total, err := h.List(t.Context(), ada.AccountID, false, nil, 0)
	require.NoError(t, err)
	require.EqualValues(t, 1, total)
	require.Equal(t, "Ada's Agent", list[0].DisplayName)
	require.Equal(t, limits, list[0].Limits)
}

func TestACloneHasTheConfigurationAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.register()
	h.trade(ada.Agent)
	clone, err := inTx(h, func(tx pgx.Tx) (agents.Created, error) {
		return h.Clone(t.Context(), tx, ada.AccountID, ada.Agent.ID, nil)
	})
	require.NoError(t, err)
	require.Equal(t, "Ada's Agent (copy)", clone.DisplayName)
	require.Equal(t, limits, clone.Limits)
	require.NotEqual(t, ada.Agent.Key, clone.Key)
	require.Equal(t, 0, h.rowsThatName(clone.ID, "orders")+h.rowsThatName(clone.ID, "trades"))
}

func TestArchivingCancelsOrdersAndResettingBeginsAnew(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.register()
	h.trade(ada.Agent)
	held, err := h.Hold(t.Context(), ada.AccountID, ada.Agent.ID)
	require.NoError(t, err)
	archived, err := inTx(h, func(tx pgx.Tx) (agents.Agent, error) { return h.Archive(t.Context(), tx, held) })
	require.NoError(t, err)
	require.True(t, archived.Archived)
	var pending int
	require.NoError(t, h.Pool.QueryRow(t.Context(), "select count(*) from orders where status = 'pending'").Scan(&pending))
	require.Zero(t, pending)

	again, err := inTx(h, func(tx pgx.Tx) (agents.Agent, error) { return h.Reset(t.Context(), tx, held) })
	held.Release()
	require.NoError(t, err)
	require.False(t, again.Archived)
	require.NotEqual(t, archived.SessionID, again.SessionID)
	var sessions int
	require.NoError(t, h.Pool.QueryRow(t.Context(), `select count(*) from sessions
		where agent_id = $1 and ended_at is null and id = (select session_id from agents where id = $1)`, again.ID).Scan(&sessions))
	require.Equal(t, 1, sessions, "the session that has not ended is the agent's")
}

func TestAReplacedKeyIsDead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.register()
	key, err := inTx(h, func(tx pgx.Tx) (auth.Secret, error) {
		return h.ReplaceKey(t.Context(), tx, ada.AccountID, ada.Agent.ID)
	})
	require.NoError(t, err)
	_, revealed, err := h.RevealKey(t.Context(), ada.AccountID, ada.Agent.ID)
	require.NoError(t, err)
	require.Equal(t, key, revealed)
	order := book.Request{Symbol: "BTCUSDT", Side: book.Buy, Type: book.Market, TimeInForce: book.IOC, Quantity: decimal.MustParse("0.001")}
	_, err = h.Exchange.Place(t.Context(), book.Scope{AgentID: ada.Agent.ID, KeyDigest: auth.DigestKey(ada.Agent.Key)}, order, nil)
	require.ErrorIs(t, err, book.ErrOutOfScope)
}

// rowsThatName counts the rows of a table that name an agent.
func (h *house) rowsThatName(id uuid.UUID, table string) (count int) {
	h.t.Helper()
	require.NoError(h.t, h.Pool.QueryRow(h.t.Context(),
		fmt.Sprintf("select count(*) from %s as t where t::text like '%%' || $1 || '%%'", table), id.String()).Scan(&count))
	return count
}

func TestADeletedAgentLeavesNoRowThatNamesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada := h.register()
	h.trade(ada.Agent)
	require.NoError(t, h.Delete(t.Context(), ada.AccountID, ada.Agent.ID))
	rows, err := h.Pool.Query(t.Context(), "select quote_ident(table_name) from information_schema.tables where table_schema = 'public'")
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, tables, "ledger")
	for _, table := range tables {
		if table != "order_changes" { // which tell the matcher that its orders do not rest any more
			require.Zero(t, h.rowsThatName(ada.Agent.ID, table), table)
		}
	}
	require.True(t, fault.Is(h.Delete(t.Context(), ada.AccountID, ada.Agent.ID), fault.AgentNotFound))
}

func TestAnotherAccountsAgentIsNotFound(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ada, bob := h.register(), h.register()
	none := func(err error) { t.Helper(); require.True(t, fault.Is(err, fault.AgentNotFound), "%v", err) }
	_, err := h.Get(t.Context(), bob.AccountID, ada.Agent.ID)
	none(err)
	_, err = h.Update(t.Context(), bob.AccountID, ada.Agent.ID, agents.Change{DisplayName: new("Mine")})
	none(err)
	_, err = h.SetLimits(t.Context(), bob.AccountID, ada.Agent.ID, limits)
	none(err)
	_, err = h.Hold(t.Context(), bob.AccountID, ada.Agent.ID)
	none(err)
	none(h.Delete(t.Context(), bob.AccountID, ada.Agent.ID))
	_, _, err = h.RevealKey(t.Context(), bob.AccountID, ada.Agent.ID)
	none(err)
	for _, change := range []func(pgx.Tx) (any, error){
		func(tx pgx.Tx) (any, error) { return h.Clone(t.Context(), tx, bob.AccountID, ada.Agent.ID, nil) },
		func(tx pgx.Tx) (any, error) { return h.Unarchive(t.Context(), tx, bob.AccountID, ada.Agent.ID) },
		func(tx pgx.Tx) (any, error) { return h.ReplaceKey(t.Context(), tx, bob.AccountID, ada.Agent.ID) },
	} {
		_, err := inTx(h, change)
		none(err)
	}
}
