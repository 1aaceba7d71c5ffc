package book

import (
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// at is what the market says of BTCUSDT.
func at(price, volume string) Quotation {
	return Quotation{Pair: btc, Price: dec(price), QuoteVolume: dec(volume)}
}

func btcAt(price string) *priceList {
	return pricesOf(map[string]decimal.Decimal{btc.Symbol: dec(price)})
}

func marketOrder(side Side, quantity string) Request {
	return Request{Symbol: btc.Symbol, Side: side, Type: Market, TimeInForce: IOC, Quantity: dec(quantity)}
}

func limitOrder(side Side, quantity, price string) Request {
	return Request{Symbol: btc.Symbol, Side: side, Type: Limit, TimeInForce: GTC, Quantity: dec(quantity), Price: ptr(price)}
}

func conditional(kind Type, quantity, trigger string) Request {
	return Request{Symbol: btc.Symbol, Side: Sell, Type: kind, TimeInForce: GTC, Quantity: dec(quantity), TriggerPrice: ptr(trigger)}
}

// holding gives a book a position that cost as much.
func (b *Book) holding(quantity, basis string) *Book {
	b.post(noon, "deposit", btc.Base, dec(quantity), bucketEquity, bucketAvailable, nil)
	b.asset(btc.Base).Basis = dec(basis)
	return b
}

func placed(t *testing.T, b *Book, r Request, q Quotation) *Order {
	t.Helper()
	order, err := b.Place(r, q, btcAt(q.Price.String()), noon)
	require.NoError(t, err)
	return order
}

// made is an order that rested, and that the market traded through: it has exactly this price.
func made(t *testing.T, b *Book, side Side, quantity, price string) *Order {
	t.Helper()
	tick := dec("0.01") // the price is worse by so much at first, and then better
	if side == Sell {
		tick = tick.Neg()
	}
	order := placed(t, b, limitOrder(side, quantity, price), at(dec(price).Add(tick).String(), "1000000000"))
	require.Equal(t, Pending, order.Status)
	through := dec(price).Sub(tick).String()
	b.Fill(order, at(through, "1000000000"), btcAt(through), noon)
	return order
}

func TestARestingBuyHoldsItsCostAtTheLimit(t *testing.T) {
	t.Parallel()
	b := bookOf("100000")
	order := placed(t, b, limitOrder(Buy, "1", "40000"), at("50000", "1000000000"))
	require.Equal(t, Pending, order.Status)
	require.Equal(t, dec("40040"), order.Hold, "40000 and the fee of 40")
	require.Equal(t, Asset{Available: dec("59960"), Locked: dec("40040"), dirty: true}, *b.asset(Quote))
	b.Fill(order, at("39000", "1000000000"), btcAt("39000"), noon)
	require.Equal(t, dec("59960"), b.asset(Quote).Available)
	require.True(t, b.asset(Quote).Locked.IsZero())
	require.Equal(t, dec("1"), b.asset(btc.Base).Available)
	require.Equal(t, dec("40040"), b.asset(btc.Base).Basis)
}

func TestARestingSellHoldsItsQuantity(t *testing.T) {
	t.Parallel()
	for _, r := range []Request{
		limitOrder(Sell, "1.5", "60000"), conditional(StopLoss, "1.5", "40000"), conditional(TakeProfit, "1.5", "60000"),
	} {
		b := bookOf("100").holding("2", "100000")
		order := placed(t, b, r, at("50000", "1000000000"))
		require.Equal(t, Pending, order.Status)
		require.Equal(t, btc.Base, order.LockedAsset())
		require.Equal(t, dec("1.5"), order.Hold)
		require.Equal(t, dec("0.5"), b.asset(btc.Base).Available)
		b.Cancel(order, Cancelled, noon)
		require.Equal(t, Cancelled, order.Status)
		require.Equal(t, dec("2"), b.asset(btc.Base).Available)
		require.True(t, b.asset(btc.Base).Locked.IsZero())
	}
}

func TestAnOrderThatMayNotRestExpires(t *testing.T) {
	t.Parallel()
	for _, inForce := range []TimeInForce{IOC, FOK} {
		b := bookOf("100000")
		r := limitOrder(Buy, "1", "40000")
		r.TimeInForce = inForce
		order := placed(t, b, r, at("50000", "1000000000"))
		require.Equal(t, Expired, order.Status)
		require.True(t, order.Hold.IsZero())
		require.Equal(t, dec("100000"), b.asset(Quote).Available)
		r = limitOrder(Buy, "1", "50005") // 50000 × 1.0001
		r.TimeInForce = inForce
		require.Equal(t, Filled, placed(t, b, r, at("50000", "1000000000")).Status, "it crosses")
	}
}

func TestSellsTakeTheirShareOfTheCostAndTheLastTakesTheRest(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	made(t, b, Buy, "1", "100") // 100 + 0.1
	made(t, b, Buy, "2", "101") // 202 + 0.202
	require.Equal(t, dec("302.302"), b.asset(btc.Base).Basis)
	for _, example := range []struct{ realized, left string }{
		// Each brings 110 − 0.11 = 109.89.
		{"9.12266667", "201.53466667"}, // takes 302.302 ÷ 3 = 100.76733333…
		{"9.12266666", "100.76733333"}, // takes 201.53466667 ÷ 2 = 100.767333335, half up
		{"9.12266667", "0"},            // takes what is left
	} {
		require.NotNil(t, b.asset(btc.Base).OpenedAt)
		order := made(t, b, Sell, "1", "110")
		trade := b.changes.Trades[len(b.changes.Trades)-1]
		require.Equal(t, order.ID, trade.OrderID)
		require.Equal(t, dec(example.realized), trade.RealizedPnL)
		require.Equal(t, dec(example.left), b.asset(btc.Base).Basis)
	}
	require.Nil(t, b.asset(btc.Base).OpenedAt, "the position is closed")
	two := bookOf("1000").holding("3", "302.302")
	made(t, two, Sell, "2", "110")
	require.Equal(t, dec("100.76733333"), two.asset(btc.Base).Basis, "302.302 × 2 ÷ 3 = 201.534666…, rounded once")
	require.Equal(t, dec("1027.368"), b.asset(Quote).Available, "1000 − 302.302 + 3 × 109.89")
}

func TestRealizedAndUnrealizedAddUpToWhatTheEquityGained(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	made(t, b, Buy, "3", "100") // 300.3
	made(t, b, Sell, "1", "110")
	// Sold for 109.89 what cost 100.1; two are left that cost 200.2 and are worth 180.
	equity, unrealized := b.Equity(btcAt("90"))
	require.Equal(t, dec("9.79"), b.changes.Trades[1].RealizedPnL)
	require.Equal(t, dec("-20.2"), unrealized)
	require.Equal(t, dec("989.59"), equity, "1000 − 300.3 + 109.89 + 180")
	require.Equal(t, dec("-10.41"), equity.Sub(b.StartingBalance), "9.79 − 20.2")

	equity, unrealized = b.Equity(pricesOf(nil))
	require.True(t, unrealized.IsZero(), "without any price, a position is worth what it cost")
	require.Equal(t, dec("1009.79"), equity)
}

func TestAPositionOpensAnewAfterItWasClosed(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	q, prices := at("100", "1000000000"), btcAt("100")
	for n, side := range []Side{Buy, Buy, Sell, Sell, Buy} {
		now := noon.AddDate(0, 0, n)
		_, err := b.Place(marketOrder(side, "1"), q, prices, now)
		require.NoError(t, err)
		switch opened := b.asset(btc.Base).OpenedAt; n {
		case 0, 4:
			require.Equal(t, now, *opened)
		case 3:
			require.Nil(t, opened)
		default:
			require.NotEqual(t, now, *opened)
		}
	}
}

func TestAResetLeavesTheStartingBalanceAndNothingElse(t *testing.T) {
	t.Parallel()
	b := bookOf("1000")
	made(t, b, Buy, "3", "100")
	pending := []*Order{
		placed(t, b, limitOrder(Buy, "1", "50"), at("100", "1000000000")),
		placed(t, b, limitOrder(Sell, "2", "200"), at("100", "1000000000")),
	}
	trades := len(b.changes.Trades)
	require.Equal(t, dec("969.7"), b.Reset(pending, dec("500"), btcAt("90"), noon), "1000 − 300.3 + 3 × 90")
	require.Equal(t, dec("500"), b.asset(Quote).Available)
	require.True(t, b.asset(Quote).Locked.IsZero())
	require.Empty(t, b.positions())
	require.Zero(t, b.openOrders())
	require.Len(t, b.changes.Trades, trades, "a reset is no trade")
	for _, order := range pending {
		require.Equal(t, Cancelled, order.Status)
	}
}

func TestAValueOfMoreThanTwentyDigitsIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	most := "999999999999"
	for why, r := range map[string]Request{
		"a buy at a limit":  limitOrder(Buy, most, most),
		"a sell at a limit": limitOrder(Sell, most, most),
		"a whole position":  limitOrder(Sell, "900000000", most),
		"a take profit":     conditional(TakeProfit, most, most),
		"a market buy":      marketOrder(Buy, most),
		"a market sell":     marketOrder(Sell, most),
		"with all places":   limitOrder(Buy, most+".9999", most+".99"),
	} {
		b := bookOf("10000").holding("900000000", "5")
		held, transfers := *b.asset(btc.Base), len(b.changes.Transfers)
		_, err := b.Place(r, at("900000000", "1000"), btcAt("50"), noon)
		require.True(t, fault.Is(err, fault.InvalidQuantity), "%s: %v", why, err)
		require.Equal(t, Refusal{Rule: RuleValue}, refusalOf(err), why)
		require.Equal(t, held, *b.asset(btc.Base), why)
		require.Equal(t, dec("10000"), b.asset(Quote).Available, why)
		require.Len(t, b.changes.Transfers, transfers, why)
		require.Empty(t, b.changes.Opened, why)
		_, err = b.Preview(r, at("900000000", "1000"), btcAt("50"), noon)
		require.True(t, fault.Is(err, fault.InvalidQuantity), "preview of %s: %v", why, err)
	}
}

