package idempotency

import (
	"context"
	"log/slog"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
)

const (
	sweepEvery = time.Minute
	sweepBatch = 500
)

// Sweep deletes expired answers in small batches until ctx ends. Any number of replicas may do so at once.
func (s *Store) Sweep(ctx context.Context, log *slog.Logger) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := s.SweepOnce(ctx); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelWarn, "expired answers not deleted; trying again", slog.Any("cause", err))
		}
	}
}

// SweepOnce deletes what has expired by now.
func (s *Store) SweepOnce(ctx context.Context) error {
	for {
		deleted, err := db.New().IdempotencySweep(ctx, s.Pool, db.IdempotencySweepParams{Now: s.Now(), BatchSize: sweepBatch})
		if err != nil || deleted < sweepBatch {
			return err
		}
	}
}
