package binance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// MaxAnswer is the largest number of candles, trades or levels per side that Candles, Trades and OrderBook return. It
// is the limit of one response from Binance.
const MaxAnswer = 1000

// Candles implements market.Feed. It returns at most MaxAnswer candles. The last one may be Options.CacheFor old.
func (f *Feed) Candles(
	ctx context.Context, symbol string, interval market.Interval, start, end time.Time, limit int,
) ([]market.Candle, error) {
	if _, ok := f.Pair(symbol); !ok {
		return nil, market.ErrUnknownSymbol
	}
	width := interval.Duration().Milliseconds()
	if width == 0 {
		return nil, market.ErrUnknownInterval
	}
	wanted, some := newSpan(width, f.clock(), start, end)
	if limit = min(limit, MaxAnswer); !some || limit <= 0 {
		return []market.Candle{}, nil
	}
	count := page(limit)
	key := fmt.Sprintf("%s %s %d %d %d", symbol, interval, wanted.first, wanted.last, count)
	all, err := f.candles.get(ctx, key, func(ctx context.Context) ([]market.Candle, error) {
		return f.fetchCandles(ctx, symbol, interval, wanted, count)
	})
	if err != nil {
		return nil, err
	}
	if !start.IsZero() {
		return slices.Clone(all[:min(limit, len(all))]), nil
	}
	return slices.Clone(all[max(0, len(all)-limit):]), nil
}

// span is a range of candles by their opening times, in milliseconds; −1 sets no bound. The same candles always have
// the same span, whatever times the caller gave, so that they are fetched once.
type span struct{ first, last int64 }

// newSpan rounds start up and end down to the opening times of candles. It returns false if no candle opens between
// them.
func newSpan(width int64, now, start, end time.Time) (span, bool) {
	s := span{first: -1, last: -1}
	newest := now.UnixMilli() / width * width
	if !end.IsZero() {
		if s.last = end.UnixMilli() / width * width; end.UnixMilli() < 0 {
			return s, false
		}
		if s.last >= newest {
			s.last = -1
		}
	}
	if !start.IsZero() {
		if s.first = max(start.UnixMilli(), 0) / width * width; time.UnixMilli(s.first).Before(start) {
			s.first += width
		}
		last := s.last
		if last < 0 {
			last = newest
		}
		return s, s.first <= last
	}
	return s, true
}

// page returns how many items to request for a limit. It is one of only two numbers, so that more callers share a
// response.
func page(limit int) int {
	if limit <= 100 {
		return 100
	}
	return MaxAnswer
}

func (f *Feed) fetchCandles(
	ctx context.Context, symbol string, interval market.Interval, wanted span, count int,
) ([]market.Candle, error) {
	query := url.Values{"symbol": {symbol}, "interval": {string(interval)}, "limit": {strconv.Itoa(count)}}
	if wanted.first >= 0 {
		query.Set("startTime", strconv.FormatInt(wanted.first, 10))
	}
	if wanted.last >= 0 {
		query.Set("endTime", strconv.FormatInt(wanted.last+interval.Duration().Milliseconds()-1, 10))
	}
	var lines []kline
	if err := f.rest.get(ctx, "/api/v3/klines", query, &lines); err != nil {
		return nil, err
	}
	candles := make([]market.Candle, 0, len(lines))
	before := int64(-1)
	for _, k := range lines {
		if k.opens <= before {
			return nil, fmt.Errorf("%w: candles are not in order", ErrUpstream)
		}
		before = k.opens
		if k.opens >= wanted.first && (wanted.last < 0 || k.opens <= wanted.last) {
			candles = append(candles, k.Candle)
		}
	}
	return candles, nil
}

// kline is a candle in Binance's format: [open time, open, high, low, close, volume, close time, quote volume, trades,
// …].
type kline struct {
	market.Candle
	opens int64
}

func (k *kline) UnmarshalJSON(data []byte) error {
	var ignored json.RawMessage
	row := []any{&k.opens, &k.Open, &k.High, &k.Low, &k.Close, &k.Volume, &ignored, &ignored, &k.TradeCount}
	columns := len(row)
	if err := json.Unmarshal(data, &row); err != nil {
		return err
	}
	if len(row) < columns || k.opens < 0 || k.opens > lastMilli {
		return errors.New("a candle has at least nine columns, the first of them a time")
	}
	k.Time = time.UnixMilli(k.opens).UTC()
	for _, price := range []decimal.Decimal{k.Open, k.High, k.Low, k.Close} {
		if err := checkPrice(price); err != nil {
			return err
		}
	}
	return nil
}

