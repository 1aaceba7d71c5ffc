package book

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
)

// Quote is the asset that everything is paid with.
const Quote = "USDT"

// BaseOf returns the asset that a symbol trades; every pair is quoted in USDT.
func BaseOf(symbol string) string { return strings.TrimSuffix(symbol, Quote) }

// Side of an order.
type Side string

// The sides.
const (
	Buy  Side = "buy"
	Sell Side = "sell"
)

// Sides are both of them.
var Sides = [...]Side{Buy, Sell}

// Type of an order.
type Type string

// The types. StopLoss and TakeProfit are conditional: they sell like a market order once their trigger is met.
const (
	Market     Type = "market"
	Limit      Type = "limit"
	StopLoss   Type = "stop_loss"
	TakeProfit Type = "take_profit"
)

// Types are all of them.
var Types = [...]Type{Market, Limit, StopLoss, TakeProfit}

// TimeInForce says how long an order waits.
type TimeInForce string

// The times in force. Orders fill completely or not at all, so IOC and FOK mean the same.
const (
	GTC TimeInForce = "GTC"
	IOC TimeInForce = "IOC"
	FOK TimeInForce = "FOK"
)

// TimesInForce are all of them.
var TimesInForce = [...]TimeInForce{GTC, IOC, FOK}

// Status of an order. All but Pending are final.
type Status string

// The states.
const (
	Pending   Status = "pending"
	Filled    Status = "filled"
	Cancelled Status = "cancelled"
	Expired   Status = "expired"
)

// Statuses are all of them.
var Statuses = [...]Status{Pending, Filled, Cancelled, Expired}

// Liquidity says which side of a fill an order was.
type Liquidity string

// The sides of a fill. Both pay the same fee.
const (
	Taker Liquidity = "taker" // it executed at the market, and paid its impact
	Maker Liquidity = "maker" // it rested, and the market traded through its limit
)

// Request is an order to be placed. It is valid by the API's spec, with defaults filled in.
type Request struct {
	ClientOrderID *string
	Symbol        string // upper case
	Side          Side
	Type          Type
	TimeInForce   TimeInForce
	Quantity      decimal.Decimal
	Price         *decimal.Decimal // of a limit order
	TriggerPrice  *decimal.Decimal // of a conditional order
}

// Order is an order that was accepted.
type Order struct {
	ID      uuid.UUID
	AgentID uuid.UUID
	Request
	Status        Status
	Hold          decimal.Decimal  // what is held while it is pending, of LockedAsset
	Value         *decimal.Decimal // quantity × limit while pending, × executed price once filled
	ExecutedPrice *decimal.Decimal
	SlippagePct   *decimal.Decimal
	Fee           *decimal.Decimal // USDT
	Liquidity     Liquidity        // of its fill; empty before
	CreatedAt     time.Time
	ClosedAt      *time.Time // when it was filled, cancelled or expired
	Dedup         *uuid.UUID // the client order id's; see DedupOf
}

// LockedAsset is what the order holds while it is pending.
func (o *Order) LockedAsset() string {
	if o.Side == Buy {
		return Quote
	}
	return BaseOf(o.Symbol)
}

// TotalCost is what a filled buy took, fee included, and what a filled sell brought, less its fee; nil before.
func (o *Order) TotalCost() *decimal.Decimal {
	if o.Status != Filled {
		return nil
	}
	total := o.Value.Add(*o.Fee)
	if o.Side == Sell {
		total = o.Value.Sub(*o.Fee)
	}
	return &total
}

// Same reports whether the order is what the request asks for.
func (o *Order) Same(r Request) bool {
	return o.Symbol == r.Symbol && o.Side == r.Side && o.Type == r.Type && o.TimeInForce == r.TimeInForce &&
		o.Quantity == r.Quantity && equal(o.Price, r.Price) && equal(o.TriggerPrice, r.TriggerPrice)
}

func equal(a, b *decimal.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// DedupOf hashes an agent's client order id into the one value by which a repeated order is found.
func DedupOf(agentID uuid.UUID, clientOrderID string) uuid.UUID {
	sum := sha256.Sum256(append(agentID[:], clientOrderID...))
	return uuid.UUID(sum[:16])
}

// Trade is an order's fill.
type Trade struct {
	ID, OrderID, SessionID uuid.UUID
	Symbol                 string
	Side                   Side
	Quantity               decimal.Decimal
	Price                  decimal.Decimal
	Value                  decimal.Decimal // quantity × price
	Fee                    decimal.Decimal
	Liquidity              Liquidity
	RealizedPnL            decimal.Decimal // value − fee − the basis that was sold; of a buy, 0
	Equity                 decimal.Decimal // after the trade
	UnrealizedPnL          decimal.Decimal // after the trade
	ExecutedAt             time.Time
}
