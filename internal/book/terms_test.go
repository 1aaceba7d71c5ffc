package book

import (
	"math/big"
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// ratOf is a decimal as a fraction, from its digits.
func ratOf(d decimal.Decimal) *big.Rat {
	exact, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic(d.String())
	}
	return exact
}

// exactTakerPrice is the rule as it is written down: round(current × (1 ± f)), f = clamp(0.1 × quantity × current ÷ volume,
// 0.0001, 0.10), half up at 8 places.
func exactTakerPrice(side Side, quantity decimal.Decimal, q Quotation) string {
	least, most := big.NewRat(1, 10_000), big.NewRat(1, 10)
	impact := most
	if volume := ratOf(q.QuoteVolume); volume.Sign() > 0 {
		impact = new(big.Rat).Mul(ratOf(quantity), ratOf(q.Price))
		impact.Mul(impact, most).Quo(impact, volume)
		if impact.Cmp(least) < 0 {
			impact = least
		}
		if impact.Cmp(most) > 0 {
			impact = most
		}
	}
	factor := new(big.Rat).Add(big.NewRat(1, 1), impact)
	if side == Sell {
		factor.Sub(big.NewRat(1, 1), impact)
	}
	units := factor.Mul(factor, ratOf(q.Price))
	units.Mul(units, big.NewRat(100_000_000, 1)).Add(units, big.NewRat(1, 2))
	rounded := new(big.Int).Div(units.Num(), units.Denom()) // down, and none is negative
	return decimal.MustParse(new(big.Rat).SetFrac(rounded, big.NewInt(100_000_000)).FloatString(8)).String()
}

// drawUnits is any number of units up to the most, of any size.
func drawUnits(t *rapid.T, least, most int64, what string) decimal.Decimal {
	limit := most
	for range rapid.IntRange(0, 19).Draw(t, "smaller by") {
		limit = max(limit/10, least)
	}
	return decimal.NewFromUnits(rapid.Int64Range(least, limit).Draw(t, what))
}

func TestTheTakersPriceIsExactAndRoundedOnce(t *testing.T) {
	t.Parallel()
	most := maxQuantity // 12 digits, and 8 places: more units than an int64 has
	rapid.Check(t, func(t *rapid.T) {
		q := Quotation{
			Pair: btc, Price: drawUnits(t, 1, 10_000_000_000_000_000, "price"),
			QuoteVolume: drawUnits(t, 0, 9_000_000_000_000_000_000, "volume"),
		}
		quantity := decimal.Min(drawUnits(t, 1, 9_000_000_000_000_000_000, "quantity").Mul(dec("12")), most)
		if rapid.Bool().Draw(t, "impact within its bounds") { // or near them
			share := drawUnits(t, 50_000, 200_000_000, "share of the volume")
			if near := share.Mul(q.QuoteVolume).QuoTrunc(q.Price.Add(dec("0.00000001"))); near.Sign() > 0 && near.Cmp(most) < 0 {
				quantity = near
			}
		}
		for _, side := range []Side{Buy, Sell} {
			require.Equal(t, exactTakerPrice(side, quantity, q), q.takerPrice(side, quantity).String(),
				"%s %s at %s, volume %s", side, quantity, q.Price, q.QuoteVolume)
		}
	})
}

func TestTheTakersPriceGetsNoBetterWithTheQuantity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := Quotation{Pair: btc, Price: drawUnits(t, 1, 10_000_000_000_000_000, "price"), QuoteVolume: drawVolume(t)}
		some := drawUnits(t, 1, 9_000_000_000_000_000_000, "quantity")
		more := some.Add(drawUnits(t, 1, 9_000_000_000_000_000_000, "more"))
		require.True(t, isWithin(Buy, q.takerPrice(Buy, some), q.takerPrice(Buy, more)))
		require.True(t, isWithin(Sell, q.takerPrice(Sell, some), q.takerPrice(Sell, more)))
		require.True(t, isWithin(Buy, q.Price, q.takerPrice(Buy, some)), "never better than the current price")
		require.True(t, isWithin(Sell, q.Price, q.takerPrice(Sell, some)))
	})
}

