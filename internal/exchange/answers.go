package exchange

import (
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Idempotency is the Idempotency-Key of a request, and how its answer is written down.
type Idempotency struct {
	Owner         uuid.UUID // who authenticated
	KeyDigest     [32]byte
	RequestDigest []byte
	LockID        int64 // the advisory lock that says the key is being worked on
	ExpiresAt     time.Time
	// Encode writes down an answer; nil means that it is not one to be stored.
	Encode func(Placed, error) ([]byte, error)
}

type slotKey struct {
	owner     uuid.UUID
	keyDigest [32]byte
}

// slots are the idempotent requests of a batch and the stored answers to them.
type slots struct {
	keyed  []*Idempotency
	locks  []bool
	rows   []db.IdempotencyGetManyRow
	sealer func() (*auth.Sealer, error)

	locked  map[slotKey]bool
	stored  map[slotKey]db.IdempotencyGetManyRow
	answers []storedAnswer
	failure error
}

type storedAnswer struct {
	*Idempotency
	sealed []byte
}

func (i *Idempotency) key() slotKey { return slotKey{i.Owner, i.KeyDigest} }

// queue asks, before any agent is locked, which keys nobody else works on, and then what is stored of them.
func (s *slots) queue(batch *pgx.Batch, vault *auth.Vault, jobs []*job, now time.Time) {
	var locks []int64
	var owners []uuid.UUID
	var digests [][]byte
	for _, j := range jobs {
		if i := j.idempotency; i != nil {
			s.keyed = append(s.keyed, i)
			locks, owners, digests = append(locks, i.LockID), append(owners, i.Owner), append(digests, i.KeyDigest[:])
		}
	}
	if len(s.keyed) == 0 {
		return
	}
	batch.Queue(db.IdempotencyLockMany, locks).Query(func(rows pgx.Rows) (err error) {
		s.locks, err = pgx.CollectRows(rows, pgx.RowTo[bool])
		return err
	})
	postgres.Collect(batch, &s.rows, db.IdempotencyGetMany, owners, digests, now)
	s.sealer = vault.QueueSealer(batch)
}

// prepare sorts what was read.
func (s *slots) prepare() {
	s.locked, s.stored = map[slotKey]bool{}, map[slotKey]db.IdempotencyGetManyRow{}
	for n, i := range s.keyed {
		s.locked[i.key()] = s.locks[n]
	}
	for _, row := range s.rows {
		s.stored[slotKey{row.OwnerID, [32]byte(row.KeyDigest)}] = row
	}
}

// once answers a job: from what is stored, or by judging it and storing that.
func (s *slots) once(vault *auth.Vault, j *job, judge func() outcome) outcome {
	i := j.idempotency
	if i == nil {
		return judge()
	}
	if row, ok := s.stored[i.key()]; ok {
		if string(row.RequestDigest) != string(i.RequestDigest) {
			return outcome{err: fault.New(fault.IdempotencyKeyReused)}
		}
		answer, err := vault.Open(i.Owner, auth.PurposeAnswer(i.KeyDigest[:]), row.SealedAnswer)
		return outcome{stored: answer, err: err}
	}
	if !s.locked[i.key()] {
		return outcome{err: fault.New(fault.IdempotencyInFlight)}
	}
	s.locked[i.key()] = false // of two in one batch, the second comes too early
	o := judge()
	s.failure = s.store(i, o)
	return o
}

func (s *slots) store(i *Idempotency, o outcome) error {
	answer, err := i.Encode(Placed{Order: o.order, Existed: o.existed}, o.err)
	if err != nil || answer == nil {
		return err
	}
	sealer, err := s.sealer()
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(i.Owner, auth.PurposeAnswer(i.KeyDigest[:]), answer)
	s.answers = append(s.answers, storedAnswer{i, sealed})
	return err
}

func (s *slots) flush(batch *pgx.Batch) {
	if len(s.answers) == 0 {
		return
	}
	batch.Queue(db.IdempotencyPutMany,
		column(s.answers, func(a *storedAnswer) uuid.UUID { return a.Owner }),
		column(s.answers, func(a *storedAnswer) []byte { return a.KeyDigest[:] }),
		column(s.answers, func(a *storedAnswer) []byte { return a.RequestDigest }),
		column(s.answers, func(a *storedAnswer) []byte { return a.sealed }),
		s.answers[0].ExpiresAt)
}
