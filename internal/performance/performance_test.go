package performance_test

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/performance"
	"github.com/stretchr/testify/require"
)

// midnight is when most windows here start.
var midnight = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// sample is the equity at a time after midnight.
type sample struct {
	after  time.Duration
	equity string
}

// trade is a trade at a time after midnight. If realized is empty, it is a buy.
type trade struct {
	after    time.Duration
	realized string
}

func TestNothingHasHappened(t *testing.T) {
	t.Parallel()
	figures := track(t, 7*day, "10000", nil, nil)
	require.Equal(t, performance.Figures{
		// 7 × 24 returns of 0 have a mean, but no deviation to divide it by.
		Undefined: []string{
			"sharpe_ratio", "sortino_ratio", "win_rate", "profit_factor",
			"avg_win", "avg_loss", "best_trade", "worst_trade",
		},
	}, figures)
}

func TestAllFiguresAreDefinedOnceThereIsEnoughData(t *testing.T) {
	t.Parallel()
	figures := track(t, 3*time.Hour, "100",
		[]sample{{10 * time.Minute, "110"}, {70 * time.Minute, "99"}},
		[]trade{{5 * time.Minute, ""}, {20 * time.Minute, "10"}, {30 * time.Minute, ""}, {80 * time.Minute, "-11"}})
	require.Equal(t, []string{}, figures.Undefined)
	require.Equal(t, 4, figures.TotalTrades)
}

func TestRatiosOfHourlyReturns(t *testing.T) {
	t.Parallel()
	// At 1:00 110, at 2:00 99, at 3:00 still 99, at 4:00 108.9; the half hour after is not a whole step. So the returns
	// are
	//
	//	10/100 = 0.1   −11/110 = −0.1   0/99 = 0   9.9/99 = 0.1
	//
	// their mean is 0.1/4 = 0.025, and they differ from it by 0.075, −0.125, −0.025, 0.075:
	//
	//	s = √((0.005625 + 0.015625 + 0.000625 + 0.005625) / 3) = √(0.0275/3) = 0.09574271
	//	d = √(0.1² / 4) = 0.05
	//
	// A year has 8760 hours, √8760 = 93.59487165:
	//
	//	Sharpe  = 0.025/0.09574271 × 93.59487165 = 0.26111648 × 93.59487165 = 24.43916380
	//	Sortino = 0.025/0.05       × 93.59487165 = 0.5        × 93.59487165 = 46.79743583
	figures := track(t, 4*time.Hour+30*time.Minute, "100", []sample{
		{20 * time.Minute, "500"}, // between two points, so in no return
		{40 * time.Minute, "110"},
		{90 * time.Minute, "99"},
		{200 * time.Minute, "108.9"},
		{250 * time.Minute, "1"}, // in the incomplete last step
	}, nil)
	requireFigure(t, "24.43916380", figures.SharpeRatio)
	requireFigure(t, "46.79743583", figures.SortinoRatio)
}

func TestRatiosOfDailyReturns(t *testing.T) {
	t.Parallel()
	// The window is 8 days from noon to noon, longer than 7 days, so its 8 steps end at midnights, the first after half
	// a day: 100 → 80, then 80 → 100, then still.
	//
	//	returns −0.2, 0.25, 0, 0, 0, 0, 0, 0      mean 0.05/8 = 0.00625
	//	s = √((Σ r² − 8 × mean²)/7) = √((0.1025 − 0.0003125)/7) = √0.01459821 = 0.12082307
	//	d = √(0.04/8) = 0.07071068
	//
	// A year has 365 days, √365 = 19.10497317:
	//
	//	Sharpe  = 0.00625/0.12082307 × 19.10497317 = 0.05172853 × 19.10497317 = 0.98827221
	//	Sortino = 0.00625/0.07071068 × 19.10497317 = 0.08838835 × 19.10497317 = 1.68865701
	noon := midnight.Add(12 * time.Hour)
	tracker := performance.NewTracker(noon, noon.Add(8*day), decimal.MustParse("100"))
	require.NoError(t, tracker.AddSample(noon.Add(6*time.Hour), decimal.MustParse("80")))
	require.NoError(t, tracker.AddSample(noon.Add(20*time.Hour), decimal.MustParse("100")))
	figures := tracker.Figures()
	requireFigure(t, "0.98827221", figures.SharpeRatio)
	requireFigure(t, "1.68865701", figures.SortinoRatio)
}

