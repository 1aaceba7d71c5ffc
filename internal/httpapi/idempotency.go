package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// answersLive is for how long the answer to a request with an Idempotency-Key is replayed.
const answersLive = 24 * time.Hour

// work is a transaction that may seal.
type work struct {
	pgx.Tx
	server *Server
	sealer *auth.Sealer
}

// seal encrypts a value under the master key in force, which does not change while the transaction lasts.
func (w *work) seal(ctx context.Context, owner uuid.UUID, purpose auth.Purpose, value []byte) ([]byte, error) {
	if w.sealer == nil {
		sealer, err := w.server.vault.Sealer(ctx, w.Tx)
		if err != nil {
			return nil, err
		}
		w.sealer = sealer
	}
	return w.sealer.Seal(owner, purpose, value)
}

// idempotently runs do in a transaction. With an Idempotency-Key the answer is stored in that same transaction, so that it
// exists exactly if its effect does, and a repeat of the request is given the stored answer instead. Of errors only the
// judged are stored: where nothing else happened, a repeat may try again.
func idempotently[Answer any](ctx context.Context, s *Server, key *string, do func(tx *work) (Answer, error)) (Answer, error) {
	var answer Answer
	var refusal error
	replayed := false
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error {
		replayed, refusal = false, nil
		work := &work{Tx: tx, server: s}
		if key == nil {
			var err error
			answer, err = do(work)
			return err
		}
		slot := idempotencySlot(ctx, *key)
		stored, err := slot.find(ctx, work)
		if err != nil {
			return err
		}
		if replayed = stored != nil; replayed {
			if refusal, err = refusalOf(stored); refusal != nil || err != nil {
				return err
			}
			return json.Unmarshal(stored, &answer)
		}
		answer, err = do(work)
		if final, ok := errors.AsType[judged](err); ok {
			refusal = final.error
			return slot.storeRefusal(ctx, work, refusal)
		}
		if err != nil {
			return err
		}
		return slot.store(ctx, work, answer)
	})
	if replayed && err == nil {
		callOf(ctx).answer.Set(headerIdempotencyReplayed, "true")
	}
	if err == nil {
		err = refusal
	}
	return answer, err
}

// judged is a refusal that was decided under the agent's lock, before anything was written.
type judged struct{ error }

func (j judged) Unwrap() error { return j.error }

// slot is where the answer to one key of one caller is kept. The key itself is not: on register it is a secret.
type slot struct {
	owner         uuid.UUID
	keyDigest     [sha256.Size]byte
	requestDigest []byte
}

func idempotencySlot(ctx context.Context, key string) slot {
	call := callOf(ctx)
	owner := call.accountID
	if call.scope.KeyDigest != nil {
		owner = call.scope.AgentID
	}
	return slot{owner: owner, keyDigest: sha256.Sum256([]byte(key)), requestDigest: call.requestDigest}
}

// lockID is the advisory lock of the slot. Two slots with one lock would only be told to try again.
func (s slot) lockID() int64 {
	sum := sha256.Sum256(append(s.owner[:], s.keyDigest[:]...))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// find answers the stored answer to the same request, or nil where this request is the first.
func (s slot) find(ctx context.Context, work *work) ([]byte, error) {
	queries := db.New()
	first, err := queries.IdempotencyTryLock(ctx, work, s.lockID())
	if err != nil {
		return nil, err
	}
	if !first {
		return nil, fault.New(fault.IdempotencyInFlight)
	}
	// A statement of its own, after the lock is held: it sees what the one that held it before has committed.
	row, err := queries.IdempotencyGet(ctx, work, db.IdempotencyGetParams{
		OwnerID: s.owner, KeyDigest: s.keyDigest[:], Now: work.server.now(),
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case string(row.RequestDigest) != string(s.requestDigest):
		return nil, fault.New(fault.IdempotencyKeyReused)
	}
	return work.server.vault.Open(s.owner, auth.PurposeAnswer(s.keyDigest[:]), row.SealedAnswer)
}

func (s slot) store(ctx context.Context, work *work, answer any) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	return s.put(ctx, work, encoded)
}

func (s slot) storeRefusal(ctx context.Context, work *work, refusal error) error {
	encoded, err := encodeRefusal(refusal)
	if err != nil || encoded == nil {
		return err
	}
	return s.put(ctx, work, encoded)
}

func (s slot) put(ctx context.Context, work *work, encoded []byte) error {
	sealed, err := work.seal(ctx, s.owner, auth.PurposeAnswer(s.keyDigest[:]), encoded)
	if err != nil {
		return err
	}
	return db.New().IdempotencyPut(ctx, work, db.IdempotencyPutParams{
		OwnerID: s.owner, KeyDigest: s.keyDigest[:], RequestDigest: s.requestDigest, SealedAnswer: sealed,
		ExpiresAt: work.server.now().Add(answersLive),
	})
}

// storedRefusal is a refusal as it is kept.
type storedRefusal struct {
	Code    fault.Code      `json:"refused"`
	Status  int             `json:"status"`
	Details json.RawMessage `json:"details,omitempty"`
}

// encodeRefusal writes down a refusal that is to be the answer to every repeat; nil if it is not one.
func encodeRefusal(err error) ([]byte, error) {
	known, ok := errors.AsType[*fault.Error](err)
	if !ok || !fault.Stored(known.Status()) {
		return nil, nil
	}
	stored := storedRefusal{Code: known.Code, Status: known.Status()}
	if known.Details != nil {
		var err error
		if stored.Details, err = json.Marshal(known.Details); err != nil {
			return nil, err
		}
	}
	return json.Marshal(stored)
}

// refusalOf answers the refusal in a stored answer, or nil if it is none.
func refusalOf(answer []byte) (refusal, err error) {
	var stored storedRefusal
	if err := json.Unmarshal(answer, &stored); err != nil || stored.Code == "" {
		return nil, err
	}
	known := fault.New(stored.Code).WithStatus(stored.Status)
	if stored.Details != nil {
		known = known.With(stored.Details)
	}
	return known, nil
}

// digestRequest tells one request from another: method, path, query, agent in scope and body.
func digestRequest(r *http.Request, agentID uuid.UUID, body []byte) []byte {
	bodyDigest := sha256.Sum256(body)
	text := fmt.Appendf(nil, "%s\n%s\n%s\n%x", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, bodyDigest)
	if agentID != uuid.Nil {
		text = fmt.Appendf(text, "\n%s", agentID)
	}
	digest := sha256.Sum256(text)
	return digest[:]
}

const (
	sweepEvery = time.Minute
	sweepBatch = 500
)

// Sweep deletes expired answers in small batches until ctx ends. Replicas may all do so.
func (s *Server) Sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := s.sweepOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "expired answers not deleted; trying again", slog.Any("cause", err))
		}
	}
}

func (s *Server) sweepOnce(ctx context.Context) error {
	for {
		deleted, err := db.New().IdempotencySweep(ctx, s.pool, db.IdempotencySweepParams{Now: s.now(), BatchSize: sweepBatch})
		if err != nil || deleted < sweepBatch {
			return err
		}
	}
}
