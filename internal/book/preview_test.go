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
		most := maxQuantity.FloorTo(q.StepSize) // the API takes no more
		require.GreaterOrEqual(t, p.MaxAllowed.Cmp(decimal.Min(r.Quantity, most)), 0)
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
		require.True(t, p.SlippagePct.IsZero())
		q.Price = order.Price.Sub(dec("0.00000001")) // once the market is beyond its limit
		if order.Side == Sell {
			q.Price = order.Price.Add(dec("0.00000001"))
		}
		s.prices.last[order.Symbol] = q.Price
		s.Fill(order, q, s.prices, s.now)
		require.Equal(t, p.Fee, *order.Fee)
		require.Equal(t, p.TotalCost, *order.TotalCost())
	default:
		require.Equal(t, Expired, order.Status)
		require.NotEqual(t, GTC, order.TimeInForce)
		require.Equal(t, order.reference(q.Price), p.EstimatedPrice)
		require.Zero(t, p.SlippagePct.Sign()+p.Fee.Sign()+p.TotalCost.Sign(), "nothing is executed")
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

func TestAPreviewOfAnOrderThatExpiresChangesNoPosition(t *testing.T) {
	t.Parallel()
	r := limitOrder(Sell, "5", "60000") // 2 are held: it is refused, too
	r.TimeInForce = FOK
	preview, err := bookOf("100").holding("2", "100000").Preview(r, at("50000", "1000000000"), btcAt("50000"), noon)
	require.NoError(t, err)
	require.Equal(t, Expired, preview.Status)
	require.True(t, fault.Is(preview.Refusal, fault.InsufficientBalance))
	require.Equal(t, dec("2"), preview.PositionQuantity)
	require.Equal(t, dec("60000"), preview.EstimatedPrice)
	require.Zero(t, preview.SlippagePct.Sign()+preview.Fee.Sign()+preview.TotalCost.Sign()+preview.LockedAmount.Sign())
}

func TestAPreviewOfAnOrderThatExpiresIsNotRefusedForASlippageThatIsTooLarge(t *testing.T) {
	t.Parallel()
	q := Quotation{Pair: pepe, Price: dec("0.00000001"), QuoteVolume: dec("1000")}
	prices := pricesOf(map[string]decimal.Decimal{pepe.Symbol: q.Price})
	// 100 × 999999999999 ÷ 0.00000001 has 22 digits.
	r := Request{Symbol: pepe.Symbol, Side: Sell, Type: Limit, TimeInForce: IOC, Quantity: dec("100"), Price: ptr("999999999999")}
	b := bookOf("10000")
	b.post(noon, "deposit", pepe.Base, dec("1000"), bucketEquity, bucketAvailable, nil)
	preview, err := b.Preview(r, q, prices, noon)
	require.NoError(t, err)
	require.Nil(t, preview.Refusal)
	order, err := b.Place(r, q, prices, noon)
	require.NoError(t, err)
	require.Equal(t, Expired, order.Status)
	require.Equal(t, order.Status, preview.Status)
}