func TestTheTakersPriceMovesWithHisShareOfTheVolume(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		why                           string
		r                             Request
		volume                        string
		price, slippage, fee, balance string // what he pays or gets in all
	}{
		// 0.1 × 0.1 × 50000 ÷ 10^9 = 0.0000005, so 0.0001: 50000 × 1.0001 = 50005; 0.1 × 50005 = 5000.5
		{"never less than 0.0001", marketOrder(Buy, "0.1"), "1000000000", "50005", "0.01", "5.0005", "5005.5005"},
		{"nor for a sell", marketOrder(Sell, "0.1"), "1000000000", "49995", "0.01", "4.9995", "4994.5005"},
		// 0.1 × 2 × 50000 ÷ 10^6 = 0.01: 50000 × 1.01 = 50500; 2 × 50500 = 101000
		{"a tenth of the share", marketOrder(Buy, "2"), "1000000", "50500", "1", "101", "101101"},
		{"against a seller too", marketOrder(Sell, "2"), "1000000", "49500", "1", "99", "98901"},
		// 0.1 × 2 × 50000 ÷ 10^4 = 1, so 0.10: 50000 × 1.1 = 55000
		{"never more than 0.10", marketOrder(Buy, "2"), "10000", "55000", "10", "110", "110110"},
		{"nor for a sell", marketOrder(Sell, "2"), "10000", "45000", "10", "90", "89910"},
		{"0.10 where nothing was traded", marketOrder(Buy, "0.1"), "0", "55000", "10", "5.5", "5505.5"},
		// 0.1 × 0.0003 × 50000 ÷ 7000 = 3 ÷ 14000: 50000 + 150000 ÷ 14000 = 50010.7142857142…, to 8 places 50010.71428571;
		// × 0.0003 = 15.003214285713, half up 15.00321429; × 0.001 = 0.01500321429, half up 0.01500321; the slippage is
		// 100 × 10.71428571 ÷ 50000 = 0.02142857142
		{"rounded once, at 8 places", marketOrder(Buy, "0.0003"), "7000", "50010.71428571", "0.02142857", "0.01500321", "15.0182175"},
		// 50000 − 10.7142857142… = 49989.2857142857…, half up 49989.28571429; × 0.0003 = 14.996785714287, half up 14.99678571;
		// its fee 0.01499678571, half up 0.01499679; the slippage is 100 × 10.71428571 ÷ 50000 again
		{"for a sell too", marketOrder(Sell, "0.0003"), "7000", "49989.28571429", "0.02142857", "0.01499679", "14.98178892"},
		// A limit that this price keeps, 50005 and 49995 as above, changes nothing.
		{"a limit above it", limitOrder(Buy, "0.1", "60000"), "1000000000", "50005", "0.01", "5.0005", "5005.5005"},
		{"a limit of just so much", limitOrder(Buy, "0.1", "50005"), "1000000000", "50005", "0.01", "5.0005", "5005.5005"},
		{"a seller's below it", limitOrder(Sell, "0.1", "40000"), "1000000000", "49995", "0.01", "4.9995", "4994.5005"},
		{"a seller's of just so much", limitOrder(Sell, "0.1", "49995"), "1000000000", "49995", "0.01", "4.9995", "4994.5005"},
		// A trigger that is met already fires at once.
		{"a stop that is met", conditional(StopLoss, "0.1", "50000"), "1000000000", "49995", "0.01", "4.9995", "4994.5005"},
		{"a profit that is met", conditional(TakeProfit, "0.1", "50000"), "1000000000", "49995", "0.01", "4.9995", "4994.5005"},
	} {
		b := bookOf("1000000").holding("5", "100000")
		order := placed(t, b, example.r, at("50000", example.volume))
		require.Equal(t, Filled, order.Status, example.why)
		require.Equal(t, Taker, order.Liquidity, example.why)
		require.Equal(t, dec(example.price), *order.ExecutedPrice, example.why)
		require.Equal(t, dec(example.slippage), *order.SlippagePct, example.why)
		require.Equal(t, dec(example.fee), *order.Fee, example.why)
		require.Equal(t, dec(example.balance), *order.TotalCost(), example.why)
		moved := b.asset(Quote).Available.Sub(dec("1000000")).Abs()
		require.Equal(t, *order.TotalCost(), moved, example.why)
		require.Zero(t, b.asset(Quote).Locked.Sign()+b.asset(btc.Base).Locked.Sign(), example.why)
	}
}

func TestAFeeOfHalfAUnitIsRoundedUp(t *testing.T) {
	t.Parallel()
	pair := pepe
	pair.MinNotional, pair.MinQty = dec("0.00000001"), dec("1")
	q := Quotation{Pair: pair, Price: dec("0.000005"), QuoteVolume: dec("1000000")}
	r := Request{Symbol: pepe.Symbol, Side: Buy, Type: Limit, TimeInForce: GTC, Quantity: dec("1"), Price: ptr("0.000005")}
	order, err := bookOf("100").Place(r, q, pricesOf(map[string]decimal.Decimal{pepe.Symbol: q.Price}), noon)
	require.NoError(t, err)
	require.Equal(t, "0.00000001", order.Fee.String(), "0.001 × 0.000005 = 0.000000005")
}

