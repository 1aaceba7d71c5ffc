package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/report"
)

const (
	// What makes the capacity so small that ten times as much can be offered on the cores that everybody shares: a
	// database that takes so much longer for a commit, in microseconds, as if it had such a disk, and orders that all go
	// through one writer, because they are of one agent.
	commitDelay   = 100_000
	saturatedWith = 512 // connections: several batches' worth
)

// measureOverload is about what becomes of requests when there are more than can be worked on.
func measureOverload(ctx context.Context, p plan) (report.Section, error) {
	return p.enact(ctx, func(s *scene) (report.Section, error) {
		for setting, value := range map[string]int{"commit_delay": commitDelay, "commit_siblings": 0} {
			if err := s.Set(ctx, setting, fmt.Sprint(value)); err != nil {
				return report.Section{}, err
			}
		}
		var err error
		if s.server, err = s.Serve(ctx, p.serve); err != nil {
			return report.Section{}, err
		}
		described, err := s.overload(ctx, p)
		if failed := s.server.Close(); err == nil {
			err = failed
		}
		return described, err
	})
}

func (s *scene) overload(ctx context.Context, p plan) (report.Section, error) {
	keys, err := s.openPositions(ctx, 1)
	if err != nil {
		return report.Section{}, err
	}
	var sides atomic.Int64
	next := func() load.Request {
		return marketOrder(keys[0], []string{"buy", "sell"}[sides.Add(1)%2], nextQuantity)
	}
	capacity := closed("overload: capacity", s.server.Address, saturatedWith, func(int) load.Source { return next })
	if err := takeTurns(ctx, p.rounds, p.warmUp, p.brief, capacity); err != nil {
		return report.Section{}, err
	}
	described := report.Section{
		Title: "Overload",
		Table: [][]string{{
			"offered", "per second", "goodput ÷ capacity", "goal", "p99 of accepted", "refused", "p99 of these", "goal", "lost",
			"peak memory", "cores: server", "clients",
		}, {
			"capacity", report.Grouped(capacity.rate()), "", "", report.Milliseconds(capacity.p99()), "", "", "", "",
			report.Megabytes(s.server.Memory().Peak), "", "",
		}},
	}
	for _, times := range []float64{1, 2, 10} {
		row, err := s.offer(ctx, times, capacity.rate(), 2*p.round, next)
		if err != nil {
			return report.Section{}, err
		}
		described.Table = append(described.Table, row)
	}
	if err := s.server.Reconcile(ctx, keys); err != nil {
		return report.Section{}, err
	}
	described.Notes, err = s.notes(ctx,
		fmt.Sprintf("Open loop, by vegeta: market orders are sent on schedule whatever comes back, for %s, and their latencies count from "+
			"the scheduled time. Goodput counts what was accepted, durably, before "+
			"the last order was sent. Refused is 503, lost is what neither came back nor was refused. The capacity is what %d connections get "+
			"in a closed loop, median of %d rounds of %s.", 2*p.round, saturatedWith, p.rounds, p.brief),
		fmt.Sprintf("So that ten times the capacity can be offered on the cores that all share, it is made small: a commit takes %d ms "+
			"longer than it does (commit_delay), as if the disk were slow, and all orders are of one agent, so that they go through "+
			"one writer. Where the cores of server and clients add up to all there are, the clients too "+
			"are late, and the latencies have that in them.", commitDelay/1000),
		"Peak memory is what was ever resident during the load, cores are the time spent on them ÷ the time that passed; both on Linux. "+
			"The agent reconciles afterwards (checked).")
	return described, err
}

// offer returns the row of one load.
func (s *scene) offer(ctx context.Context, times, capacity float64, duration time.Duration, next load.Source) ([]string, error) {
	progressf("overload: offering %v times the capacity", times)
	s.server.ForgetPeak()
	begun, server, clients := time.Now(), s.server.CPU(), ownCPU()
	o, err := load.Offer(ctx, s.server.Address, times*capacity, duration, next)
	if err != nil {
		return nil, err
	}
	if o.Unexpected > 0 {
		return nil, fmt.Errorf("%d orders were answered neither 201 nor 503: %s", o.Unexpected, o.FirstUnexpected)
	}
	cores := func(spent time.Duration) string { return report.Ratio(spent.Seconds() / time.Since(begun).Seconds()) }
	row := []string{
		fmt.Sprintf("%v times", times), report.Grouped(o.Offered), report.Ratio(o.Goodput / capacity), "",
		report.Milliseconds(o.Accepted.P99), fmt.Sprintf("%.0f %%", 100*o.ShareRefused), "", "", strconv.Itoa(o.Lost),
		report.Megabytes(s.server.Memory().Peak), cores(s.server.CPU() - server), cores(ownCPU() - clients),
	}
	if times > 1 {
		row[3], row[6], row[7] = "0.80", report.Milliseconds(o.Refused.P99), "50 ms"
	}
	return row, nil
}

// ownCPU is the time that this process has spent on cores.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
