package sim

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheExtremesAreThoseOfTheSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		from := drawStep(t)
		to := from + rapid.OneOf(rapid.Int64Range(1, 10), rapid.Int64Range(1, 2000)).Draw(t, "steps")
		lowest, highest := int64(math.MaxInt64), int64(math.MinInt64)
		for step := from; step < to; step++ {
			lowest, highest = min(lowest, c.at(step)), max(highest, c.at(step))
		}
		low, high := c.extremes(from, to)
		require.Equal(t, [2]int64{lowest, highest}, [2]int64{low, high})
	})
}

func TestTheExtremesOfAdjacentRangesCombine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		from := drawStep(t)
		middle := from + rapid.Int64Range(1, 30*stepsPerDay).Draw(t, "first row")
		to := middle + rapid.Int64Range(1, 30*stepsPerDay).Draw(t, "second row")
		low1, high1 := c.extremes(from, middle)
		low2, high2 := c.extremes(middle, to)
		low, high := c.extremes(from, to)
		require.Equal(t, [2]int64{min(low1, low2), max(high1, high2)}, [2]int64{low, high})
	})
}

// The unfolded walk never leaves the band that the search for extremes assumes.
func TestTheWalkStaysWithinReachOfTheStraightLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := drawCurve(t)
		s := span{level: depth, left: c.start, right: c.start}
		for level := rapid.IntRange(1, 8).Draw(t, "level"); s.level > level; {
			first, second := c.halve(s)
			s = first
			if rapid.Bool().Draw(t, "second") {
				s = second
			}
		}
		steps := int64(1) << s.level
		for n, value := range c.walk(s) {
			line := s.left + (s.right-s.left)*int64(n)/steps
			require.LessOrEqual(t, max(value-line, line-value), c.reach[s.level]+1)
		}
	})
}

// Noise at its bound everywhere is the worst case, which hashes do not reach.
func TestNoNoiseLeadsOutOfReach(t *testing.T) {
	t.Parallel()
	c := newCurve(1, 500)
	const level = 12
	highest := int64(0)
	for step := range int64(1) << level {
		left, right := int64(0), int64(0)
		for at := level; at > 0; at-- {
			middle := (left+right)>>1 + int64(c.swing[at]/2)
			if step>>(at-1)&1 == 0 {
				right = middle
			} else {
				left = middle
			}
		}
		highest = max(highest, left)
	}
	require.LessOrEqual(t, highest, c.reach[level])
	require.Greater(t, highest, c.reach[level]/100*95, "the bound could be much tighter")
}

func TestFoldingBoundsValuesAndNeverIncreasesDistances(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.Int64Range(-100*unity, 100*unity)
		x, y := values.Draw(t, "x"), values.Draw(t, "y")
		require.LessOrEqual(t, fold(x), int64(unity))
		require.GreaterOrEqual(t, fold(x), int64(-unity))
		require.Equal(t, -fold(x), fold(-x))
		require.LessOrEqual(t, max(fold(x)-fold(y), fold(y)-fold(x)), max(x-y, y-x))
		if -unity <= x && x <= unity {
			require.Equal(t, x, fold(x))
		}
	})
}

func TestPowersOfTwoAreCorrectToNinePlaces(t *testing.T) {
	t.Parallel()
	const anchor = 1 << 40
	require.Equal(t, uint64(anchor/2), scale(anchor, -unity))
	require.Equal(t, uint64(anchor), scale(anchor, 0))
	require.Equal(t, uint64(anchor*2), scale(anchor, unity))
	rapid.Check(t, func(t *rapid.T) {
		exponent := rapid.Int64Range(-unity, unity).Draw(t, "exponent")
		want := anchor * math.Exp2(float64(exponent)/unity)
		require.InEpsilon(t, want, float64(scale(anchor, exponent)), 1e-9)
	})
}

func TestPowersOfTwoNeverDecrease(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		exponent := rapid.Int64Range(-unity, unity-1).Draw(t, "exponent")
		// An error would show at a carry through many binary places.
		places := rapid.IntRange(0, fraction).Draw(t, "places")
		for _, at := range []int64{exponent, exponent >> places << places} {
			if at <= -unity || at >= unity {
				continue
			}
			above := at + rapid.SampledFrom([]int64{1, 1 << (fraction - exponentBits)}).Draw(t, "above")
			anchor := rapid.Uint64Range(400, 1<<47).Draw(t, "anchor")
			require.LessOrEqual(t, scale(anchor, at-1), scale(anchor, at))
			require.LessOrEqual(t, scale(anchor, at), scale(anchor, min(above, unity)))
		}
	})
}

func TestACascadeGivesEachItemOneSlot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		levels := rapid.IntRange(0, maxLevels).Draw(t, "levels")
		total := rapid.OneOf(rapid.Uint64Range(0, 20), rapid.Uint64Range(0, 1<<62)).Draw(t, "total")
		seed := stream(rapid.Uint64().Draw(t, "seed"))
		c := newCascade(seed, total, levels, 10, rapid.SampledFrom([]uint64{even, uneven, wild}).Draw(t, "spread"))
		slots := uint64(1) << levels

		require.Zero(t, c.before(0))
		require.Equal(t, total, c.before(slots))
		slot := rapid.Uint64Range(0, slots-1).Draw(t, "slot")
		require.LessOrEqual(t, c.before(slot), c.before(slot+1))
		if total == 0 {
			return
		}
		thing := rapid.Uint64Range(0, total-1).Draw(t, "thing")
		found := c.slotOf(thing)
		require.LessOrEqual(t, c.before(found), thing)
		require.Less(t, thing, c.before(found+1))
	})
}

// walk returns the unfolded values of a span's steps.
func (c *curve) walk(s span) []int64 {
	if s.level == 0 {
		return []int64{s.left}
	}
	first, second := c.halve(s)
	return append(c.walk(first), c.walk(second)...)
}

func drawCurve(t *rapid.T) *curve {
	seed := rapid.Uint64().Draw(t, "seed")
	return newCurve(stream(seed), rapid.Int64Range(10, 2000).Draw(t, "volatility"))
}

// drawStep draws a step of this decade, often next to the boundary of spans.
func drawStep(t *rapid.T) int64 {
	step := rapid.Int64Range(18262*stepsPerDay, 21915*stepsPerDay).Draw(t, "step")
	cut := rapid.IntRange(0, 30).Draw(t, "cut")
	return step>>cut<<cut + rapid.Int64Range(-3, 3).Draw(t, "beside")
}