func TestAPreviewOfAValueOfMoreThanTwentyDigitsIsRefusedWhateverElseIsWrong(t *testing.T) {
	t.Parallel()
	r := limitOrder(Buy, "999999999999.99999999", "999999999999.99") // no multiple of the step either
	_, err := bookOf("10000").Preview(r, at("50", "1000"), btcAt("50"), noon)
	require.True(t, fault.Is(err, fault.InvalidQuantity), err)
}

func TestAnOrderOfLessThanTwentyDigitsIsJudgedHoweverFarItsLimitIsFromThePrice(t *testing.T) {
	t.Parallel()
	q := Quotation{Pair: pepe, Price: dec("0.00000012"), QuoteVolume: dec("1000")}
	prices := pricesOf(map[string]decimal.Decimal{pepe.Symbol: q.Price})
	r := Request{Symbol: pepe.Symbol, Side: Sell, Type: Limit, TimeInForce: GTC, Quantity: dec("100"), Price: ptr("999999999999")}
	b := bookOf("10000")
	b.post(noon, "deposit", pepe.Base, dec("1000"), bucketEquity, bucketAvailable, nil)
	preview, err := b.Preview(r, q, prices, noon)
	require.NoError(t, err)
	require.Equal(t, Pending, preview.Status)
	require.Equal(t, dec("99999999999900"), preview.TotalCost.Add(preview.Fee))
	order, err := b.Place(r, q, prices, noon)
	require.NoError(t, err, "100 × 999999999999 has 14 digits")
	require.Equal(t, Pending, order.Status)

	r.Side = Buy
	_, err = b.Place(r, q, prices, noon)
	require.True(t, fault.Is(err, fault.OrderRejected), "%v", err)
	require.Equal(t, RulePosition, refusalOf(err).Rule)
	require.True(t, refusalOf(err).MaxAllowedQuantity.IsZero(), "not even one step at that limit")
	r.Price = ptr("50")
	_, err = b.Place(r, q, prices, noon)
	require.NoError(t, err, "5000 of 10000, and it costs little of it")
}

