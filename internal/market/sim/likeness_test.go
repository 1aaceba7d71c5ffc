package sim

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// These tests look at the market's statistics, hence in floats.

const firstDay = 20454 // 2026-01-01, in days since 1970

func TestEveryPriceStaysBetweenHalfAndTwiceItsAnchor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := drawInstrument(t)
		price := i.priceAt(rapid.Int64Range(0, 1<<depth-1).Draw(t, "step"))
		require.GreaterOrEqual(t, 2*price+1, int64(i.anchor))
		require.LessOrEqual(t, price, 2*int64(i.anchor))
	})
}

func TestAYearStaysBetweenHalfAndTwiceTheAnchor(t *testing.T) {
	t.Parallel()
	for _, i := range instrumentsOf(7) {
		low, high := i.prices.extremes(firstDay*stepsPerDay, (firstDay+365)*stepsPerDay)
		require.GreaterOrEqual(t, 2*i.ticksOf(low)+1, int64(i.anchor), i.Symbol)
		require.LessOrEqual(t, i.ticksOf(high), 2*int64(i.anchor), i.Symbol)
		require.Less(t, 1.2, float64(i.ticksOf(high))/float64(i.ticksOf(low)), "%s hardly moves", i.Symbol)
	}
}

func TestDailyReturnsHaveTheDeclaredVolatility(t *testing.T) {
	t.Parallel()
	for n, i := range instrumentsOf(11) {
		realised := deviation(i.returns(firstDay*stepsPerDay, stepsPerDay, 180))
		declared := float64(listings[n].volatility) / 10_000
		require.InDelta(t, 0, math.Log(realised/declared), math.Log(1.5), "%s: %f of %f", i.Symbol, realised, declared)
	}
}

func TestVolatilityGrowsWithTheSquareRootOfTime(t *testing.T) {
	t.Parallel()
	i := newInstrument(3, listingOf("BTC"))
	daily := float64(listingOf("BTC").volatility) / 10_000
	for _, steps := range []int64{1, 4, 240, 3600, 14400, 4 * 14400} {
		want := daily * math.Sqrt(float64(steps)/float64(stepsPerDay))
		realised := deviation(i.returns(firstDay*stepsPerDay, steps, 4000))
		require.InEpsilon(t, want, realised, 0.1, "over %d steps", steps)
	}
}

// If there were a pattern, returns would correlate with earlier ones.
func TestReturnsShowNoPeriod(t *testing.T) {
	t.Parallel()
	const steps, count = 240, 30_000 // minutes
	i := newInstrument(5, listingOf("ETH"))
	returns := i.returns(firstDay*stepsPerDay, steps, count)
	variance := math.Pow(deviation(returns), 2)
	for _, lag := range []int{1, 2, 5, 15, 60, 64, 240, 256, 273, 1024, 1440, 4096} {
		sum := 0.0
		for n := lag; n < count; n++ {
			sum += returns[n] * returns[n-lag]
		}
		correlation := sum / float64(count-lag) / variance
		require.InDelta(t, 0, correlation, 5/math.Sqrt(count), "after %d minutes", lag)
	}
}

func TestPricesJumpNoFurtherAtBoundariesThanElsewhere(t *testing.T) {
	t.Parallel()
	i := newInstrument(9, listingOf("SOL"))
	ordinary := deviation(i.returns(firstDay*stepsPerDay+1, 1, 8000))
	// Days, hours and minutes, and the spans of the curve's halvings.
	for _, every := range []int64{stepsPerDay, 14400, 240, 1 << 8, 1 << 14, 1 << 18} {
		jumps := make([]float64, 4000)
		for n := range jumps {
			boundary := firstDay*stepsPerDay/every*every - int64(n)*every
			jumps[n] = i.logAt(boundary) - i.logAt(boundary-1)
		}
		require.InEpsilon(t, ordinary, deviation(jumps), 0.1, "every %d steps", every)
	}
}

func TestTurnoverMatchesTheListing(t *testing.T) {
	t.Parallel()
	for n, i := range instrumentsOf(13) {
		l := listings[n]
		before, after := i.flowBefore((firstDay-180)*stepsPerDay), i.flowBefore(firstDay*stepsPerDay)
		lots := float64(after.lots-before.lots) / 180
		turnover := lots * float64(l.anchor) / float64(power10(l.tickPlaces+l.stepPlaces))
		require.InDelta(t, 0, math.Log2(turnover/float64(1000*l.turnover)), 1, i.Symbol)
		trades := float64(after.trades-before.trades) / 180
		require.InDelta(t, 0, math.Log2(trades*meanTrade/float64(1000*l.turnover)), 1, i.Symbol)
	}
}

// Rounding in one direction would show in rare trades: they would all fall on the same steps.
func TestRareTradesFallOnAnyStep(t *testing.T) {
	t.Parallel()
	i := newInstrument(15, listingOf("ENJ"))
	const kinds = 16
	var found [kinds]float64
	const count = 16_000
	first := i.trades.before(firstDay * uint64(stepsPerDay))
	for n := range uint64(count) {
		found[i.trades.slotOf(first+n)%kinds]++
	}
	for kind, times := range found {
		require.InDelta(t, count/kinds, times, 6*math.Sqrt(count/kinds), "steps ≡ %d", kind)
	}
}

// returns returns count log-returns over this many steps each.
func (i *instrument) returns(from, steps int64, count int) []float64 {
	returns := make([]float64, count)
	previous := i.logAt(from)
	for n := range returns {
		next := i.logAt(from + int64(n+1)*steps)
		returns[n] = next - previous
		previous = next
	}
	return returns
}

// logAt returns the natural logarithm of price ÷ anchor before rounding to ticks.
func (i *instrument) logAt(step int64) float64 {
	return float64(i.prices.at(step)) / unity * math.Ln2
}

// deviation returns the standard deviation around 0.
func deviation(values []float64) float64 {
	sum := 0.0
	for _, value := range values {
		sum += value * value
	}
	return math.Sqrt(sum / float64(len(values)))
}

func instrumentsOf(seed stream) []*instrument {
	all := make([]*instrument, len(listings))
	for n, l := range listings {
		all[n] = newInstrument(seed, l)
	}
	return all
}

func listingOf(base string) listing {
	for _, l := range listings {
		if l.base == base {
			return l
		}
	}
	panic("not listed: " + base)
}

func drawInstrument(t *rapid.T) *instrument {
	seed := stream(rapid.Uint64().Draw(t, "seed"))
	return newInstrument(seed, rapid.SampledFrom(listings).Draw(t, "listing"))
}
