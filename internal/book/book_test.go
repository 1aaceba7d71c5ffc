package book

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

func ptr(s string) *decimal.Decimal {
	d := dec(s)
	return &d
}

// refusalOf returns the details of a refused order, or none.
func refusalOf(err error) Refusal {
	if known, ok := errors.AsType[*fault.Error](err); ok {
		refusal, _ := known.Details.(Refusal)
		return refusal
	}
	return Refusal{}
}

// Two pairs as unlike as possible: what one order of the second trades does not fit a uint64 of units in every product.
var (
	btc = market.Pair{
		Symbol: "BTCUSDT", Base: "BTC", Quote: Quote, Status: market.StatusTrading,
		MinQty: dec("0.0001"), StepSize: dec("0.0001"), TickSize: dec("0.01"), MinNotional: dec("5"),
	}
	pepe = market.Pair{
		Symbol: "PEPEUSDT", Base: "PEPE", Quote: Quote, Status: market.StatusTrading,
		MinQty: dec("100"), StepSize: dec("1"), TickSize: dec("0.00000001"), MinNotional: dec("1"),
	}
)

// priceList is a market that stands still until the test moves it.
type priceList struct{ last, open map[string]decimal.Decimal }

func pricesOf(last map[string]decimal.Decimal) *priceList {
	return &priceList{last: last, open: map[string]decimal.Decimal{}}
}

func (p *priceList) Last(symbol string) (market.Tick, bool) {
	price, ok := p.last[symbol]
	return market.Tick{Symbol: symbol, Price: price}, ok
}

func (p *priceList) DayOpen(symbol string) (market.Tick, bool) {
	price, ok := p.open[symbol]
	return market.Tick{Symbol: symbol, Price: price}, ok
}

// bookOf is the book of an agent that was created today, with a balance that the ledger knows of.
func bookOf(balance string) *Book {
	day, start := DayOf(noon), dec(balance)
	b := New(Agent{
		ID: uuid.New(), StartingBalance: start, DayStartedAt: &day, DayStartEquity: &start,
		Limits: Limits{MaxPositionSizePct: 100, DailyLossLimitPct: 100, MaxOpenOrders: 100},
	}, &IDs{})
	b.post(noon, "deposit", Quote, start, bucketEquity, bucketAvailable, nil)
	return b
}

// fork is a copy of a book that can be changed without the original.
func fork(b *Book) *Book {
	copied := New(b.Agent, b.ids)
	for name, asset := range b.assets {
		held := *asset
		copied.assets[name] = &held
	}
	maps.Copy(copied.resting, b.resting)
	return copied
}

// ledger sums up the transfers, by asset and account, and compares them with the balances that they note.
func ledger(t require.TestingT, b *Book) map[[2]string]decimal.Decimal {
	sums := map[[2]string]decimal.Decimal{}
	for _, entry := range b.changes.Transfers {
		source, target := [2]string{entry.Asset, entry.Source}, [2]string{entry.Asset, entry.Target}
		sums[source] = sums[source].Sub(entry.Amount)
		sums[target] = sums[target].Add(entry.Amount)
		for account, after := range map[[2]string]*decimal.Decimal{source: entry.SourceAfter, target: entry.TargetAfter} {
			own := account[1] == bucketAvailable || account[1] == bucketLocked
			require.Equal(t, own, after != nil, "the balance afterwards is noted of the agent's own accounts")
			require.True(t, !own || sums[account] == *after, "%s of %v afterwards, not %s", sums[account], account, after)
		}
		require.Positive(t, entry.Amount.Sign())
	}
	return sums
}

// story is a book, everything that was ever done to it, and the market around it.
type story struct {
	*Book
	prices   *priceList
	volumes  map[string]decimal.Decimal
	pending  []*Order
	realized decimal.Decimal // by the trades since the last reset
	counted  int             // trades that are in realized
	now      time.Time
}