func TestALimitThatTheTakersPriceDoesNotKeepIsNotExecuted(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		why    string
		r      Request
		volume string
	}{
		// 50000 × 1.0001 = 50005 and 50000 × 0.9999 = 49995, as above.
		{"a tick less", limitOrder(Buy, "0.1", "50004.99"), "1000000000"},
		{"the current price", limitOrder(Buy, "0.1", "50000"), "1000000000"},
		{"a seller's tick more", limitOrder(Sell, "0.1", "49995.01"), "1000000000"},
		{"a seller's at the current price", limitOrder(Sell, "0.1", "50000"), "1000000000"},
		// 0.1 × 2 × 50000 ÷ 10^6 = 0.01, which 2 are executed at: 50500. 0.0001 more cost 50500.025.
		{"a step too many", limitOrder(Buy, "2.0001", "50500"), "1000000"},
		{"a seller's step too many", limitOrder(Sell, "2.0001", "49500"), "1000000"},
	} {
		for inForce, status := range map[TimeInForce]Status{GTC: Pending, IOC: Expired, FOK: Expired} {
			example.r.TimeInForce = inForce
			order := placed(t, bookOf("1000000").holding("5", "100000"), example.r, at("50000", example.volume))
			require.Equal(t, status, order.Status, "%s, %s", example.why, inForce)
			require.Nil(t, order.ExecutedPrice, example.why)
			require.Empty(t, order.Liquidity, example.why)
		}
	}
	b := bookOf("1000000").holding("5", "100000")
	require.Equal(t, Filled, placed(t, b, limitOrder(Buy, "2", "50500"), at("50000", "1000000")).Status)
	require.Equal(t, Filled, placed(t, b, limitOrder(Sell, "2", "49500"), at("50000", "1000000")).Status)
}

func TestARestingLimitIsFilledAtExactlyItsLimitOnceThePriceIsBeyondIt(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		r             Request
		touch, beyond string
		jump          string
		cash          string // what it pays or gets in all
	}{
		// 40000 and the fee of 40
		{limitOrder(Buy, "1", "40000"), "40000", "39999.99999999", "20000", "-40040"},
		// 1.5 × 60000 = 90000, less the fee of 90
		{limitOrder(Sell, "1.5", "60000"), "60000", "60000.00000001", "90000", "89910"},
	} {
		require.False(t, example.r.ReachedBy(dec(example.touch)))
		for _, price := range []string{example.beyond, example.jump} {
			b := bookOf("100000").holding("2", "100000")
			order := placed(t, b, example.r, at("50000", "1000000000"))
			require.Equal(t, Pending, order.Status)
			require.Nil(t, order.TotalCost())
			require.True(t, order.ReachedBy(dec(price)))

			b.Fill(order, at(price, "1000"), btcAt(price), noon)
			require.Equal(t, Maker, order.Liquidity)
			require.Equal(t, *example.r.Price, *order.ExecutedPrice)
			require.True(t, order.SlippagePct.IsZero())
			require.Equal(t, dec("100000").Add(dec(example.cash)), b.asset(Quote).Available)
			require.Zero(t, b.asset(Quote).Locked.Sign()+b.asset(btc.Base).Locked.Sign())
			require.Zero(t, b.openOrders())
		}
	}
}

func TestATriggerThatIsMetTakesAtThePriceOfItsTick(t *testing.T) {
	t.Parallel()
	for _, example := range []struct{ kind, trigger, before, tick, executed, slippage string }{
		// At the trigger: 40000 × 0.9999 = 39996. Far below: 30000 × 0.9999 = 29997.
		{"stop_loss", "40000", "40000.01", "40000", "39996", "0.01"},
		{"stop_loss", "40000", "40000.01", "30000", "29997", "0.01"},
		// 60000 × 0.9999 = 59994; 70000 × 0.9999 = 69993
		{"take_profit", "60000", "59999.99", "60000", "59994", "0.01"},
		{"take_profit", "60000", "59999.99", "70000", "69993", "0.01"},
	} {
		b := bookOf("100").holding("2", "100000")
		order := placed(t, b, conditional(Type(example.kind), "1", example.trigger), at("50000", "1000000000"))
		require.Equal(t, Pending, order.Status)
		require.False(t, order.ReachedBy(dec(example.before)))
		require.True(t, order.ReachedBy(dec(example.tick)))
		b.Fill(order, at(example.tick, "1000000000"), btcAt(example.tick), noon)
		require.Equal(t, Taker, order.Liquidity)
		require.Equal(t, dec(example.executed), *order.ExecutedPrice)
		require.Equal(t, dec(example.slippage), *order.SlippagePct)
	}
}
