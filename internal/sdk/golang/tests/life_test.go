package tests

import (
	"testing"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

// must returns the result of a call, or fails the test.
func must[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		require.NoError(t, err)
		return answer
	}
}

func TestTheLifeOfAnAgent(t *testing.T) {
	t.Parallel()
	ctx, owner := t.Context(), newOwner(t, "")
	made := must(owner.CreateAgent(ctx, agentexchange.CreateAgentRequest{
		DisplayName: "RSI Scalper",
		Color:       agentexchange.Value("#3B82F6"),
		RiskProfile: &agentexchange.RiskProfileOverrides{MaxOpenOrders: agentexchange.Ptr(10)},
	}))(t)
	id := made.AgentID

	agent := must(owner.GetAgent(ctx, id))(t)
	require.Equal(t, agentexchange.AgentStatusActive, agent.Status)
	require.Equal(t, "#3B82F6", *agent.Color)
	require.Nil(t, agent.Framework)
	require.False(t, agent.CreatedAt.IsZero())
	require.Equal(t, made.APIKey, must(owner.GetAgentAPIKey(ctx, id))(t).APIKey)

	limits := agentexchange.RiskProfile{MaxPositionSizePct: 10, DailyLossLimitPct: 5, MaxOpenOrders: 5}
	require.Equal(t, 10, must(owner.GetAgentRisk(ctx, id))(t).MaxOpenOrders)
	require.Equal(t, limits, *must(owner.UpdateAgentRisk(ctx, id, limits))(t))

	skill := must(owner.GetAgentSkill(ctx, id, nil))(t)
	require.Contains(t, skill, "# API Key: "+string(made.APIKey))
	skill = must(owner.GetAgentSkill(ctx, id, &agentexchange.GetAgentSkillParams{IncludeKey: agentexchange.Ptr(false)}))(t)
	require.NotContains(t, skill, string(made.APIKey))

	clone := must(owner.CloneAgent(ctx, id, &agentexchange.CloneAgentParams{NewName: agentexchange.Ptr("Twin & Co.")}))(t)
	require.Equal(t, "Twin & Co.", clone.DisplayName)
	require.Equal(t, "RSI Scalper (copy)", must(owner.CloneAgent(ctx, id, nil))(t).DisplayName)
	require.Len(t, must(owner.GetAgentOverview(ctx))(t).Agents, 4)

	require.Equal(t, agentexchange.AgentStatusArchived, must(owner.ArchiveAgent(ctx, id))(t).Status)
	_, err := newClient(t, agentexchange.Options{APIKey: made.APIKey}).GetBalance(ctx)
	require.ErrorIs(t, err, agentexchange.ErrAgentArchived)
	all := &agentexchange.ListAgentsParams{IncludeArchived: agentexchange.Ptr(true)}
	require.EqualValues(t, 4, must(owner.ListAgents(ctx, all))(t).Total)
	require.Equal(t, agentexchange.AgentStatusActive, must(owner.UnarchiveAgent(ctx, id))(t).Status)
	require.Equal(t, agentexchange.AgentStatusActive, must(owner.ResetAgent(ctx, id))(t).Status)

	require.NotEqual(t, made.APIKey, must(owner.RegenerateAgentKey(ctx, id))(t).APIKey)
	_, err = newClient(t, agentexchange.Options{APIKey: made.APIKey}).GetBalance(ctx)
	require.ErrorIs(t, err, agentexchange.ErrInvalidAPIKey)
	require.NoError(t, owner.DeleteAgent(ctx, id))
	_, err = owner.GetAgent(ctx, id)
	require.ErrorIs(t, err, agentexchange.ErrAgentNotFound)
}

