package sim_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden file anew: every running market changes its past")

// Replicas, restarts and releases must agree on the past. This test fails if they would not.
func TestTheMarketNeverChanges(t *testing.T) {
	t.Parallel()
	const file = "testdata/golden.txt"
	got := samples(t)
	if *update {
		require.NoError(t, os.WriteFile(file, got, 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// samples prints samples of every kind of data.
func samples(t *testing.T) []byte {
	var out bytes.Buffer
	for _, seed := range []uint64{0, 1, 1<<64 - 1} {
		at := noon
		s := sim.New(seed, func() time.Time { return at })
		for _, at = range []time.Time{noon, noon.Add(250 * time.Millisecond), noon.AddDate(-1, 2, 3), noon.AddDate(20, 0, 0)} {
			fmt.Fprintf(&out, "seed %d at %s\n", seed, at.Format(time.RFC3339Nano))
			for n, tick := range s.Ticks() {
				fmt.Fprintf(&out, "%s %s", tick.Symbol, tick.Price)
				out.WriteByte(" \n"[n%4/3])
			}
			out.WriteByte('\n')
		}
		for _, symbol := range []string{"BTCUSDT", "SHIBUSDT"} {
			at = noon.Add(time.Hour + time.Minute + time.Second)
			ticker, _ := s.Ticker(symbol)
			fmt.Fprintf(&out, "%+v\n", ticker)
			for _, interval := range []market.Interval{market.Minute, market.Hour, market.Day} {
				candles, err := s.Candles(t.Context(), symbol, interval, time.Time{}, time.Time{}, 3)
				require.NoError(t, err)
				for _, candle := range candles {
					fmt.Fprintf(&out, "%s %+v\n", interval, candle)
				}
			}
			trades, err := s.Trades(t.Context(), symbol, 3)
			require.NoError(t, err)
			book, err := s.OrderBook(t.Context(), symbol, 2)
			require.NoError(t, err)
			fmt.Fprintf(&out, "%+v\n%+v\n", trades, book)
		}
	}
	return out.Bytes()
}