func newStory(t *rapid.T) *story {
	s := &story{
		Book: bookOf(rapid.SampledFrom([]string{"10000", "12345.67890123", "0.00000001", "99999999999"}).Draw(t, "balance")),
		prices: pricesOf(map[string]decimal.Decimal{
			btc.Symbol: drawPrice(t, btc), pepe.Symbol: drawPrice(t, pepe),
		}),
		volumes: map[string]decimal.Decimal{btc.Symbol: drawVolume(t), pepe.Symbol: drawVolume(t)},
		now:     noon,
	}
	s.Limits = Limits{
		MaxPositionSizePct: rapid.Int32Range(1, 100).Draw(t, "max position size"),
		DailyLossLimitPct:  rapid.Int32Range(1, 100).Draw(t, "daily loss limit"),
		MaxOpenOrders:      rapid.Int32Range(1, 8).Draw(t, "max open orders"),
	}
	return s
}

func (s *story) quotation(pair market.Pair) Quotation {
	return Quotation{Pair: pair, Price: s.prices.last[pair.Symbol], QuoteVolume: s.volumes[pair.Symbol]}
}

func drawPair(t *rapid.T) market.Pair {
	return rapid.SampledFrom([]market.Pair{btc, pepe}).Draw(t, "pair")
}

func drawPrice(t *rapid.T, pair market.Pair) decimal.Decimal {
	most := rapid.SampledFrom([]int64{9, 999, 9_999_999}).Draw(t, "magnitude of the price")
	return pair.TickSize.Mul(decimal.NewFromInt(rapid.Int64Range(1, most).Draw(t, "ticks")))
}

func drawVolume(t *rapid.T) decimal.Decimal {
	return dec(rapid.SampledFrom([]string{"0", "1000", "123456.789", "1000000000"}).Draw(t, "quote volume"))
}

// stepsIn is how many steps a quantity has, at most 10^11.
func stepsIn(quantity, step decimal.Decimal) int64 {
	if units, ok := quantity.QuoTrunc(step).Units(); ok {
		return min(int64(units/100_000_000), 100_000_000_000)
	}
	return 100_000_000_000
}

// drawQuantity is a multiple of the step, near what the agent has or far below it.
func (s *story) drawQuantity(t *rapid.T, side Side, q Quotation, price decimal.Decimal) decimal.Decimal {
	most, _ := s.has(q.Base)
	if side == Buy {
		cash, _ := s.has(Quote)
		most = decimal.Min(cash, dec("99999999")).QuoTrunc(price)
	}
	steps := stepsIn(most, q.StepSize)
	drawn := rapid.OneOf(
		rapid.Int64Range(1, max(1, steps)), rapid.Int64Range(max(1, steps*99/100), steps*101/100+1), rapid.Int64Range(1, 1000),
	).Draw(t, "steps")
	return q.StepSize.Mul(decimal.NewFromInt(drawn))
}

func (s *story) drawRequest(t *rapid.T, pair market.Pair) Request {
	q := s.quotation(pair)
	r := Request{Symbol: pair.Symbol, Side: rapid.SampledFrom([]Side{Buy, Sell}).Draw(t, "side"), TimeInForce: GTC}
	types := []Type{Market, Limit, Limit}
	if r.Side == Sell {
		types = append(types, StopLoss, TakeProfit)
	}
	r.Type = rapid.SampledFrom(types).Draw(t, "type")
	// A price within half and double the current one, or at it, so that orders cross and rest about equally often.
	near := decimal.Max(q.Price.MulQuo(decimal.NewFromInt(rapid.Int64Range(50, 200).Draw(t, "percent")), hundred).FloorTo(pair.TickSize), pair.TickSize)
	at := q.Price
	switch r.Type {
	case Market:
		r.TimeInForce = IOC
	case Limit:
		r.Price, at = &near, near
		r.TimeInForce = rapid.SampledFrom([]TimeInForce{GTC, GTC, GTC, IOC, FOK}).Draw(t, "time in force")
	default:
		r.TriggerPrice = &near
	}
	r.Quantity = s.drawQuantity(t, r.Side, q, at)
	return r
}

