// Package performance turns what an agent's equity did, and what its trades brought, into the figures it is judged by.
// It is fed one sample and one trade at a time and keeps running totals only, so that years cost no more memory than a
// day does.
package performance

import (
	"errors"
	"fmt"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

var (
	// ErrOutsideWindow means that a sample or a trade is from before the window's start or from after its end.
	ErrOutsideWindow = errors.New("outside the window")
	// ErrOutOfOrder means that a sample is older than the sample before it, or a trade older than the trade before it.
	ErrOutOfOrder = errors.New("out of order")
)

// Tracker computes the Figures of one agent over one window. It is used from one goroutine at a time. Amounts stay far
// below 10^18; from there on its methods panic with decimal.ErrOverflow, as the arithmetic of decimals does.
type Tracker struct {
	from, to                  time.Time
	newestSample, newestTrade time.Time // of those fed so far
	returns                   returns
	drawdown                  drawdown
	trades                    trades
}

// NewTracker returns a Tracker for the window from … to, both ends included, of an agent whose equity at from, in USDT,
// was the given one: its last sample carried forward, or its starting balance. A window that ends before it starts is
// empty.
func NewTracker(from, to time.Time, equity decimal.Decimal) *Tracker {
	t := &Tracker{from: from, to: to, newestSample: from, newestTrade: from}
	t.open(equity)
	return t
}

// AddSample takes the agent's equity at a time, in USDT. Samples come in order of time, which need not be that of the
// trades; of several of one time the last holds from then on. A sample of the window's very start replaces the equity
// that NewTracker was given. Fails with ErrOutsideWindow or ErrOutOfOrder, and then changes nothing: to leave out what
// does not fit would hide a wrong query behind wrong figures.
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

// AddTrade takes a trade of the agent: what it realized, in USDT and net of fees, and whether it closed a position or a
// part of one. Sells close and buys do not; what a buy realized is not looked at. Trades come in order of time, which
// need not be that of the samples. Fails like AddSample.
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

// Figures returns the figures of everything fed so far, the last equity carried forward to the window's end. More may
// be fed afterwards.
func (t *Tracker) Figures() Figures {
	// Copies are carried to the end, so that asking changes no answer.
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

// open begins the window at this equity.
func (t *Tracker) open(equity decimal.Decimal) {
	t.returns = newReturns(t.from, t.to, equity)
	t.drawdown = newDrawdown(t.from, equity)
}

// admit moves newest on to the time at, if that is in order.
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
