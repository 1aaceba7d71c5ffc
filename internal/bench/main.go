// Command bench measures the server, in ratios within one run, because absolute figures differ from machine to machine
// and from minute to minute.
//
// It runs the real binary, as a process of its own on a durable PostgreSQL, and beside it, taking turns, what it is to be
// compared with on the same database: pgbench writing or reading the same rows, and a bare Echo handler that answers the
// same bytes. Its parts are
//
//	orders    market orders over 16, 64 and 256 connections, all on one agent, and the mixed load of a fleet
//	reads     balance, agent, a list of 100, open orders, candles
//	ticks     from a tick until the fills of the resting orders that it crosses are durable; a burst of such fills
//	agents    creating agents, regenerating keys
//	footprint start-up, memory, the size of the binary
//	overload  1, 2 and 10 times of what the server can do, offered on schedule
//	growth    every kind of call with 1,000 and with 1,000,000 agents; only where it is asked for
//
// No time ever makes it fail, a wrong answer does.
//
// Usage, with AGENTEXCHANGE_TEST_DATABASE_URL naming a PostgreSQL to make databases in ("make bench" starts one):
//
//	bench [-quick] [-only PART] [-server FILE] [-profiles DIR]
//
//	-quick         a smoke run of some two minutes: shorter rounds, smaller tables
//	-only PART     one of the parts
//	-server FILE   the server's binary
//	-profiles DIR  profiles of the server into DIR, by part: CPU and allocations. The server is then this program, which
//	               has the same code in it; to be profiled costs it a few percent.
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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/memory"
	"github.com/agentexchange/agentexchange/internal/testkit"
)

// plan is how much is measured.
type plan struct {
	postgres string   // where databases are made
	binary   string   // of the server
	serve    []string // how it is run
	warmUp   time.Duration
	round    time.Duration
	brief    time.Duration // a round of what is less noisy or less important
	rounds   int
	clients  []int // of pgbench, to try
	agents   int   // that trade or are read
	resting  int   // orders that ticks go through
	ticks    int
	known    int // agents of which the server knows, and orders that rest, when its memory is measured
	grown    int // agents in the grown tables
	samples  int // of a call, for one median
}

var (
	whole = plan{
		warmUp: 2 * time.Second, round: 6 * time.Second, brief: 3 * time.Second, rounds: 3, clients: []int{16, 64, 256},
		agents: 20_000, resting: 100_000, ticks: 120, known: 100_000, grown: 1_000_000, samples: 1000,
	}
	quick = plan{
		warmUp: time.Second, round: time.Second, brief: time.Second, rounds: 1, clients: []int{16},
		agents: 2_000, resting: 20_000, ticks: 24, known: 10_000, grown: 20_000, samples: 200,
	}
)

type part struct {
	name    string
	measure func(context.Context, plan) (report.Section, error)
}

var parts = []part{
	{"orders", measureOrders}, {"reads", measureReads}, {"ticks", measureTicks}, {"agents", measureAgents},
	{"footprint", measureFootprint}, {"overload", measureOverload}, {"growth", measureGrowth},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go func() { _ = memory.Run(ctx) }() // as in the server, also of the clients and of bare Echo
	do := run
	switch {
	case len(os.Args) == 2 && os.Args[1] == load.BareArgument:
		do = func(ctx context.Context) error { return load.ServeBare(ctx, os.Stdin, os.Stdout) }
	case len(os.Args) == 3 && os.Args[1] == profiledArgument:
		do = func(ctx context.Context) error { return serveProfiled(ctx, os.Args[2]) }
	}
	if err := do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1) //nolint:gocritic // the process ends, and with it the signals
	}
}

func run(ctx context.Context) error {
	smoke := flag.Bool("quick", false, "a smoke run of some two minutes")
	only := flag.String("only", "", "`part` to run: orders, reads, ticks, agents, footprint, overload or growth")
	binary := flag.String("server", ".build/agentexchange", "the server's `file`")
	profiles := flag.String("profiles", "", "`folder` for profiles of the server")
	flag.Parse()
	p := whole
	if *smoke {
		p = quick
	}
	p.postgres, p.binary, p.serve = os.Getenv(testkit.EnvDatabaseURL), *binary, []string{*binary, "serve"}
	if p.postgres == "" {
		return errors.New(testkit.EnvDatabaseURL + " names no PostgreSQL; make bench starts one")
	}
	if *only != "" && !slices.ContainsFunc(parts, func(each part) bool { return each.name == *only }) {
		return fmt.Errorf("there is no part called %q", *only)
	}
	var all report.Report
	for _, each := range parts {
		if each.name != *only && (*only != "" || each.name == "growth") {
			continue
		}
		asked := p
		if *profiles != "" {
			var err error
			if asked, each, err = p.profiled(*profiles, each); err != nil {
				return err
			}
		}
		measured, err := each.measure(ctx, asked)
		if err != nil {
			return errors.Join(all.Publish(os.Getenv("OUT")), fmt.Errorf("%s: %w", each.name, err))
		}
		all = append(all, measured)
	}
	return all.Publish(os.Getenv("OUT"))
}

// bestOf names the numbers of clients that pgbench tried.
func (p plan) bestOf() string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(p.clients), "[]"), " ", ", ")
}

// progressf tells who waits what is going on.
func progressf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, time.Now().Format("15:04:05 ")+format+"\n", args...)
}