func TestStepsAreHoursUpToSevenDaysAndDaysBeyond(t *testing.T) {
	t.Parallel()
	// Down by half and up again within a day: hourly returns show it and daily ones do not.
	dip := []sample{{10 * time.Hour, "50"}, {12 * time.Hour, "100"}}
	require.NotContains(t, track(t, 7*day, "100", dip, nil).Undefined, "sharpe_ratio")
	require.Contains(t, track(t, 7*day+1, "100", dip, nil).Undefined, "sharpe_ratio")
}

func TestStepsAreThoseOfUTCWhateverTheZone(t *testing.T) {
	t.Parallel()
	figures := func(zone *time.Location) performance.Figures {
		from := midnight.In(zone)
		tracker := performance.NewTracker(from, from.Add(10*day), decimal.MustParse("100"))
		require.NoError(t, tracker.AddSample(from.Add(20*time.Hour), decimal.MustParse("90")))
		require.NoError(t, tracker.AddSample(from.Add(47*time.Hour), decimal.MustParse("120")))
		return tracker.Figures()
	}
	require.Equal(t, figures(time.UTC), figures(time.FixedZone("Chatham", 12*3600+45*60)))
}

func TestASampleExactlyOnAPointCountsAtThePoint(t *testing.T) {
	t.Parallel()
	// The later of two samples at the same time counts: returns 0.1, −0.1 and a mean of 0.
	figures := track(t, 2*time.Hour, "100",
		[]sample{{time.Hour, "50"}, {time.Hour, "110"}, {2 * time.Hour, "99"}}, nil)
	require.NotContains(t, figures.Undefined, "sharpe_ratio")
	requireFigure(t, "0", figures.SharpeRatio)
	requireFigure(t, "0", figures.SortinoRatio)

	// A moment later the sample is in the next step: returns 0, 0.1.
	figures = track(t, 2*time.Hour, "100", []sample{{time.Hour + 1, "110"}}, nil)
	// Sharpe = 0.05 / √(2 × 0.05²/1) × √8760 = √(8760/2) = √4380 = 66.18156843
	requireFigure(t, "66.18156843", figures.SharpeRatio)
	require.Contains(t, figures.Undefined, "sortino_ratio")
}

func TestASampleAtTheStartReplacesTheEquityCarriedForward(t *testing.T) {
	t.Parallel()
	after := []sample{{30 * time.Minute, "110"}, {90 * time.Minute, "99"}}
	carried := track(t, 3*time.Hour, "100", after, nil)
	replaced := track(t, 3*time.Hour, "700", append([]sample{{0, "5"}, {0, "100"}}, after...), nil)
	require.Equal(t, carried, replaced)
}

func TestRatiosNeedTwoReturns(t *testing.T) {
	t.Parallel()
	fall := []sample{{time.Minute, "90"}}
	both := []string{"sharpe_ratio", "sortino_ratio"}
	require.Subset(t, track(t, 2*time.Hour-1, "100", fall, nil).Undefined, both)
	require.NotContains(t, track(t, 2*time.Hour, "100", fall, nil).Undefined, both[0])
	require.NotContains(t, track(t, 2*time.Hour, "100", fall, nil).Undefined, both[1])
	require.Subset(t, track(t, 0, "100", nil, nil).Undefined, both)
	require.Subset(t, track(t, -day, "100", nil, nil).Undefined, both)
}

func TestEqualReturnsHaveNoSharpeRatio(t *testing.T) {
	t.Parallel()
	// −10% in each of three hours. In floating point 12.345678/123.45678 and the two quotients after it are not quite
	// equal; their deviation is rounding, not risk.
	figures := track(t, 3*time.Hour, "123.45678",
		[]sample{{time.Hour, "111.111102"}, {2 * time.Hour, "99.9999918"}, {3 * time.Hour, "89.99999262"}}, nil)
	require.Contains(t, figures.Undefined, "sharpe_ratio")
	// Sortino = −0.1/√(3 × 0.1²/3) × √8760 = −√8760
	requireFigure(t, "-93.59487165", figures.SortinoRatio)
}

