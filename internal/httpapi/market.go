package httpapi

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/gen/api"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market"
)

// pair finds a pair by its symbol in any case.
func (s *Server) pair(symbol string) (market.Pair, error) {
	pair, found := s.market.Pair(strings.ToUpper(symbol))
	if !found {
		return market.Pair{}, fault.New(fault.InvalidSymbol)
	}
	return pair, nil
}

// freshPrice returns a pair's newest price, unless it is too old to act on.
func (s *Server) freshPrice(symbol string) (market.Tick, error) {
	pair, err := s.pair(symbol)
	if err != nil {
		return market.Tick{}, err
	}
	tick, found := s.market.Last(pair.Symbol)
	if !found || tick.Stale(s.now()) {
		return market.Tick{}, fault.New(fault.PriceNotAvailable)
	}
	return tick, nil
}

// marketFault translates what a feed answers.
func marketFault(err error) error {
	switch {
	case errors.Is(err, market.ErrUnknownSymbol):
		return fault.New(fault.InvalidSymbol).Because(err)
	case errors.Is(err, market.ErrNoPrice):
		return fault.New(fault.PriceNotAvailable).Because(err)
	case errors.Is(err, market.ErrUnavailable):
		return fault.New(fault.Unavailable).Because(err)
	default:
		return err
	}
}

// ListPairs returns every pair.
func (s *Server) ListPairs(context.Context, api.ListPairsRequestObject) (api.ListPairsResponseObject, error) {
	pairs := s.market.Pairs()
	list := api.PairList{Pairs: make([]api.Pair, 0, len(pairs)), Total: int32(len(pairs))}
	for _, pair := range pairs {
		_, err := s.freshPrice(pair.Symbol)
		list.Pairs = append(list.Pairs, api.Pair{
			Symbol: pair.Symbol, BaseAsset: pair.Base, QuoteAsset: pair.Quote, Status: api.PairStatus(pair.Status),
			MinQty: pair.MinQty, StepSize: pair.StepSize, TickSize: pair.TickSize, MinNotional: pair.MinNotional,
			HasPrice: err == nil,
		})
	}
	return api.ListPairs200JSONResponse{Body: list}, nil
}

// GetPrice returns the newest price of a pair.
func (s *Server) GetPrice(_ context.Context, req api.GetPriceRequestObject) (api.GetPriceResponseObject, error) {
	tick, err := s.freshPrice(req.Symbol)
	if err != nil {
		return nil, err
	}
	return api.GetPrice200JSONResponse{Body: priceOf(tick)}, nil
}

// prices returns the newest price of every pair that has one, by symbol.
func (s *Server) prices() []api.Price {
	prices := []api.Price{}
	for _, pair := range s.market.Pairs() {
		if tick, err := s.freshPrice(pair.Symbol); err == nil {
			prices = append(prices, priceOf(tick))
		}
	}
	return prices
}

// ListPrices returns the newest prices of the pairs that are asked for, or of all that have one.
func (s *Server) ListPrices(_ context.Context, req api.ListPricesRequestObject) (api.ListPricesResponseObject, error) {
	list := api.PriceList{Timestamp: s.now()}
	if len(req.Params.Symbols) == 0 {
		list.Prices = s.prices()
	}
	for _, symbol := range req.Params.Symbols {
		tick, err := s.freshPrice(symbol)
		if err != nil {
			return nil, err
		}
		list.Prices = append(list.Prices, priceOf(tick))
	}
	list.Count = int32(len(list.Prices))
	return api.ListPrices200JSONResponse{Body: list}, nil
}

func priceOf(tick market.Tick) api.Price {
	return api.Price{Symbol: tick.Symbol, Price: tick.Price, Timestamp: tick.Time}
}

