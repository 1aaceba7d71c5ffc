package matching

import (
	"cmp"
	"math"
	"time"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
	"github.com/tidwall/btree"
)

// resting is what the matcher knows of a resting order: only what it takes to find it.
type resting struct {
	id, agentID uuid.UUID
	level       uint64 // of price or trigger, in units of 10^-8
	symbol      uint32
	rises       bool // a rising price reaches it, else a falling one
}

// levels holds the resting orders of every symbol, each in one of two ordered trees: orders that a falling price reaches,
// highest level first, and orders that a rising price reaches, lowest level first. Within a level, the oldest comes first.
// So a tick finds exactly the orders that it crosses, at the cost of one comparison if there are none.
type levels struct {
	symbols map[string]uint32
	names   []string
	sides   [][2]*btree.BTreeG[*resting]
	byAge   *btree.BTreeG[*resting] // ids sort by time
}

func newLevels() *levels {
	return &levels{
		symbols: map[string]uint32{},
		byAge:   btree.NewBTreeGOptions(func(a, b *resting) bool { return book.CompareIDs(a.id, b.id) < 0 }, btree.Options{NoLocks: true}),
	}
}

func byLevel(direction int) func(a, b *resting) bool {
	return func(a, b *resting) bool {
		if c := cmp.Compare(a.level, b.level); c != 0 {
			return c*direction < 0
		}
		return book.CompareIDs(a.id, b.id) < 0
	}
}

const (
	falling = 0
	rising  = 1
)

func (l *levels) symbol(name string) uint32 {
	n, ok := l.symbols[name]
	if !ok {
		n = uint32(len(l.names))
		l.symbols[name] = n
		l.names = append(l.names, name)
		options := btree.Options{NoLocks: true}
		l.sides = append(l.sides, [2]*btree.BTreeG[*resting]{
			btree.NewBTreeGOptions(byLevel(-1), options), btree.NewBTreeGOptions(byLevel(1), options),
		})
	}
	return n
}

// unitsOf is a price in units. One that does not fit counts as the largest; the exact comparison is the exchange's.
func unitsOf(price decimal.Decimal) uint64 {
	if units, ok := price.Units(); ok {
		return units
	}
	return 1<<64 - 1
}

// addLimit puts a limit order in. A price reaches it only beyond its limit, so its level is the next price beyond.
func (l *levels) addLimit(agentID, id uuid.UUID, symbol string, side book.Side, limit decimal.Decimal) {
	units, fits := limit.Units()
	switch {
	case !fits:
		units = unitsOf(limit)
	case side == book.Buy:
		units -= min(units, 1)
	default:
		units += min(math.MaxUint64-units, 1)
	}
	l.addUnits(agentID, id, symbol, side == book.Sell, units)
}

// add puts an order in that a price at its level reaches, unless it is there already.
func (l *levels) add(agentID, id uuid.UUID, symbol string, rises bool, level decimal.Decimal) {
	l.addUnits(agentID, id, symbol, rises, unitsOf(level))
}

func (l *levels) addUnits(agentID, id uuid.UUID, symbol string, rises bool, level uint64) {
	order := &resting{id: id, agentID: agentID, level: level, symbol: l.symbol(symbol), rises: rises}
	if _, known := l.byAge.Get(order); known {
		return
	}
	l.put(order)
}

func (l *levels) put(order *resting) {
	l.byAge.Set(order)
	l.tree(order).Set(order)
}

func (l *levels) tree(order *resting) *btree.BTreeG[*resting] {
	if order.rises {
		return l.sides[order.symbol][rising]
	}
	return l.sides[order.symbol][falling]
}

// remove takes an order out, if it is there.
func (l *levels) remove(id uuid.UUID) {
	if order, known := l.byAge.Delete(&resting{id: id}); known {
		l.tree(order).Delete(order)
	}
}

// cross takes out the orders that a price reaches.
func (l *levels) cross(symbol string, price decimal.Decimal) []*resting {
	n, ok := l.symbols[symbol]
	if !ok {
		return nil
	}
	at := unitsOf(price)
	crossed := l.takeWhile(nil, l.sides[n][falling], func(level uint64) bool { return level >= at })
	return l.takeWhile(crossed, l.sides[n][rising], func(level uint64) bool { return level <= at })
}

func (l *levels) takeWhile(crossed []*resting, tree *btree.BTreeG[*resting], reached func(uint64) bool) []*resting {
	for {
		first, ok := tree.Min()
		if !ok || !reached(first.level) {
			return crossed
		}
		tree.PopMin()
		l.byAge.Delete(first)
		crossed = append(crossed, first)
	}
}

// placedBefore takes out the orders that were placed before a time, oldest first, up to a number of them.
func (l *levels) placedBefore(at time.Time, most int) []*resting {
	var old []*resting
	limit := book.FirstID(at)
	for len(old) < most {
		first, ok := l.byAge.Min()
		if !ok || book.CompareIDs(first.id, limit) >= 0 {
			break
		}
		l.remove(first.id)
		old = append(old, first)
	}
	return old
}

func (l *levels) len() int { return l.byAge.Len() }
