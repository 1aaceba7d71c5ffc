package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/pgbench"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/bench/stage"
)

// scene is what most parts take place in: a database, the server on it, and a pgbench beside it.
type scene struct {
	*stage.Stage
	server *stage.Server
	bench  *pgbench.Bench
}

// enact sets a scene, still without a server, lets something be measured in it, and clears it away.
func (p plan) enact(ctx context.Context, measure func(*scene) (report.Section, error)) (_ report.Section, err error) {
	s := &scene{}
	if s.Stage, err = stage.New(ctx, p.postgres); err != nil {
		return report.Section{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if s.bench, err = pgbench.New(s.URL, p.clients...); err != nil {
		return report.Section{}, err
	}
	defer func() { err = errors.Join(err, s.bench.Close()) }()
	return measure(s)
}

// enactServed is enact with the server running.
func (p plan) enactServed(ctx context.Context, measure func(*scene) (report.Section, error)) (report.Section, error) {
	return p.enact(ctx, func(s *scene) (_ report.Section, err error) {
		if s.server, err = s.Serve(ctx, p.serve); err != nil {
			return report.Section{}, err
		}
		defer func() { err = errors.Join(err, s.server.Close()) }()
		return measure(s)
	})
}

// notes explain every table.
func (s *scene) notes(ctx context.Context, more ...string) ([]string, error) {
	var version string
	if err := s.Pool.QueryRow(ctx, "show server_version").Scan(&version); err != nil {
		return nil, err
	}
	more = append(more, fmt.Sprintf("The server is its own binary in a process of its own; it, PostgreSQL %s and the clients share "+
		"%d cores (%s). Machines are noisy and differ: compare the ratios, not the rates.", version, runtime.NumCPU(), runtime.Version()))
	if s.bench.Absent() {
		more = append(more, "There is no pgbench on this machine, neither in PG_BIN nor beside PostgreSQL's programs, so that there "+
			"is nothing to compare with.")
	}
	return more, nil
}

// canned asks the server once and answers what a bare server is to answer.
func (s *scene) canned(ctx context.Context, route string, request load.Request) (load.Canned, error) {
	c := load.Canned{Method: request.Method, Route: route, Status: request.Want, ContentType: "application/json"}
	request.Then = func(body []byte) error {
		c.Body = append([]byte(nil), body...)
		return nil
	}
	return c, load.Do(ctx, s.server.Address, request)
}

// closedLoop says how rates and latencies came about.
const closedLoop = "Closed loop: each connection sends its next request when the last is answered. Latencies are corrected " +
	"for coordinated omission as HdrHistogram does, by the mean time between the requests of a connection."
