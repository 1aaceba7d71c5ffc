package sim_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/market/sim"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the time in most tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a clock that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) set(t time.Time) { c.at.Store(t.UnixNano()) }

func (c *clock) now() time.Time { return time.Unix(0, c.at.Load()).UTC() }

// marketAt returns the market of seed 1 and its clock.
func marketAt(t time.Time) (*sim.Sim, *clock) {
	var c clock
	c.set(t)
	return sim.New(1, c.now), &c
}

// drawSymbol draws one of the busiest, a usual and one of the cheapest pairs.
func drawSymbol(t *rapid.T) string {
	return rapid.SampledFrom([]string{"BTCUSDT", "ETHUSDT", "XTZUSDT", "SHIBUSDT", "PEPEUSDT"}).Draw(t, "symbol")
}

// drawTime draws a moment of the last year, to the millisecond.
func drawTime(t *rapid.T) time.Time {
	const year = 365 * 24 * time.Hour / time.Millisecond
	ago := rapid.OneOf(rapid.Int64Range(0, int64(year)), rapid.Int64Range(0, 100_000)).Draw(t, "milliseconds ago")
	return noon.Add(-time.Duration(ago) * time.Millisecond)
}
