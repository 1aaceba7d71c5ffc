// Command bench measures the server, in ratios within one run, because absolute figures differ from machine to machine
// and from minute to minute.
//
// Its first part calls three operations in a closed loop over 16 connections, each in three ways that take turns:
// through the whole server, as the same SQL on the same pool without HTTP, and at a bare Echo handler that answers the
// same bytes. Its second part measures a list page in a table of 100 agents and again, through the same server and the
// same connections, when 1,000,000 agents are there; it fails if the page is then read by a sequential scan. Its third
// part places market orders over 64 and 256 connections, beside pgbench writing the same rows. Its fourth part measures
// the time from a tick until the fills of the 100 resting orders, of 100,000, that it crosses are durable. No time ever
// makes it fail, a wrong answer does.
//
// Usage, with AGENTEXCHANGE_TEST_DATABASE_URL naming a PostgreSQL to make databases in ("make bench" starts one):
//
//	bench [-quick] [-only PART] [-cpuprofile DIR]
//
//	-quick           a smoke run of some two minutes: shorter rounds, smaller tables
//	-only PART       one of the parts: requests, growth, orders or ticks
//	-cpuprofile DIR  profiles into DIR: one more round of each call through HTTP and of the orders, and the ticks
//
// The result goes to standard output and, where OUT names a file, as Markdown to that file; progress goes to standard
// error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/agentexchange/agentexchange/internal/testkit"
)

// plan is how much is measured.
type plan struct {
	server     string // where databases are made
	profiles   string // a folder, or none
	warmUp     time.Duration
	round      time.Duration
	rounds     int
	grown      int // agents in the grown table
	executions int // of a list page, for one median
	traders    int // agents that place orders
	resting    int // orders that ticks go through
	ticks      int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // the process ends, and with it the signals
	}
}

func run(ctx context.Context) error {
	quick := flag.Bool("quick", false, "a smoke run of some two minutes")
	only := flag.String("only", "", "`part` to run: requests, growth, orders or ticks")
	profiles := flag.String("cpuprofile", "", "`folder` for CPU profiles")
	flag.Parse()
	p := plan{
		warmUp: time.Second, round: 3 * time.Second, rounds: 3, grown: 1_000_000, executions: 500,
		traders: 20_000, resting: 100_000, ticks: 300,
	}
	if *quick {
		p = plan{
			warmUp: 100 * time.Millisecond, round: 300 * time.Millisecond, rounds: 3, grown: 20_000, executions: 200,
			traders: 2_000, resting: 12_000, ticks: 50,
		}
	}
	p.server, p.profiles = os.Getenv(testkit.EnvDatabaseURL), *profiles
	if p.server == "" {
		return errors.New(testkit.EnvDatabaseURL + " names no PostgreSQL; make bench starts one")
	}
	var all report
	var failed error
	for _, part := range []struct {
		name    string
		measure func(context.Context, plan) (section, error)
	}{{"requests", measureRequests}, {"growth", measureGrowth}, {"orders", measureOrders}, {"ticks", measureTicks}} {
		if failed != nil || *only != "" && *only != part.name {
			continue
		}
		var measured section
		if measured, failed = part.measure(ctx, p); len(measured.table) > 0 {
			all = append(all, measured) // also if, say, the query plan is not as it should be
		}
	}
	return errors.Join(all.publish(os.Getenv("OUT")), failed)
}

// progressf tells who waits what is going on.
func progressf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
