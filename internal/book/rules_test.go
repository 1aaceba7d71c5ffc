package book

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// brokenRule is the first rule that a request breaks.
func brokenRule(b *Book, r Request, q Quotation, prices Prices) Rule {
	return b.judge(r, q, prices, noon).broken()
}

func TestRulesAreJudgedInOrder(t *testing.T) {
	t.Parallel()
	b := bookOf("100")
	b.StartingBalance, b.DayStartEquity = dec("10000"), ptr("10000")
	b.Limits = Limits{MaxPositionSizePct: 25, DailyLossLimitPct: 20, MaxOpenOrders: 0}
	pair := btc
	pair.MinQty, pair.StepSize = dec("0.01"), dec("0.01")
	q, prices := Quotation{Pair: pair, Price: dec("200")}, btcAt("200")

	// Each of these breaks its own rule and all that come later.
	require.Equal(t, RuleMinQty, brokenRule(b, limitOrder(Buy, "0.001", "100.001"), q, prices))
	require.Equal(t, RuleStepSize, brokenRule(b, limitOrder(Buy, "0.015", "100.001"), q, prices))
	require.Equal(t, RuleTickSize, brokenRule(b, limitOrder(Buy, "0.02", "100.001"), q, prices))
	require.Equal(t, RuleMinNotional, brokenRule(b, limitOrder(Buy, "0.02", "100"), q, prices))
	require.Equal(t, RuleDailyLoss, brokenRule(b, limitOrder(Buy, "1", "100"), q, prices))
	b.DayStartEquity = ptr("100")
	require.Equal(t, RulePosition, brokenRule(b, limitOrder(Buy, "1", "100"), q, prices))
	b.Limits.MaxPositionSizePct = 100 // of 100, which 1 × 100 does not exceed
	require.Equal(t, RuleOpenOrders, brokenRule(b, limitOrder(Buy, "1", "100"), q, prices))
	b.Limits.MaxOpenOrders = 1
	require.Equal(t, RuleBalance, brokenRule(b, limitOrder(Buy, "1", "100"), q, prices), "100 and the fee of 0.1")
	require.Empty(t, brokenRule(b, limitOrder(Buy, "0.99", "100"), q, prices))
}

func TestARefusalSaysWhatWasBroken(t *testing.T) {
	t.Parallel()
	b := bookOf("1000").holding("4", "100")
	q, prices := at("100", "1000000000"), btcAt("100")
	refusal := func(r Request) error {
		_, err := b.Place(r, q, prices, noon)
		return err
	}
	err := refusal(limitOrder(Sell, "5", "100"))
	require.True(t, fault.Is(err, fault.InsufficientBalance))
	require.Equal(t, Refusal{Rule: RuleBalance, Asset: btc.Base, Required: dec("5"), Available: dec("4"), MaxAllowedQuantity: dec("4")}, refusalOf(err))

	// 20 × 100 and the fee of 2; of 1000, 9.99 × 100 × 1.001 = 999.999 can be paid, and 0.0001 more costs 1000.00901.
	b.Limits.MaxPositionSizePct = 10000 // beyond what the API takes, to see the balance alone
	err = refusal(limitOrder(Buy, "20", "100"))
	require.True(t, fault.Is(err, fault.InsufficientBalance))
	require.Equal(t, Refusal{Rule: RuleBalance, Asset: Quote, Required: dec("2002"), Available: dec("1000"), MaxAllowedQuantity: dec("9.99")}, refusalOf(err))

	// Equity is 1000 + 4 × 100 = 1400, half of it 700: with 400 held there is room for 3 × 100.
	b.Limits.MaxPositionSizePct = 50
	err = refusal(limitOrder(Buy, "7", "100"))
	require.True(t, fault.Is(err, fault.OrderRejected))
	require.Equal(t, Refusal{
		Rule: RulePosition, Limit: dec("50"), Current: dec("28.57142857"), Attempted: dec("78.57142857"),
		MaxAllowedQuantity: dec("3"),
	}, refusalOf(err))

	// A market order counts at the taker's price: 100.01 × 2.9997 = 299.999997.
	err = refusal(marketOrder(Buy, "3"))
	require.Equal(t, dec("2.9997"), refusalOf(err).MaxAllowedQuantity)

	err = refusal(limitOrder(Buy, "1", "99.999"))
	require.True(t, fault.Is(err, fault.InvalidPrice))
	require.Equal(t, Refusal{Rule: RuleTickSize, Limit: dec("0.01"), Attempted: dec("99.999")}, refusalOf(err))
	err = refusal(marketOrder(Sell, "0.00015"))
	require.True(t, fault.Is(err, fault.InvalidQuantity))
	require.Equal(t, Refusal{
		Rule: RuleStepSize, Limit: dec("0.0001"), Attempted: dec("0.00015"), MaxAllowedQuantity: dec("4"),
	}, refusalOf(err))
}

