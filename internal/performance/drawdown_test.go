package performance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDrawdownIsMeasuredFromThePrecedingPeak(t *testing.T) {
	t.Parallel()
	figures := track(t, 10*day, "100", []sample{
		{1 * day, "90"},  // 10/100 = 10% below
		{2 * day, "120"}, // a peak
		{3 * day, "90"},  // 30/120 = 25% below
		{4 * day, "96"},
		{5 * day, "130"}, // back, after 3 days
		{6 * day, "104"}, // 26/130 = 20% below
		{9 * day, "130"}, // back, after 4 days
		{10 * day, "131"},
	}, nil)
	requireFigure(t, "25", figures.MaxDrawdownPct)
	requireFigure(t, "4", figures.MaxDrawdownDurationDays)
}

func TestDrawdownCountsSamplesBetweenSteps(t *testing.T) {
	t.Parallel()
	// (99 − 66)/99 = 1/3, for a second: 1/86400 of a day = 0.0000115740…
	figures := track(t, day, "99", []sample{
		{30*time.Minute - time.Second, "99"}, {30*time.Minute - 1, "66"}, {30 * time.Minute, "99"},
	}, nil)
	requireFigure(t, "33.33333333", figures.MaxDrawdownPct)
	requireFigure(t, "0.00001157", figures.MaxDrawdownDurationDays)
	require.Contains(t, figures.Undefined, "sharpe_ratio")
}

func TestDrawdownDurationCountsFromWhenEquityLastStoodAtThePeak(t *testing.T) {
	t.Parallel()
	// Equity is at its peak until 18:00 and below it from then on. The last sample at the peak is that of 12:00, 36
	// hours before the end.
	figures := track(t, 2*day, "100", []sample{{12 * time.Hour, "100"}, {18 * time.Hour, "99"}}, nil)
	requireFigure(t, "1", figures.MaxDrawdownPct)
	requireFigure(t, "1.5", figures.MaxDrawdownDurationDays)
}

func TestNoDrawdownIfEquityIsNeverBelowAPeak(t *testing.T) {
	t.Parallel()
	for name, samples := range map[string][]sample{
		"no samples": nil,
		"one sample": {{day, "101"}},
		"flat":       {{time.Hour, "100"}, {day, "100"}},
		"rising":     {{time.Hour, "100.00000001"}, {day, "100.00000002"}},
	} {
		figures := track(t, 2*day, "100", samples, nil)
		requireFigure(t, "0", figures.MaxDrawdownPct)
		requireFigure(t, "0", figures.MaxDrawdownDurationDays)
		require.NotContains(t, figures.Undefined, "max_drawdown_pct", name)
		require.NotContains(t, figures.Undefined, "max_drawdown_duration_days", name)
	}
}

func TestOneSampleBelowTheStartIsADrawdown(t *testing.T) {
	t.Parallel()
	// (10000 − 9987.5)/10000 = 0.125%, from the start to the end.
	figures := track(t, day, "10000", []sample{{6 * time.Hour, "9987.5"}}, nil)
	requireFigure(t, "0.125", figures.MaxDrawdownPct)
	requireFigure(t, "1", figures.MaxDrawdownDurationDays)
}
