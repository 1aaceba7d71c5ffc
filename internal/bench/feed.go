package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

// handFeed is a market whose prices are moved by hand. What is never asked for here it does not have.
type handFeed struct {
	market.Feed
	pairs []market.Pair
	named map[string]market.Pair

	mu      sync.Mutex
	prices  map[string]decimal.Decimal
	receive func([]market.Tick)
	begun   chan struct{} // closed when ticks have a receiver
}

func newHandFeed(symbols int, price decimal.Decimal) *handFeed {
	f := &handFeed{named: map[string]market.Pair{}, prices: map[string]decimal.Decimal{}, begun: make(chan struct{})}
	cent := decimal.MustParse("0.01")
	for n := range symbols {
		base := fmt.Sprintf("S%03d", n)
		pair := market.Pair{
			Symbol: base + "USDT", Base: base, Quote: "USDT", Status: market.StatusTrading,
			MinQty: cent, StepSize: cent, TickSize: cent, MinNotional: cent,
		}
		f.pairs = append(f.pairs, pair)
		f.named[pair.Symbol], f.prices[pair.Symbol] = pair, price
	}
	return f
}

func (f *handFeed) Pairs() []market.Pair { return f.pairs }

func (f *handFeed) Pair(symbol string) (market.Pair, bool) {
	pair, ok := f.named[symbol]
	return pair, ok
}

func (f *handFeed) Last(symbol string) (market.Tick, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	price, ok := f.prices[symbol]
	return market.Tick{Symbol: symbol, Price: price, Time: time.Now().UTC()}, ok
}

func (f *handFeed) DayOpen(symbol string) (market.Tick, bool) { return f.Last(symbol) }

func (f *handFeed) Ticker(symbol string) (market.Ticker, bool) {
	last, ok := f.Last(symbol)
	return market.Ticker{
		Symbol: symbol, Open: last.Price, High: last.Price, Low: last.Price, Close: last.Price,
		QuoteVolume: decimal.NewFromInt(50_000_000), Time: last.Time,
	}, ok
}

func (f *handFeed) Run(ctx context.Context, ticks func([]market.Tick)) error {
	f.receive = ticks
	close(f.begun)
	<-ctx.Done()
	return nil
}

// move delivers a tick of each of some pairs, at once.
func (f *handFeed) move(price decimal.Decimal, pairs ...market.Pair) {
	ticks := make([]market.Tick, len(pairs))
	f.mu.Lock()
	for n, pair := range pairs {
		f.prices[pair.Symbol] = price
		ticks[n] = market.Tick{Symbol: pair.Symbol, Price: price, Time: time.Now().UTC()}
	}
	f.mu.Unlock()
	<-f.begun
	f.receive(ticks)
}
