package sim

import "math/bits"

// cascade spreads a total of indivisible items unevenly over 2^levels slots: a hash of each span splits its share
// between its halves, down to single slots. The items in a range of slots are the difference of two running totals, so
// sums over adjacent ranges add up exactly, and each end costs one descent. Multiplying splits gives bursts and lulls
// of every length, as real trading has.
type cascade struct {
	total  uint64
	levels int
	noise  [maxLevels + 1]stream // by level: a span of level n has 2^n slots
	spread [maxLevels + 1]uint64 // by level: a half's share is uniform over 1/2 ± spread/2, in 2^-64
}

const maxLevels = 48

// Values of spread, in 2^-64.
const (
	even   = 1 << 59 // 1/2 ± 1/64
	uneven = 1 << 62 // 1/2 ± 1/8
	wild   = 1 << 63 // 1/2 ± 1/4
)

// newCascade spreads total over 2^levels slots: with the given spread in spans of up to 2^rough slots, and evenly in
// larger ones, so that months are alike.
func newCascade(random stream, total uint64, levels, rough int, spread uint64) *cascade {
	c := &cascade{total: total, levels: levels}
	for level := 1; level <= levels; level++ {
		c.noise[level] = random.sub(uint64(level))
		c.spread[level] = spread
		if level > rough {
			c.spread[level] = even
		}
	}
	return c
}

// first returns how many of a span's count items are in its first half. A fraction of an item is rounded randomly:
// always rounding in the same direction would put rare items all into the same slots.
func (c *cascade) first(count uint64, level int, index uint64) uint64 {
	random := c.noise[level].at(index)
	share := 1<<63 - c.spread[level]/2 + below(c.spread[level], random)
	whole, part := bits.Mul64(count, share)
	_, carry := bits.Add64(part, stream(random).at(0), 0)
	return whole + carry
}

// before returns the number of items in the first slots.
func (c *cascade) before(slots uint64) uint64 {
	if slots>>c.levels > 0 {
		return c.total
	}
	sum, count := uint64(0), c.total
	for level := c.levels; level > 0 && count > 0; level-- {
		if slots&(1<<level-1) == 0 {
			break // slots ends where this span starts
		}
		first := c.first(count, level, slots>>level)
		if slots>>(level-1)&1 == 0 {
			count = first
		} else {
			sum, count = sum+first, count-first
		}
	}
	return sum
}

// slotOf returns the slot of item n, counted from 0; n must be below total.
func (c *cascade) slotOf(n uint64) uint64 {
	slot, count := uint64(0), c.total
	for level := c.levels; level > 0; level-- {
		first := c.first(count, level, slot)
		slot <<= 1
		if n < first {
			count = first
		} else {
			slot, n, count = slot|1, n-first, count-first
		}
	}
	return slot
}