func (s *story) place(t *rapid.T) {
	pair := drawPair(t)
	before := ledger(t, s.Book)
	order, err := s.Place(s.drawRequest(t, pair), s.quotation(pair), s.prices, s.now)
	switch {
	case err != nil:
		require.Equal(t, before, ledger(t, s.Book), "a refused order changes nothing")
	case order.Status == Pending:
		s.pending = append(s.pending, order)
	case order.Status == Filled:
		requireTaken(t, order, s.quotation(pair))
	default:
		require.Equal(t, before, ledger(t, s.Book), "an expired order changes nothing")
	}
}

// requireTaken: whatever executes at the market pays the taker's price, and a limit is kept.
func requireTaken(t require.TestingT, order *Order, q Quotation) {
	require.Equal(t, Taker, order.Liquidity)
	require.Equal(t, q.takerPrice(order.Side, order.Quantity), *order.ExecutedPrice)
	if order.Type == Limit {
		require.True(t, isWithin(order.Side, *order.ExecutedPrice, *order.Price), "%s at a limit of %s", order.ExecutedPrice, order.Price)
	}
}

// requireMade: a resting limit order gets exactly its limit, whatever the price does.
func requireMade(t require.TestingT, order *Order) {
	require.Equal(t, Maker, order.Liquidity)
	require.Equal(t, *order.Price, *order.ExecutedPrice)
	require.True(t, order.SlippagePct.IsZero())
}

// take picks a pending order, if there is one, and takes it off the list.
func (s *story) take(t *rapid.T) *Order {
	if len(s.pending) == 0 {
		return nil
	}
	n := rapid.IntRange(0, len(s.pending)-1).Draw(t, "order")
	order := s.pending[n]
	s.pending = append(s.pending[:n:n], s.pending[n+1:]...)
	return order
}

// fill moves the price to where it reaches an order, or beyond.
func (s *story) fill(t *rapid.T) {
	order := s.take(t)
	if order == nil {
		return
	}
	pair := btc
	if order.Symbol == pepe.Symbol {
		pair = pepe
	}
	level := order.reference(decimal.Decimal{})
	factor := rapid.Int64Range(1, 100).Draw(t, "percent of the level")
	if order.Side == Sell && order.Type != StopLoss {
		factor = 200 - factor
	}
	price := decimal.Max(level.MulQuo(decimal.NewFromInt(factor), hundred), dec("0.00000001"))
	if factor > 90 && factor < 110 {
		price = level
	}
	if unit := dec("0.00000001"); order.Type == Limit && price == level {
		require.False(t, order.ReachedBy(price), "a touch does not fill")
		price = level.Add(unit)
		if order.Side == Buy {
			price = level.Sub(unit)
		}
	}
	if price.IsZero() {
		s.pending = append(s.pending, order)
		return
	}
	s.prices.last[pair.Symbol], s.volumes[pair.Symbol] = price, drawVolume(t)
	require.True(t, order.ReachedBy(price))
	cash := s.asset(Quote).Total()
	s.Fill(order, s.quotation(pair), s.prices, s.now)
	if order.Type == Limit {
		requireMade(t, order)
	} else {
		requireTaken(t, order, s.quotation(pair))
	}
	if order.Side == Buy {
		require.LessOrEqual(t, order.TotalCost().Cmp(order.Hold), 0, "the hold does not cover the cost")
		require.Equal(t, *order.TotalCost(), cash.Sub(s.asset(Quote).Total()))
	}
}

func (s *story) end(t *rapid.T) {
	order := s.take(t)
	if order == nil {
		return
	}
	before, _ := s.has(order.LockedAsset())
	s.Cancel(order, rapid.SampledFrom([]Status{Cancelled, Expired}).Draw(t, "status"), s.now)
	after, _ := s.has(order.LockedAsset())
	require.Equal(t, order.Hold, after.Sub(before), "exactly the hold is released")
}

func (s *story) reset(t *rapid.T) {
	equity, _ := s.Equity(s.prices)
	balance := dec(rapid.SampledFrom([]string{"10000", "0.00000001", "50000.5"}).Draw(t, "new balance"))
	require.Equal(t, equity, s.Reset(s.pending, balance, s.prices, s.now))
	s.pending, s.StartingBalance, s.realized, s.counted = nil, balance, decimal.Decimal{}, len(s.changes.Trades)
	require.Empty(t, s.positions())
	require.Equal(t, balance, s.asset(Quote).Available)
	require.Zero(t, s.openOrders())
}

