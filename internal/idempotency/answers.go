// Package idempotency keeps the first answer to a request that carries an Idempotency-Key, in the transaction in which
// the request has its effect, and replays it to every repeat of the request. So the answer exists exactly if the effect
// does. Answers are sealed, because they can carry keys.
package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// lifetime is how long an answer is kept.
const lifetime = 24 * time.Hour

// Key names the answer to one request of one caller. The Idempotency-Key itself is not kept: a client may have used a
// secret as one.
type Key struct {
	owner   uuid.UUID
	digest  [sha256.Size]byte
	request [sha256.Size]byte
}

// NewKey names the answer to a request by who authenticated, the Idempotency-Key, and a digest that tells the request
// from others.
func NewKey(owner uuid.UUID, key string, request [sha256.Size]byte) Key {
	return Key{owner: owner, digest: sha256.Sum256([]byte(key)), request: request}
}

// LockID is the advisory lock that says the key is being worked on. Two keys with one lock would only be told to try again.
func (k Key) LockID() int64 {
	sum := sha256.Sum256(append(k.owner[:], k.digest[:]...))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

func (k Key) purpose() auth.Purpose { return auth.PurposeAnswer(k.digest[:]) }

// slot is where an answer is kept: the key without the request.
type slot struct {
	owner  uuid.UUID
	digest [sha256.Size]byte
}

func (k Key) slot() slot { return slot{k.owner, k.digest} }

// Answers are the stored answers to the requests of one transaction, and those that it stores.
type Answers struct {
	vault  *auth.Vault
	now    time.Time
	keys   []Key
	locks  []bool
	rows   []db.IdempotencyGetManyRow
	sealer func() (*auth.Sealer, error)

	free   map[slot]bool // not yet worked on, by this transaction or another
	stored map[slot]db.IdempotencyGetManyRow
	added  []addedAnswer
}

type addedAnswer struct {
	Key
	sealed []byte
}

// Queue asks in a pipeline, before any agent is locked, which keys no other transaction works on, and then what is stored
// of them. The second statement sees what the last transaction that worked on a key has committed.
func Queue(pipeline *pgx.Batch, vault *auth.Vault, keys []Key, now time.Time) *Answers {
	a := &Answers{vault: vault, now: now, keys: keys}
	if len(keys) == 0 {
		return a
	}
	locks := postgres.Column(keys, func(k *Key) int64 { return k.LockID() })
	pipeline.Queue(db.IdempotencyLockMany, locks).Query(func(rows pgx.Rows) (err error) {
		a.locks, err = pgx.CollectRows(rows, pgx.RowTo[bool])
		return err
	})
	postgres.Collect(pipeline, &a.rows, db.IdempotencyGetMany,
		postgres.Column(keys, func(k *Key) uuid.UUID { return k.owner }),
		postgres.Column(keys, func(k *Key) []byte { return k.digest[:] }), now)
	a.sealer = vault.QueueSealer(pipeline)
	return a
}

// Find returns the answer that is stored for a request, or nil if the request is the first with its key. It fails with
// IdempotencyKeyReused where the stored answer is that to another request, and with IdempotencyInFlight where the key is
// being worked on: by another transaction, or by an earlier request of this one.
func (a *Answers) Find(key Key) ([]byte, error) {
	if a.free == nil {
		a.sort()
	}
	row, found := a.stored[key.slot()]
	switch {
	case found && string(row.RequestDigest) != string(key.request[:]):
		return nil, fault.New(fault.IdempotencyKeyReused)
	case found:
		return a.vault.Open(key.owner, key.purpose(), row.SealedAnswer)
	case !a.free[key.slot()]:
		return nil, fault.New(fault.IdempotencyInFlight)
	}
	a.free[key.slot()] = false
	return nil, nil
}

func (a *Answers) sort() {
	a.free, a.stored = map[slot]bool{}, map[slot]db.IdempotencyGetManyRow{}
	for n, key := range a.keys {
		a.free[key.slot()] = a.locks[n]
	}
	for _, row := range a.rows {
		a.stored[slot{row.OwnerID, [sha256.Size]byte(row.KeyDigest)}] = row
	}
}

// Add stores an answer once QueueAdded has been sent.
func (a *Answers) Add(key Key, answer []byte) error {
	sealer, err := a.sealer()
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(key.owner, key.purpose(), answer)
	a.added = append(a.added, addedAnswer{key, sealed})
	return err
}

// QueueAdded writes the answers that were added.
func (a *Answers) QueueAdded(pipeline *pgx.Batch) {
	if len(a.added) == 0 {
		return
	}
	pipeline.Queue(db.IdempotencyPutMany,
		postgres.Column(a.added, func(a *addedAnswer) uuid.UUID { return a.owner }),
		postgres.Column(a.added, func(a *addedAnswer) []byte { return a.digest[:] }),
		postgres.Column(a.added, func(a *addedAnswer) []byte { return a.request[:] }),
		postgres.Column(a.added, func(a *addedAnswer) []byte { return a.sealed }),
		a.now.Add(lifetime))
}
