package binance

import (
	"context"
	"fmt"
	"net/url"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

type exchangeInfo struct {
	Symbols []symbolInfo `json:"symbols"`
}

type symbolInfo struct {
	Symbol  string       `json:"symbol"`
	Status  string       `json:"status"`
	Base    string       `json:"baseAsset"`
	Quote   string       `json:"quoteAsset"`
	Filters []filterInfo `json:"filters"`
}

type filterInfo struct {
	Type        string `json:"filterType"`
	MinQty      string `json:"minQty"`
	StepSize    string `json:"stepSize"`
	TickSize    string `json:"tickSize"`
	MinNotional string `json:"minNotional"`
}

// refreshPairs fetches the pairs and their filters.
func (f *Feed) refreshPairs(ctx context.Context) error {
	var info exchangeInfo
	query := url.Values{"symbolStatus": {market.StatusTrading}, "showPermissionSets": {"false"}} // a third of the size
	if err := f.rest.get(ctx, "/api/v3/exchangeInfo", query, &info); err != nil {
		return err
	}
	pairs := make([]market.Pair, 0, len(info.Symbols))
	for _, symbol := range info.Symbols {
		if symbol.Quote != market.QuoteAsset || symbol.Status != market.StatusTrading {
			continue
		}
		pair, err := symbol.pair()
		if err != nil {
			f.leaveOut(ctx, symbol.Symbol, err)
			continue
		}
		pairs = append(pairs, pair)
	}
	if len(pairs) == 0 {
		return fmt.Errorf("%w: it lists no pair against %s", ErrUpstream, market.QuoteAsset)
	}
	f.prices.list(pairs)
	return nil
}

// leaveOut logs, once per pair, that a pair cannot be offered.
func (f *Feed) leaveOut(ctx context.Context, symbol string, err error) {
	if _, known := f.leftOut[symbol]; !known {
		f.leftOut[symbol] = struct{}{}
		f.log.WarnContext(ctx, "one of Binance's pairs is left out", "symbol", symbol, "cause", err)
	}
}

// pair returns the pair. It fails if a filter is missing or unsuitable.
func (s symbolInfo) pair() (market.Pair, error) {
	pair := market.Pair{Symbol: s.Symbol, Base: s.Base, Quote: s.Quote, Status: s.Status}
	if !market.ValidSymbol(s.Symbol) || s.Base+s.Quote != s.Symbol {
		return pair, fmt.Errorf("its symbol is not at most %d capital letters and digits, base before quote", market.MaxSymbol)
	}
	for _, filter := range s.Filters {
		if err := filter.apply(&pair); err != nil {
			return pair, fmt.Errorf("its filter %s: %w", filter.Type, err)
		}
	}
	for _, needed := range []struct {
		name  string
		value decimal.Decimal
	}{
		{"minQty", pair.MinQty}, {"stepSize", pair.StepSize}, {"tickSize", pair.TickSize}, {"minNotional", pair.MinNotional},
	} {
		if needed.value.Sign() <= 0 {
			return pair, fmt.Errorf("its %s is missing or not above 0", needed.name)
		}
	}
	return pair, nil
}

// apply sets the filter's values. Of two minimum notionals the greater one counts.
func (f filterInfo) apply(pair *market.Pair) (err error) {
	switch f.Type {
	case "LOT_SIZE":
		if pair.MinQty, err = decimal.Parse(f.MinQty); err == nil {
			pair.StepSize, err = decimal.Parse(f.StepSize)
		}
	case "PRICE_FILTER":
		pair.TickSize, err = decimal.Parse(f.TickSize)
	case "NOTIONAL", "MIN_NOTIONAL":
		var least decimal.Decimal
		least, err = decimal.Parse(f.MinNotional)
		pair.MinNotional = decimal.Max(pair.MinNotional, least)
	}
	return err
}

// dayTicker is Binance's REST response for the last 24 hours of a pair.
type dayTicker struct {
	Symbol      string `json:"symbol"`
	Open        string `json:"openPrice"`
	High        string `json:"highPrice"`
	Low         string `json:"lowPrice"`
	Last        string `json:"lastPrice"`
	Volume      string `json:"volume"`
	QuoteVolume string `json:"quoteVolume"`
	CloseTime   int64  `json:"closeTime"`
	Count       int64  `json:"count"`
}

// fetchSnapshot fetches the last 24 hours of every pair. It leaves out what it cannot read: mostly pairs that no longer
// trade.
func (f *Feed) fetchSnapshot(ctx context.Context) ([]event, error) {
	var tickers []dayTicker
	if err := f.rest.get(ctx, "/api/v3/ticker/24hr", url.Values{"type": {"MINI"}}, &tickers); err != nil {
		return nil, err
	}
	events := make([]event, 0, len(tickers))
	for _, t := range tickers {
		numbers := numbers{t.Open, t.High, t.Low, t.Last, t.Volume, t.QuoteVolume}
		ticker, err := numbers.ticker(t.Symbol, t.CloseTime)
		if err != nil {
			continue
		}
		ticker.TradeCount = max(t.Count, 0)
		events = append(events, event{Ticker: ticker, snapshot: true})
	}
	return events, nil
}
