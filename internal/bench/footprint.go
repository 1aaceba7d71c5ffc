package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/agentexchange/agentexchange/internal/bench/load"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/bench/stage"
	"github.com/agentexchange/agentexchange/internal/market/sim"
)

const starts = 3

// measureFootprint is about what the server takes before it does anything.
func measureFootprint(ctx context.Context, p plan) (report.Section, error) {
	described := report.Section{Title: "Start-up, memory, size", Table: [][]string{{"", "measured", "heap in use", "goal"}}}
	cold, warm, idle, err := startUps(ctx, p)
	if err != nil {
		return described, err
	}
	binary, err := os.Stat(p.binary)
	if err != nil {
		return described, err
	}
	described.Table = append(described.Table,
		[]string{"cold start: new data directory", report.Milliseconds(cold), "", ""},
		[]string{"warm start: its data are there", report.Milliseconds(warm), "", "500 ms"},
		[]string{"binary", report.Megabytes(binary.Size()), "", ""},
		memoryRow("resident, idle", idle, "40 MB"))
	return p.enact(ctx, func(s *scene) (report.Section, error) {
		known, err := s.knownAgents(ctx, p)
		if err != nil {
			return described, err
		}
		resting, err := s.restingOrders(ctx, p)
		if err != nil {
			return described, err
		}
		number := report.Grouped(float64(p.known))
		described.Table = append(described.Table,
			memoryRow("resident, after "+number+" agents used their keys once each", known, ""),
			memoryRow("resident, with "+number+" resting orders", resting, ""))
		described.Notes, err = s.notes(ctx,
			"Start-up is from the start of the process until it says that it is ready, with a PostgreSQL of its own, which takes most of "+
				"it: cold it makes a database cluster first. Medians of 3. Idle is the warm server then, without its PostgreSQL.",
			"Resident memory is what the system says, on Linux, right after the load, garbage included, which goes back to the system "+
				"within minutes. The heap in use is that after the last collection (GODEBUG=gctrace=1).")
		return described, err
	})
}

func memoryRow(name string, m stage.Memory, goal string) []string {
	return []string{name, report.Megabytes(m.Resident), report.Megabytes(m.Heap), goal}
}

// startUps starts servers with a PostgreSQL of their own, each twice.
func startUps(ctx context.Context, p plan) (cold, warm time.Duration, idle stage.Memory, err error) {
	var colds, warms []time.Duration
	var residents, heaps []int64
	for n := range starts {
		progressf("footprint: start %d of %d", n+1, starts)
		first, then, m, err := startTwice(ctx, p)
		if err != nil {
			return 0, 0, idle, err
		}
		colds, warms = append(colds, first), append(warms, then)
		residents, heaps = append(residents, m.Resident), append(heaps, m.Heap)
	}
	return report.Median(colds), report.Median(warms), stage.Memory{Resident: report.Median(residents), Heap: report.Median(heaps)}, nil
}

func startTwice(ctx context.Context, p plan) (cold, warm time.Duration, idle stage.Memory, err error) {
	dir, err := os.MkdirTemp("", "agentexchange-bench-")
	if err != nil {
		return 0, 0, idle, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o711); err != nil { // as root, PostgreSQL runs as another user
		return 0, 0, idle, err
	}
	for _, took := range []*time.Duration{&cold, &warm} {
		server, err := stage.Start(ctx, p.serve, "DATABASE_URL=", "AGENTEXCHANGE_MASTER_KEY=", "AGENTEXCHANGE_DATA_DIR="+dir, stage.TraceHeap)
		if err != nil {
			return 0, 0, idle, err
		}
		*took = server.Took
		err = server.Await(ctx, "matching")
		idle = server.Memory()
		if err := errors.Join(err, server.Close()); err != nil {
			return 0, 0, idle, err
		}
	}
	return cold, warm, idle, nil
}

// knownAgents is the memory of a server whose agents have all used their keys.
func (s *scene) knownAgents(ctx context.Context, p plan) (m stage.Memory, err error) {
	progressf("footprint: %d agents use their keys", p.known)
	accounts, err := s.AddAccounts(ctx, owners)
	if err != nil {
		return m, err
	}
	keys, err := s.AddAgents(ctx, accounts, p.known)
	if err != nil {
		return m, err
	}
	if err := s.Settle(ctx); err != nil {
		return m, err
	}
	return s.memoryOf(ctx, p, func() error {
		return s.each(ctx, keys, func(n int) load.Request { return load.Get("/api/v1/account/balance", keys[n]) })
	})
}

// insertFarOrders lets an order of each of some agents rest where no price comes.
const insertFarOrders = `
insert into orders (agent_id, id, symbol, side, type, time_in_force, status, quantity, price, hold, value, created_at)
select
    agent_id, overlay(gen_random_uuid()::text placing lpad(to_hex(n), 8, '0') from 1 for 8)::uuid,
    ($1::text[])[1 + n % cardinality($1::text[])], 'buy', 'limit', 'GTC', 'pending', 1, n * 0.00000001, 1, 1, now()
from (select agent_id, row_number() over () as n from agent_keys) as k`

// restingOrders is the memory of a server whose matcher has read this number of orders.
func (s *scene) restingOrders(ctx context.Context, p plan) (m stage.Memory, err error) {
	progressf("footprint: %d orders rest", p.known)
	var symbols []string
	for _, pair := range sim.New(1, time.Now).Pairs() {
		symbols = append(symbols, pair.Symbol)
	}
	if _, err := s.Pool.Exec(ctx, insertFarOrders, symbols); err != nil {
		return m, err
	}
	return s.memoryOf(ctx, p, func() error { return s.server.Await(ctx, "matching") })
}

// memoryOf starts a server, does something, and asks for its memory once it has collected what that left behind, which
// it does while it answers something that needs little.
func (s *scene) memoryOf(ctx context.Context, p plan, do func() error) (m stage.Memory, err error) {
	if s.server, err = s.Serve(ctx, p.serve, stage.TraceHeap); err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, s.server.Close()) }()
	if err := do(); err != nil {
		return m, err
	}
	_, err = load.Closed(ctx, s.server.Address, 4, p.warmUp, func(int) load.Source {
		return func() load.Request { return load.Get("/api/v1/market/price/BTCUSDT", "") }
	})
	return s.server.Memory(), err
}
