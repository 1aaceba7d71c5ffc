package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RotateSigningKey creates a new key that signs tokens from now on. Tokens signed by older keys verify until they
// expire.
func RotateSigningKey(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	// The lock makes concurrent rotations run one after the other, so that each retires the key of the one before.
	return withMasterKeyLock(ctx, conn, func(tx pgx.Tx) error {
		sealer, err := vault.Sealer(ctx, tx)
		if err != nil {
			return err
		}
		return insertSigningKey(ctx, tx, vault, sealer)
	})
}

// ErrRotating means that another rotation of the master key is in progress.
var ErrRotating = errors.New("another rotation of the master key is in progress; run this again when it has ended")

// RotateMasterKey puts the source's next key in force, reseals everything under it in many small transactions, and only
// then promotes it to the current key. Until then the source has both keys, so requests continue meanwhile, and the
// next call finishes a rotation that was cut short. All of it happens on one connection, whose lock excludes other
// rotations as long as it lives. It fails with ErrRotating if another connection has the lock.
func RotateMasterKey(ctx context.Context, conn *pgx.Conn, vault *Vault) error {
	alone, err := db.New().RotationTryLock(ctx, conn)
	if err != nil {
		return fmt.Errorf("locking out other rotations: %w", err)
	}
	if !alone {
		return ErrRotating
	}
	return rotateMasterKey(ctx, conn, vault)
}

func rotateMasterKey(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	if err := withMasterKey(ctx, conn, vault, vault.putNextInForce); err != nil {
		return err
	}
	r := resealer{conn: conn, vault: vault}
	for _, table := range []func(context.Context) error{r.agentKeys, r.signingKeys, r.answers} {
		if err := table(ctx); err != nil {
			return err
		}
	}
	return withMasterKey(ctx, conn, vault, vault.promote)
}

// withMasterKey calls do with the id of the key in force, under the lock: meanwhile nothing is sealed and the key does
// not change.
func withMasterKey(
	ctx context.Context, conn postgres.Beginner, vault *Vault, do func(ctx context.Context, tx pgx.Tx, inForce keyID) error,
) error {
	return withMasterKeyLock(ctx, conn, func(tx pgx.Tx) error {
		row, err := db.New().MasterKeyGet(ctx, tx)
		if err != nil {
			return err
		}
		if err := checkCanary(vault, row); err != nil {
			return err
		}
		return do(ctx, tx, keyID(row.KeyID))
	})
}

// isNext reports whether the key in force is the source's next one: a rotation to it has begun and not ended.
func (v *Vault) isNext(inForce keyID) (bool, error) {
	keys, err := v.source.Keys()
	return err == nil && len(keys) > 1 && keys[0].id() != inForce && keys[1].id() == inForce, err
}

func (v *Vault) putNextInForce(ctx context.Context, tx pgx.Tx, inForce keyID) error {
	if begun, err := v.isNext(inForce); err != nil || begun {
		return err
	}
	if err := nothingElseSealed(ctx, tx, inForce); err != nil {
		return err
	}
	next, err := v.source.Next()
	if err != nil {
		return err
	}
	sealer, err := v.sealer(next)
	if err != nil {
		return err
	}
	return setMasterKey(ctx, tx, sealer)
}

func (v *Vault) promote(ctx context.Context, tx pgx.Tx, inForce keyID) error {
	if next, err := v.isNext(inForce); err != nil || !next {
		return err
	}
	if err := nothingElseSealed(ctx, tx, inForce); err != nil {
		return err
	}
	return v.source.Promote()
}

// nothingElseSealed fails if any value is sealed under another key than the one in force. Such values are left over
// from an unfinished rotation, which must be finished before a key is put in force or discarded.
func nothingElseSealed(ctx context.Context, tx pgx.Tx, inForce keyID) error {
	left, err := db.New().SealedUnderOtherKey(ctx, tx, inForce[:])
	if err == nil && left {
		err = errors.New("a rotation to the master key in force was cut short; " +
			"run this with the two keys of that rotation first to finish it")
	}
	return err
}

// resealPage is how many values are resealed in one transaction; tests make it small.
var resealPage int32 = 500

type resealer struct {
	conn  postgres.Beginner
	vault *Vault
}

