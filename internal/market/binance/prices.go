package binance

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// prices is the state of every pair, for use by any goroutine.
type prices struct {
	clock   func() time.Time
	changed chan struct{} // signals that take returns something

	mu       sync.RWMutex
	sorted   []market.Pair
	bySymbol map[string]*quote
	pending  map[string]*quote // changed since the last take

	// Connections are numbered. A frame confirms a price only if that price came over the same connection.
	connection int
	confirmed  time.Time // the time of the newest frame
	by         int       // the connection it came over
}

// quote is the state of one pair.
type quote struct {
	pair       market.Pair
	stats      market.Ticker // Close is the price, Time the moment of its frame; zero if there is none
	event      time.Time     // Binance's own time for it
	connection int           // the last one that brought a price

	open  market.Tick // the first price of a day
	exact bool        // open is the price at 00:00
	asked bool        // the exact price is being fetched
}

// event is an update of one pair.
type event struct {
	market.Ticker
	snapshot bool // fetched over REST, not streamed; only these have a trade count
}

func newPrices(clock func() time.Time) *prices {
	return &prices{
		clock: clock, changed: make(chan struct{}, 1),
		bySymbol: map[string]*quote{}, pending: map[string]*quote{},
	}
}

func (p *prices) pairs() []market.Pair {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return slices.Clone(p.sorted)
}

func (p *prices) pair(symbol string) (market.Pair, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if q := p.bySymbol[symbol]; q != nil {
		return q.pair, true
	}
	return market.Pair{}, false
}

func (p *prices) last(symbol string) (market.Tick, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	q := p.bySymbol[symbol]
	if q == nil || q.stats.Time.IsZero() {
		return market.Tick{}, false
	}
	return p.tick(q), true
}

// tick returns the price of q, which must have one.
func (p *prices) tick(q *quote) market.Tick {
	tick := market.Tick{Symbol: q.pair.Symbol, Price: q.stats.Close, Time: q.stats.Time}
	if q.connection == p.connection && p.by == p.connection {
		tick.Time = later(tick.Time, p.confirmed)
	}
	return tick
}

func (p *prices) ticker(symbol string) (market.Ticker, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	q := p.bySymbol[symbol]
	if q == nil || q.stats.Time.IsZero() {
		return market.Ticker{}, false
	}
	return q.stats, true
}

// list replaces the pairs. Those that stay keep their prices.
func (p *prices) list(pairs []market.Pair) {
	slices.SortFunc(pairs, func(a, b market.Pair) int { return strings.Compare(a.Symbol, b.Symbol) })
	pairs = slices.CompactFunc(pairs, func(a, b market.Pair) bool { return a.Symbol == b.Symbol })
	p.mu.Lock()
	defer p.mu.Unlock()
	quotes := make(map[string]*quote, len(pairs))
	for _, pair := range pairs {
		q := p.bySymbol[pair.Symbol]
		if q == nil {
			q = &quote{}
		}
		q.pair = pair
		quotes[pair.Symbol] = q
	}
	for symbol := range p.pending {
		if quotes[symbol] == nil {
			delete(p.pending, symbol)
		}
	}
	p.sorted, p.bySymbol = pairs, quotes
}

// connect returns the number of a new connection.
func (p *prices) connect() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connection++
	return p.connection
}

// frame applies a frame of the stream and returns its moment, or zero if it contains no known pair.
func (p *prices) frame(connection int, events []event) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.confirmed
	unbroken := p.by == connection
	moment := p.apply(connection, events)
	if moment.IsZero() {
		return moment
	}
	p.confirmed, p.by = moment, connection
	if day := dayOf(moment); unbroken && before.Before(day) {
		p.beginDay(connection, moment)
	}
	return moment
}

// snapshot applies a snapshot of all pairs that was fetched during a connection.
func (p *prices) snapshot(connection int, events []event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apply(connection, events)
}

