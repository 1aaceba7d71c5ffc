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

// ErrWrongMasterKey means that the database was sealed under another master key than those given.
var ErrWrongMasterKey = errors.New("the master key is not the one that sealed this database; " +
	"start with the key that was backed up with it")

// Bootstrap proves that the vault opens what is in the database, or fails with ErrWrongMasterKey. In a new database it
// seals the canary for that, and makes the first signing key. Replicas may do so at once.
func Bootstrap(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	return withMasterKeyLock(ctx, conn, func(tx pgx.Tx) error {
		row, err := db.New().MasterKeyGet(ctx, tx)
		if errors.Is(err, pgx.ErrNoRows) {
			return initialise(ctx, tx, vault)
		}
		if err != nil {
			return err
		}
		return vault.settle(row)
	})
}

func withMasterKeyLock(ctx context.Context, conn postgres.Beginner, do func(tx pgx.Tx) error) error {
	return postgres.InTx(ctx, conn, func(tx pgx.Tx) error {
		if err := db.New().MasterKeyLock(ctx, tx); err != nil {
			return err
		}
		return do(tx)
	})
}

// settle proves that the vault has the key in force, and ends a rotation that was cut short after its commit.
func (v *Vault) settle(row db.MasterKeyGetRow) error {
	keys, err := v.source.Keys()
	if err != nil {
		return err
	}
	if err := checkCanary(v, row); err != nil {
		return err
	}
	if inForce := keyID(row.KeyID); len(keys) > 1 && keys[0].id() != inForce && keys[1].id() == inForce {
		return v.source.Promote()
	}
	return nil
}

func checkCanary(vault *Vault, row db.MasterKeyGetRow) error {
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

// insertSigningKey makes the key that signs tokens from now on, and lets the older ones verify for as long as a token
// of theirs can live.
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
	// A replica notices the rotation within keysMaxAge, and may sign with the old key until then.
	lastUse := now.Add(keysMaxAge + TokenLifetime + leeway)
	if err := queries.SigningKeyRetireOthers(ctx, tx, db.SigningKeyRetireOthersParams{ID: id, ExpiresAt: lastUse}); err != nil {
		return err
	}
	return queries.SigningKeyDeleteExpired(ctx, tx, now)
}

// RotateSigningKey makes a new key that signs tokens from now on. Tokens signed by older keys verify until they expire.
func RotateSigningKey(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	return postgres.InTx(ctx, conn, func(tx pgx.Tx) error {
		sealer, err := vault.Sealer(ctx, tx)
		if err != nil {
			return err
		}
		return insertSigningKey(ctx, tx, vault, sealer)
	})
}

// resealPage bounds how much of a table is in memory while it is sealed anew.
const resealPage = 1000

// RotateMasterKey seals everything anew under the source's next key, in one transaction: it happens whole or not at
// all. Requests that seal something wait for it.
func RotateMasterKey(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	err := withMasterKeyLock(ctx, conn, func(tx pgx.Tx) error {
		row, err := db.New().MasterKeyGet(ctx, tx)
		if err != nil {
			return err
		}
		if err := vault.settle(row); err != nil {
			return err
		}
		next, err := vault.source.Next()
		if err != nil {
			return err
		}
		sealer, err := vault.sealer(next)
		if err != nil {
			return err
		}
		reseal := resealer{tx: tx, vault: vault, sealer: sealer}
		for _, table := range []func(context.Context) error{reseal.agentKeys, reseal.signingKeys, reseal.answers} {
			if err := table(ctx); err != nil {
				return err
			}
		}
		return setMasterKey(ctx, tx, sealer)
	})
	if err != nil {
		return err
	}
	return Bootstrap(ctx, conn, vault) // under the lock again, so that no other rotation comes between
}

type resealer struct {
	tx     pgx.Tx
	vault  *Vault
	sealer *Sealer
}

func (r resealer) again(owner uuid.UUID, purpose Purpose, sealed []byte) ([]byte, error) {
	value, err := r.vault.Open(owner, purpose, sealed)
	if err != nil {
		return nil, err
	}
	return r.sealer.Seal(owner, purpose, value)
}

func (r resealer) agentKeys(ctx context.Context) error {
	queries, after := db.New(), uuid.Nil
	for {
		rows, err := queries.SealedKeyPage(ctx, r.tx, db.SealedKeyPageParams{AfterAgentID: after, PageLimit: resealPage})
		if err != nil || len(rows) == 0 {
			return err
		}
		page := db.SealedKeyReplaceManyParams{}
		for _, row := range rows {
			sealed, err := r.again(row.AgentID, PurposeAgentKey, row.Sealed)
			if err != nil {
				return err
			}
			page.AgentIds, page.Sealeds = append(page.AgentIds, row.AgentID), append(page.Sealeds, sealed)
		}
		if err := queries.SealedKeyReplaceMany(ctx, r.tx, page); err != nil {
			return err
		}
		after = rows[len(rows)-1].AgentID
	}
}

func (r resealer) signingKeys(ctx context.Context) error {
	queries := db.New()
	rows, err := queries.SigningKeyList(ctx, r.tx, time.Time{}) // all of them, expired ones too
	if err != nil {
		return err
	}
	for _, row := range rows {
		sealed, err := r.again(row.ID, PurposeSigningKey, row.SealedPrivateKey)
		if err != nil {
			return err
		}
		if err := queries.SigningKeyReseal(ctx, r.tx, db.SigningKeyResealParams{ID: row.ID, SealedPrivateKey: sealed}); err != nil {
			return err
		}
	}
	return nil
}

func (r resealer) answers(ctx context.Context) error {
	queries, after := db.New(), db.IdempotencyPageParams{PageLimit: resealPage, AfterKeyDigest: []byte{}}
	for {
		rows, err := queries.IdempotencyPage(ctx, r.tx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		page := db.IdempotencyReplaceManyParams{}
		for _, row := range rows {
			sealed, err := r.again(row.OwnerID, PurposeIdempotentAnswer, row.SealedAnswer)
			if err != nil {
				return err
			}
			page.OwnerIds, page.KeyDigests = append(page.OwnerIds, row.OwnerID), append(page.KeyDigests, row.KeyDigest)
			page.Sealeds = append(page.Sealeds, sealed)
		}
		if err := queries.IdempotencyReplaceMany(ctx, r.tx, page); err != nil {
			return err
		}
		last := rows[len(rows)-1]
		after.AfterOwnerID, after.AfterKeyDigest = last.OwnerID, last.KeyDigest
	}
}