func TestPendingBuysCountAtTheirLimitsTowardsThePosition(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	b.Limits.MaxPositionSizePct = 50
	q, prices := at("100", "1000000000"), btcAt("100")
	resting := placed(t, b, limitOrder(Buy, "3", "90"), q) // 270
	require.Equal(t, RulePosition, brokenRule(b, limitOrder(Buy, "2.3001", "100"), q, prices))
	require.Empty(t, brokenRule(b, limitOrder(Buy, "2.3", "100"), q, prices), "270 + 230 = 500")
	b.Cancel(resting, Cancelled, noon)
	require.Empty(t, brokenRule(b, limitOrder(Buy, "5", "100"), q, prices))
}

func TestOnlyOrdersThatRestCountAsOpen(t *testing.T) {
	t.Parallel()
	b := bookOf("1000").holding("4", "100")
	b.Limits.MaxOpenOrders = 2
	q, prices := at("100", "1000000000"), btcAt("100")
	first := placed(t, b, limitOrder(Buy, "1", "90"), q)
	placed(t, b, conditional(StopLoss, "1", "90"), q)
	for _, r := range []Request{limitOrder(Buy, "1", "90"), limitOrder(Sell, "1", "110"), conditional(TakeProfit, "1", "110")} {
		_, err := b.Place(r, q, prices, noon)
		require.True(t, fault.Is(err, fault.OrderRejected))
		require.Equal(t, Refusal{
			Rule: RuleOpenOrders, Limit: dec("2"), Current: dec("2"), Attempted: dec("3"),
		}, refusalOf(err))
	}
	require.Empty(t, brokenRule(b, marketOrder(Buy, "1"), q, prices))
	require.Empty(t, brokenRule(b, limitOrder(Buy, "1", "100.01"), q, prices), "100 × 1.0001: it crosses")
	// 0.1 × 1 × 100 ÷ 1000 = 0.01: of a quantity of 1 the taker's price is 101. More than that would rest.
	_, err := b.Place(limitOrder(Buy, "2", "101"), at("100", "1000"), prices, noon)
	require.Equal(t, Refusal{
		Rule: RuleOpenOrders, Limit: dec("2"), Current: dec("2"), Attempted: dec("3"), MaxAllowedQuantity: dec("1"),
	}, refusalOf(err))
	b.Cancel(first, Expired, noon)
	require.Empty(t, brokenRule(b, limitOrder(Buy, "1", "90"), q, prices))
}

func TestAWholePositionCanBeSoldHoweverLittleItIsWorth(t *testing.T) {
	t.Parallel()
	b := bookOf("1000").holding("0.0002", "100")
	q, prices := at("100", "1000000000"), btcAt("100") // worth 0.02, where the least order is worth 5
	require.Empty(t, brokenRule(b, marketOrder(Sell, "0.0002"), q, prices))
	require.Equal(t, RuleMinNotional, brokenRule(b, marketOrder(Sell, "0.0001"), q, prices), "half of it")
	require.Equal(t, dec("0.0002"), b.judge(marketOrder(Sell, "0.0001"), q, prices, noon).maxAllowed())

	placed(t, b, conditional(StopLoss, "0.0001", "99999"), at("100000", "1000000000")) // worth 9.9999 at its trigger
	require.Equal(t, RuleMinNotional, brokenRule(b, marketOrder(Sell, "0.0001"), q, prices), "all that is available, not all")
	require.True(t, b.judge(marketOrder(Sell, "0.0001"), q, prices, noon).maxAllowed().IsZero())
}

