package exchange

import (
	"context"
	"net/http"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Account is an agent and its book as they were at one moment, for reading.
type Account struct {
	*Book
	DisplayName   string
	APIKeyPreview string
	CreatedAt     time.Time

	x   *Exchange
	now time.Time
}

// Account reads an agent in one round trip. It fails with ErrOutOfScope, and with AgentArchived where an archived
// agent's own key asks.
func (x *Exchange) Account(ctx context.Context, scope Scope) (*Account, error) {
	rows, err := postgres.Rows[db.BookGetRow](ctx, x.readers, db.BookGet, scope.AgentID, scope.KeyDigest, scope.AccountID)
	if err != nil {
		return nil, err
	}
	return x.accountOf(rows, scope)
}

// accountWith is Account that also reads something else of the agent, as it was at the same moment and in the same
// round trip. What is queued is read after the account, which it can ask for: nil where the caller may not read that.
func (x *Exchange) accountWith(
	ctx context.Context, scope Scope, queue func(pipeline *pgx.Batch, account func() *Account),
) (*Account, error) {
	var account *Account
	var refusal error
	var pipeline pgx.Batch
	pipeline.Queue("begin isolation level repeatable read read only")
	pipeline.Queue(db.BookGet, scope.AgentID, scope.KeyDigest, scope.AccountID).Query(func(found pgx.Rows) error {
		rows, err := postgres.AppendRows[db.BookGetRow](nil, found)
		if err != nil {
			return err
		}
		account, refusal = x.accountOf(rows, scope)
		return nil
	})
	queue(&pipeline, func() *Account { return account })
	pipeline.Queue("commit")
	if err := postgres.Send(ctx, x.pool, &pipeline); err != nil {
		return nil, err
	}
	return account, refusal
}

func (x *Exchange) accountOf(rows []db.BookGetRow, scope Scope) (*Account, error) {
	if len(rows) == 0 {
		return nil, ErrOutOfScope
	}
	first := rows[0]
	agent := agentOf(db.BookLockRow{
		ID: first.ID, AccountID: first.AccountID, APIKeyDigest: first.APIKeyDigest, Status: first.Status,
		StartingBalance: first.StartingBalance, MaxPositionSizePct: first.MaxPositionSizePct,
		DailyLossLimitPct: first.DailyLossLimitPct, MaxOpenOrders: first.MaxOpenOrders, SessionID: first.SessionID,
		SessionStartedAt: first.SessionStartedAt, DayStartedAt: first.DayStartedAt, DayStartEquity: first.DayStartEquity,
	})
	if err := MayRead(agent.Archived, scope); err != nil {
		return nil, err
	}
	account := &Account{
		Book: newBook(agent, x.ids), DisplayName: first.DisplayName, APIKeyPreview: first.APIKeyPreview,
		CreatedAt: first.CreatedAt, x: x, now: x.now(),
	}
	for _, row := range rows {
		account.assets[row.Asset] = &Asset{
			Available: row.Available, Locked: row.Locked, Basis: row.CostBasis, OpenedAt: row.OpenedAt, stored: true,
		}
	}
	return account, nil
}

// Balance is what an agent has of an asset.
type Balance struct {
	Asset             string
	Available, Locked decimal.Decimal
}

// Balances lists USDT first, then the others by name.
func (a *Account) Balances() []Balance {
	available, total := a.has(Quote)
	balances := []Balance{{Quote, available, total.Sub(available)}}
	for _, name := range a.positions() {
		asset := a.assets[name]
		balances = append(balances, Balance{name, asset.Available, asset.Locked})
	}
	return balances
}

// Position is what an agent holds of a pair's base.
type Position struct {
	Symbol, Asset string
	Quantity      decimal.Decimal
	Basis         decimal.Decimal // what it cost, fees included
	CurrentPrice  decimal.Decimal // the last known one, however old; where there is none, basis ÷ quantity
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
	return percentOf(p.UnrealizedPnL(), p.Basis)
}

// Positions lists what is held, by symbol.
func (a *Account) Positions() []Position {
	positions := []Position{}
	for _, name := range a.positions() {
		asset := a.assets[name]
		p := Position{
			Symbol: name + Quote, Asset: name, Quantity: asset.Total(), Basis: asset.Basis,
			MarketValue: a.valueOf(name, asset, a.x.feed),
		}
		if tick, ok := a.x.feed.Last(p.Symbol); ok {
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

// Portfolio is what an agent is worth. Always, to the last place: TotalPnL = Realized + Unrealized = TotalEquity −
// StartingBalance, because every part of it is a sum of balances and cost bases.
type Portfolio struct {
	TotalEquity, AvailableCash, LockedCash, PositionValue decimal.Decimal
	UnrealizedPnL, RealizedPnL, TotalPnL, ROIPct          decimal.Decimal
	Positions                                             []Position
	At                                                    time.Time
}

// Portfolio values the account at the last known prices.
func (a *Account) Portfolio() Portfolio {
	p := Portfolio{Positions: a.Positions(), At: a.now}
	available, total := a.has(Quote)
	p.AvailableCash, p.LockedCash = available, total.Sub(available)
	for _, position := range p.Positions {
		p.PositionValue = p.PositionValue.Add(position.MarketValue)
		p.UnrealizedPnL = p.UnrealizedPnL.Add(position.UnrealizedPnL())
	}
	p.TotalEquity = total.Add(p.PositionValue)
	p.TotalPnL = p.TotalEquity.Sub(a.StartingBalance)
	p.RealizedPnL = p.TotalPnL.Sub(p.UnrealizedPnL)
	p.ROIPct = percentOf(p.TotalPnL, a.StartingBalance)
	return p
}

// Headroom is how much of a limit is used.
type Headroom struct {
	Rule                   Rule
	Limit, Used, Remaining decimal.Decimal
}

// Headroom answers the three limits: the daily loss in percent of the starting balance, the largest position with its
// pending buys in percent of equity, and the open orders. Used may be beyond the limit, as prices move.
func (x *Exchange) Headroom(ctx context.Context, scope Scope) (*Account, []Headroom, error) {
	var rows []db.BookRestingRow
	account, err := x.accountWith(ctx, scope, func(pipeline *pgx.Batch, _ func() *Account) {
		postgres.Collect(pipeline, &rows, db.BookResting, []uuid.UUID{scope.AgentID})
	})
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		account.resting[row.Symbol] = resting{orders: row.Orders, buys: row.Buys}
	}
	return account, account.headroom(), nil
}

func (a *Account) headroom() []Headroom {
	equity, _ := a.Equity(a.x.feed)
	loss := decimal.Max(a.dayStart(a.now, a.x.feed).Sub(equity), decimal.Decimal{})
	var largest decimal.Decimal
	if equity.Sign() > 0 {
		largest = percentOf(a.largestExposure(), equity)
	}
	room := func(rule Rule, limit int32, used decimal.Decimal) Headroom {
		return Headroom{rule, percent(limit), used, decimal.Max(percent(limit).Sub(used), decimal.Decimal{})}
	}
	return []Headroom{
		room(RuleDailyLoss, a.Limits.DailyLossLimitPct, percentOf(loss, a.StartingBalance)),
		room(RulePosition, a.Limits.MaxPositionSizePct, largest),
		room(RuleOpenOrders, a.Limits.MaxOpenOrders, percent(a.openOrders())),
	}
}

func (a *Account) largestExposure() decimal.Decimal {
	var largest decimal.Decimal
	for symbol, pending := range a.resting {
		exposure := pending.buys
		if asset, ok := a.assets[baseOf(symbol)]; ok {
			exposure = exposure.Add(a.valueOf(baseOf(symbol), asset, a.x.feed))
		}
		largest = decimal.Max(largest, exposure)
	}
	for _, p := range a.Positions() {
		largest = decimal.Max(largest, p.MarketValue)
	}
	return largest
}

// MayRead refuses an archived agent's own key; its owner still reads.
func MayRead(archived bool, scope Scope) error {
	if archived && scope.KeyDigest != nil {
		return fault.New(fault.AgentArchived).WithStatus(http.StatusForbidden)
	}
	return nil
}

// MayTrade refuses what an archived agent may not do: its own key anything, its owner a change.
func (b *Book) MayTrade(scope Scope) error {
	if err := MayRead(b.Archived, scope); err != nil || !b.Archived {
		return err
	}
	return fault.New(fault.AgentArchived)
}

// Preview judges an order without a lock and without a trace. It fails like Place, and not with refusals.
func (x *Exchange) Preview(ctx context.Context, scope Scope, r Request) (*Preview, error) {
	var pipeline pgx.Batch
	var read reading
	read.queueUnlocked(&pipeline, scope.AgentID)
	if err := postgres.Send(ctx, x.pool, &pipeline); err != nil {
		return nil, err
	}
	book := read.books(x.ids)[scope.AgentID]
	if book == nil || !book.belongsTo(scope) {
		return nil, ErrOutOfScope
	}
	if err := book.MayTrade(scope); err != nil {
		return nil, err
	}
	now := x.now()
	quote, err := x.quote(r.Symbol, now, nil)
	if err != nil {
		return nil, err
	}
	return book.Preview(r, quote, x.feed, now)
}
