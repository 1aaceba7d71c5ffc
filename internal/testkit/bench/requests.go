package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"
)

// agentsListed is how many agents the account has whose pages are read.
const agentsListed = 1000

// The ways of making a call.
const (
	throughHTTP = iota
	throughSQL
	throughBare
	ways
)

// measureRequests is the first part: what a request costs beside its SQL, and beside answering at all.
func measureRequests(ctx context.Context, p plan) (_ section, err error) {
	progressf("preparing %d agents of one account, and %d accounts that make more", agentsListed, connections)
	s, err := newStage(ctx, p, "requests")
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	calls, err := s.calls(ctx)
	if err != nil {
		return section{}, err
	}
	if err := s.settle(ctx); err != nil {
		return section{}, err
	}
	var rows [][]string
	for _, c := range calls {
		results, err := c.measure(ctx, p, s.address())
		if err != nil {
			return section{}, err
		}
		rows = append(rows, row(c.name, results))
	}
	return s.describe(ctx, rows)
}

// measure lets the three ways of a call take turns.
func (c *call) measure(ctx context.Context, p plan, address string) (_ [ways][]result, err error) {
	var results [ways][]result
	recorded, err := record(ctx, address, c.requests(0)[0])
	if err != nil {
		return results, err
	}
	bare, err := startBare(ctx, c.method, c.route, recorded)
	if err != nil {
		return results, err
	}
	defer func() { err = errors.Join(err, bare.close()) }()
	variants := [ways]variant{
		throughHTTP: c.through(address, recorded), throughSQL: c.sql, throughBare: c.through(bare.address(), recorded),
	}
	progressf("%s: warming up", c.name)
	for _, v := range variants {
		if _, err := v.round(ctx, p.warmUp); err != nil {
			return results, err
		}
	}
	for round := range p.rounds {
		for turn := range ways {
			way := (round + turn) % ways // nobody is always the one behind the same other
			result, err := variants[way].round(ctx, p.round)
			if err != nil {
				return results, err
			}
			results[way] = append(results[way], result)
		}
		progressf("%s: round %d of %d: %.0f/s through HTTP, %.0f/s as SQL, %.0f/s bare", c.name, round+1, p.rounds,
			results[throughHTTP][round].perSecond, results[throughSQL][round].perSecond, results[throughBare][round].perSecond)
	}
	return results, c.profile(ctx, p, variants[throughHTTP])
}

// through answers the variant that sends the call's requests to an address.
func (c *call) through(address string, recorded answer) variant {
	return func(ctx context.Context, number int) (worker, error) {
		return connect(ctx, address, c.requests(number), len(recorded.body))
	}
}

func (c *call) profile(ctx context.Context, p plan, v variant) error {
	if p.profiles == "" {
		return nil
	}
	return p.profile(c.file, c.name, func() error {
		_, err := v.round(ctx, 3*p.round)
		return err
	})
}

// profile does something, under the profiler where profiles are asked for.
func (p plan) profile(file, name string, do func() error) (err error) {
	if p.profiles == "" {
		return do()
	}
	out, err := os.Create(filepath.Join(p.profiles, file+".pprof"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	progressf("%s: profiling", name)
	if err := pprof.StartCPUProfile(out); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return do()
}

func row(name string, results [ways][]result) []string {
	rate := func(r result) float64 { return r.perSecond }
	served := results[throughHTTP]
	return []string{
		name, grouped(medianOf(served, rate)), grouped(medianOf(results[throughSQL], rate)),
		grouped(medianOf(results[throughBare], rate)),
		medianRatio(served, results[throughSQL]), medianRatio(served, results[throughBare]),
		milliseconds(medianOf(served, func(r result) time.Duration { return r.p50 })),
		milliseconds(medianOf(served, func(r result) time.Duration { return r.p99 })),
	}
}

// medianRatio compares within each round, since those of one round met the same noise.
func medianRatio(some, others []result) string {
	ratios := make([]float64, len(some))
	for round := range some {
		ratios[round] = some[round].perSecond / others[round].perSecond
	}
	return ratio(medianOf(ratios, func(r float64) float64 { return r }), 1)
}

func (s *stage) describe(ctx context.Context, rows [][]string) (section, error) {
	var version string
	if err := s.pool.QueryRow(ctx, "show server_version").Scan(&version); err != nil {
		return section{}, err
	}
	return section{
		title: "Requests per second",
		table: append([][]string{{
			"call", "HTTP", "SQL", "bare Echo", "HTTP ÷ SQL", "HTTP ÷ bare Echo", "HTTP p50", "HTTP p99",
		}}, rows...),
		notes: []string{
			fmt.Sprintf("Closed loop: %d connections, each sends its next request when the last is answered. Medians of "+
				"%d rounds of %s, in which the three take turns; a ratio is the median of the rounds' ratios.", connections, s.plan.rounds, s.plan.round),
			"HTTP is the whole server: authentication, validation, database, log. SQL is the same statements in the same " +
				"transactions on a pool with the same settings, and no HTTP. Bare Echo answers the same bytes and does nothing else.",
			fmt.Sprintf("Clients, server and PostgreSQL %s share %d cores, and clients and server one Go process (%s). "+
				"Machines are noisy and differ: compare the ratios, not the rates.", version, runtime.NumCPU(), runtime.Version()),
		},
	}, nil
}