func TestEquityMayEndAtZeroButNotRiseFromIt(t *testing.T) {
	t.Parallel()
	// Returns 0 and −1: mean −0.5, s = √(2 × 0.5²/1) = √0.5, d = √(1/2) = √0.5, so both ratios are −√0.5 × √8760 =
	// −√4380.
	lost := track(t, 2*time.Hour, "100", []sample{{90 * time.Minute, "0"}}, nil)
	requireFigure(t, "-66.18156843", lost.SharpeRatio)
	requireFigure(t, "-66.18156843", lost.SortinoRatio)
	requireFigure(t, "100", lost.MaxDrawdownPct)
	// From 0:00, when equity was last at its peak, to the end: 2/24 of a day.
	requireFigure(t, "0.08333333", lost.MaxDrawdownDurationDays)

	for _, after := range []string{"0", "50"} {
		figures := track(t, 4*time.Hour, "100", []sample{{90 * time.Minute, "0"}, {150 * time.Minute, after}}, nil)
		require.Subset(t, figures.Undefined, []string{"sharpe_ratio", "sortino_ratio"})
		requireFigure(t, "100", figures.MaxDrawdownPct)
	}
	requireFigure(t, "0", track(t, day, "0", []sample{{time.Hour, "0"}}, nil).MaxDrawdownPct)
}

func TestARatioBeyondTheRangeOfDecimalsIsUndefined(t *testing.T) {
	t.Parallel()
	// Up 10^20-fold, then down by 10^-20 of it: a Sortino ratio of about 10^42.
	figures := track(t, 2*time.Hour, "0.00000001",
		[]sample{{time.Hour, "999999999999"}, {2 * time.Hour, "999999999998.99999999"}}, nil)
	require.Contains(t, figures.Undefined, "sortino_ratio")
	requireFigure(t, "0", figures.SortinoRatio)
	require.NotContains(t, figures.Undefined, "sharpe_ratio")
}

func TestSamplesAndTradesOutOfOrderOrOutsideTheWindowAreRejected(t *testing.T) {
	t.Parallel()
	tracker := performance.NewTracker(midnight, midnight.Add(day), decimal.MustParse("100"))
	add := func(at time.Time, amount string) [2]error {
		d := decimal.MustParse(amount)
		return [2]error{tracker.AddSample(at, d), tracker.AddTrade(at, d, true)}
	}
	for _, err := range add(midnight.Add(time.Hour), "110") {
		require.NoError(t, err)
	}
	before := tracker.Figures()
	for at, want := range map[time.Time]error{
		midnight.Add(-1):            performance.ErrOutsideWindow,
		midnight.Add(day + 1):       performance.ErrOutsideWindow,
		midnight:                    performance.ErrOutOfOrder,
		midnight.Add(time.Hour - 1): performance.ErrOutOfOrder,
	} {
		for _, err := range add(at, "-1") {
			require.ErrorIs(t, err, want)
		}
	}
	require.Equal(t, before, tracker.Figures())
	require.EqualError(t, tracker.AddSample(midnight, decimal.Decimal{}), "the equity of 2026-03-01T00:00:00Z is out of order")
	require.EqualError(t, tracker.AddTrade(midnight.Add(-day), decimal.Decimal{}, true), "the trade of 2026-02-28T00:00:00Z is outside the window")

	for _, err := range add(midnight.Add(day), "120") {
		require.NoError(t, err, "the window's end is in it")
	}
}

// track feeds everything to a Tracker of the window that starts at midnight and lasts as given, and returns its
// figures.
func track(t *testing.T, window time.Duration, equity string, samples []sample, trades []trade) performance.Figures {
	t.Helper()
	tracker := performance.NewTracker(midnight, midnight.Add(window), decimal.MustParse(equity))
	for _, s := range samples {
		require.NoError(t, tracker.AddSample(midnight.Add(s.after), decimal.MustParse(s.equity)))
	}
	for _, trade := range trades {
		closing, realized := trade.realized != "", decimal.Decimal{}
		if closing {
			realized = decimal.MustParse(trade.realized)
		}
		require.NoError(t, tracker.AddTrade(midnight.Add(trade.after), realized, closing))
	}
	return tracker.Figures()
}

func requireFigure(t *testing.T, want string, got decimal.Decimal) {
	t.Helper()
	require.Equal(t, decimal.MustParse(want).String(), got.String())
}
