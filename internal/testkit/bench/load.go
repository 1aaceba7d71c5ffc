package main

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"
)

// worker makes one call after another, and none before the last is answered.
type worker interface {
	// do makes a call. It fails unless the answer is the one expected.
	do(ctx context.Context) error
	close() error
}

// variant is one way of doing what a call does.
type variant func(ctx context.Context, number int) (worker, error)

// result is what one round came to.
type result struct {
	perSecond float64
	p50, p99  time.Duration
}

// round lets all workers of a variant loose for a while.
func (open variant) round(ctx context.Context, duration time.Duration) (result, error) {
	return open.crowd(ctx, connections, duration)
}

// crowd is a round of so many workers.
func (open variant) crowd(ctx context.Context, size int, duration time.Duration) (_ result, err error) {
	workers := make([]worker, size)
	for n := range workers {
		if workers[n], err = open(ctx, n); err != nil {
			return result{}, err
		}
		defer func() { err = errors.Join(err, workers[n].close()) }()
	}
	runtime.GC() // what the variant before left behind is not this one's to clean up
	var running sync.WaitGroup
	times, errs := make([][]time.Duration, size), make([]error, size)
	start := time.Now()
	for n, w := range workers {
		running.Go(func() { times[n], errs[n] = loop(ctx, w, start.Add(duration)) })
	}
	running.Wait()
	elapsed := time.Since(start)
	all := slices.Concat(times...)
	slices.Sort(all)
	if err := errors.Join(errs...); err != nil {
		return result{}, err
	}
	return result{
		perSecond: float64(len(all)) / elapsed.Seconds(), p50: all[len(all)/2], p99: all[len(all)*99/100],
	}, nil
}

func loop(ctx context.Context, w worker, end time.Time) ([]time.Duration, error) {
	var times []time.Duration
	for begun := time.Now(); begun.Before(end); {
		if err := w.do(ctx); err != nil {
			return nil, err
		}
		now := time.Now()
		times = append(times, now.Sub(begun))
		begun = now
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	return times, nil
}

// medianOf answers the median of a property.
func medianOf[From any, To cmp.Ordered](values []From, property func(From) To) To {
	sorted := make([]To, 0, len(values))
	for _, value := range values {
		sorted = append(sorted, property(value))
	}
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}
