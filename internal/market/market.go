// Package market says what the exchange knows of prices: the pairs that can be traded, their newest prices, what they
// did before, and the Feed that all of it comes from. The feeds themselves are in the folders below.
package market

import (
	"context"
	"errors"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// StaleAfter is the age from which a price is no longer one: nothing is filled or quoted at it.
const StaleAfter = 30 * time.Second

var (
	// ErrUnknownSymbol means that the feed has no such pair.
	ErrUnknownSymbol = errors.New("the feed has no such pair")
	// ErrNoPrice means that the pair exists and that the feed knows no price of it, yet or any more.
	ErrNoPrice = errors.New("the feed has no price of this pair")
	// ErrUnavailable means that whatever the feed has to ask does not answer for now.
	ErrUnavailable = errors.New("the market does not answer")
)

// Feed is where prices come from. All of it may be called from any goroutine. Symbols are exact: upper case, base
// before quote, as in BTCUSDT.
type Feed interface {
	// Pairs lists every pair, sorted by symbol. The slice is the caller's own.
	Pairs() []Pair

	// Pair returns the pair, and false if there is none.
	Pair(symbol string) (Pair, bool)

	// Last returns the newest price, and false if the symbol is unknown or has had none yet. A price may be old:
	// whoever acts on it asks Tick.Stale first.
	Last(symbol string) (Tick, bool)

	// DayOpen returns the first price of the current UTC day: that of 00:00, else the first known since. False where
	// the symbol is unknown or has had no price today.
	DayOpen(symbol string) (Tick, bool)

	// Ticker returns the last 24 hours up to now, and false where Last does.
	Ticker(symbol string) (Ticker, bool)

	// Candles returns candles oldest first, those that opened at start or later and at end or earlier; a zero start or
	// end sets no bound. Of more than limit it returns the oldest if start is given and otherwise the newest. The
	// unfinished candle is among them and covers what has happened so far. Fails with ErrUnknownSymbol,
	// ErrUnknownInterval, ctx's error, or the error of whatever the feed had to ask.
	Candles(ctx context.Context, symbol string, interval Interval, start, end time.Time, limit int) ([]Candle, error)

	// Trades returns the newest trades of the market, at most limit, newest first. Fails with ErrUnknownSymbol,
	// ErrNoPrice, ctx's error, or that of whatever the feed had to ask.
	Trades(ctx context.Context, symbol string, limit int) ([]Trade, error)

	// OrderBook returns at most depth levels of each side, best price first. Fails like Trades.
	OrderBook(ctx context.Context, symbol string, depth int) (OrderBook, error)

	// Run delivers prices until ctx ends, then returns nil; any other end is an error. It calls ticks from one
	// goroutine, with at least one tick, at most one of each symbol, and none older than the one before of its symbol.
	// The slice is the receiver's own. A receiver that falls behind misses ticks rather than getting old ones. Run is
	// called once; the other methods work without it only where a feed says so.
	Run(ctx context.Context, ticks func([]Tick)) error
}

// StatusTrading is the status of a pair that can be traded.
const StatusTrading = "TRADING"

// Pair is something that can be traded, and the filters that its orders must pass. All four are above zero.
type Pair struct {
	Symbol      string // base and quote in one, as in BTCUSDT
	Base        string
	Quote       string
	Status      string
	MinQty      decimal.Decimal // the least quantity, in base
	StepSize    decimal.Decimal // quantities are multiples of it
	TickSize    decimal.Decimal // prices are multiples of it
	MinNotional decimal.Decimal // the least quantity × price, in quote
}

// Tick is a price at a time. Of two of one symbol the one with the later time counts.
type Tick struct {
	Symbol string
	Price  decimal.Decimal // quote per base, above zero
	Time   time.Time       // UTC
}

// Stale reports whether the price is too old at the time now to act on.
func (t Tick) Stale(now time.Time) bool { return now.Sub(t.Time) > StaleAfter }

// Ticker sums up the 24 hours that end at Time.
type Ticker struct {
	Symbol      string
	Open        decimal.Decimal // the price 24 hours before Time
	High        decimal.Decimal // the highest since, Open included
	Low         decimal.Decimal // the lowest since, Open included
	Close       decimal.Decimal // the newest price
	Volume      decimal.Decimal // traded since, in base
	QuoteVolume decimal.Decimal // the same in quote
	TradeCount  int64
	Time        time.Time // UTC
}

// Change returns Close − Open.
func (t Ticker) Change() decimal.Decimal { return t.Close.Sub(t.Open) }

// ChangePct returns 100 × Change ÷ Open, rounded half up to 8 places.
func (t Ticker) ChangePct() decimal.Decimal {
	return t.Change().Mul(decimal.NewFromInt(100)).Quo(t.Open)
}

// Candle sums up the interval that opens at Time and ends before the next opens.
type Candle struct {
	Time       time.Time // UTC, a multiple of the interval since 1970
	Open       decimal.Decimal
	High       decimal.Decimal
	Low        decimal.Decimal
	Close      decimal.Decimal
	Volume     decimal.Decimal // in base
	TradeCount int64
}

// Trade is one trade of the market, not one of ours.
type Trade struct {
	ID           int64 // rises with time, unique within the symbol
	Price        decimal.Decimal
	Quantity     decimal.Decimal // in base
	Time         time.Time       // UTC
	IsBuyerMaker bool            // the buyer's order was the resting one, so the seller took
}

// OrderBook is what rests on both sides of the price; the best bid is below the best ask.
type OrderBook struct {
	Symbol string
	Bids   []Level // highest price first
	Asks   []Level // lowest price first
	Time   time.Time
}

// Level is what rests at one price.
type Level struct {
	Price    decimal.Decimal
	Quantity decimal.Decimal // in base
}
