package book

import (
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawAnyRequest is a request of any type with any time in force, also one that breaks a rule.
func (s *story) drawAnyRequest(t *rapid.T) (Request, Quotation) {
	pair := drawPair(t)
	r := s.drawRequest(t, pair)
	r.TimeInForce = rapid.SampledFrom(TimesInForce[:]).Draw(t, "any time in force")
	switch rapid.IntRange(0, 3).Draw(t, "what is wrong") {
	case 0:
		r.Quantity = r.Quantity.Add(dec("0.00000001"))
	case 1:
		r.Quantity = r.Quantity.Mul(decimal.NewFromInt(20))
	}
	return r, s.quotation(pair)
}

func TestAPreviewSaysWhatPlacingDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := livedStory(t)
		r, q := s.drawAnyRequest(t)
		untouched := fork(s.Book)
		changes := s.changes
		p, err := s.Preview(r, q, s.prices, s.now)
		require.NoError(t, err)
		require.Equal(t, changes, s.changes, "a preview changes nothing")
		require.Equal(t, untouched.assets, s.assets)
		require.Equal(t, untouched.resting, s.resting)
		require.Equal(t, untouched.Agent, s.Agent)

		require.Len(t, p.Checks, len(rules))
		order, err := s.Place(r, q, s.prices, s.now)
		if err != nil {
			require.Equal(t, err, error(p.Refusal))
			require.Contains(t, failed(p.Checks), refusalOf(err).Rule)
			require.Equal(t, failed(p.Checks)[0], refusalOf(err).Rule, "the first that fails")
			return
		}
		require.Nil(t, p.Refusal)
		require.Empty(t, failed(p.Checks))
		s.requireAsPreviewed(t, p, order, q)
	})
}

func failed(checks []Check) (rules []Rule) {
	for _, check := range checks {
		if !check.Passed {
			rules = append(rules, check.Rule)
		}
	}
	return rules
}

// requireAsPreviewed compares an order that was placed, and the position afterwards, with its preview.
func (s *story) requireAsPreviewed(t *rapid.T, p *Preview, order *Order, q Quotation) {
	require.Equal(t, p.Status, order.Status)
	require.Equal(t, p.LockedAsset, order.LockedAsset())
	require.Equal(t, p.LockedAmount, order.Hold)
	switch order.Status {
	case Filled:
		require.Equal(t, p.EstimatedPrice, *order.ExecutedPrice)
		require.Equal(t, p.SlippagePct, *order.SlippagePct)
		require.Equal(t, p.Fee, *order.Fee)
		require.Equal(t, p.TotalCost, *order.TotalCost())
	case Pending:
		if order.Type != Limit {
			return // it fills at the price that reaches it, which a preview only estimates
		}
		require.Equal(t, p.EstimatedPrice, *order.Price)
		q.Price = *order.Price // once the market is at its limit, and no further
		s.prices.last[order.Symbol] = q.Price
		s.Fill(order, q, s.prices, s.now)
		require.Equal(t, p.Fee, *order.Fee)
		require.Equal(t, p.TotalCost, *order.TotalCost())
	default:
		require.Equal(t, Expired, order.Status)
		require.NotEqual(t, GTC, order.TimeInForce)
	}
	position := s.asset(q.Base)
	require.Equal(t, p.PositionQuantity, position.Total())
	require.Equal(t, p.PositionBasis, position.Basis)
}

func TestAnOrderWhoseValueIsTooLargeHasNoPreview(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	r := limitOrder(Buy, "999999999999", "999999999999")
	_, previewed := b.Preview(r, at("100", "1000000000"), btcAt("100"), noon)
	_, refused := b.Place(r, at("100", "1000000000"), btcAt("100"), noon)
	for _, err := range []error{previewed, refused} {
		require.True(t, fault.Is(err, fault.InvalidQuantity))
		require.Equal(t, Refusal{Rule: RuleValue}, refusalOf(err))
	}
}