func TestTheNotionalIsJudgedByTheOrdersOwnPrice(t *testing.T) {
	t.Parallel()
	b := bookOf("1000").holding("4", "100")
	q, prices := at("100", "1000000000"), btcAt("100")
	for _, example := range []struct{ passes, fails Request }{
		{marketOrder(Buy, "0.05"), marketOrder(Buy, "0.0499")}, // 5 at the current price, though it pays 5.0005
		{limitOrder(Buy, "0.1", "50"), limitOrder(Buy, "0.1", "49.99")},
		{limitOrder(Sell, "0.025", "200"), limitOrder(Sell, "0.0249", "200")},
		{conditional(StopLoss, "0.1", "50"), conditional(StopLoss, "0.1", "49.99")},
		{conditional(TakeProfit, "0.025", "200"), conditional(TakeProfit, "0.0249", "200")},
	} {
		require.Empty(t, brokenRule(b, example.passes, q, prices))
		require.Equal(t, RuleMinNotional, brokenRule(b, example.fails, q, prices))
	}
}

func TestNothingIsAllowedWhereTheMostIsLessThanTheLeast(t *testing.T) {
	t.Parallel()
	q, prices := at("100", "1000000000"), btcAt("100")
	// 4.9 pays for 0.0489 × 100.01 × 1.001 = 4.89537949…, which is worth less than 5.
	require.True(t, bookOf("4.9").judge(marketOrder(Buy, "1"), q, prices, noon).maxAllowed().IsZero())
	// 5.01 pays for 0.05 × 100 × 1.001 = 5.005.
	require.Equal(t, dec("0.05"), bookOf("5.01").judge(limitOrder(Buy, "1", "100"), q, prices, noon).maxAllowed())
	q.MinQty = dec("0.1")
	require.True(t, bookOf("5.01").judge(limitOrder(Buy, "1", "100"), q, prices, noon).maxAllowed().IsZero())
}

func TestALimitAboveThePriceBuysWhatThePriceAllows(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	b.post(noon, "deposit", "ETH", dec("1"), bucketEquity, bucketAvailable, nil)
	q, prices := at("100", "1000000000"), btcAt("100")
	prices.last["ETHUSDT"] = dec("1000")
	// Equity is 2000, which 10 × 200 exhausts; but 1000 pays for no more than 9.989 × 100.01 × 1.001 = 999.99988…
	require.Equal(t, dec("9.989"), b.judge(limitOrder(Buy, "20", "200"), q, prices, noon).maxAllowed())
}

func TestTheCapIsNotRoundedUp(t *testing.T) {
	t.Parallel()
	b := bookOf("10000.00000001")
	b.Limits.MaxPositionSizePct = 50 // 5000.000000005
	q, prices := at("1", "1000000000"), btcAt("1")
	q.StepSize, q.MinQty = dec("0.00000001"), dec("0.00000001")
	require.Empty(t, brokenRule(b, limitOrder(Buy, "5000", "1"), q, prices))
	require.Equal(t, RulePosition, brokenRule(b, limitOrder(Buy, "5000.00000001", "1"), q, prices))
}

func TestWhatIsHeldForOrdersCountsTowardsThePosition(t *testing.T) {
	t.Parallel()
	b := bookOf("600").holding("4", "100")
	b.Limits.MaxPositionSizePct = 50 // of 600 + 4 × 100
	q, prices := at("100", "1000000000"), btcAt("100")
	placed(t, b, limitOrder(Sell, "4", "200"), q)
	require.Empty(t, brokenRule(b, limitOrder(Buy, "1", "100"), q, prices))
	require.Equal(t, RulePosition, brokenRule(b, limitOrder(Buy, "1.0001", "100"), q, prices))
}

func TestBuysAreRefusedFromTheDailyLossLimitOn(t *testing.T) {
	t.Parallel()
	// 8000 and 20 × 100 at the start of the day. The limit is 10 % of the starting balance: 1000.
	b := bookOf("8000").holding("20", "2000")
	b.StartingBalance, b.DayStartEquity, b.Limits.DailyLossLimitPct = dec("10000"), ptr("10000"), 10
	for _, example := range []struct {
		price string
		lost  string
		buys  bool
	}{
		{"200", "0", true},
		{"50.01", "9.998", true}, // 20 × 49.99 = 999.8
		{"50", "10", false},      // 20 × 50 = 1000, exactly
		{"49.99", "10.002", false},
	} {
		q, prices := at(example.price, "1000000000"), btcAt(example.price)
		check := b.judge(marketOrder(Buy, "0.2"), q, prices, noon).check(RuleDailyLoss)
		require.Equal(t, Check{RuleDailyLoss, example.buys, dec("10"), dec(example.lost), dec(example.lost)}, check)
		_, err := fork(b).Place(marketOrder(Buy, "0.2"), q, prices, noon)
		if example.buys {
			require.NoError(t, err, example.price)
		} else {
			require.True(t, fault.Is(err, fault.OrderRejected), example.price)
			require.Equal(t, Refusal{
				Rule: RuleDailyLoss, Limit: dec("10"), Current: dec(example.lost), Attempted: dec(example.lost),
			}, refusalOf(err))
		}
		_, err = fork(b).Place(marketOrder(Sell, "0.2"), q, prices, noon)
		require.NoError(t, err, "sells pass")
	}
}

