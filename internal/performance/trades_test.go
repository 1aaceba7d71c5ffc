package performance_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFiguresOfClosingTrades(t *testing.T) {
	t.Parallel()
	// Wins 30, 10, 20 and losses −8, −16; a zero, which is neither; four buys.
	figures := track(t, 4*day, "10000", nil, []trade{
		{1 * time.Hour, ""}, {2 * time.Hour, "30"}, {3 * time.Hour, "-8"},
		{4 * time.Hour, ""}, {5 * time.Hour, "0"}, {6 * time.Hour, "10"},
		{7 * time.Hour, ""}, {8 * time.Hour, "-16"}, {9 * time.Hour, "20"},
		{10 * time.Hour, ""},
	})
	requireFigure(t, "60", figures.WinRate)          // 100 × 3/5
	requireFigure(t, "2.5", figures.ProfitFactor)    // 60/24
	requireFigure(t, "20", figures.AvgWin)           // 60/3
	requireFigure(t, "-12", figures.AvgLoss)         // −24/2
	requireFigure(t, "30", figures.BestTrade)        //
	requireFigure(t, "-16", figures.WorstTrade)      //
	require.Equal(t, 10, figures.TotalTrades)        // 6 sells, 4 buys
	requireFigure(t, "2.5", figures.AvgTradesPerDay) // 10/4
	require.Equal(t, 1, figures.CurrentStreak)       // the 20; the buy after it does not count
}

func TestFiguresAreRoundedHalfUpAtEightPlaces(t *testing.T) {
	t.Parallel()
	figures := track(t, 7*day, "10000", nil, []trade{
		{1, "0.00000001"}, {2, "0.00000002"}, {3, "-0.00000001"}, {4, "-0.00000002"},
		{5, "-0.00000002"}, {6, "1"}, {7, "1"},
	})
	requireFigure(t, "57.14285714", figures.WinRate)     // 100 × 4/7 = 57.142857142…
	requireFigure(t, "0.50000001", figures.AvgWin)       // 2.00000003/4 = 0.5000000075
	requireFigure(t, "-0.00000002", figures.AvgLoss)     // −0.00000005/3 = −0.0000000166…
	requireFigure(t, "40000000.6", figures.ProfitFactor) // 2.00000003/0.00000005
	requireFigure(t, "1", figures.AvgTradesPerDay)       // 7/7
	figures = track(t, 3*day, "10000", nil, []trade{{1, ""}, {2, ""}})
	requireFigure(t, "0.66666667", figures.AvgTradesPerDay) // 2/3
	figures = track(t, 36*time.Hour, "10000", nil, []trade{{1, ""}})
	requireFigure(t, "0.66666667", figures.AvgTradesPerDay) // 1/1.5
}

func TestOnlyBuys(t *testing.T) {
	t.Parallel()
	figures := track(t, time.Hour, "10000", nil, []trade{{1, ""}, {2, ""}, {3, ""}})
	require.Equal(t, 3, figures.TotalTrades)
	requireFigure(t, "3", figures.AvgTradesPerDay) // 3/max(1, 1/24)
	require.Zero(t, figures.CurrentStreak)
	require.Subset(t, figures.Undefined,
		[]string{"win_rate", "profit_factor", "avg_win", "avg_loss", "best_trade", "worst_trade"})
}

func TestOnlyWins(t *testing.T) {
	t.Parallel()
	figures := track(t, time.Hour, "10000", nil, []trade{{1, "2"}, {2, "1"}})
	requireFigure(t, "100", figures.WinRate)
	requireFigure(t, "1.5", figures.AvgWin)
	requireFigure(t, "2", figures.BestTrade)
	requireFigure(t, "1", figures.WorstTrade)
	require.Equal(t, []string{"sharpe_ratio", "sortino_ratio", "profit_factor", "avg_loss"}, figures.Undefined)
}

func TestOnlyLosses(t *testing.T) {
	t.Parallel()
	figures := track(t, time.Hour, "10000", nil, []trade{{1, "-2"}, {2, "-1"}})
	requireFigure(t, "0", figures.WinRate)
	requireFigure(t, "0", figures.ProfitFactor) // 0/3, which is a value
	requireFigure(t, "-1.5", figures.AvgLoss)
	requireFigure(t, "-1", figures.BestTrade)
	requireFigure(t, "-2", figures.WorstTrade)
	require.Equal(t, []string{"sharpe_ratio", "sortino_ratio", "avg_win"}, figures.Undefined)
}

func TestOnlyTradesThatRealizedNothing(t *testing.T) {
	t.Parallel()
	figures := track(t, time.Hour, "10000", nil, []trade{{1, "0"}})
	require.Equal(t, []string{"sharpe_ratio", "sortino_ratio", "win_rate", "profit_factor", "avg_win", "avg_loss"}, figures.Undefined)
	requireFigure(t, "0", figures.BestTrade)
	requireFigure(t, "0", figures.WorstTrade)
}

func TestAProfitFactorBeyondTheRangeOfDecimalsIsUndefined(t *testing.T) {
	t.Parallel()
	figures := track(t, time.Hour, "10000", nil, []trade{{1, "1000000000000"}, {2, "-0.00000001"}}) // 10^20
	require.Contains(t, figures.Undefined, "profit_factor")
	requireFigure(t, "0", figures.ProfitFactor)
	figures = track(t, time.Hour, "10000", nil, []trade{{1, "999999999999"}, {2, "-0.00000001"}})
	requireFigure(t, "99999999999900000000", figures.ProfitFactor)
}

func TestStreaks(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		realized []string
		want     int
	}{
		{nil, 0},
		{[]string{"1"}, 1},
		{[]string{"-1"}, -1},
		{[]string{"-1", "1", "2", "3"}, 3},
		{[]string{"1", "1", "-1", "-2"}, -2},
		{[]string{"1", "", "1"}, 2},    // a buy between two wins
		{[]string{"1", "1", "0"}, 0},   // a zero ends the streak
		{[]string{"1", "0", "1"}, 1},   // and a new one starts
		{[]string{"-1", "0", ""}, 0},   // a zero ends the streak
		{[]string{"-1", "", "-1"}, -2}, // a buy between two losses
	} {
		var trades []trade
		for i, realized := range example.realized {
			trades = append(trades, trade{time.Duration(i), realized})
		}
		require.Equal(t, example.want, track(t, day, "100", nil, trades).CurrentStreak, "%q", example.realized)
	}
}
