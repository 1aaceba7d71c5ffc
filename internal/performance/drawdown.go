package performance

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// drawdown follows equity below its peaks. Only the lowest value below a peak is kept: it is the one that decides, and
// dividing once per peak is cheaper than once per sample.
type drawdown struct {
	peak   decimal.Decimal
	since  time.Time       // when equity last stood at the peak
	trough decimal.Decimal // the lowest since, the peak itself if there is none below

	deepest decimal.Decimal // in percent
	longest time.Duration
}

func newDrawdown(at time.Time, equity decimal.Decimal) drawdown {
	return drawdown{peak: equity, since: at, trough: equity}
}

func (d *drawdown) add(at time.Time, equity decimal.Decimal) {
	if equity.Cmp(d.peak) < 0 {
		d.trough = decimal.Min(d.trough, equity)
		return
	}
	d.finish(at)
	d.peak, d.since, d.trough = equity, at, equity
}

// finish ends the running drawdown, if there is one: equity is back, or the window is over.
func (d *drawdown) finish(at time.Time) {
	depth := d.peak.Sub(d.trough)
	if depth.IsZero() {
		return
	}
	d.longest = max(d.longest, at.Sub(d.since))
	// Equity cannot be negative as long as nobody can sell what he does not hold; a peak of zero has nothing below it
	// then, and no percentage.
	if d.peak.Sign() > 0 {
		d.deepest = decimal.Max(d.deepest, depth.Mul(hundred).Quo(d.peak))
	}
}

var hundred = decimal.NewFromInt(100)

// days returns d in days of 24 hours, rounded half up to 8 places.
func days(d time.Duration) decimal.Decimal {
	return decimal.NewFromInt(d.Nanoseconds()).Quo(decimal.NewFromInt(day.Nanoseconds()))
}
