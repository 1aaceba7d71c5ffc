package tests

import (
	"errors"
	"net/http"
	"testing"

	agentexchange "github.com/agentexchange/agentexchange/gen/sdk/go"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestARefusalNamesTheLimitAndWhatWouldPass(t *testing.T) {
	t.Parallel()
	trader := newTrader(t, "")
	_, err := trader.PlaceOrder(t.Context(), marketBuy("1000"))
	require.ErrorIs(t, err, agentexchange.ErrOrderRejected)
	require.NotErrorIs(t, err, agentexchange.ErrInsufficientBalance)

	var refused *agentexchange.APIError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusBadRequest, refused.Status)
	require.Equal(t, agentexchange.ErrOrderRejected, refused.Code)
	require.NotEmpty(t, refused.RequestID)
	require.Contains(t, err.Error(), refused.RequestID)
	require.Contains(t, err.Error(), "agentexchange: PlaceOrder: 400 ORDER_REJECTED: ")
	details := refused.Refusal()
	require.Equal(t, agentexchange.RefusalDetailsReasonPositionLimitExceeded, *details.Reason)
	require.True(t, details.MaxAllowedQuantity.IsPositive())
	require.Empty(t, refused.Violations())
	require.Contains(t, err.Error(), " reason: position_limit_exceeded. max_allowed_quantity: "+details.MaxAllowedQuantity.String()+".")

	_, err = trader.PlaceOrder(t.Context(), marketBuy(details.MaxAllowedQuantity.Div(decimal.NewFromInt(2)).Truncate(5).String()))
	require.NoError(t, err)
}

func TestViolationsAreListed(t *testing.T) {
	t.Parallel()
	_, err := newOwner(t, "").CreateAgent(t.Context(), agentexchange.CreateAgentRequest{
		RiskProfile: &agentexchange.RiskProfileOverrides{MaxOpenOrders: agentexchange.Ptr(999)},
	})
	require.ErrorIs(t, err, agentexchange.ErrValidationError)
	var refused *agentexchange.APIError
	require.ErrorAs(t, err, &refused)
	fields := map[string]bool{}
	for _, violation := range refused.Violations() {
		fields[violation.Field] = true
		require.Contains(t, err.Error(), violation.Field+": "+violation.Message)
	}
	require.Equal(t, map[string]bool{"/display_name": true, "/risk_profile/max_open_orders": true}, fields)
	require.Nil(t, refused.Refusal())
}

func TestAnErrorOfUnknownCodeOrFormIsStillAnAPIError(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]agentexchange.APIError{
		`{"error":{"code":"TEAPOT","message":"Short and stout.","request_id":"r-1"}}`: {Code: "TEAPOT", Message: "Short and stout.", RequestID: "r-1"},
		`<h1>I'm a teapot</h1>`: {Message: "I'm a teapot", RequestID: "r-2"},
		``:                      {Message: "I'm a teapot", RequestID: "r-2"},
		`{"error":"no"}`:        {Message: "I'm a teapot", RequestID: "r-2"},
	} {
		p := newProxy(t, map[string][]fault{pairsPath: {answer(http.StatusTeapot, body, "X-Request-Id", "r-2")}})
		_, err := newClient(t, agentexchange.Options{BaseURL: p.URL}).ListPairs(t.Context())
		var refused *agentexchange.APIError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, want.Code, refused.Code)
		require.Equal(t, want.Message, refused.Message)
		require.Equal(t, want.RequestID, refused.RequestID)
		require.Equal(t, http.StatusTeapot, refused.Status)
		require.Equal(t, want.Code != "", errors.Is(err, agentexchange.ErrorCode("TEAPOT")))
	}
}
