package book

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

// Asset is what an agent has of one asset. Anything but USDT is a position.
type Asset struct {
	Available decimal.Decimal
	Locked    decimal.Decimal // held for open orders
	Basis     decimal.Decimal // what the position cost, fees included
	OpenedAt  *time.Time

	loaded decimal.Decimal // the total as it was stored
	stored bool            // there is a row
	dirty  bool
}

// Total is available + locked.
func (a *Asset) Total() decimal.Decimal { return a.Available.Add(a.Locked) }

// Resting sums up the pending orders of a symbol.
type Resting struct {
	Orders    int32
	Buys      decimal.Decimal // the value of the buys at their limits
	HeldQuote decimal.Decimal // by the buys
	HeldBase  decimal.Decimal // by the sells
}

// Book is everything one agent has. To change it, hold the agent's lock.
type Book struct {
	Agent
	assets  map[string]*Asset
	resting map[string]Resting
	ids     *IDs
	lastID  uuid.UUID // of what is written of the agent
	madeIDs bool      // since the book was loaded
	changes Changes
}

// New returns the book of an agent that has nothing yet. What is stored of it is added by Load and LoadResting.
func New(agent Agent, ids *IDs) *Book {
	return &Book{Agent: agent, assets: map[string]*Asset{}, resting: map[string]Resting{}, ids: ids}
}

// Load adds what is stored of an asset.
func (b *Book) Load(name string, asset Asset) {
	asset.stored, asset.loaded = true, asset.Total()
	b.assets[name] = &asset
}

// LoadResting adds the sums of the pending orders of a symbol.
func (b *Book) LoadResting(symbol string, sums Resting) { b.resting[symbol] = sums }

// LoadLastID adds the last id of the agent's orders, trades and postings. What the book writes gets later ones.
func (b *Book) LoadLastID(id uuid.UUID) { b.lastID = id }

// nextID makes the id of something that happens to the agent at a time.
func (b *Book) nextID(at time.Time) uuid.UUID {
	b.lastID, b.madeIDs = b.ids.Next(at, b.lastID), true
	return b.lastID
}

// Changes are what has to be written of a book.
type Changes struct {
	Opened    []*Order
	Closed    []*Order // that were pending before
	Trades    []Trade
	Transfers []Transfer
	Announced []uuid.UUID // orders that began or ceased to rest, for the matcher
	Day       bool        // the day's starting equity
}

// Changes returns what has changed since the book was loaded, without the balances: see ChangedBalances.
func (b *Book) Changes() *Changes { return &b.changes }

// ChangedBalance is an asset as it has to be written.
type ChangedBalance struct {
	Name string
	Asset
	Stored bool       // there is a row of it already
	LastID *uuid.UUID // of the agent, with its USDT
}

// ChangedBalances returns the assets whose balance has changed, in no particular order. USDT is among them whenever an id was
// made, because the agent's last id is stored with it.
func (b *Book) ChangedBalances() []ChangedBalance {
	var changed []ChangedBalance
	for name, asset := range b.assets {
		switch row := (ChangedBalance{Name: name, Asset: *asset, Stored: asset.stored}); {
		case name == Quote && b.madeIDs:
			row.LastID = &b.lastID
			changed = append(changed, row)
		case asset.dirty:
			changed = append(changed, row)
		}
	}
	return changed
}

// The buckets of the ledger. The first two are the agent's own; the others are the other side of a double entry.
const (
	bucketAvailable = "available"
	bucketLocked    = "locked"
	bucketEquity    = "equity" // the agent's capital
	bucketFee       = "fee"
	bucketMarket    = "market"
)

// Kinds of postings.
const (
	kindHold    = "hold"
	kindRelease = "release"
	kindTrade   = "trade"
	kindFee     = "fee"
	kindReset   = "reset"
)

// Transfer is a double entry: an amount leaves one bucket and enters another.
type Transfer struct {
	ID                       uuid.UUID
	OrderID                  *uuid.UUID
	Asset                    string
	Amount                   decimal.Decimal
	Source, Target           string
	SourceAfter, TargetAfter *decimal.Decimal // of the agent's own buckets
	Kind                     string
	At                       time.Time
}

// asset returns what the agent has of an asset, which may be nothing.
func (b *Book) asset(name string) *Asset {
	asset, ok := b.assets[name]
	if !ok {
		asset = &Asset{}
		b.assets[name] = asset
	}
	return asset
}

// has returns how much of an asset the agent can use, and how much it has in total.
func (b *Book) has(name string) (available, total decimal.Decimal) {
	if asset, ok := b.assets[name]; ok {
		return asset.Available, asset.Total()
	}
	return decimal.Decimal{}, decimal.Decimal{}
}

func (b *Book) openOrders() int32 {
	var orders int32
	for _, r := range b.resting {
		orders += r.Orders
	}
	return orders
}

// post moves an amount from one bucket to another: the only way in which a balance changes, so that the ledger and the
// balances cannot differ.
func (b *Book) post(at time.Time, kind, name string, amount decimal.Decimal, source, target string, order *Order) {
	if amount.IsZero() {
		return
	}
	entry := Transfer{ID: b.nextID(at), Asset: name, Amount: amount, Source: source, Target: target, Kind: kind, At: at}
	if order != nil {
		entry.OrderID = &order.ID
	}
	asset := b.asset(name)
	asset.dirty = true
	entry.SourceAfter = asset.change(source, amount.Neg())
	entry.TargetAfter = asset.change(target, amount)
	b.changes.Transfers = append(b.changes.Transfers, entry)
}

// change adds to a bucket, and returns its balance afterwards if it is the agent's own.
func (a *Asset) change(bucket string, amount decimal.Decimal) *decimal.Decimal {
	balance := &a.Available
	switch bucket {
	case bucketAvailable:
	case bucketLocked:
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

// valueOf is the value of a position at the last known price, however old, or its cost if there has never been a price.
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

// DayOf returns 00:00 UTC of a time's day.
func DayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// dayStart is the equity from which the daily loss is measured. It is fixed before a day's first trade. Until then it is the
// value of the balances, which have not changed since, at the day's first prices.
func (b *Book) dayStart(now time.Time, prices Prices) decimal.Decimal {
	if b.DayStartedAt != nil && !b.DayStartedAt.Before(DayOf(now)) {
		return *b.DayStartEquity
	}
	equity, _ := b.Equity(firstOfDay{prices})
	return equity
}

// dailyLoss is what the agent has lost since the day began, never negative.
func (b *Book) dailyLoss(equity decimal.Decimal, prices Prices, now time.Time) decimal.Decimal {
	return decimal.Max(b.dayStart(now, prices).Sub(equity), decimal.Decimal{})
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
	day := DayOf(now)
	if b.DayStartedAt != nil && !b.DayStartedAt.Before(day) {
		return
	}
	equity := b.dayStart(now, prices)
	b.DayStartedAt, b.DayStartEquity, b.changes.Day = &day, &equity, true
}

// positions lists the names of what is held beside USDT, sorted.
func (b *Book) positions() []string {
	names := slices.Sorted(maps.Keys(b.assets))
	return slices.DeleteFunc(names, func(name string) bool { return name == Quote || b.assets[name].Total().IsZero() })
}
