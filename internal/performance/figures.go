package performance

import "github.com/agentexchange/agentexchange/internal/decimal"

// Figures are the figures of one window. Amounts are in USDT. Results computed from amounts are rounded half up at 8
// places; the two ratios are statistics, computed in floating point and rounded to the nearest at 8 places.
//
// # Returns
//
// The Sharpe and Sortino ratios use returns over equal steps, so that they do not depend on how often equity was
// sampled. Steps end at every full hour UTC in a window of up to 7 days, and at every 00:00 UTC in a longer one. The
// equity at such a point is the last known at or before it. The first step starts with the window and may be shorter;
// the time after the last point is not a whole step and yields no return.
//
//	rᵢ = (equityᵢ − equityᵢ₋₁) / equityᵢ₋₁      i = 1 … n
//
// A step that starts with an equity of zero has no return; a window with such a step has neither ratio.
type Figures struct {
	// SharpeRatio is the mean return per unit of its deviation, annualized to 365 days, with a risk-free rate of 0:
	//
	//	mean(r) / s × √(steps per year)      s = √(Σ (rᵢ − mean(r))² / (n − 1))
	//
	// with 8760 hours or 365 days per year. Undefined for fewer than 2 returns, if s is 0 (all returns are equal to
	// about 14 digits), and from 10^20 on.
	//
	// W. F. Sharpe, The Sharpe Ratio, Journal of Portfolio Management 21 (1994) 49–58. The square root assumes that
	// returns are independent of earlier ones.
	SharpeRatio decimal.Decimal

	// SortinoRatio is the mean return per unit of its downside deviation, annualized likewise, with a target return of
	// 0:
	//
	//	mean(r) / d × √(steps per year)      d = √(Σ min(rᵢ, 0)² / n)
	//
	// The sum is divided by the number of all returns, not of those below zero. Undefined for fewer than 2 returns, if
	// d is 0 (no return is negative), and from 10^20 on.
	//
	// F. A. Sortino and L. N. Price, Performance Measurement in a Downside Risk Framework, Journal of Investing 3
	// (1994) 59–64.
	SortinoRatio decimal.Decimal

	// MaxDrawdownPct is the deepest fall of equity below its highest value so far, in percent of that value. It
	// considers every sample, not only those at the steps:
	//
	//	max over t of 100 × (peak(t) − equity(t)) / peak(t)      peak(t) = max of equity up to t
	//
	// Always defined; 0 if equity was never below a peak.
	//
	// M. Magdon-Ismail and A. F. Atiya, Maximum Drawdown, Risk 17 (2004).
	MaxDrawdownPct decimal.Decimal

	// MaxDrawdownDurationDays is the longest time that equity took to recover, in days of 24 hours: from when it last
	// stood at a peak until it was at or above that peak again, or until the window's end. The longest drawdown need
	// not be the deepest. Always defined; 0 if equity was never below a peak.
	MaxDrawdownDurationDays decimal.Decimal

	// WinRate is the share of wins, in percent. Of the trades that closed a position or a part of one, those that
	// realized more than 0, net of fees, are wins, and those below 0 losses; a trade of exactly 0 is neither:
	//
	//	100 × wins / (wins + losses)
	//
	// Undefined if there is neither a win nor a loss.
	WinRate decimal.Decimal

	// ProfitFactor is gross profit over gross loss:
	//
	//	Σ wins / |Σ losses|
	//
	// Undefined without a loss, and from 10^20 on.
	ProfitFactor decimal.Decimal

	// AvgWin is the average realized by a win. Undefined without a win.
	AvgWin decimal.Decimal

	// AvgLoss is the average realized by a loss, a negative amount. Undefined without a loss.
	AvgLoss decimal.Decimal

	// TotalTrades counts all trades, buys included.
	TotalTrades int

	// AvgTradesPerDay is the number of trades per day of 24 hours in the window,
	//
	//	total trades / max(1, days)
	//
	// so that an agent's first minutes are not extrapolated to a day. Always defined.
	AvgTradesPerDay decimal.Decimal

	// BestTrade is the most that a closing trade realized, a negative amount if all of them lost. Undefined without a
	// closing trade.
	BestTrade decimal.Decimal

	// WorstTrade is the least that a closing trade realized, a positive amount if all of them won. Undefined without a
	// closing trade.
	WorstTrade decimal.Decimal

	// CurrentStreak is n after n wins in a row, −n after n losses in a row, and 0 if there is neither: a closing trade
	// of exactly 0 ends a streak, a buy does not.
	CurrentStreak int

	// Undefined names the figures that have no value, and are 0, as they are spelt in the API and in the order above.
	// Never nil.
	Undefined []string
}

// take returns the value of a figure. If it has none, take records its name in Undefined and returns 0.
func (f *Figures) take(name string, figure func() (value decimal.Decimal, defined bool)) decimal.Decimal {
	value, defined := figure()
	if !defined {
		f.Undefined = append(f.Undefined, name)
		return decimal.Decimal{}
	}
	return value
}
