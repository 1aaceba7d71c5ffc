package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"

	"github.com/agentexchange/agentexchange/internal/app"
	"github.com/agentexchange/agentexchange/internal/bench/report"
	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/alecthomas/kong"
)

// profiledArgument makes this program a server, configured as the real one is, that profiles itself while it serves.
const profiledArgument = "profiled"

// serveProfiled serves until ctx ends.
func serveProfiled(ctx context.Context, file string) error {
	var settings struct{ config.Server }
	parser, err := kong.New(&settings)
	if err != nil {
		return err
	}
	if _, err := parser.Parse(nil); err != nil {
		return err
	}
	return profile(file, func() error {
		server, err := app.Start(ctx, settings.Server, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
		if err != nil {
			return err
		}
		fmt.Printf("  API   %s/api/v1\n", server.URL())
		select {
		case <-ctx.Done():
		case err = <-server.Failed():
		}
		return errors.Join(err, server.Close(context.WithoutCancel(ctx)))
	})
}

// profile writes down what something takes of the processor, and what it allocates.
func profile(file string, do func() error) (err error) {
	cpu, err := os.Create(file + ".cpu.pprof")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cpu.Close()) }()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = do()
	pprof.StopCPUProfile()
	allocations, failed := os.Create(file + ".allocs.pprof")
	if failed != nil {
		return errors.Join(err, failed)
	}
	return errors.Join(err, pprof.Lookup("allocs").WriteTo(allocations, 0), allocations.Close())
}

// profiled makes a part's server profile itself, and does the part under the profiler where it has none.
func (p plan) profiled(folder string, each part) (plan, part, error) {
	self, err := os.Executable()
	if err != nil {
		return p, each, err
	}
	file := filepath.Join(folder, each.name)
	p.serve = []string{self, profiledArgument, file}
	if each.name == "ticks" {
		measure := each.measure
		each.measure = func(ctx context.Context, p plan) (measured report.Section, err error) {
			err = profile(file, func() (err error) {
				measured, err = measure(ctx, p)
				return err
			})
			return measured, err
		}
	}
	return p, each, nil
}
