package binance

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// prices is what is known of every pair, for any goroutine.
type prices struct {
	clock   func() time.Time
	changed chan struct{} // there is something to take

	mu       sync.RWMutex
	sorted   []market.Pair
	bySymbol map[string]*quote
	pending  map[string]*quote // changed and not taken yet

	// Connections are numbered. A price is as new as the newest frame only if it was learnt on the connection that the
	// frame came by.
	connection int
	confirmed  time.Time // when the newest frame was
	by         int       // the connection that it came by
}

// quote is what is known of one pair.
type quote struct {
	pair       market.Pair
	stats      market.Ticker // its Close is the price, its Time the moment it came with; zero if there is none
	event      time.Time     // Binance's own time of it
	connection int           // where it was last heard of

	open  market.Tick // the first price of a day
	exact bool        // that is the price of 00:00
	asked bool        // it is being fetched
}

// event is news of one pair.
type event struct {
	market.Ticker
	snapshot bool // asked for, not streamed; only these have a trade count
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

// tick returns the price of a quote that has one.
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

// connect begins a new connection and returns its number.
func (p *prices) connect() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.connection++
	return p.connection
}

// frame takes in a frame of the stream and returns the moment that it counts as, zero if there was nothing in it that
// is known.
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

// snapshot takes in news of all pairs that was asked for on a connection.
func (p *prices) snapshot(connection int, events []event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.apply(connection, events)
}

// apply takes in what arrived together and returns the moment that it counts as.
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
	current := now.Sub(moment) <= market.StaleAfter // else a cache on the way may have made it up to date in name only
	moment = later(moment, p.confirmed)             // nobody is told of two times in the wrong order
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

// update takes in news of a pair; heard says that the connection brought some before. Then the stream knows better than
// a snapshot, which may have been made a little earlier than its time says, and if not, the stream brings the same
// soon.
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

// beginDay is called at the first frame of a day on a connection that was there before: the price of every pair at
// 00:00 is known.
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

// take returns the newest prices of all pairs that changed since it was last called, sorted by symbol.
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

// dayOpen returns the first price of today, and whether a better one is wanted.
func (p *prices) dayOpen(symbol string) (open market.Tick, ok, wanted bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	q := p.bySymbol[symbol]
	if q == nil || q.open.Time.IsZero() || q.open.Time.Before(dayOf(p.clock())) {
		return market.Tick{}, false, false
	}
	return q.open, true, !q.exact && !q.asked
}

// askDayOpen reports whether the first price of the day is to be fetched by whoever asks: it is fetched once.
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

// setDayOpen settles the first price of a day, unless that day is over.
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

// dayOf returns 00:00 UTC of a time.
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
