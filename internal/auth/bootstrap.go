package auth

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const canaryText = "agentexchange"

// ErrWrongMasterKey means that the database was sealed under a master key that was not given.
var ErrWrongMasterKey = errors.New("the master key is not the one that sealed this database; " +
	"start with the key that was backed up with it")

// Bootstrap checks that the vault can open the values in the database, or fails with ErrWrongMasterKey. In a new
// database it seals the canary which later checks open, and creates the first signing key. Replicas may call it
// concurrently.
func Bootstrap(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	return withMasterKeyLock(ctx, conn, func(tx pgx.Tx) error {
		row, err := db.New().MasterKeyGet(ctx, tx)
		if errors.Is(err, pgx.ErrNoRows) {
			return initialise(ctx, tx, vault)
		}
		if err != nil {
			return err
		}
		return checkCanary(vault, row)
	})
}

// CheckMasterKey is the check of Bootstrap alone: it writes nothing, and accepts a database that is still empty.
func CheckMasterKey(ctx context.Context, conn db.DBTX, vault *Vault) error {
	row, err := db.New().MasterKeyGet(ctx, conn)
	if errors.Is(err, pgx.ErrNoRows) || postgres.IsUndefinedTable(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return checkCanary(vault, row)
}

func withMasterKeyLock(ctx context.Context, conn postgres.Beginner, do func(tx pgx.Tx) error) error {
	return postgres.InTx(ctx, conn, func(tx pgx.Tx) error {
		if err := db.New().MasterKeyLock(ctx, tx); err != nil {
			return err
		}
		return do(tx)
	})
}

func checkCanary(vault *Vault, row db.MasterKeyGetRow) error {
	if _, err := vault.source.Keys(); err != nil {
		return err
	}
	text, err := vault.Open(uuid.Nil, purposeCanary, row.Canary)
	if err != nil || string(text) != canaryText || len(row.KeyID) != len(keyID{}) {
		return ErrWrongMasterKey
	}
	return nil
}

func initialise(ctx context.Context, tx pgx.Tx, vault *Vault) error {
	key, err := vault.source.First()
	if err != nil {
		return err
	}
	sealer, err := vault.sealer(key)
	if err != nil {
		return err
	}
	if err := setMasterKey(ctx, tx, sealer); err != nil {
		return err
	}
	return insertSigningKey(ctx, tx, vault, sealer)
}

func setMasterKey(ctx context.Context, tx pgx.Tx, sealer *Sealer) error {
	canary, err := sealer.Seal(uuid.Nil, purposeCanary, []byte(canaryText))
	if err != nil {
		return err
	}
	return db.New().MasterKeySet(ctx, tx, db.MasterKeySetParams{KeyID: sealer.id[:], Canary: canary})
}

// insertSigningKey creates the key that signs tokens from now on. The older keys verify until their last tokens have
// expired.
func insertSigningKey(ctx context.Context, tx pgx.Tx, vault *Vault, sealer *Sealer) error {
	public, private, err := ed25519.GenerateKey(vault.random)
	if err != nil {
		return fmt.Errorf("making a signing key: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(id, PurposeSigningKey, private.Seed())
	if err != nil {
		return err
	}
	now := vault.now()
	queries := db.New()
	if err := queries.SigningKeyInsert(ctx, tx, db.SigningKeyInsertParams{
		ID: id, PublicKey: public, SealedPrivateKey: sealed, CreatedAt: now,
	}); err != nil {
		return err
	}
	// A login may already have read the old key and sign with it a moment later.
	lastUse := now.Add(time.Minute + TokenLifetime + leeway)
	if err := queries.SigningKeyRetireOthers(ctx, tx, db.SigningKeyRetireOthersParams{ID: id, ExpiresAt: lastUse}); err != nil {
		return err
	}
	return queries.SigningKeyDeleteExpired(ctx, tx, now)
}
