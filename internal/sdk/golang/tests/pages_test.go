package tests

import (
	"fmt"
	"net/http"
	"testing"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/stretchr/testify/require"
)

func TestAListIsFetchedPageByPage(t *testing.T) {
	t.Parallel()
	p := newProxy(t, nil)
	owner := newOwner(t, p.URL)
	names := []string{"Ada's Agent"}
	for i := range 4 {
		names = append(names, fmt.Sprintf("Agent %d", i))
		_, err := owner.CreateAgent(t.Context(), agentexchange.CreateAgentRequest{DisplayName: names[i+1]})
		require.NoError(t, err)
	}
	pages := func() (n int) {
		for _, request := range p.requests(agentsPath) {
			if request.Method == http.MethodGet {
				n++
			}
		}
		return n
	}
	byTwo := &agentexchange.ListAgentsParams{Limit: agentexchange.Ptr(2)}

	var found []string
	for agent, err := range owner.AllAgents(t.Context(), byTwo) {
		require.NoError(t, err)
		found = append(found, agent.DisplayName)
	}
	require.Equal(t, names, found)
	require.Equal(t, 3, pages())
	require.Nil(t, byTwo.Offset, "the caller's parameters stay as they are")

	for range owner.AllAgents(t.Context(), byTwo) {
		break
	}
	require.Equal(t, 4, pages(), "a page is fetched when it is come to")

	found = nil
	for agent, err := range owner.AllAgents(t.Context(), &agentexchange.ListAgentsParams{Offset: agentexchange.Ptr(3)}) {
		require.NoError(t, err)
		found = append(found, agent.DisplayName)
	}
	require.Equal(t, names[3:], found)
}

func TestAnErrorEndsAList(t *testing.T) {
	t.Parallel()
	p := newProxy(t, map[string][]fault{"/api/v1/trade/orders": {pass, answer(http.StatusForbidden, "")}})
	trader := newTrader(t, p.URL)
	for range 2 {
		_, err := trader.PlaceOrder(t.Context(), marketBuy("0.001"))
		require.NoError(t, err)
	}
	var errs []error
	for _, err := range trader.AllOrders(t.Context(), &agentexchange.ListOrdersParams{Limit: agentexchange.Ptr(1)}) {
		errs = append(errs, err)
	}
	require.Len(t, errs, 2)
	require.NoError(t, errs[0])
	require.Error(t, errs[1])
}
