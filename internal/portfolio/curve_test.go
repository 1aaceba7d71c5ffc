package portfolio_test

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

func points(t *testing.T, server *testkit.Server, agentID string) []time.Time {
	t.Helper()
	rows, err := server.Pool.Query(t.Context(), "select at from equity_points where agent_id = $1 order by at", agentID)
	require.NoError(t, err)
	defer rows.Close()
	var times []time.Time
	for rows.Next() {
		var at time.Time
		require.NoError(t, rows.Scan(&at))
		times = append(times, at)
	}
	require.NoError(t, rows.Err())
	return times
}

// The equity of an agent without a position does not change, so that only those with one get a point a minute.
func TestEachMinuteAPointForThoseWhoHoldAPosition(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	account := server.Register(t)
	holder, idle := account.NewAgent(map[string]any{"display_name": "A"}), account.NewAgent(map[string]any{"display_name": "B"})
	holder.Place(map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.02"}).Want(201)
	for range 3 {
		clock.Advance(time.Minute)
		minute := clock.Now().Truncate(time.Minute)
		require.Eventually(t, func() bool {
			times := points(t, server, holder.ID)
			return len(times) > 0 && times[len(times)-1].Equal(minute)
		}, 10*time.Second, 10*time.Millisecond)
	}
	require.Empty(t, points(t, server, idle.ID))

	snapshots := holder.Get("/analytics/portfolio/history?interval=1m").List("snapshots")
	require.Len(t, snapshots, 4)
	newest := snapshots[3]
	require.Equal(t, clock.Now().Format(time.RFC3339), newest["time"])
	portfolio := holder.Get("/account/portfolio").Fields()
	for _, field := range []string{"total_equity", "unrealized_pnl", "realized_pnl"} {
		require.Equal(t, portfolio[field], newest[field], field)
	}
	carried := idle.Get("/analytics/portfolio/history?interval=1m").List("snapshots")
	require.Len(t, carried, 4)
	for _, snapshot := range carried {
		require.Equal(t, "10000.00000000", snapshot["total_equity"])
	}
}

func TestOldPointsAreThinnedOut(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	server := testkit.Start(t, clock.Use)
	agent := server.Register(t).Agent()
	now := clock.Now()
	_, err := server.Pool.Exec(t.Context(), `insert into equity_points
		select $1, at, 1, 0, 0 from generate_series($2::timestamptz, $3::timestamptz, '10 minutes') as at`,
		agent.ID, now.Add(-92*24*time.Hour), now)
	require.NoError(t, err)
	clock.Advance(time.Hour)
	count := func(from, to time.Time) (n int) {
		for _, at := range points(t, server, agent.ID) {
			if !at.Before(from) && at.Before(to) {
				n++
			}
		}
		return n
	}
	// An hour in which points are kept hourly, and a day in which they are kept daily.
	hour := now.Add(-50 * time.Hour)
	day := now.Add(-91 * 24 * time.Hour).Truncate(24 * time.Hour)
	require.Eventually(t, func() bool {
		return count(hour, hour.Add(time.Hour)) == 1 && count(day, day.Add(24*time.Hour)) == 1
	}, 20*time.Second, 50*time.Millisecond)
	recent := now.Add(-47 * time.Hour)
	require.Equal(t, 6, count(recent, recent.Add(time.Hour)), "the last two days keep every minute")
}
