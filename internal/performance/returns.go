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

	// noise bounds the error of a return relative to itself, with a margin: it comes of three roundings, each of up to
	// 2^-53. A deviation as small as that may be all error, and of equal returns it is.
	noise = 1e-14
)

// returns cuts equity, carried forward, into steps and keeps the moments of what each step returned: the mean and the
// squared deviations from it by Welford's recurrence, which unlike a sum of squares loses no digits when the deviations
// are small beside the mean. (B. P. Welford, Technometrics 4 (1962) 419–420.)
type returns struct {
	step   time.Duration
	next   time.Time       // the point at which the running step ends
	begun  decimal.Decimal // equity at the running step's begin
	equity decimal.Decimal // equity now

	n          int
	mean       float64
	deviations float64 // Σ (r − mean)²
	downside   float64 // Σ min(r, 0)²
	broke      bool    // a step began at zero, so there is a return that has no value
}

func newReturns(from, to time.Time, equity decimal.Decimal) returns {
	step := time.Hour
	if to.Sub(from) > longestHourly {
		step = day
	}
	// Truncate counts from a midnight of UTC, so its multiples are hours and days of UTC.
	return returns{step: step, next: from.Truncate(step).Add(step), begun: equity, equity: equity}
}

// add ends the steps before the time at. One that ends just then is left running, for this sample, and any other of the
// same time, to count at its end.
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
	case r.equity == r.begun: // most steps of an agent that holds still
		r.addReturn(0)
	default:
		// The difference is exact; of two floats it would not be.
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

// perYear returns the ratio of the mean to a deviation, from one step to a year: the mean grows with time, the
// deviation with its square root.
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
	// What a decimal is written as is in the range of float64, and so never fails.
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// fromFloat returns x rounded to the nearest at 8 places, and false if it is not finite or has more than 20 digits
// before the point.
func fromFloat(x float64) (decimal.Decimal, bool) {
	d, err := decimal.Parse(strconv.FormatFloat(x, 'f', 8, 64))
	return d, err == nil
}
