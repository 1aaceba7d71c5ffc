package book

import (
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestBalancesBeginWithCashAndLeaveOutWhatIsSold(t *testing.T) {
	t.Parallel()
	b := bookOf("1000").holding("4", "400")
	b.post(noon, "deposit", "AAVE", dec("2"), bucketEquity, bucketAvailable, nil)
	b.asset("ETH") // looked at, never held
	require.Equal(t, Balance{Asset: Quote}, New(Agent{}, &IDs{}).Balances()[0], "cash is listed also where there is none")
	placed(t, b, limitOrder(Buy, "1", "90"), at("100", "1000000000"))
	placed(t, b, limitOrder(Sell, "3", "110"), at("100", "1000000000"))
	require.Equal(t, []Balance{
		{Quote, dec("909.91"), dec("90.09")},
		{"AAVE", dec("2"), dec("0")},
		{btc.Base, dec("1"), dec("3")},
	}, b.Balances())
}

func TestAPositionIsValuedAtTheLastPriceOrAtItsCost(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	made(t, b, Buy, "3", "100") // 300 and the fee of 0.3
	valued := b.Positions(btcAt("120"))
	require.Len(t, valued, 1)
	require.Equal(t, Position{
		Symbol: btc.Symbol, Asset: btc.Base, Quantity: dec("3"), Basis: dec("300.3"), CurrentPrice: dec("120"),
		MarketValue: dec("360"), OpenedAt: noon,
	}, valued[0])
	require.Equal(t, dec("100.1"), valued[0].AvgEntryPrice())
	require.Equal(t, dec("59.7"), valued[0].UnrealizedPnL())
	require.Equal(t, dec("19.88011988"), valued[0].UnrealizedPct())

	unpriced := b.Positions(pricesOf(nil))[0]
	require.Equal(t, dec("100.1"), unpriced.CurrentPrice)
	require.Equal(t, dec("300.3"), unpriced.MarketValue)
	require.Zero(t, unpriced.UnrealizedPnL().Sign())

	gift := Position{MarketValue: dec("5")}
	require.Zero(t, gift.UnrealizedPct().Sign(), "of nothing there is no share")
	require.Empty(t, New(Agent{}, &IDs{}).Positions(pricesOf(nil)))
}

func TestPortfoliosAddUpWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := livedStory(t)
		p := s.Portfolio(s.prices)
		equity, unrealized := s.Equity(s.prices)
		require.Equal(t, equity, p.TotalEquity)
		require.Equal(t, unrealized, p.UnrealizedPnL)
		require.Equal(t, s.realized, p.RealizedPnL, "what the trades brought")
		require.Equal(t, p.TotalPnL, p.RealizedPnL.Add(p.UnrealizedPnL))
		require.Equal(t, p.TotalPnL, p.TotalEquity.Sub(s.StartingBalance))
		require.Equal(t, p.TotalEquity, p.AvailableCash.Add(p.LockedCash).Add(p.PositionValue))
		require.Equal(t, PercentOf(p.TotalPnL, s.StartingBalance), p.ROIPct)
		balances := map[string]decimal.Decimal{}
		for _, balance := range s.Balances() {
			balances[balance.Asset] = balance.Available.Add(balance.Locked)
		}
		require.Equal(t, balances[Quote], p.AvailableCash.Add(p.LockedCash))
		require.Len(t, balances, 1+len(p.Positions))
		for _, position := range p.Positions {
			require.Equal(t, balances[position.Asset], position.Quantity)
		}
	})
}

// livedStory is a story in which some things have happened.
func livedStory(t *rapid.T) *story {
	s := newStory(t)
	happenings := []func(*rapid.T){s.place, s.place, s.place, s.place, s.fill, s.end, s.reset, func(t *rapid.T) {
		pair := drawPair(t)
		s.prices.last[pair.Symbol] = drawPrice(t, pair)
	}}
	for range rapid.IntRange(0, 20).Draw(t, "happenings") {
		rapid.SampledFrom(happenings).Draw(t, "what happens")(t)
		s.check(t)
	}
	return s
}

func TestHeadroomSaysWhatIsUsedOfEachLimit(t *testing.T) {
	t.Parallel()
	b := bookOf("8000").holding("20", "2000")
	b.StartingBalance, b.DayStartEquity = dec("10000"), ptr("10000")
	b.Limits = Limits{MaxPositionSizePct: 30, DailyLossLimitPct: 10, MaxOpenOrders: 3}
	placed(t, b, limitOrder(Buy, "4", "50"), at("100", "1000000000"))
	require.Equal(t, []Headroom{
		{RuleDailyLoss, dec("10"), dec("5"), dec("5")},                    // 20 × 75 is 500 less
		{RulePosition, dec("30"), dec("17.89473684"), dec("12.10526316")}, // (1500 + 200) ÷ 9500
		{RuleOpenOrders, dec("3"), dec("1"), dec("2")},
	}, b.Headroom(btcAt("75"), noon))

	// Prices move, and limits are exceeded by themselves. Nothing remains then, and not less.
	require.Equal(t, Headroom{RuleDailyLoss, dec("10"), dec("15"), dec("0")}, b.Headroom(btcAt("25"), noon)[0])
	require.Equal(t, dec("0"), b.Headroom(btcAt("1000"), noon)[1].Remaining)
	require.Zero(t, b.Headroom(btcAt("1000"), noon)[0].Used.Sign(), "a gain is no loss")

	require.Zero(t, New(Agent{StartingBalance: dec("1")}, &IDs{}).Headroom(pricesOf(nil), noon)[1].Used.Sign(),
		"without equity there is no share of it")
}

func TestPendingBuysOfAPairThatIsNotHeldCountTowardsTheLargestPosition(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	placed(t, b, limitOrder(Buy, "3", "90"), at("100", "1000000000"))
	require.Equal(t, dec("27"), b.Headroom(btcAt("100"), noon)[1].Used)
}

// What a refusal calls the current use of a limit is what the headroom shows as used.
func TestARefusalAndTheHeadroomAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := livedStory(t)
		pair := drawPair(t)
		r := s.drawRequest(t, pair)
		r.Quantity = r.Quantity.Mul(decimal.NewFromInt(rapid.SampledFrom([]int64{1, 1, 2, 50}).Draw(t, "times")))
		_, err := s.Place(r, s.quotation(pair), s.prices, s.now)
		refusal := refusalOf(err)
		for _, room := range s.Headroom(s.prices, s.now) {
			if refusal.Rule != room.Rule {
				continue
			}
			require.Equal(t, room.Limit, refusal.Limit)
			if room.Rule == RulePosition { // of this pair, where the headroom has the largest
				require.LessOrEqual(t, refusal.Current.Cmp(room.Used), 0)
				continue
			}
			require.Equal(t, room.Used, refusal.Current)
			require.Zero(t, room.Remaining.Sign(), "refused, though there was room")
		}
	})
}

func TestAShareTooLargeToComputeIsShownAsTheLargest(t *testing.T) {
	t.Parallel()
	require.Equal(t, maxPercent, PercentOf(dec("99999999999"), dec("0.00000001")))
	require.Equal(t, dec("12.5"), PercentOf(dec("1"), dec("8")))
}