// GetTicker returns the last 24 hours of a pair.
func (s *Server) GetTicker(_ context.Context, req api.GetTickerRequestObject) (api.GetTickerResponseObject, error) {
	tick, err := s.freshPrice(req.Symbol)
	if err != nil {
		return nil, err
	}
	ticker, found := s.market.Ticker(tick.Symbol)
	if !found {
		return nil, fault.New(fault.PriceNotAvailable)
	}
	return api.GetTicker200JSONResponse{Body: api.Ticker{
		Symbol: ticker.Symbol, Open: ticker.Open, High: ticker.High, Low: ticker.Low, Close: ticker.Close,
		Volume: ticker.Volume, QuoteVolume: ticker.QuoteVolume, Change: ticker.Change(), ChangePct: ticker.ChangePct(),
		TradeCount: ticker.TradeCount, Timestamp: ticker.Time,
	}}, nil
}

// ListCandles returns candles, oldest first.
func (s *Server) ListCandles(ctx context.Context, req api.ListCandlesRequestObject) (api.ListCandlesResponseObject, error) {
	pair, err := s.pair(req.Symbol)
	if err != nil {
		return nil, err
	}
	interval := market.Interval(*req.Params.Interval)
	candles, err := s.market.Candles(ctx, pair.Symbol, interval, startOf(req.Params.StartTime), before(req.Params.EndTime), int(*req.Params.Limit))
	if err != nil {
		return nil, marketFault(err)
	}
	list := api.CandleList{
		Symbol: pair.Symbol, Interval: string(interval), Candles: make([]api.Candle, 0, len(candles)), Count: int32(len(candles)),
	}
	for _, candle := range candles {
		list.Candles = append(list.Candles, api.Candle{
			Time: candle.Time, Open: candle.Open, High: candle.High, Low: candle.Low, Close: candle.Close,
			Volume: candle.Volume, TradeCount: candle.TradeCount,
		})
	}
	return api.ListCandles200JSONResponse{Body: list}, nil
}

// startOf returns the zero time, which stands for the first candle, if none is given.
func startOf(start *time.Time) time.Time {
	if start == nil {
		return time.Time{}
	}
	return *start
}

// before returns the last instant before a time: the API's bound is exclusive, a feed's inclusive.
func before(end *time.Time) time.Time {
	if end == nil {
		return time.Time{}
	}
	return end.Add(-time.Nanosecond)
}

// ListMarketTrades returns the newest trades of a pair.
func (s *Server) ListMarketTrades(ctx context.Context, req api.ListMarketTradesRequestObject) (api.ListMarketTradesResponseObject, error) {
	tick, err := s.freshPrice(req.Symbol)
	if err != nil {
		return nil, err
	}
	trades, err := s.market.Trades(ctx, tick.Symbol, int(*req.Params.Limit))
	if err != nil {
		return nil, marketFault(err)
	}
	list := api.MarketTradeList{Symbol: tick.Symbol, Trades: make([]api.MarketTrade, 0, len(trades))}
	for _, trade := range trades {
		list.Trades = append(list.Trades, api.MarketTrade{
			TradeID: strconv.FormatInt(trade.ID, 10), Price: trade.Price, Quantity: trade.Quantity, Time: trade.Time,
			IsBuyerMaker: trade.IsBuyerMaker,
		})
	}
	return api.ListMarketTrades200JSONResponse{Body: list}, nil
}

// GetOrderbook returns the best levels of a pair.
func (s *Server) GetOrderbook(ctx context.Context, req api.GetOrderbookRequestObject) (api.GetOrderbookResponseObject, error) {
	tick, err := s.freshPrice(req.Symbol)
	if err != nil {
		return nil, err
	}
	book, err := s.market.OrderBook(ctx, tick.Symbol, int(*req.Params.Depth))
	if err != nil {
		return nil, marketFault(err)
	}
	return api.GetOrderbook200JSONResponse{Body: api.Orderbook{
		Symbol: book.Symbol, Bids: levelsOf(book.Bids), Asks: levelsOf(book.Asks), Timestamp: book.Time,
	}}, nil
}

func levelsOf(levels []market.Level) []api.BookLevel {
	list := make([]api.BookLevel, 0, len(levels))
	for _, level := range levels {
		list = append(list, api.BookLevel{level.Price, level.Quantity})
	}
	return list
}
