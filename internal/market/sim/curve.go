package sim

import (
	"math"
	"math/big"
	"math/bits"
)

const (
	// depth is the number of halvings from the whole time since 1970 down to a single step. 2^34 steps of 250 ms last
	// until the year 2106.
	depth = 34

	// fraction is the number of binary places of a logarithm. Logarithms are to base 2, so 1 means twice the price.
	fraction = 48
	unity    = 1 << fraction
)

// curve is the path of one price: the logarithm of price ÷ anchor at every step since 1970, as a function of the seed
// alone.
//
// It is a Brownian motion constructed by halving (Lévy's construction). The value in the middle of a span is the mean
// of the values at its ends plus noise of variance σ²T/4, where σ is the volatility and T the span's length; the noise
// is a hash of the span. So computing a value takes one descent from the whole time to its step, and increments over a
// step, an hour or a month all have variance σ²T wherever they start: no boundary of an hour or a day is special.
//
// That walk is unbounded. It is folded into −1 … 1 like a ray of light between two mirrors: up to 1, back down to −1,
// and so on. Folding changes the size of steps only at the mirrors. It guarantees the bound: price ÷ anchor is
// 2^folded, hence within 1/2 … 2 whatever the walk does.
//
// The noise is uniform and therefore bounded, which bounds how far the walk strays from the straight line between the
// ends of a span. So a search for the exact highest value of a day needs to look at only about a hundred spans.
type curve struct {
	start int64             // the walk's value both in 1970 and in 2106
	noise [depth + 1]stream // by level: a span of level n has 2^n steps
	swing [depth + 1]uint64 // by level: noise is uniform over −swing/2 … swing/2
	reach [depth + 1]int64  // by level: how far the walk may be from the straight line
}

// newCurve returns the curve of a price with the given volatility: the standard deviation of the daily natural
// log-return, in basis points.
func newCurve(random stream, volatility int64) *curve {
	c := &curve{start: int64(below(4*unity, random.at(0)))}
	for level := 1; level <= depth; level++ {
		c.noise[level] = random.sub(uint64(level))
		c.swing[level] = swingOf(level, volatility)
	}
	for level := range c.reach {
		c.reach[level] = c.reachOf(level)
	}
	return c
}

// reachOf returns how far a value within a span of this level may be from the straight line between the span's ends.
//
// Noise in the middle of a span lifts the points within it like a tent: fully in the middle and not at all at the ends. Let a be the bound of the noise and x the tent's height, 0 … 1, at the point in question. The point is then lifted by at most a1·x1 + a2·x2 + …, from the widest span to the narrowest. Where one tent is high, the next is low: x2 ≤ 2(1 −
// x1), or x1 + x2/2 ≤ 1, and so on. With c1 = a1, c2 = a2 − c1/2, c3 = a3 − c2/2 …, none of which is negative because each a is 1/√2 of the one before, the sum is c1(x1 + x2/2) + c2(x2 + x3/2) + …, hence at most c1 + c2 + …, two thirds of a1
// + a2 + …
func (c *curve) reachOf(level int) int64 {
	sum, share := int64(0), int64(0)
	for ; level > 0; level-- {
		share = int64(c.swing[level]/2) - share/2
		sum += share + 4 // 4 covers the rounding of means, swings and shares
	}
	return sum
}

// swingOf returns the width of the uniform noise in the middle of a span of 2^level steps, T days. A uniform
// distribution with variance σ²T/4 has width √(3σ²T), and a logarithm to base 2 is the natural one ÷ ln 2.
func swingOf(level int, volatility int64) uint64 {
	const ln2 = 693_147_180_560 // × 10^-12
	square := big.NewInt(3 * volatility * volatility)
	square.Mul(square, new(big.Int).Exp(big.NewInt(10), big.NewInt(2*12), nil))
	square.Lsh(square, 2*fraction+uint(level))
	divisor := big.NewInt(10_000 * 10_000 * stepsPerDay)
	divisor.Mul(divisor, big.NewInt(ln2))
	divisor.Mul(divisor, big.NewInt(ln2))
	return square.Quo(square, divisor).Sqrt(square).Uint64()
}

// fold reflects a value of the walk into −1 … 1. It is odd, fold(−x) = −fold(x), and never increases the distance
// between two values.
func fold(x int64) int64 {
	y := (x + unity) & (4*unity - 1)
	if y > 2*unity {
		y = 4*unity - y
	}
	return y - unity
}

// at returns the folded value at a step, 0 ≤ step < 2^depth.
func (c *curve) at(step int64) int64 {
	s := span{level: depth, left: c.start, right: c.start}
	for s.level > 0 {
		first, second := c.halve(s)
		if step>>first.level&1 == 0 {
			s = first
		} else {
			s = second
		}
	}
	return fold(s.left)
}

// extremes returns the lowest and the highest folded value of the steps from … to−1, of which there must be at least
// one.
func (c *curve) extremes(from, to int64) (low, high int64) {
	return -c.highest(-1, from, to), c.highest(1, from, to)
}

// span is a part of the walk: the 2^level steps from index × 2^level on, with the walk's values at its first step and
// at the first step of the next span.
type span struct {
	level       int
	index       int64
	left, right int64
}

// halve splits a span of level 1 or more.
func (c *curve) halve(s span) (first, second span) {
	swing := c.swing[s.level]
	offset, _ := bits.Mul64(swing, c.noise[s.level].at(uint64(s.index)))
	middle := (s.left+s.right)>>1 + int64(offset) - int64(swing>>1)
	return span{s.level - 1, 2 * s.index, s.left, middle},
		span{s.level - 1, 2*s.index + 1, middle, s.right}
}

// candidate is a span that may contain the highest value. None of its values exceeds bound.
type candidate struct {
	span
	bound int64
}

// search finds the highest folded value of sign × walk among the steps from … to−1.
type search struct {
	curve    *curve
	sign     int64
	from, to int64
	best     int64 // so far
}

// highest returns that value. It halves all candidate spans level by level and keeps those that may exceed the best
// value found at any span's first step. About ten remain per level, because the bounds shrink like the walk's swings.
func (c *curve) highest(sign, from, to int64) int64 {
	s := search{curve: c, sign: sign, from: from, to: to, best: math.MinInt64}
	var room [2][128]candidate // more is rare, and then grows on the heap
	spans, halves := room[0][:0], room[1][:0]
	spans = append(spans, candidate{span{level: depth, left: c.start, right: c.start}, math.MaxInt64})
	for range depth {
		halves = halves[:0]
		for _, whole := range spans {
			if whole.bound > s.best {
				first, second := c.halve(whole.span)
				halves = s.admit(halves, first)
				halves = s.admit(halves, second)
			}
		}
		spans, halves = halves, spans
	}
	return s.best
}

// admit appends the span to the candidates if it is one.
func (s *search) admit(candidates []candidate, at span) []candidate {
	begin := at.index << at.level
	if begin >= s.to || begin+1<<at.level <= s.from {
		return candidates
	}
	left, right := s.sign*fold(at.left), s.sign*fold(at.right)
	if begin >= s.from {
		s.best = max(s.best, left)
	}
	// Folding never increases distances. So a point on the line between the ends, d from one and D − d from the other,
	// is at most min(left + d, right + D − d) ≤ (left + right + D)/2 when folded, and the walk is at most reach away
	// from that line. Between two mirrors this is simply the higher end plus reach.
	distance := max(at.left-at.right, at.right-at.left)
	bound := (left+right+distance)/2 + 1 + s.curve.reach[at.level]
	if bound <= s.best {
		return candidates
	}
	return append(candidates, candidate{at, bound})
}
