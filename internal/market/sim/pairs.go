package sim

import (
	"math/bits"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// listing is a simulated pair. Its filters are those of the large exchanges; anchor, volatility and turnover are
// realistic for recent years.
type listing struct {
	base        string
	anchor      int64 // the price that the curve moves around, in ticks
	tickPlaces  int   // the tick is 10^-tickPlaces of quote
	stepPlaces  int   // the step is 10^-stepPlaces of base; together at most 8
	minNotional int64 // in quote
	volatility  int64 // standard deviation of the daily log-return, in basis points
	turnover    int64 // per day on average, in thousands of quote
}

// listings are sorted by symbol. An underscore in an anchor marks its decimal point.
var listings = []listing{
	{"AAVE", 165_00, 2, 3, 5, 480, 45_000},
	{"ADA", 6200, 4, 1, 5, 440, 95_000},
	{"ALGO", 2000, 4, 0, 5, 470, 16_000},
	{"APT", 6_500, 3, 2, 5, 480, 28_000},
	{"ARB", 5500, 4, 1, 5, 510, 38_000},
	{"ATOM", 5_200, 3, 2, 5, 420, 18_000},
	{"AVAX", 24_000, 3, 2, 5, 460, 60_000},
	{"BCH", 420_00, 2, 3, 5, 400, 24_000},
	{"BNB", 610_00, 2, 3, 5, 270, 170_000},
	{"BONK", 2300, 8, 0, 1, 640, 24_000},
	{"BTC", 48000_00, 2, 5, 5, 240, 1_800_000},
	{"CHZ", 6200, 5, 0, 1, 450, 8_000},
	{"COMP", 52_00, 2, 3, 5, 450, 6_000},
	{"CRV", 6500, 4, 1, 5, 560, 26_000},
	{"DASH", 28_00, 2, 3, 5, 420, 5_000},
	{"DOGE", 18000, 5, 0, 1, 490, 260_000},
	{"DOT", 5_400, 3, 2, 5, 410, 32_000},
	{"DYDX", 1_100, 3, 2, 5, 520, 9_000},
	{"EGLD", 24_00, 2, 2, 5, 450, 5_000},
	{"ENJ", 1600, 4, 1, 5, 470, 4_000},
	{"ETC", 21_00, 2, 2, 5, 400, 20_000},
	{"ETH", 2600_00, 2, 4, 5, 340, 1_200_000},
	{"FET", 1_050, 3, 1, 5, 570, 27_000},
	{"FIL", 4_300, 3, 2, 5, 450, 24_000},
	{"FLOKI", 13500, 8, 0, 1, 600, 17_000},
	{"GALA", 2400, 5, 0, 1, 520, 16_000},
	{"GRT", 1700, 4, 0, 5, 500, 8_000},
	{"HBAR", 13500, 5, 0, 5, 490, 40_000},
	{"ICP", 7_400, 3, 2, 5, 460, 13_000},
	{"IMX", 1_200, 3, 2, 5, 520, 9_000},
	{"INJ", 17_000, 3, 2, 5, 540, 26_000},
	{"LDO", 1_350, 3, 2, 5, 540, 19_000},
	{"LINK", 14_50, 2, 2, 5, 430, 75_000},
	{"LTC", 88_00, 2, 3, 5, 370, 50_000},
	{"MANA", 3800, 4, 0, 5, 440, 7_000},
	{"NEAR", 4_200, 3, 1, 5, 500, 42_000},
	{"NEO", 12_000, 3, 2, 5, 400, 6_000},
	{"OP", 1_500, 3, 2, 5, 510, 25_000},
	{"PEPE", 1100, 8, 0, 1, 660, 130_000},
	{"RUNE", 3_600, 3, 1, 5, 540, 15_000},
	{"SAND", 3700, 4, 0, 5, 450, 9_000},
	{"SEI", 3600, 4, 1, 5, 550, 22_000},
	{"SHIB", 1700, 8, 0, 1, 470, 60_000},
	{"SOL", 145_00, 2, 3, 5, 410, 520_000},
	{"STX", 1_500, 3, 1, 5, 510, 10_000},
	{"SUI", 2_2000, 4, 1, 5, 560, 140_000},
	{"TIA", 4_800, 3, 2, 5, 560, 21_000},
	{"TRX", 1600, 4, 1, 5, 240, 55_000},
	{"UNI", 8_200, 3, 2, 5, 470, 34_000},
	{"VET", 3000, 5, 1, 5, 450, 9_000},
	{"WIF", 1_700, 3, 2, 5, 680, 48_000},
	{"XLM", 1900, 4, 0, 5, 430, 36_000},
	{"XRP", 1_2000, 4, 1, 5, 420, 480_000},
	{"XTZ", 8300, 4, 1, 5, 400, 5_000},
	{"ZEC", 45_00, 2, 3, 5, 460, 13_000},
}

// instrument is a listed pair with the functions that generate its market.
type instrument struct {
	market.Pair
	anchor uint64          // in ticks
	tick   int64           // in units of 10^-8
	prices *curve          // log price by step
	trades *cascade        // the market's trades, by step
	sizes  *cascade        // their lot steps beyond the one that each has, by trade
	sides  stream          // the taker's side, by trade
	book   stream          // quantities in the order book, by price and time
	grain  decimal.Decimal // tick × lot step, the unit of notionals
	quote  quoteSum
	latest latestTicker
}

// meanTrade is the average trade's value, in quote.
const meanTrade = 800

func newInstrument(seed stream, l listing) *instrument {
	symbol := l.base + market.QuoteAsset
	random := seed.named(symbol)
	const days = 1 << depth / stepsPerDay
	trades := uint64(l.turnover * 1000 / meanTrade * days)
	levels := bits.Len64(trades) // at least as many slots as trades, at most twice as many
	// The mean size in lot steps, meanTrade ÷ (price × step), less the one that every trade has.
	lots := uint64(max(1, meanTrade*power10(l.tickPlaces)*power10(l.stepPlaces)/l.anchor-1))
	step := decimal.NewFromUnits(power10(8 - l.stepPlaces))
	return &instrument{
		Pair: market.Pair{
			Symbol: symbol, Base: l.base, Quote: market.QuoteAsset, Status: market.StatusTrading,
			MinQty: step, StepSize: step,
			TickSize:    decimal.NewFromUnits(power10(8 - l.tickPlaces)),
			MinNotional: decimal.NewFromInt(l.minNotional),
		},
		anchor: uint64(l.anchor),
		tick:   power10(8 - l.tickPlaces),
		grain:  decimal.NewFromUnits(power10(8 - l.tickPlaces - l.stepPlaces)),
		prices: newCurve(random.sub(0), l.volatility),
		trades: newCascade(random.sub(1), trades, depth, 21, uneven), // 2^21 steps are six days
		sizes:  newCascade(random.sub(2), lots<<levels, levels, 12, wild),
		sides:  random.sub(3),
		book:   random.sub(4),
	}
}

// priceAt returns the price at a step, in ticks.
func (i *instrument) priceAt(step int64) int64 { return i.ticksOf(i.prices.at(step)) }

// ticksOf converts a logarithm to a price in ticks.
func (i *instrument) ticksOf(logarithm int64) int64 { return int64(scale(i.anchor, logarithm)) }

// price converts a price in ticks to a decimal.
func (i *instrument) price(ticks int64) decimal.Decimal { return decimal.NewFromUnits(ticks * i.tick) }

// quantity converts a quantity in lot steps to a decimal.
func (i *instrument) quantity(lots uint64) decimal.Decimal {
	return decimal.NewFromInt(int64(lots)).Mul(i.StepSize)
}

// flow is the sum of all trades from 1970 up to a moment.
type flow struct {
	trades uint64
	lots   uint64
}

// flowBefore returns the flow up to but excluding a step.
func (i *instrument) flowBefore(step int64) flow {
	trades := i.trades.before(uint64(step))
	return flow{trades: trades, lots: i.lotsBefore(trades)}
}

// lotsBefore returns the total of the first trades, in lot steps.
func (i *instrument) lotsBefore(trades uint64) uint64 { return trades + i.sizes.before(trades) }

func power10(exponent int) int64 {
	power := int64(1)
	for range exponent {
		power *= 10
	}
	return power
}
