package performance_test

import (
	"math"
	"math/big"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/performance"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// point is the equity at a time. The first point of a curve is the window's start.
type point struct {
	at     time.Time
	equity decimal.Decimal
}

// curve is equity over a window.
type curve struct {
	to     time.Time
	points []point
}

func TestDrawdownIsThatOfBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		figures := c.tracker(t).Figures()
		require.Equal(t, deepest(c).String(), figures.MaxDrawdownPct.String())
		require.GreaterOrEqual(t, figures.MaxDrawdownPct.Sign(), 0)
		require.Negative(t, figures.MaxDrawdownPct.Cmp(decimal.NewFromInt(100)), "of equity above 0")

		inDays := big.NewRat(int64(longest(c)), int64(day))
		require.Equal(t, inDays.FloatString(8), figures.MaxDrawdownDurationDays.String())
	})
}

func TestRatiosAreThoseOfTheFormulas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		figures := c.tracker(t).Figures()
		sharpe, sortino := ratios(c)
		requireNear(t, sharpe, figures.SharpeRatio, slices.Contains(figures.Undefined, "sharpe_ratio"))
		requireNear(t, sortino, figures.SortinoRatio, slices.Contains(figures.Undefined, "sortino_ratio"))
	})
}

func TestTheScaleOfEquityDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		// Floating point multiplies by a power of two exactly, so the result is the same to the last digit.
		factor := decimal.NewFromInt(1 << rapid.IntRange(1, 20).Draw(t, "power"))
		scaled := curve{to: c.to}
		for _, p := range c.points {
			scaled.points = append(scaled.points, point{p.at, p.equity.Mul(factor)})
		}
		require.Equal(t, c.tracker(t).Figures(), scaled.tracker(t).Figures())
	})
}

func TestASampleThatRepeatsWhatIsKnownChangesNoRatio(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		i := rapid.IntRange(0, len(c.points)-1).Draw(t, "repeated")
		until := c.to
		if i+1 < len(c.points) {
			until = c.points[i+1].at
		}
		repeated := c.points[i]
		repeated.at = repeated.at.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(repeated.at))).Draw(t, "later")))
		more := curve{to: c.to, points: slices.Insert(slices.Clone(c.points), i+1, repeated)}

		before, after := c.tracker(t).Figures(), more.tracker(t).Figures()
		require.Equal(t, before.SharpeRatio, after.SharpeRatio)
		require.Equal(t, before.SortinoRatio, after.SortinoRatio)
		require.Equal(t, before.MaxDrawdownPct, after.MaxDrawdownPct)
		require.Equal(t, before.Undefined, after.Undefined)
	})
}

func TestNeitherAskingBetweenNorTheMixOfStreamsMatters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		trades := make([]trade, rapid.IntRange(0, 10).Draw(t, "trades"))
		for i := range trades {
			at := min(time.Duration(i), c.to.Sub(c.points[0].at))
			trades[i] = trade{at, rapid.SampledFrom([]string{"", "0", "7", "-3.5"}).Draw(t, "realized")}
		}
		addTrade := func(tracker *performance.Tracker, trade trade) {
			realized := decimal.Decimal{}
			if trade.realized != "" {
				realized = decimal.MustParse(trade.realized)
			}
			require.NoError(t, tracker.AddTrade(c.points[0].at.Add(trade.after), realized, trade.realized != ""))
		}

		oneByOne := c.tracker(t)
		for _, trade := range trades {
			addTrade(oneByOne, trade)
		}

		mixed := performance.NewTracker(c.points[0].at, c.to, c.points[0].equity)
		samples := c.points[1:]
		for len(samples)+len(trades) > 0 {
			if len(trades) == 0 || len(samples) > 0 && rapid.Bool().Draw(t, "a sample first") {
				require.NoError(t, mixed.AddSample(samples[0].at, samples[0].equity))
				samples = samples[1:]
			} else {
				addTrade(mixed, trades[0])
				trades = trades[1:]
			}
			if rapid.Bool().Draw(t, "asked") {
				mixed.Figures()
			}
		}
		require.Equal(t, oneByOne.Figures(), mixed.Figures())
	})
}

func BenchmarkAddSample(b *testing.B) {
	// A sample a minute, of an equity that always changes.
	tracker := performance.NewTracker(midnight, midnight.Add(100*365*day), decimal.NewFromInt(10_000))
	at := midnight
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		at = at.Add(time.Minute)
		if err := tracker.AddSample(at, decimal.NewFromUnits(1_000_000_000_000+i*7919%1_000_003)); err != nil {
			b.Fatal(err)
		}
	}
}

