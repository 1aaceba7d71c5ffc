package main

import (
	"context"
	"fmt"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/pgbench"
	"github.com/agentexchange/agentexchange/internal/bench/report"
)

// contender is one of those that take turns.
type contender struct {
	name string
	run  func(ctx context.Context, duration time.Duration) (load.Result, error)

	results []load.Result // one a round
}

// takeTurns lets each run once a round, and once before that to warm up.
func takeTurns(ctx context.Context, rounds int, warmUp, duration time.Duration, all ...*contender) error {
	for _, c := range all {
		progressf("%s: warming up", c.name)
		if _, err := c.run(ctx, warmUp); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	for round := range rounds {
		for turn := range all {
			c := all[(round+turn)%len(all)] // so that no case always follows the same other case
			result, err := c.run(ctx, duration)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.results = append(c.results, result)
			progressf("%s: round %d of %d: %.0f/s", c.name, round+1, rounds, result.PerSecond)
		}
	}
	return nil
}

func (c *contender) rate() float64 {
	return median(c, func(r load.Result) float64 { return r.PerSecond })
}

func (c *contender) p50() time.Duration {
	return median(c, func(r load.Result) time.Duration { return r.P50 })
}

func (c *contender) p99() time.Duration {
	return median(c, func(r load.Result) time.Duration { return r.P99 })
}

func median[Figure float64 | time.Duration](c *contender, of func(load.Result) Figure) Figure {
	figures := make([]Figure, len(c.results))
	for n, r := range c.results {
		figures[n] = of(r)
	}
	return report.Median(figures)
}

// over compares within each round, since those of one round met the same noise. Beside something that there is not, such
// as a pgbench, it is 0.
func (c *contender) over(other *contender) float64 {
	ratios := make([]float64, len(c.results))
	for round := range c.results {
		if other.results[round].PerSecond == 0 {
			return 0
		}
		ratios[round] = c.results[round].PerSecond / other.results[round].PerSecond
	}
	return report.Median(ratios)
}

// closed sends requests over a number of connections.
func closed(name, address string, connections int, source func(n int) load.Source) *contender {
	return &contender{name: name, run: func(ctx context.Context, duration time.Duration) (load.Result, error) {
		return load.Closed(ctx, address, connections, duration, source)
	}}
}

// rival is a script of pgbench.
func rival(name string, b *pgbench.Bench, script *pgbench.Script) *contender {
	return &contender{name: name, run: func(ctx context.Context, duration time.Duration) (load.Result, error) {
		if script.Clients() == 0 { // its first run is the one that warms up
			return load.Result{}, b.Tune(ctx, script, duration)
		}
		return b.Round(ctx, script, duration)
	}}
}