// inTx runs do in a transaction with a sealer of the key in force. No other key can come into force meanwhile.
func (r resealer) inTx(ctx context.Context, do func(tx pgx.Tx, sealer *Sealer) error) error {
	return postgres.InTx(ctx, r.conn, func(tx pgx.Tx) error {
		sealer, err := r.vault.Sealer(ctx, tx)
		if err != nil {
			return err
		}
		return do(tx, sealer)
	})
}

// reseal seals a value under the sealer's key. It returns nil for a value that is sealed under that key already.
func (r resealer) reseal(sealer *Sealer, owner uuid.UUID, purpose Purpose, sealed []byte) ([]byte, error) {
	if len(sealed) > headerSize && keyID(sealed[1:1+len(keyID{})]) == sealer.id {
		return nil, nil
	}
	value, err := r.vault.Open(owner, purpose, sealed)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(owner, purpose, value)
}

// resealPages reseals a table page by page, each in a transaction of its own. read returns and locks the page of rows
// that follow a row; write reseals them.
func resealPages[Row any](
	ctx context.Context, r resealer, after Row,
	read func(tx pgx.Tx, after Row) ([]Row, error), write func(tx pgx.Tx, sealer *Sealer, rows []Row) error,
) error {
	for {
		var rows []Row
		err := r.inTx(ctx, func(tx pgx.Tx, sealer *Sealer) (err error) {
			if rows, err = read(tx, after); err != nil {
				return err
			}
			return write(tx, sealer, rows)
		})
		if err != nil || len(rows) < int(resealPage) {
			return err
		}
		after = rows[len(rows)-1]
	}
}

func (r resealer) agentKeys(ctx context.Context) error {
	read := func(tx pgx.Tx, after db.SealedKey) ([]db.SealedKey, error) {
		return db.New().SealedKeyPage(ctx, tx, db.SealedKeyPageParams{AfterAgentID: after.AgentID, PageLimit: resealPage})
	}
	return resealPages(ctx, r, db.SealedKey{}, read, func(tx pgx.Tx, sealer *Sealer, rows []db.SealedKey) error {
		var page db.SealedKeyReplaceManyParams
		for _, row := range rows {
			sealed, err := r.reseal(sealer, row.AgentID, PurposeAgentKey, row.Sealed)
			if err != nil {
				return err
			}
			if sealed != nil {
				page.AgentIds, page.Sealeds = append(page.AgentIds, row.AgentID), append(page.Sealeds, sealed)
			}
		}
		return db.New().SealedKeyReplaceMany(ctx, tx, page)
	})
}

func (r resealer) signingKeys(ctx context.Context) error {
	return r.inTx(ctx, func(tx pgx.Tx, sealer *Sealer) error {
		rows, err := db.New().SigningKeyLockAll(ctx, tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			sealed, err := r.reseal(sealer, row.ID, PurposeSigningKey, row.SealedPrivateKey)
			if err != nil {
				return err
			}
			if sealed == nil {
				continue
			}
			err = db.New().SigningKeyReseal(ctx, tx, db.SigningKeyResealParams{ID: row.ID, SealedPrivateKey: sealed})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (r resealer) answers(ctx context.Context) error {
	read := func(tx pgx.Tx, after db.IdempotencyPageRow) ([]db.IdempotencyPageRow, error) {
		return db.New().IdempotencyPage(ctx, tx, db.IdempotencyPageParams{
			AfterOwnerID: after.OwnerID, AfterKeyDigest: after.KeyDigest, PageLimit: resealPage,
		})
	}
	first := db.IdempotencyPageRow{KeyDigest: []byte{}} // nil would be NULL, which nothing follows
	return resealPages(ctx, r, first, read, func(tx pgx.Tx, sealer *Sealer, rows []db.IdempotencyPageRow) error {
		var page db.IdempotencyReplaceManyParams
		for _, row := range rows {
			sealed, err := r.reseal(sealer, row.OwnerID, PurposeAnswer(row.KeyDigest), row.SealedAnswer)
			if err != nil {
				return err
			}
			if sealed != nil {
				page.OwnerIds, page.KeyDigests = append(page.OwnerIds, row.OwnerID), append(page.KeyDigests, row.KeyDigest)
				page.Sealeds = append(page.Sealeds, sealed)
			}
		}
		return db.New().IdempotencyReplaceMany(ctx, tx, page)
	})
}
