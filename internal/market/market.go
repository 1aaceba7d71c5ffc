// Package market defines what the exchange knows about prices: the pairs that can be traded, their latest prices and
// history, and the Feed that provides them. The feeds themselves are in the packages below.
package market

import (
	"context"
	"errors"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// StaleAfter is the age beyond which a price is stale: nothing is filled or quoted at it.
const StaleAfter = 30 * time.Second

var (
	// ErrUnknownSymbol means that the feed has no such pair.
	ErrUnknownSymbol = errors.New("the feed has no such pair")
	// ErrNoPrice means that the pair exists but the feed knows no price for it, not yet or no longer.
	ErrNoPrice = errors.New("the feed has no price of this pair")
	// ErrUnavailable means that the source of the feed does not answer at present.
	ErrUnavailable = errors.New("the market does not answer")
)

// Feed is a source of prices. Its methods may be called from any goroutine. Symbols must match exactly: upper case,
// base before quote, as in BTCUSDT.
type Feed interface {
	// Pairs returns every pair, sorted by symbol. The caller may change the slice.
	Pairs() []Pair

	// Pair returns the pair, and false if there is none.
	Pair(symbol string) (Pair, bool)

	// Last returns the latest price, and false if the symbol is unknown or has no price yet. The price may be old:
	// check Tick.Stale before acting on it.
	Last(symbol string) (Tick, bool)

	// DayOpen returns the first price of the current UTC day: that at 00:00, or else the first one known since. It
	// returns false if the symbol is unknown or has had no price today.
	DayOpen(symbol string) (Tick, bool)

	// Ticker returns the statistics of the last 24 hours, and false in the cases in which Last does.
	Ticker(symbol string) (Ticker, bool)

	// Candles returns candles oldest first, those that opened at start or later and at end or earlier; a zero start or
	// end sets no bound. If there are more than limit, it returns the oldest if start is given and the newest
	// otherwise. The unfinished candle is included and covers the time so far. It fails with ErrUnknownSymbol,
	// ErrUnknownInterval, ctx's error, or the error of the feed's source.
	Candles(ctx context.Context, symbol string, interval Interval, start, end time.Time, limit int) ([]Candle, error)

	// Trades returns at most limit of the market's latest trades, newest first. It fails with ErrUnknownSymbol,
	// ErrNoPrice, ctx's error, or the error of the feed's source.
	Trades(ctx context.Context, symbol string, limit int) ([]Trade, error)

	// OrderBook returns at most depth levels of each side, best price first. It fails like Trades.
	OrderBook(ctx context.Context, symbol string, depth int) (OrderBook, error)

	// Run delivers prices until ctx ends and then returns nil; if it stops earlier, it returns an error. It calls ticks
	// from one goroutine with at least one tick, at most one per symbol, and never one older than the previous tick of
	// its symbol. The receiver may change the slice. A receiver that falls behind misses ticks and does not get old
	// ones. Run must be called once; the other methods work without it only if the feed says so.
	Run(ctx context.Context, ticks func([]Tick)) error
}

// StatusTrading is the status of a pair that can be traded.
const StatusTrading = "TRADING"

// Pair is a trading pair with the filters that its orders must pass. All four filters are above zero.
type Pair struct {
	Symbol      string // base and quote, as in BTCUSDT
	Base        string
	Quote       string
	Status      string
	MinQty      decimal.Decimal // the smallest quantity, in base
	StepSize    decimal.Decimal // quantities are multiples of it
	TickSize    decimal.Decimal // prices are multiples of it
	MinNotional decimal.Decimal // the smallest quantity × price, in quote
}

// Tick is a price at a time. Of two ticks of a symbol, the one with the later time is the current one.
type Tick struct {
	Symbol string
	Price  decimal.Decimal // quote per base, above zero
	Time   time.Time       // UTC
}

// Stale reports whether the price is too old to act on at the time now.
func (t Tick) Stale(now time.Time) bool { return now.Sub(t.Time) > StaleAfter }

// Ticker summarizes the 24 hours that end at Time.
type Ticker struct {
	Symbol      string
	Open        decimal.Decimal // the price 24 hours before Time
	High        decimal.Decimal // the highest since, Open included
	Low         decimal.Decimal // the lowest since, Open included
	Close       decimal.Decimal // the latest price
	Volume      decimal.Decimal // traded in that time, in base
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

// Candle summarizes the interval that starts at Time and ends just before the next one starts.
type Candle struct {
	Time       time.Time // UTC, a multiple of the interval since 1970
	Open       decimal.Decimal
	High       decimal.Decimal
	Low        decimal.Decimal
	Close      decimal.Decimal
	Volume     decimal.Decimal // in base
	TradeCount int64
}

// Trade is a trade on the market, not one of the exchange's.
type Trade struct {
	ID           int64 // increases with time, unique per symbol
	Price        decimal.Decimal
	Quantity     decimal.Decimal // in base
	Time         time.Time       // UTC
	IsBuyerMaker bool            // the buyer's order was resting, so the seller was the taker
}

// OrderBook lists the resting orders on both sides of the price. The best bid is below the best ask.
type OrderBook struct {
	Symbol string
	Bids   []Level // highest price first
	Asks   []Level // lowest price first
	Time   time.Time
}

// Level is the quantity that rests at one price.
type Level struct {
	Price    decimal.Decimal
	Quantity decimal.Decimal // in base
}
