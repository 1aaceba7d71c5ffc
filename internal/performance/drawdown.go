package performance

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

// drawdown tracks how far and how long equity stays below its peaks. It keeps only the lowest value below a peak: that
// one decides, and one division per peak is cheaper than one per sample.
type drawdown struct {
	peak   decimal.Decimal
	since  time.Time       // when equity last stood at the peak
	trough decimal.Decimal // the lowest equity since then, the peak itself if none is lower

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

// finish ends the current drawdown, if there is one: equity has recovered, or the window is over.
func (d *drawdown) finish(at time.Time) {
	depth := d.peak.Sub(d.trough)
	if depth.IsZero() {
		return
	}
	d.longest = max(d.longest, at.Sub(d.since))
	// Equity cannot be negative, because agents sell only what they hold. So nothing lies below a peak of zero, and no
	// percentage is needed.
	if d.peak.Sign() > 0 {
		d.deepest = decimal.Max(d.deepest, depth.Mul(hundred).Quo(d.peak))
	}
}

var hundred = decimal.NewFromInt(100)

// days returns d in days of 24 hours, rounded half up to 8 places.
func days(d time.Duration) decimal.Decimal {
	return decimal.NewFromInt(d.Nanoseconds()).Quo(decimal.NewFromInt(day.Nanoseconds()))
}
