package exchange

import (
	"maps"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/google/uuid"
)

// Limits are an agent's risk profile.
type Limits struct {
	MaxPositionSizePct int32 // of equity
	DailyLossLimitPct  int32 // of the starting balance
	MaxOpenOrders      int32
}

// Agent is what the rules know of an agent.
type Agent struct {
	ID               uuid.UUID
	AccountID        uuid.UUID
	KeyDigest        []byte
	Archived         bool
	StartingBalance  decimal.Decimal
	Limits           Limits
	SessionID        uuid.UUID
	SessionStartedAt time.Time
	DayStartedAt     *time.Time // the day of DayStartEquity; nil before the first
	DayStartEquity   *decimal.Decimal
}

// Asset is what an agent has of one asset. Of anything but USDT it is a position.
type Asset struct {
	Available decimal.Decimal
	Locked    decimal.Decimal // held for open orders
	Basis     decimal.Decimal // what the position cost, fees included
	OpenedAt  *time.Time

	stored bool // there is a row
	dirty  bool
}

// Total is available + locked.
func (a *Asset) Total() decimal.Decimal { return a.Available.Add(a.Locked) }

// resting sums up the pending orders of a symbol.
type resting struct {
	orders int32
	buys   decimal.Decimal // their values, at their limits
}

// Book is all that one agent has. Whoever changes it holds the agent's lock.
type Book struct {
	Agent
	assets  map[string]*Asset
	resting map[string]resting
	ids     *IDs
	changes changes
}

// changes are what is to be written of a book.
type changes struct {
	opened    []*Order
	closed    []*Order // were pending before
	trades    []Trade
	transfers []transfer
	handed    []uuid.UUID // orders that began or ceased to rest
	day       bool
}

// The accounts of the ledger. The first two are the agent's own, the others stand on the other side.
const (
	accountAvailable = "available"
	accountLocked    = "locked"
	accountEquity    = "equity" // the agent's capital
	accountFee       = "fee"
	accountMarket    = "market"
)

// Kinds of postings.
const (
	kindHold    = "hold"
	kindRelease = "release"
	kindTrade   = "trade"
	kindFee     = "fee"
	kindReset   = "reset"
)

// transfer is a double entry: an amount leaves one account and enters another.
type transfer struct {
	id                       uuid.UUID
	orderID                  *uuid.UUID
	asset                    string
	amount                   decimal.Decimal
	source, target           string
	sourceAfter, targetAfter *decimal.Decimal // of the agent's own accounts
	kind                     string
	at                       time.Time
}

// asset finds what the agent has of an asset, nothing included.
func (b *Book) asset(name string) *Asset {
	asset, ok := b.assets[name]
	if !ok {
		asset = &Asset{}
		b.assets[name] = asset
	}
	return asset
}

// has answers how much the agent can use of an asset and what it has in all.
func (b *Book) has(name string) (available, total decimal.Decimal) {
	if asset, ok := b.assets[name]; ok {
		return asset.Available, asset.Total()
	}
	return decimal.Decimal{}, decimal.Decimal{}
}

func (b *Book) openOrders() int32 {
	var orders int32
	for _, r := range b.resting {
		orders += r.orders
	}
	return orders
}

// post moves an amount from one account to another: the only way in which a balance changes, so that the ledger and the
// balances cannot differ.
func (b *Book) post(at time.Time, kind, name string, amount decimal.Decimal, source, target string, order *Order) {
	if amount.IsZero() {
		return
	}
	entry := transfer{id: b.ids.Next(at), asset: name, amount: amount, source: source, target: target, kind: kind, at: at}
	if order != nil {
		entry.orderID = &order.ID
	}
	asset := b.asset(name)
	asset.dirty = true
	entry.sourceAfter = asset.change(source, amount.Neg())
	entry.targetAfter = asset.change(target, amount)
	b.changes.transfers = append(b.changes.transfers, entry)
}

// change adds to an account, and answers what it has then if it is the agent's own.
func (a *Asset) change(account string, amount decimal.Decimal) *decimal.Decimal {
	balance := &a.Available
	switch account {
	case accountAvailable:
	case accountLocked:
		balance = &a.Locked
	default:
		return nil
	}
	*balance = balance.Add(amount)
	if balance.Sign() < 0 {
		panic("exchange: a balance would fall below zero, which no rule allows")
	}
	after := *balance
	return &after
}

// Prices are the newest prices and those that the day began with; a market.Feed has them.
type Prices interface {
	Last(symbol string) (market.Tick, bool)
	DayOpen(symbol string) (market.Tick, bool)
}

// valueOf is what a position is worth: at the last known price, however old; where there is none at all, what it cost.
func (b *Book) valueOf(name string, asset *Asset, prices Prices) decimal.Decimal {
	if name == Quote {
		return asset.Total()
	}
	if tick, ok := prices.Last(name + Quote); ok {
		return asset.Total().Mul(tick.Price)
	}
	return asset.Basis
}

// Equity is USDT plus the value of every position, and how much of it is unrealized: value − basis.
func (b *Book) Equity(prices Prices) (equity, unrealized decimal.Decimal) {
	for name, asset := range b.assets {
		value := b.valueOf(name, asset, prices)
		equity = equity.Add(value)
		if name != Quote {
			unrealized = unrealized.Add(value.Sub(asset.Basis))
		}
	}
	return equity, unrealized
}

// dayOf is 00:00 UTC of a time's day.
func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// dayStart is the equity that daily loss is measured from. It is fixed before a day's first trade; until then it is
// what the balances, unchanged since, were worth at the day's first prices.
func (b *Book) dayStart(now time.Time, prices Prices) decimal.Decimal {
	if b.DayStartedAt != nil && !b.DayStartedAt.Before(dayOf(now)) {
		return *b.DayStartEquity
	}
	equity, _ := b.Equity(firstOfDay{prices})
	return equity
}

// firstOfDay has the day's first prices in place of the last.
type firstOfDay struct{ Prices }

func (f firstOfDay) Last(symbol string) (market.Tick, bool) {
	if tick, ok := f.DayOpen(symbol); ok {
		return tick, true
	}
	return f.Prices.Last(symbol)
}

// fixDay keeps the day's starting equity before the day's first trade.
func (b *Book) fixDay(now time.Time, prices Prices) {
	day := dayOf(now)
	if b.DayStartedAt != nil && !b.DayStartedAt.Before(day) {
		return
	}
	equity := b.dayStart(now, prices)
	b.DayStartedAt, b.DayStartEquity, b.changes.day = &day, &equity, true
}

// positions lists the names of what is held beside USDT, sorted.
func (b *Book) positions() []string {
	names := slices.Sorted(maps.Keys(b.assets))
	return slices.DeleteFunc(names, func(name string) bool { return name == Quote || b.assets[name].Total().IsZero() })
}