// drawCurve draws a window of some hours or days, and an equity above 0 with samples that may coincide with each other,
// with the ends of steps, and with the window's start and end.
func drawCurve(t *rapid.T) curve {
	unit := rapid.SampledFrom([]time.Duration{time.Hour, day}).Draw(t, "unit")
	from := midnight.Add(rapid.SampledFrom([]time.Duration{0, 1, 25 * time.Minute, 13 * time.Hour}).Draw(t, "from"))
	window := time.Duration(rapid.Int64Range(0, int64(20*unit)).Draw(t, "window"))
	if rapid.Bool().Draw(t, "whole") {
		window = window.Truncate(unit)
	}
	c := curve{to: from.Add(window)}
	times := []time.Time{from}
	for range rapid.IntRange(0, 30).Draw(t, "samples") {
		at := from.Add(time.Duration(rapid.Int64Range(0, int64(window)).Draw(t, "at")))
		if whole := at.Truncate(unit); !whole.Before(from) && rapid.Bool().Draw(t, "on a point") {
			at = whole
		}
		times = append(times, at)
	}
	slices.SortFunc(times, time.Time.Compare)
	equity := rapid.OneOf(rapid.Int64Range(9_000_00, 11_000_00), rapid.Int64Range(1, 5), rapid.Int64Range(1, 1_000_000_00))
	for _, at := range times {
		cents := equity.Draw(t, "cents")
		c.points = append(c.points, point{at, decimal.NewFromUnits(cents * 1_000_000)})
	}
	return c
}

func (c curve) tracker(t require.TestingT) *performance.Tracker {
	tracker := performance.NewTracker(c.points[0].at, c.to, c.points[0].equity)
	for _, p := range c.points[1:] {
		require.NoError(t, tracker.AddSample(p.at, p.equity))
	}
	return tracker
}

// inWindow returns the points without those at the start that later points replace.
func (c curve) inWindow() []point {
	points := c.points
	for len(points) > 1 && points[1].at.Equal(c.points[0].at) {
		points = points[1:]
	}
	return points
}

// deepest compares every point with every one before it, in exact fractions.
func deepest(c curve) decimal.Decimal {
	worst := new(big.Rat)
	points := c.inWindow()
	for i, low := range points {
		for _, high := range points[:i] {
			loss := new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).Quo(rational(low.equity), rational(high.equity)))
			if loss.Cmp(worst) > 0 {
				worst = loss
			}
		}
	}
	return decimal.MustParse(worst.Mul(worst, big.NewRat(100, 1)).FloatString(8))
}

// longest walks forward from every point until equity is at or above it again.
func longest(c curve) time.Duration {
	var most time.Duration
	points := c.inWindow()
	for i, peak := range points {
		if i+1 == len(points) || points[i+1].equity.Cmp(peak.equity) >= 0 {
			continue // no drawdown starts here
		}
		back := c.to
		for _, later := range points[i+1:] {
			if later.equity.Cmp(peak.equity) >= 0 {
				back = later.at
				break
			}
		}
		most = max(most, back.Sub(peak.at))
	}
	return most
}

// ratios computes both in two passes over all returns; NaN is undefined.
func ratios(c curve) (sharpe, sortino float64) {
	from := c.points[0].at
	step, perYear := time.Hour, 8760.0
	if c.to.Sub(from) > 7*day {
		step, perYear = day, 365.0
	}
	at := func(when time.Time) decimal.Decimal {
		equity := c.points[0].equity
		for _, p := range c.points {
			if !p.at.After(when) {
				equity = p.equity
			}
		}
		return equity
	}
	var all []float64
	begun := at(from)
	for end := from.Truncate(step).Add(step); !end.After(c.to); end = end.Add(step) {
		r, _ := new(big.Rat).Quo(rational(at(end).Sub(begun)), rational(begun)).Float64()
		all, begun = append(all, r), at(end)
	}
	n := float64(len(all))
	if n < 2 {
		return math.NaN(), math.NaN()
	}
	var mean, squares, downside float64
	for _, r := range all {
		mean += r / n
	}
	for _, r := range all {
		squares += (r - mean) * (r - mean)
		downside += math.Min(r, 0) * math.Min(r, 0)
	}
	if slices.Min(all) == slices.Max(all) {
		squares = 0 // even if the mean has a rounding error
	}
	return divided(mean, math.Sqrt(squares/(n-1))) * math.Sqrt(perYear), divided(mean, math.Sqrt(downside/n)) * math.Sqrt(perYear)
}

func divided(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

func requireNear(t *rapid.T, want float64, got decimal.Decimal, undefined bool) {
	t.Helper()
	require.Equal(t, math.IsNaN(want), undefined)
	if undefined {
		require.True(t, got.IsZero())
		return
	}
	f, err := strconv.ParseFloat(got.String(), 64)
	require.NoError(t, err)
	require.InDelta(t, want, f, 1e-7+1e-9*math.Abs(want))
}

func rational(d decimal.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic("not a number: " + d.String())
	}
	return r
}