func TestTheLifeOfAnOrder(t *testing.T) {
	t.Parallel()
	ctx, trader := t.Context(), newTrader(t, "")
	price := must(trader.GetPrice(ctx, "BTCUSDT"))(t).Price

	require.True(t, must(trader.PreviewOrder(ctx, marketBuy("0.01")))(t).WouldPass)
	filled := must(trader.PlaceOrder(ctx, marketBuy("0.01")))(t)
	require.Equal(t, agentexchange.OrderStatusFilled, filled.Status)
	require.True(t, filled.ExecutedQuantity.Equal(decimal.RequireFromString("0.01")))
	require.NotNil(t, filled.FilledAt)
	require.Equal(t, "taker", *filled.Liquidity)
	require.Nil(t, filled.Price)

	resting := marketBuy("0.001")
	resting.Type, resting.ClientOrderID = agentexchange.OrderTypeLimit, agentexchange.Ptr("entry-1")
	resting.Price = agentexchange.Ptr(price.Div(decimal.NewFromInt(2)).Truncate(2))
	pending := must(trader.PlaceOrder(ctx, resting))(t)
	require.Equal(t, agentexchange.OrderStatusPending, pending.Status)
	require.Nil(t, pending.Liquidity)
	again := must(trader.PlaceOrder(ctx, resting))(t)
	require.Equal(t, pending.OrderID, again.OrderID, "the order that its client_order_id names already")
	require.Equal(t, pending.OrderID, must(trader.GetOrderByClientID(ctx, "entry-1"))(t).OrderID)
	require.Equal(t, pending.OrderID, must(trader.ListOpenOrders(ctx, nil))(t).Orders[0].OrderID)

	cancelled := must(trader.CancelOrder(ctx, pending.OrderID))(t)
	require.True(t, cancelled.UnlockedAmount.Equal(*pending.LockedAmount))
	require.Equal(t, agentexchange.OrderStatusCancelled, must(trader.GetOrder(ctx, pending.OrderID))(t).Status)
	_, err := trader.CancelOrder(ctx, pending.OrderID)
	require.ErrorIs(t, err, agentexchange.ErrOrderNotCancellable)
	resting.ClientOrderID = nil
	must(trader.PlaceOrder(ctx, resting))(t)
	require.Equal(t, 1, must(trader.CancelAllOrders(ctx))(t).CancelledCount)

	fills := &agentexchange.ListOrdersParams{Status: agentexchange.Ptr(agentexchange.OrderStatusFilled)}
	require.Equal(t, filled.OrderID, must(trader.ListOrders(ctx, fills))(t).Orders[0].OrderID)
	for trade, err := range trader.AllTrades(ctx, nil) {
		require.NoError(t, err)
		require.True(t, trade.Price.Mul(trade.Quantity).Round(8).Equal(trade.Total))
	}
	for order, err := range trader.AllOpenOrders(ctx, nil) {
		require.NoError(t, err)
		require.Fail(t, "an order is open", order)
	}
}

func TestAccountAndAnalyticsOfAnAgent(t *testing.T) {
	t.Parallel()
	ctx, account := t.Context(), register(t)
	client := newClient(t, agentexchange.Options{APIKey: account.APIKey})
	must(client.PlaceOrder(ctx, marketBuy("0.01")))(t)

	require.Equal(t, account.AgentID, must(client.GetAccountInfo(ctx))(t).AgentID)
	require.Len(t, must(client.GetBalance(ctx))(t).Balances, 2)
	require.Equal(t, "BTC", must(client.GetPositions(ctx))(t).Positions[0].Asset)
	portfolio := must(client.GetPortfolio(ctx))(t)
	require.True(t, portfolio.TotalEquity.Sub(portfolio.StartingBalance).Equal(portfolio.TotalPnl), "exactly")
	require.Equal(t, agentexchange.PnlPeriod7D,
		must(client.GetPnl(ctx, &agentexchange.GetPnlParams{Period: agentexchange.Ptr(agentexchange.PnlPeriod7D)}))(t).Period)
	require.NotEmpty(t, must(client.GetRisk(ctx))(t).RiskProfile)
	require.True(t, must(client.Reconcile(ctx))(t).Ok)

	entries := 0
	for entry, err := range client.AllLedger(ctx, &agentexchange.ListLedgerParams{Limit: agentexchange.Ptr(3)}) {
		require.NoError(t, err)
		require.False(t, entry.CreatedAt.IsZero())
		entries++
	}
	require.EqualValues(t, must(client.ListLedger(ctx, nil))(t).Total, entries)

	require.NotEmpty(t, must(client.GetPerformance(ctx, nil))(t).Undefined)
	require.Equal(t, agentexchange.HistoryInterval1H, must(client.GetPortfolioHistory(ctx, nil))(t).Interval)
	require.Equal(t, 1, must(client.GetLeaderboard(ctx, nil))(t).Rankings[0].Rank)

	reset := must(client.ResetAccount(ctx, agentexchange.ResetAccountRequest{
		StartingBalance: agentexchange.Ptr(decimal.NewFromInt(777)), Confirm: agentexchange.Ptr(true),
	}))(t)
	require.True(t, reset.NewSession.StartingBalance.Equal(decimal.NewFromInt(777)))
	require.True(t, must(client.GetBalance(ctx))(t).TotalEquityUsdt.Equal(decimal.NewFromInt(777)))
}

func TestTheMarketIsOpenToEveryone(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), newClient(t, agentexchange.Options{})
	require.NotEmpty(t, must(client.ListPairs(ctx))(t).Pairs)
	require.NotEmpty(t, must(client.ListPrices(ctx, nil))(t).Prices)
	require.Positive(t, must(client.GetTicker(ctx, "btcusdt"))(t).TradeCount)
	require.NotEmpty(t, must(client.ListMarketTrades(ctx, "BTCUSDT", nil))(t).Trades)
	book := must(client.GetOrderbook(ctx, "BTCUSDT", &agentexchange.GetOrderbookParams{Depth: agentexchange.Ptr(5)}))(t)
	require.Len(t, book.Bids, 5)
	require.True(t, book.Bids[0][0].LessThan(book.Asks[0][0]))
	require.Equal(t, agentexchange.HealthStatusOk, must(client.GetHealth(ctx))(t).Status)
	require.Equal(t, agentexchange.HealthStatusReady, must(client.GetReadiness(ctx))(t).Status)
	require.Equal(t, agentexchange.JWKCrvEd25519, must(client.GetJWKS(ctx))(t).Keys[0].Crv)
}