func TestADayBeginsWithTheBalancesBeforeItsFirstTradeAtThePricesOfMidnight(t *testing.T) {
	t.Parallel()
	yesterday := DayOf(noon).AddDate(0, 0, -1)
	b := bookOf("8000").holding("20", "2000")
	b.DayStartedAt, b.DayStartEquity, b.Limits.DailyLossLimitPct = &yesterday, ptr("1"), 10
	prices := btcAt("80")
	prices.open[btc.Symbol] = dec("100")
	require.Equal(t, dec("10000"), b.dayStart(noon, prices), "8000 + 20 × 100, not yesterday's")
	require.False(t, b.changes.Day, "a look changes nothing")

	resting := placed(t, b, limitOrder(Buy, "1", "50"), at("80", "1000000000"))
	b.Cancel(resting, Cancelled, noon)
	_, err := b.Place(marketOrder(Sell, "10"), at("80", "1000000000"), prices, noon)
	require.NoError(t, err)
	require.True(t, b.changes.Day)
	require.Equal(t, DayOf(noon), *b.DayStartedAt)
	require.Equal(t, dec("10000"), *b.DayStartEquity)

	// From here on it stands, whatever the prices were.
	prices.open[btc.Symbol], prices.last[btc.Symbol] = dec("500"), dec("1")
	require.Equal(t, dec("10000"), b.dayStart(noon.Add(11*time.Hour), prices))
	_, err = b.Place(marketOrder(Sell, "5"), at("1", "1000000000"), prices, noon.Add(11*time.Hour))
	require.NoError(t, err)
	require.Equal(t, dec("10000"), *b.DayStartEquity)
	require.Equal(t, RuleDailyLoss, b.judge(marketOrder(Buy, "10"), at("1", "1000000000"), prices, noon.Add(11*time.Hour)).broken())

	// The next day forgets the loss.
	tomorrow := DayOf(noon).AddDate(0, 0, 1)
	prices.open[btc.Symbol] = dec("1")
	require.Equal(t, RuleDailyLoss, b.judge(marketOrder(Buy, "10"), at("1", "1000000000"), prices, tomorrow.Add(-1)).broken())
	require.Empty(t, b.judge(marketOrder(Buy, "10"), at("1", "1000000000"), prices, tomorrow).broken())
}

func TestADayWithoutAPriceOfMidnightBeginsAtTheLastKnown(t *testing.T) {
	t.Parallel()
	b := bookOf("8000").holding("20", "2000")
	b.DayStartedAt, b.DayStartEquity = nil, nil
	require.Equal(t, dec("9600"), b.dayStart(noon, btcAt("80")), "8000 + 20 × 80")
	require.Equal(t, dec("10000"), b.dayStart(noon, pricesOf(nil)), "without any, at what it cost")
}

func TestAnAgentCreatedTodayBeganTheDayWithItsStartingBalance(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	prices := btcAt("100")
	prices.open[btc.Symbol] = dec("1")
	made(t, b, Buy, "3", "100")
	require.Equal(t, dec("1000"), b.dayStart(noon, prices))
	require.False(t, b.changes.Day)
}