// Trades implements market.Feed. It returns at most MaxAnswer trades.
func (f *Feed) Trades(ctx context.Context, symbol string, limit int) ([]market.Trade, error) {
	if _, ok := f.Pair(symbol); !ok {
		return nil, market.ErrUnknownSymbol
	}
	if limit = min(limit, MaxAnswer); limit <= 0 {
		return []market.Trade{}, nil
	}
	count := page(limit)
	all, err := f.trades.get(ctx, fmt.Sprint(symbol, " ", count), func(ctx context.Context) ([]market.Trade, error) {
		return f.fetchTrades(ctx, symbol, count)
	})
	if err != nil {
		return nil, err
	}
	return slices.Clone(all[:min(limit, len(all))]), nil
}

func (f *Feed) fetchTrades(ctx context.Context, symbol string, count int) ([]market.Trade, error) {
	var answer []struct {
		ID           int64           `json:"id"`
		Price        decimal.Decimal `json:"price"`
		Quantity     decimal.Decimal `json:"qty"`
		Time         int64           `json:"time"`
		IsBuyerMaker bool            `json:"isBuyerMaker"`
	}
	if err := f.rest.get(ctx, "/api/v3/trades", url.Values{"symbol": {symbol}, "limit": {strconv.Itoa(count)}}, &answer); err != nil {
		return nil, err
	}
	if len(answer) == 0 {
		return nil, market.ErrNoPrice
	}
	trades := make([]market.Trade, len(answer))
	for n, t := range answer {
		if err := checkPrice(t.Price); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUpstream, err)
		}
		trades[n] = market.Trade{
			ID: t.ID, Price: t.Price, Quantity: t.Quantity, Time: time.UnixMilli(t.Time).UTC(), IsBuyerMaker: t.IsBuyerMaker,
		}
	}
	slices.SortFunc(trades, func(a, b market.Trade) int { return int(min(max(b.ID-a.ID, -1), 1)) })
	return trades, nil
}

// OrderBook implements market.Feed. It returns at most MaxAnswer levels per side. Its time is that of the request to
// Binance.
func (f *Feed) OrderBook(ctx context.Context, symbol string, depth int) (market.OrderBook, error) {
	if _, ok := f.Pair(symbol); !ok {
		return market.OrderBook{}, market.ErrUnknownSymbol
	}
	depth = min(max(depth, 0), MaxAnswer)
	count := page(depth)
	book, err := f.books.get(ctx, fmt.Sprint(symbol, " ", count), func(ctx context.Context) (market.OrderBook, error) {
		return f.fetchOrderBook(ctx, symbol, count)
	})
	if err != nil {
		return market.OrderBook{}, err
	}
	book.Bids = slices.Clone(book.Bids[:min(depth, len(book.Bids))])
	book.Asks = slices.Clone(book.Asks[:min(depth, len(book.Asks))])
	return book, nil
}

func (f *Feed) fetchOrderBook(ctx context.Context, symbol string, count int) (market.OrderBook, error) {
	book := market.OrderBook{Symbol: symbol, Time: f.clock().UTC().Round(0)}
	var answer struct {
		Bids []level `json:"bids"`
		Asks []level `json:"asks"`
	}
	if err := f.rest.get(ctx, "/api/v3/depth", url.Values{"symbol": {symbol}, "limit": {strconv.Itoa(count)}}, &answer); err != nil {
		return book, err
	}
	if len(answer.Bids)+len(answer.Asks) == 0 {
		return book, market.ErrNoPrice
	}
	book.Bids, book.Asks = levels(answer.Bids), levels(answer.Asks)
	if len(book.Bids) > 0 && len(book.Asks) > 0 && book.Bids[0].Price.Cmp(book.Asks[0].Price) >= 0 {
		return book, fmt.Errorf("%w: the best bid is not below the best ask", ErrUpstream)
	}
	return book, nil
}

// level is [price, quantity].
type level [2]decimal.Decimal

func levels(answer []level) []market.Level {
	levels := make([]market.Level, len(answer))
	for n, l := range answer {
		levels[n] = market.Level{Price: l[0], Quantity: l[1]}
	}
	return levels
}

// fetchDayOpen fetches the first price of the current day.
func (f *Feed) fetchDayOpen(ctx context.Context, symbol string) error {
	day := dayOf(f.clock())
	candles, err := f.fetchCandles(ctx, symbol, market.Day, span{first: day.UnixMilli(), last: -1}, 1)
	if err != nil {
		return err
	}
	if len(candles) > 0 && candles[0].Time.Equal(day) {
		f.prices.setDayOpen(symbol, day, candles[0].Open)
	}
	return nil
}
