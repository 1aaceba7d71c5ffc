package book

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// Balance is what an agent has of an asset.
type Balance struct {
	Asset             string
	Available, Locked decimal.Decimal
}

// Balances returns USDT first, then the others by name.
func (b *Book) Balances() []Balance {
	available, total := b.has(Quote)
	balances := []Balance{{Quote, available, total.Sub(available)}}
	for _, name := range b.positions() {
		asset := b.assets[name]
		balances = append(balances, Balance{name, asset.Available, asset.Locked})
	}
	return balances
}

// Position is what an agent holds of a pair's base.
type Position struct {
	Symbol, Asset string
	Quantity      decimal.Decimal
	Basis         decimal.Decimal // what it cost, fees included
	CurrentPrice  decimal.Decimal // the last known price, however old; without one, basis ÷ quantity
	MarketValue   decimal.Decimal
	OpenedAt      time.Time
}

// AvgEntryPrice is basis ÷ quantity, for display: nothing is computed from it.
func (p Position) AvgEntryPrice() decimal.Decimal { return p.Basis.Quo(p.Quantity) }

// UnrealizedPnL is value − basis.
func (p Position) UnrealizedPnL() decimal.Decimal { return p.MarketValue.Sub(p.Basis) }

// UnrealizedPct is 100 × (value − basis) ÷ basis.
func (p Position) UnrealizedPct() decimal.Decimal {
	if p.Basis.IsZero() {
		return decimal.Decimal{}
	}
	return PercentOf(p.UnrealizedPnL(), p.Basis)
}

// Positions returns what is held beside USDT, by symbol.
func (b *Book) Positions(prices Prices) []Position {
	positions := []Position{}
	for _, name := range b.positions() {
		asset := b.assets[name]
		p := Position{
			Symbol: name + Quote, Asset: name, Quantity: asset.Total(), Basis: asset.Basis,
			MarketValue: b.valueOf(name, asset, prices),
		}
		if tick, ok := prices.Last(p.Symbol); ok {
			p.CurrentPrice = tick.Price
		} else {
			p.CurrentPrice = p.AvgEntryPrice()
		}
		if asset.OpenedAt != nil {
			p.OpenedAt = *asset.OpenedAt
		}
		positions = append(positions, p)
	}
	return positions
}

// Portfolio is what an agent is worth. To the last place, TotalPnL = RealizedPnL + UnrealizedPnL = TotalEquity −
// StartingBalance, because every part is a sum of balances and cost bases.
type Portfolio struct {
	TotalEquity, AvailableCash, LockedCash, PositionValue decimal.Decimal
	UnrealizedPnL, RealizedPnL, TotalPnL, ROIPct          decimal.Decimal
	Positions                                             []Position
}

// Portfolio values the book at the last known prices.
func (b *Book) Portfolio(prices Prices) Portfolio {
	p := Portfolio{Positions: b.Positions(prices)}
	available, total := b.has(Quote)
	p.AvailableCash, p.LockedCash = available, total.Sub(available)
	for _, position := range p.Positions {
		p.PositionValue = p.PositionValue.Add(position.MarketValue)
		p.UnrealizedPnL = p.UnrealizedPnL.Add(position.UnrealizedPnL())
	}
	p.TotalEquity = total.Add(p.PositionValue)
	p.TotalPnL = p.TotalEquity.Sub(b.StartingBalance)
	p.RealizedPnL = p.TotalPnL.Sub(p.UnrealizedPnL)
	p.ROIPct = PercentOf(p.TotalPnL, b.StartingBalance)
	return p
}

// Headroom is how much of a limit is used, and how much remains: percent, or a number of orders.
type Headroom struct {
	Rule                   Rule
	Limit, Used, Remaining decimal.Decimal
}

// Headroom returns the three limits: the daily loss in percent of the starting balance, the largest position with its
// pending buys in percent of equity, and the open orders. Used can exceed the limit, because prices move.
func (b *Book) Headroom(prices Prices, now time.Time) []Headroom {
	equity, _ := b.Equity(prices)
	var largest decimal.Decimal
	if equity.Sign() > 0 {
		largest = PercentOf(b.largestExposure(prices), equity)
	}
	room := func(rule Rule, limit int32, used decimal.Decimal) Headroom {
		return Headroom{rule, percent(limit), used, decimal.Max(percent(limit).Sub(used), decimal.Decimal{})}
	}
	return []Headroom{
		room(RuleDailyLoss, b.Limits.DailyLossLimitPct, PercentOf(b.dailyLoss(equity, prices, now), b.StartingBalance)),
		room(RulePosition, b.Limits.MaxPositionSizePct, largest),
		room(RuleOpenOrders, b.Limits.MaxOpenOrders, percent(b.openOrders())),
	}
}

// largestExposure is the largest sum of a position's value and its pending buys.
func (b *Book) largestExposure(prices Prices) decimal.Decimal {
	var largest decimal.Decimal
	for symbol, pending := range b.resting {
		exposure := pending.Buys
		if asset, ok := b.assets[BaseOf(symbol)]; ok {
			exposure = exposure.Add(b.valueOf(BaseOf(symbol), asset, prices))
		}
		largest = decimal.Max(largest, exposure)
	}
	for _, name := range b.positions() {
		largest = decimal.Max(largest, b.valueOf(name, b.assets[name], prices))
	}
	return largest
}
