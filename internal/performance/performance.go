// Package performance computes an agent's performance figures from its equity samples and trades. It takes one sample
// or trade at a time and keeps only running totals, so years cost no more memory than a day.
package performance

import (
	"errors"
	"fmt"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

var (
	// ErrOutsideWindow means that a sample or a trade is before the window's start or after its end.
	ErrOutsideWindow = errors.New("outside the window")
	// ErrOutOfOrder means that a sample is older than the sample before it, or a trade older than the trade before it.
	ErrOutOfOrder = errors.New("out of order")
)

// Tracker computes the Figures of one agent over one window. It must not be used by several goroutines at once. Amounts
// stay far below 10^18; from there on its methods panic with decimal.ErrOverflow, as decimal arithmetic does.
type Tracker struct {
	from, to                  time.Time
	newestSample, newestTrade time.Time // of those added so far
	returns                   returns
	drawdown                  drawdown
	trades                    trades
}

// NewTracker returns a Tracker for the window from … to, both ends included. equity is that of the agent at from, in
// USDT: its last sample carried forward, or its starting balance. A window that ends before it starts is empty.
func NewTracker(from, to time.Time, equity decimal.Decimal) *Tracker {
	t := &Tracker{from: from, to: to, newestSample: from, newestTrade: from}
	t.open(equity)
	return t
}

// AddSample adds the agent's equity at a time, in USDT. Samples must be in order of time among themselves, but not
// relative to trades; of several at the same time the last one counts. A sample at the window's start replaces the
// equity given to NewTracker. It fails with ErrOutsideWindow or ErrOutOfOrder and then changes nothing: ignoring such a
// sample would hide a wrong query behind wrong figures.
func (t *Tracker) AddSample(at time.Time, equity decimal.Decimal) error {
	if err := t.admit(at, &t.newestSample); err != nil {
		return fmt.Errorf("the equity of %s is %w", at.Format(time.RFC3339Nano), err)
	}
	if at.Equal(t.from) {
		t.open(equity)
		return nil
	}
	t.returns.add(at, equity)
	t.drawdown.add(at, equity)
	return nil
}

// AddTrade adds a trade of the agent: what it realized, in USDT and net of fees, and whether it closed a position or
// part of one. Sells close and buys do not; a buy's realized amount is ignored. Trades must be in order of time among
// themselves, but not relative to samples. It fails like AddSample.
func (t *Tracker) AddTrade(at time.Time, realized decimal.Decimal, closing bool) error {
	if err := t.admit(at, &t.newestTrade); err != nil {
		return fmt.Errorf("the trade of %s is %w", at.Format(time.RFC3339Nano), err)
	}
	t.trades.total++
	if closing {
		t.trades.addClosing(realized)
	}
	return nil
}

// Figures returns the figures of everything added so far, with the last equity carried forward to the window's end.
// More may be added afterwards.
func (t *Tracker) Figures() Figures {
	// Work on copies, so that calling Figures does not affect later results.
	returns, drawdown := t.returns, t.drawdown
	returns.finish(t.to)
	drawdown.finish(t.to)

	f := Figures{Undefined: []string{}}
	f.SharpeRatio = f.take("sharpe_ratio", returns.sharpe)
	f.SortinoRatio = f.take("sortino_ratio", returns.sortino)
	f.MaxDrawdownPct = drawdown.deepest
	f.MaxDrawdownDurationDays = days(drawdown.longest)
	f.WinRate = f.take("win_rate", t.trades.winRate)
	f.ProfitFactor = f.take("profit_factor", t.trades.profitFactor)
	f.AvgWin = f.take("avg_win", t.trades.wins.average)
	f.AvgLoss = f.take("avg_loss", t.trades.losses.average)
	f.TotalTrades = t.trades.total
	f.AvgTradesPerDay = t.trades.perDay(t.to.Sub(t.from))
	f.BestTrade = f.take("best_trade", t.trades.highest)
	f.WorstTrade = f.take("worst_trade", t.trades.lowest)
	f.CurrentStreak = t.trades.streak
	return f
}

// open starts the window with this equity.
func (t *Tracker) open(equity decimal.Decimal) {
	t.returns = newReturns(t.from, t.to, equity)
	t.drawdown = newDrawdown(t.from, equity)
}

// admit advances newest to the time at, if that is in order.
func (t *Tracker) admit(at time.Time, newest *time.Time) error {
	if at.Before(t.from) || at.After(t.to) {
		return ErrOutsideWindow
	}
	if at.Before(*newest) {
		return ErrOutOfOrder
	}
	*newest = at
	return nil
}