func TestNoMoreIsAllowedThanHasAValue(t *testing.T) {
	t.Parallel()
	b := bookOf("100").holding("900000000", "5")
	_, err := b.Place(limitOrder(Sell, "0.00001", "900000000000"), at("50", "1000"), btcAt("50"), noon)
	require.Equal(t, Refusal{
		Rule: RuleMinQty, Limit: dec("0.0001"), Attempted: dec("0.00001"), MaxAllowedQuantity: dec("111111111.1111"),
	}, refusalOf(err), "10^20 ÷ 9 × 10^11")
	placed(t, b, limitOrder(Sell, "111111111.1111", "900000000000"), at("50", "1000"))
}

func TestABookNotesWhatIsToBeWritten(t *testing.T) {
	t.Parallel()
	b := bookOf("1000").holding("4", "100")
	b.SessionID, b.changes = uuid.New(), Changes{}
	r := limitOrder(Buy, "1", "90")
	name := "mine"
	r.ClientOrderID = &name
	q, later := at("100", "1000000000"), noon.AddDate(0, 0, 1)
	order := placed(t, b, r, q)
	require.Equal(t, DedupOf(b.ID, "mine"), *order.Dedup)
	require.NotEqual(t, DedupOf(uuid.New(), "mine"), *order.Dedup, "every agent has names of its own")
	require.Equal(t, []*Order{order}, b.changes.Opened)
	require.Empty(t, b.changes.Closed)
	require.Equal(t, []uuid.UUID{order.ID}, b.changes.Announced, "it began to rest")
	require.True(t, order.Same(r))

	b.Fill(order, at("89.99", "1000000000"), btcAt("89.99"), later)
	require.Equal(t, []*Order{order}, b.changes.Closed)
	require.Equal(t, []uuid.UUID{order.ID}, b.changes.Announced, "the matcher, which filled it, knows")
	require.Equal(t, later, *order.ClosedAt)
	require.Equal(t, noon, order.CreatedAt)
	require.True(t, b.changes.Day)
	require.Len(t, b.changes.Trades, 1)
	trade := b.changes.Trades[0]
	require.Equal(t, Trade{
		ID: trade.ID, OrderID: order.ID, SessionID: b.SessionID, Symbol: btc.Symbol, Side: Buy, Quantity: dec("1"),
		Price: dec("90"), Value: dec("90"), Fee: dec("0.09"), Liquidity: Maker, ExecutedAt: later,
		Equity: dec("1359.86"), UnrealizedPnL: dec("259.86"), // 909.91 + 5 × 89.99; 449.95 − 100 − 90.09
	}, trade)
	for _, entry := range b.changes.Transfers {
		require.Equal(t, order.ID, *entry.OrderID)
	}

	expired, inForce := limitOrder(Buy, "1", "80"), len(b.changes.Announced)
	expired.TimeInForce = IOC
	placed(t, b, expired, q)
	placed(t, b, marketOrder(Sell, "1"), q)
	require.Len(t, b.changes.Opened, 3)
	require.Len(t, b.changes.Closed, 1, "neither was pending")
	require.Len(t, b.changes.Announced, inForce, "neither rests")

	withdrawn := placed(t, b, limitOrder(Buy, "1", "80"), q)
	b.Cancel(withdrawn, Cancelled, later)
	require.Equal(t, []uuid.UUID{order.ID, withdrawn.ID, withdrawn.ID}, b.changes.Announced, "it began and ceased to rest")
}