// check is what holds at every moment.
func (s *story) check(t *rapid.T) {
	s.now = s.now.Add(time.Millisecond)
	require.NoError(t, s.Verify())
	sums := ledger(t, s.Book)
	perAsset, locked, buys, orders := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}, map[string]decimal.Decimal{}, int32(0)
	for key, sum := range sums {
		perAsset[key[0]] = perAsset[key[0]].Add(sum)
	}
	for asset, sum := range perAsset {
		require.True(t, sum.IsZero(), "the postings of %s add up to %s", asset, sum)
	}
	for _, order := range s.pending {
		require.Equal(t, Pending, order.Status)
		locked[order.LockedAsset()] = locked[order.LockedAsset()].Add(order.Hold)
		orders++
		if order.Side == Buy {
			buys[order.Symbol] = buys[order.Symbol].Add(*order.Value)
		}
	}
	require.Equal(t, orders, s.openOrders())
	for symbol, sum := range s.resting {
		require.Equal(t, buys[symbol], sum.Buys, "pending buys of %s", symbol)
	}
	for name, asset := range s.assets {
		require.GreaterOrEqual(t, asset.Available.Sign(), 0, name)
		require.Equal(t, locked[name], asset.Locked, "what is held of %s", name)
		require.Equal(t, sums[[2]string{name, bucketAvailable}], asset.Available, "available %s", name)
		require.Equal(t, sums[[2]string{name, bucketLocked}], asset.Locked, "locked %s", name)
		if name != Quote {
			require.Equal(t, asset.Total().IsZero(), asset.OpenedAt == nil, name)
			require.GreaterOrEqual(t, asset.Basis.Sign(), 0, name)
			require.False(t, asset.Total().IsZero() && !asset.Basis.IsZero(), "%s is gone, and some of its cost is not", name)
		}
	}
	for _, trade := range s.changes.Trades[s.counted:] {
		s.realized = s.realized.Add(trade.RealizedPnL)
	}
	s.counted = len(s.changes.Trades)
	equity, unrealized := s.Equity(s.prices)
	require.Equal(t, equity.Sub(s.StartingBalance), s.realized.Add(unrealized), "realized + unrealized = equity − starting balance")
}

// sellAll cancels what is pending and sells what is held.
func (s *story) sellAll(t *rapid.T) {
	for _, order := range s.pending {
		s.Cancel(order, Cancelled, s.now)
	}
	s.pending = nil
	for _, pair := range []market.Pair{btc, pepe} {
		if held, _ := s.has(pair.Base); !held.IsZero() {
			order, err := s.Place(Request{Symbol: pair.Symbol, Side: Sell, Type: Market, TimeInForce: IOC, Quantity: held},
				s.quotation(pair), s.prices, s.now)
			if held.Cmp(pair.MinQty) < 0 { // what is left of a position can be too little to be sold
				require.Error(t, err)
				continue
			}
			require.NoError(t, err, "the whole position can always be sold")
			require.Equal(t, Filled, order.Status)
			require.True(t, s.asset(pair.Base).Total().IsZero())
			require.True(t, s.asset(pair.Base).Basis.IsZero())
		}
	}
	s.check(t)
	if len(s.positions()) == 0 {
		require.Equal(t, s.asset(Quote).Available, s.StartingBalance.Add(s.realized))
	}
}

func TestBooksBalanceWhateverHappens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newStory(t)
		t.Repeat(map[string]func(*rapid.T){
			"place": s.place, "place another": s.place, "place a third": s.place, "fill": s.fill, "fill another": s.fill,
			"cancel or expire": s.end, "reset": s.reset,
			"move the price": func(t *rapid.T) { pair := drawPair(t); s.prices.last[pair.Symbol] = drawPrice(t, pair) },
			"a new day":      func(*rapid.T) { s.now = s.now.Add(24 * time.Hour) },
			"":               s.check,
		})
		s.sellAll(t)
	})
}
