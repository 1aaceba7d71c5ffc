package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Store is where answers are kept.
type Store struct {
	Pool  *pgxpool.Pool
	Vault *auth.Vault
	Now   func() time.Time
}

// Final marks a refusal that was decided under the agent's lock, before anything was written: it is the answer to every
// repeat of the request, too.
func Final(refusal error) error { return finalError{refusal} }

type finalError struct{ error }

func (f finalError) Unwrap() error { return f.error }

// Once runs do in a transaction and stores its answer in the same transaction, as JSON: it must encode to an object. A
// repeat of the request gets the stored answer, and replayed is true. Without a key, Once just runs do in a transaction. A
// failure undoes everything, so that a repeat tries again, except for a Final refusal, which is stored.
func Once[Answer any](
	ctx context.Context, s *Store, key *Key, do func(pgx.Tx) (Answer, error),
) (answer Answer, replayed bool, err error) {
	var refusal error
	err = postgres.InTx(ctx, s.Pool, func(tx pgx.Tx) (err error) {
		replayed, refusal = false, nil
		if key == nil {
			answer, err = do(tx)
			return err
		}
		var reading pgx.Batch
		answers := Queue(&reading, s.Vault, []Key{*key}, s.Now())
		if err := tx.SendBatch(ctx, &reading).Close(); err != nil {
			return err
		}
		stored, err := answers.Find(*key)
		if err != nil {
			return err
		}
		if replayed = stored != nil; replayed {
			if refusal, err = DecodeRefusal(stored); refusal != nil || err != nil {
				return err
			}
			return json.Unmarshal(stored, &answer)
		}
		answer, err = do(tx)
		var encoded []byte
		if final, ok := errors.AsType[finalError](err); ok {
			refusal = final.error
			encoded, err = EncodeRefusal(refusal)
		} else if err == nil {
			encoded, err = json.Marshal(answer)
		}
		if err != nil || encoded == nil {
			return err
		}
		return s.add(ctx, tx, answers, *key, encoded)
	})
	if err == nil {
		err = refusal
	}
	return answer, replayed, err
}

func (s *Store) add(ctx context.Context, tx pgx.Tx, answers *Answers, key Key, encoded []byte) error {
	if err := answers.Add(key, encoded); err != nil {
		return fmt.Errorf("storing the answer: %w", err)
	}
	var writing pgx.Batch
	answers.QueueAdded(&writing)
	return tx.SendBatch(ctx, &writing).Close()
}
