package performance

import (
	"math"
	"strconv"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

const (
	day  = 24 * time.Hour
	year = 365 * day

	// longestHourly is the longest window with hourly steps. A longer one has enough days, and daily returns are what
	// such ratios are usually compared by.
	longestHourly = 7 * day

	// noise bounds the relative error of a return, with a margin: it comes from three roundings, each of up to 2^-53. A
	// deviation that small may be nothing but error; for equal returns it is.
	noise = 1e-14
)

// returns splits equity, carried forward, into steps and keeps the mean of the steps' returns and the sum of squared
// deviations from it. It uses Welford's recurrence, which unlike a sum of squares loses no digits when the deviations
// are small compared to the mean. (B. P. Welford, Technometrics 4 (1962) 419–420.)
type returns struct {
	step   time.Duration
	next   time.Time       // the point at which the current step ends
	begun  decimal.Decimal // equity at the start of the current step
	equity decimal.Decimal // equity now

	n          int
	mean       float64
	deviations float64 // Σ (r − mean)²
	downside   float64 // Σ min(r, 0)²
	broke      bool    // a step started at zero, so one return is undefined
}

func newReturns(from, to time.Time, equity decimal.Decimal) returns {
	step := time.Hour
	if to.Sub(from) > longestHourly {
		step = day
	}
	// Truncate counts from a midnight UTC, so its multiples are hours and days in UTC.
	return returns{step: step, next: from.Truncate(step).Add(step), begun: equity, equity: equity}
}

// add ends the steps before the time at. A step that ends exactly at that time stays open, so that this sample, and any
// other at the same time, counts at its end.
func (r *returns) add(at time.Time, equity decimal.Decimal) {
	for r.next.Before(at) {
		r.endStep()
	}
	r.equity = equity
}

// finish ends the whole steps up to the window's end.
func (r *returns) finish(to time.Time) {
	for !r.next.After(to) {
		r.endStep()
	}
}

func (r *returns) endStep() {
	switch {
	case r.begun.Sign() <= 0:
		r.broke = true
	case r.equity == r.begun: // most steps of an agent that does not trade
		r.addReturn(0)
	default:
		// Subtract decimals, which is exact; the difference of two floats would not be.
		r.addReturn(float(r.equity.Sub(r.begun)) / float(r.begun))
	}
	r.begun = r.equity
	r.next = r.next.Add(r.step)
}

func (r *returns) addReturn(value float64) {
	r.n++
	before := value - r.mean
	r.mean += before / float64(r.n)
	r.deviations += before * (value - r.mean)
	if value < 0 {
		r.downside += value * value
	}
}

// sharpe is Figures.SharpeRatio.
func (r *returns) sharpe() (decimal.Decimal, bool) {
	if r.n < 2 {
		return decimal.Decimal{}, false
	}
	deviation := math.Sqrt(r.deviations / float64(r.n-1))
	if deviation <= noise*math.Abs(r.mean) {
		return decimal.Decimal{}, false
	}
	return r.perYear(deviation)
}

// sortino is Figures.SortinoRatio.
func (r *returns) sortino() (decimal.Decimal, bool) {
	if r.n < 2 || r.downside == 0 {
		return decimal.Decimal{}, false
	}
	return r.perYear(math.Sqrt(r.downside / float64(r.n)))
}

// perYear returns the ratio of the mean to a deviation, annualized: the mean grows with time, the deviation with its
// square root.
func (r *returns) perYear(deviation float64) (decimal.Decimal, bool) {
	if r.broke {
		return decimal.Decimal{}, false
	}
	return fromFloat(r.mean / deviation * math.Sqrt(float64(year/r.step)))
}

// float returns the float64 nearest to d.
func float(d decimal.Decimal) float64 {
	// Integers up to 2^53 are floats, and so is 10^8: one division rounds once.
	if units, ok := d.Abs().Units(); ok && units <= 1<<53 {
		return math.Copysign(float64(units)/1e8, float64(d.Sign()))
	}
	// Every decimal is in the range of float64, so this cannot fail.
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// fromFloat returns x rounded to the nearest at 8 places, and false if it is not finite or has more than 20 digits
// before the point.
func fromFloat(x float64) (decimal.Decimal, bool) {
	d, err := decimal.Parse(strconv.FormatFloat(x, 'f', 8, 64))
	return d, err == nil
}
