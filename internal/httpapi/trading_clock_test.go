package httpapi_test

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// The market of a test server, at any time.
type oracle struct {
	at  time.Time
	sim *sim.Sim
}

func newOracle(at time.Time) *oracle {
	o := &oracle{at: at}
	o.sim = sim.New(0, func() time.Time { return o.at })
	return o
}

func (o *oracle) price(symbol string, at time.Time) decimal.Decimal {
	o.at = at
	tick, _ := o.sim.Last(symbol)
	return tick.Price
}

// when returns the first moment, of those that are some seconds apart, at which the price of a pair is as wanted.
func when(t *testing.T, clock *testkit.Clock, symbol string, wanted func(price decimal.Decimal) bool) time.Time {
	t.Helper()
	o := newOracle(clock.Now())
	for at := o.at; at.Before(clock.Now().Add(90 * 24 * time.Hour)); at = at.Add(7 * time.Second) {
		if wanted(o.price(symbol, at)) {
			return at
		}
	}
	require.FailNow(t, "the price never gets there")
	return time.Time{}
}

func whenFallsBelow(t *testing.T, clock *testkit.Clock, symbol string, price decimal.Decimal) time.Time {
	t.Helper()
	return when(t, clock, symbol, func(p decimal.Decimal) bool { return p.Cmp(price) < 0 })
}

func whenRisesAbove(t *testing.T, clock *testkit.Clock, symbol string, price decimal.Decimal) time.Time {
	t.Helper()
	return when(t, clock, symbol, func(p decimal.Decimal) bool { return p.Cmp(price) > 0 })
}
