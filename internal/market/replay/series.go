package replay

import (
	"slices"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// recording is the content of a file.
type recording struct {
	lines    []line
	series   []*series // sorted by symbol
	bySymbol map[string]*series
}

// line is a price of a pair.
type line struct {
	offset time.Duration // from the start of the replay
	series *series
	point  int // in series
}

// series is one pair's lines.
type series struct {
	market.Pair
	listed int // the line of the file with its filters; 0 if there is none
	places int // the most decimals of its prices
	points []point
	blocks []extremes // one per blockSize points
	batch  int        // the last batch that contains it; only Run uses it
}

// point is a price with the totals up to and including it.
type point struct {
	line     int
	price    decimal.Decimal
	quantity decimal.Decimal
	total
}

// total is the sum of trades.
type total struct {
	volume decimal.Decimal // in base
	quote  decimal.Decimal
	trades int64
}

// total returns what was traded in the first count points.
func (s *series) total(count int) total {
	if count == 0 {
		return total{}
	}
	return s.points[count-1].total
}

// extremes are the lowest and the highest price in a range.
type extremes struct{ low, high decimal.Decimal }

// blockSize is about the square root of the number of points in a large series, so that the extremes of any range take
// few comparisons.
const blockSize = 512

// add appends a point. It panics with decimal.ErrOverflow if the sums get too large.
func (s *series) add(line int, price, quantity decimal.Decimal) {
	sum := s.total(len(s.points))
	if !quantity.IsZero() {
		sum.volume = sum.volume.Add(quantity)
		sum.quote = sum.quote.Add(quantity.Mul(price))
		sum.trades++
	}
	s.points = append(s.points, point{line: line, price: price, quantity: quantity, total: sum})
	if len(s.points)%blockSize == 1 {
		s.blocks = append(s.blocks, extremes{price, price})
		return
	}
	block := &s.blocks[len(s.blocks)-1]
	*block = extremes{decimal.Min(block.low, price), decimal.Max(block.high, price)}
}

// extremes returns the lowest and the highest price of the points from … to−1, or the price before from if there are
// none.
func (s *series) extremes(from, to int) (low, high decimal.Decimal) {
	if from >= to {
		from = max(to, 1) - 1
		to = from + 1
	}
	low = s.points[from].price
	high = low
	for n := from; n < to; {
		if n%blockSize == 0 && n+blockSize <= to {
			block := s.blocks[n/blockSize]
			low, high = decimal.Min(low, block.low), decimal.Max(high, block.high)
			n += blockSize
			continue
		}
		low, high = decimal.Min(low, s.points[n].price), decimal.Max(high, s.points[n].price)
		n++
	}
	return low, high
}

// sortSeries fills r.series, sorted by symbol.
func (r *recording) sortSeries() {
	for _, s := range r.bySymbol {
		r.series = append(r.series, s)
	}
	slices.SortFunc(r.series, func(a, b *series) int { return strings.Compare(a.Symbol, b.Symbol) })
}