// apply applies events that arrived together and returns their moment: the time of the newest one.
func (p *prices) apply(connection int, events []event) time.Time {
	now := p.clock().UTC().Round(0)
	var moment time.Time
	for n := range events {
		if p.bySymbol[events[n].Symbol] != nil {
			events[n].Time = earlier(events[n].Time, now)
			moment = later(moment, events[n].Time)
		}
	}
	if moment.IsZero() {
		return moment
	}
	current := now.Sub(moment) <= market.StaleAfter // otherwise it may come from a cache on the way
	moment = later(moment, p.confirmed)             // times never go backwards
	for _, e := range events {
		if q := p.bySymbol[e.Symbol]; q != nil {
			heard := q.connection >= connection
			if current {
				q.connection = max(q.connection, connection)
			}
			p.update(q, heard, moment, e)
		}
	}
	signal(p.changed)
	return moment
}

// update applies an event to a pair. heard says that the connection has brought a price of the pair before. The stream
// then takes precedence over a snapshot, which may be slightly older than its time says; if it is not, the stream soon
// brings the same price.
func (p *prices) update(q *quote, heard bool, moment time.Time, e event) {
	switch {
	case e.snapshot && heard && e.Close != q.stats.Close:
		q.stats.TradeCount = e.TradeCount
		return
	case e.Time.Before(q.event):
		return
	case !e.snapshot:
		q.event = e.Time
		e.TradeCount = q.stats.TradeCount
	}
	e.Time = later(moment, q.stats.Time)
	q.stats = e.Ticker
	if day := dayOf(q.stats.Time); dayOf(q.open.Time) != day {
		q.open = market.Tick{Symbol: q.pair.Symbol, Price: q.stats.Close, Time: q.stats.Time}
		q.exact, q.asked = false, false
	}
	p.pending[q.pair.Symbol] = q
}

// beginDay is called at the first frame of a day on a connection that lasted over midnight, so that the price of every
// pair at 00:00 is known.
func (p *prices) beginDay(connection int, moment time.Time) {
	for _, q := range p.bySymbol {
		if q.connection != connection || q.stats.Time.IsZero() {
			continue
		}
		if dayOf(q.open.Time) != dayOf(moment) {
			q.open = market.Tick{Symbol: q.pair.Symbol, Price: q.stats.Close, Time: moment}
		}
		q.exact, q.asked = true, false
	}
}

// take returns the latest prices of all pairs that changed since the last call, sorted by symbol.
func (p *prices) take() []market.Tick {
	p.mu.Lock()
	defer p.mu.Unlock()
	ticks := make([]market.Tick, 0, len(p.pending))
	for _, q := range p.pending {
		ticks = append(ticks, p.tick(q))
	}
	clear(p.pending)
	slices.SortFunc(ticks, func(a, b market.Tick) int { return strings.Compare(a.Symbol, b.Symbol) })
	return ticks
}

// dayOpen returns the first price of today, and whether the exact one must still be fetched.
func (p *prices) dayOpen(symbol string) (open market.Tick, ok, wanted bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	q := p.bySymbol[symbol]
	if q == nil || q.open.Time.IsZero() || q.open.Time.Before(dayOf(p.clock())) {
		return market.Tick{}, false, false
	}
	return q.open, true, !q.exact && !q.asked
}

// askDayOpen reports whether the caller must fetch the first price of the day. Only one caller gets true.
func (p *prices) askDayOpen(symbol string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.bySymbol[symbol]
	if q == nil || q.exact || q.asked {
		return false
	}
	q.asked = true
	return true
}

// forgetDayOpen undoes askDayOpen.
func (p *prices) forgetDayOpen(symbol string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q := p.bySymbol[symbol]; q != nil {
		q.asked = false
	}
}

// setDayOpen sets the exact first price of a day, unless that day is over.
func (p *prices) setDayOpen(symbol string, day time.Time, price decimal.Decimal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := p.bySymbol[symbol]
	if q == nil || q.exact || dayOf(q.open.Time) != day {
		return
	}
	q.open = market.Tick{Symbol: symbol, Price: price, Time: day}
	q.exact = true
}

// dayOf returns 00:00 UTC of the time's day.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