// requireLargest proves that a quantity is the largest multiple of the step that can be placed.
func requireLargest(t *rapid.T, s *story, r Request, q Quotation, most decimal.Decimal) {
	passes := func(quantity decimal.Decimal) bool {
		if quantity.Cmp(maxQuantity) > 0 { // the API takes no more
			return false
		}
		r.Quantity = quantity
		_, err := fork(s.Book).Place(r, q, s.prices, s.now)
		return err == nil
	}
	if !most.IsZero() {
		require.True(t, most.IsMultipleOf(q.StepSize))
		require.True(t, passes(most), "max_allowed_quantity %s does not pass", most)
		require.False(t, passes(most.Add(q.StepSize)), "one step more than %s passes", most)
	}
	_, held := s.has(q.Base)
	available, _ := s.has(q.Base)
	for _, quantity := range []decimal.Decimal{
		q.MinQty, q.MinQty.FloorTo(q.StepSize).Add(q.StepSize), q.StepSize, q.StepSize.Mul(dec("2")), q.StepSize.Mul(dec("10")),
		q.MinNotional.Quo(q.Price).FloorTo(q.StepSize).Add(q.StepSize), held.FloorTo(q.StepSize), available.FloorTo(q.StepSize),
		q.StepSize.Mul(decimal.NewFromInt(rapid.Int64Range(1, 100_000).Draw(t, "some steps"))),
	} {
		if quantity.Cmp(most) > 0 && quantity.IsMultipleOf(q.StepSize) {
			require.False(t, passes(quantity), "%s passes, more than %s", quantity, most)
		}
	}
}

func TestTheMaxAllowedQuantityPassesAndOneStepMoreDoesNot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newStory(t)
		for range rapid.IntRange(0, 12).Draw(t, "orders before") {
			s.place(t)
		}
		for _, pair := range []market.Pair{btc, pepe} { // prices move a little, so that limits are exceeded by themselves
			moved := s.prices.last[pair.Symbol].MulQuo(decimal.NewFromInt(rapid.Int64Range(80, 120).Draw(t, "percent")), hundred)
			s.prices.last[pair.Symbol] = decimal.Max(moved, pair.TickSize)
		}
		for range 5 {
			pair := drawPair(t)
			r := s.drawRequest(t, pair)
			switch rapid.IntRange(0, 7).Draw(t, "what is wrong") {
			case 0:
				r.Quantity = pair.StepSize.Mul(dec("0.5"))
			case 1:
				r.Quantity = r.Quantity.Add(dec("0.00000001"))
			case 2, 3, 4:
				r.Quantity = r.Quantity.Mul(decimal.NewFromInt(rapid.Int64Range(2, 50).Draw(t, "times")))
			}
			q := s.quotation(pair)
			_, err := fork(s.Book).Place(r, q, s.prices, s.now)
			if refusal := refusalOf(err); refusal.Rule != "" && refusal.Rule != RuleValue {
				requireLargest(t, s, r, q, refusal.MaxAllowedQuantity)
			}
			preview, err := s.Preview(r, q, s.prices, s.now)
			require.NoError(t, err)
			requireLargest(t, s, r, q, preview.MaxAllowed)
		}
	})
}

func TestTheMaxAllowedQuantityIsWhatTryingAllOfThemFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newStory(t)
		s.StartingBalance = dec("10000")
		s.Limits.MaxOpenOrders = rapid.SampledFrom([]int32{0, 9}).Draw(t, "max open orders")
		for name := range s.assets {
			s.assets[name].Available = dec(rapid.SampledFrom([]string{"10000", "777.77777777", "5.005", "0"}).Draw(t, "cash"))
		}
		held := rapid.Int64Range(0, 100).Draw(t, "steps held")
		pair := btc
		pair.StepSize, pair.MinQty = dec("0.5"), dec(rapid.SampledFrom([]string{"0.5", "0.7", "5"}).Draw(t, "min qty"))
		s.asset(pair.Base).Available = pair.StepSize.Mul(decimal.NewFromInt(held))
		s.asset(pair.Base).Locked = dec(rapid.SampledFrom([]string{"0", "1.5"}).Draw(t, "locked"))
		s.prices.last[pair.Symbol] = dec(rapid.SampledFrom([]string{"101", "333.33", "5000", "1234.56"}).Draw(t, "price"))
		r := s.drawRequest(t, pair)
		q := s.quotation(pair)
		largest := decimal.Decimal{}
		for steps := range int64(450) { // 10000 pays for 396 at half of 101
			r.Quantity = pair.StepSize.Mul(decimal.NewFromInt(steps + 1))
			if brokenRule(s.Book, r, q, s.prices) == "" {
				largest = r.Quantity
			}
		}
		require.Equal(t, largest, s.judge(r, q, s.prices, s.now).maxAllowed())
	})
}
