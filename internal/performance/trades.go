package performance

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// trades aggregates an agent's trades.
type trades struct {
	total  int // buys included
	closed int
	wins   tally
	losses tally
	best   decimal.Decimal // of the closing trades, if closed > 0
	worst  decimal.Decimal // likewise
	streak int             // wins in a row, or losses if negative
}

func (t *trades) addClosing(realized decimal.Decimal) {
	if t.closed == 0 {
		t.best, t.worst = realized, realized
	}
	t.closed++
	t.best = decimal.Max(t.best, realized)
	t.worst = decimal.Min(t.worst, realized)

	switch realized.Sign() {
	case 1:
		t.wins.add(realized)
		t.streak = max(t.streak, 0) + 1
	case -1:
		t.losses.add(realized)
		t.streak = min(t.streak, 0) - 1
	default:
		t.streak = 0
	}
}

// winRate is Figures.WinRate.
func (t *trades) winRate() (decimal.Decimal, bool) {
	decided := t.wins.count + t.losses.count
	if decided == 0 {
		return decimal.Decimal{}, false
	}
	return count(t.wins.count).Mul(hundred).Quo(count(decided)), true
}

// profitFactor is Figures.ProfitFactor.
func (t *trades) profitFactor() (decimal.Decimal, bool) {
	if t.losses.count == 0 {
		return decimal.Decimal{}, false
	}
	factor, err := quotient(t.wins.sum, t.losses.sum.Abs())
	return factor, err == nil
}

// highest is Figures.BestTrade.
func (t *trades) highest() (decimal.Decimal, bool) { return t.best, t.closed > 0 }

// lowest is Figures.WorstTrade.
func (t *trades) lowest() (decimal.Decimal, bool) { return t.worst, t.closed > 0 }

// perDay is Figures.AvgTradesPerDay for a window of this length. It multiplies before it divides, to round once. It
// counts in microseconds, the precision in which times are stored: with nanoseconds the product would overflow at a
// million trades.
func (t *trades) perDay(window time.Duration) decimal.Decimal {
	oneDay := decimal.NewFromInt(day.Microseconds())
	length := decimal.NewFromInt(window.Microseconds())
	return count(t.total).Mul(oneDay).Quo(decimal.Max(oneDay, length))
}

// tally is the number of amounts and their sum.
type tally struct {
	count int
	sum   decimal.Decimal
}

func (t *tally) add(amount decimal.Decimal) {
	t.count++
	t.sum = t.sum.Add(amount)
}

// average returns the mean, and false if there are no amounts.
func (t *tally) average() (decimal.Decimal, bool) {
	if t.count == 0 {
		return decimal.Decimal{}, false
	}
	return t.sum.Quo(count(t.count)), true
}

// quotient returns a ÷ b, rounded half up to 8 places, or decimal.ErrOverflow. Large wins divided by a tiny loss can
// exceed the range of decimals though both amounts are well within it.
func quotient(a, b decimal.Decimal) (_ decimal.Decimal, err error) {
	defer decimal.CatchOverflow(&err)
	return a.Quo(b), nil
}

func count(n int) decimal.Decimal { return decimal.NewFromInt(int64(n)) }
