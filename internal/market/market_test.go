package market_test

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/stretchr/testify/require"
)

func TestEachIntervalDividesTheNextAndAllDivideTheDay(t *testing.T) {
	t.Parallel()
	intervals := []market.Interval{
		market.Minute, market.FiveMinutes, market.FifteenMinutes, market.Hour, market.FourHours, market.Day,
	}
	shorter := time.Second
	for _, interval := range intervals {
		require.Zero(t, interval.Duration()%shorter, interval)
		require.Zero(t, 24*time.Hour%interval.Duration(), interval)
		shorter = interval.Duration()
	}
	require.Equal(t, 24*time.Hour, shorter)
	require.Zero(t, market.Interval("2m").Duration())
}

func TestAPriceIsStaleFromHalfAMinuteOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	require.False(t, market.Tick{Time: now}.Stale(now))
	require.False(t, market.Tick{Time: now.Add(-market.StaleAfter)}.Stale(now))
	require.True(t, market.Tick{Time: now.Add(-market.StaleAfter - 1)}.Stale(now))
}

func TestTheChangeIsThatSinceTheOpen(t *testing.T) {
	t.Parallel()
	ticker := market.Ticker{Open: decimal.MustParse("3"), Close: decimal.MustParse("2")}
	require.Equal(t, "-1.00000000", ticker.Change().String())
	require.Equal(t, "-33.33333333", ticker.ChangePct().String())
}
