package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// MasterKey seals, with AES-256-GCM, what the database must not reveal. It is never stored in the database itself.
type MasterKey [32]byte

// ParseMasterKey reads a master key from base64 (standard alphabet, with padding or without).
func ParseMasterKey(s string) (MasterKey, error) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(s), "="))
	if err != nil || len(raw) != len(MasterKey{}) {
		return MasterKey{}, errors.New("a master key is base64 of 32 bytes; make one with: openssl rand -base64 32")
	}
	return MasterKey(raw), nil
}

// NewMasterKey returns a new key, read from random.
func NewMasterKey(random io.Reader) (MasterKey, error) {
	var key MasterKey
	_, err := io.ReadFull(random, key[:])
	return key, err
}

// Base64 returns the key in the form that ParseMasterKey reads.
func (k MasterKey) Base64() string { return base64.StdEncoding.EncodeToString(k[:]) }

// String hides the key from logs.
func (k MasterKey) String() string { return Secret(k[:]).String() }

// keyID identifies a master key without revealing it. Every sealed value contains one.
type keyID [8]byte

func (k MasterKey) id() keyID {
	digest := sha256.Sum256(append([]byte("agentexchange master key id\x00"), k[:]...))
	return keyID(digest[:8])
}

// Purpose says what kind of value is sealed. It is authenticated together with the owner's id, so a value moved to
// another row or column does not open.
type Purpose string

// The kinds of sealed values.
const (
	PurposeAgentKey   Purpose = "agent api key"
	PurposeSigningKey Purpose = "signing key"
	purposeCanary     Purpose = "canary"
)

// PurposeAnswer is the purpose of the stored answer to a request with an Idempotency-Key whose digest is keyDigest.
func PurposeAnswer(keyDigest []byte) Purpose {
	return Purpose("idempotent answer " + string(keyDigest))
}

const (
	sealedVersion = 1
	nonceSize     = 12
	headerSize    = 1 + len(keyID{}) + nonceSize
)

// Vault opens values sealed under any of its master keys. It seals under the key that the database names, so that
// replicas and a rotation always agree on the key.
type Vault struct {
	random io.Reader
	now    func() time.Time
	source KeySource

	mu   sync.Mutex
	ring map[keyID]cipher.AEAD
}

// NewVault returns a vault with the keys of source. The vault reads the source again when it meets a value sealed under
// a key it does not know: the key may have been rotated.
func NewVault(random io.Reader, now func() time.Time, source KeySource) *Vault {
	return &Vault{random: random, now: now, source: source}
}

// load adds the source's keys to the known ones; the caller holds the mutex. Keys are never forgotten: after a rotation
// a caller may still hold a value read before it.
func (v *Vault) load() error {
	keys, err := v.source.Keys()
	if err != nil {
		return err
	}
	if v.ring == nil {
		v.ring = make(map[keyID]cipher.AEAD, len(keys))
	}
	for _, key := range keys {
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return err
		}
		if v.ring[key.id()], err = cipher.NewGCM(block); err != nil {
			return err
		}
	}
	return nil
}

// ErrUnknownMasterKey means that a value was sealed under a key that this server does not have.
var ErrUnknownMasterKey = errors.New("sealed under a master key that this server does not have")

func (v *Vault) aead(id keyID) (cipher.AEAD, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if aead, ok := v.ring[id]; ok {
		return aead, nil
	}
	if err := v.load(); err != nil {
		return nil, err
	}
	if aead, ok := v.ring[id]; ok {
		return aead, nil
	}
	return nil, ErrUnknownMasterKey
}

// Open returns the value that was sealed for the owner and purpose.
func (v *Vault) Open(owner uuid.UUID, purpose Purpose, sealed []byte) ([]byte, error) {
	if len(sealed) < headerSize || sealed[0] != sealedVersion {
		return nil, errors.New("not a sealed value")
	}
	aead, err := v.aead(keyID(sealed[1 : 1+len(keyID{})]))
	if err != nil {
		return nil, fault.New(fault.Unavailable).Because(err)
	}
	opened, err := aead.Open(nil, sealed[headerSize-nonceSize:headerSize], sealed[headerSize:], binding(owner, purpose))
	if err != nil {
		return nil, fmt.Errorf("a sealed %.20q of %s does not open: %w", purpose, owner, err)
	}
	return opened, nil
}

// Sealer seals under the master key in force. It is valid only within the transaction it was made in.
type Sealer struct {
	id     keyID
	aead   cipher.AEAD
	random io.Reader
}

// Sealer returns a sealer for a transaction, in one round trip. Until the transaction ends the master key cannot be
// rotated, so no value is ever left sealed under a retired key.
func (v *Vault) Sealer(ctx context.Context, tx pgx.Tx) (*Sealer, error) {
	var batch pgx.Batch
	sealer := v.QueueSealer(&batch)
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("asking which master key seals: %w", err)
	}
	return sealer()
}

// QueueSealer is Sealer as part of a pipeline in the transaction: call the returned function once the pipeline has been
// read.
func (v *Vault) QueueSealer(batch *pgx.Batch) func() (*Sealer, error) {
	var id, canary []byte
	batch.Queue(db.MasterKeyLockShared)
	batch.Queue(db.MasterKeyGet).QueryRow(func(row pgx.Row) error { return row.Scan(&id, &canary) })
	return func() (*Sealer, error) {
		if len(id) != len(keyID{}) {
			return nil, errors.New("the master_key row is damaged")
		}
		aead, err := v.aead(keyID(id))
		if err != nil {
			return nil, fault.New(fault.Unavailable).Because(err)
		}
		return &Sealer{id: keyID(id), aead: aead, random: v.random}, nil
	}
}

// sealer returns a Sealer for a key that has just been added to the source.
func (v *Vault) sealer(key MasterKey) (*Sealer, error) {
	v.mu.Lock()
	err := v.load()
	v.mu.Unlock()
	if err != nil {
		return nil, err
	}
	aead, err := v.aead(key.id())
	return &Sealer{id: key.id(), aead: aead, random: v.random}, err
}

// Seal encrypts a value for its owner and purpose.
func (s *Sealer) Seal(owner uuid.UUID, purpose Purpose, value []byte) ([]byte, error) {
	sealed := make([]byte, headerSize, headerSize+len(value)+s.aead.Overhead())
	sealed[0] = sealedVersion
	copy(sealed[1:], s.id[:])
	nonce := sealed[headerSize-nonceSize : headerSize]
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return nil, fmt.Errorf("random nonce: %w", err)
	}
	return s.aead.Seal(sealed, nonce, value, binding(owner, purpose)), nil
}

func binding(owner uuid.UUID, purpose Purpose) []byte {
	return append([]byte(purpose), owner[:]...)
}
