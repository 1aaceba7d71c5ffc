package auth

import (
	"context"
	"errors"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// RotateSigningKey makes a new key that signs tokens from now on. Tokens signed by older keys verify until they expire.
func RotateSigningKey(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	// Under the lock, so that of several rotations at once each sees the key of the one before, and retires it.
	return withMasterKeyLock(ctx, conn, func(tx pgx.Tx) error {
		sealer, err := vault.Sealer(ctx, tx)
		if err != nil {
			return err
		}
		return insertSigningKey(ctx, tx, vault, sealer)
	})
}

// ErrRotating means that another rotation of the master key is going on.
var ErrRotating = errors.New("another rotation of the master key is going on; run this again when it has ended")

// RotateMasterKey makes the source's next key the one that seals, seals everything older anew, in many small
// transactions, and only then makes it the present one. Until then both keys are there and open what is theirs, so
// requests go on meanwhile, and a rotation that was cut short is ended by the next. All of it happens on one
// connection, which keeps a second rotation out for as long as it lives; with ErrRotating, if that is this one.
func RotateMasterKey(ctx context.Context, conn *pgx.Conn, vault *Vault) error {
	if alone, err := db.New().RotationTryLock(ctx, conn); err != nil || !alone {
		return errors.Join(err, ErrRotating)
	}
	return rotateMasterKey(ctx, conn, vault)
}

func rotateMasterKey(ctx context.Context, conn postgres.Beginner, vault *Vault) error {
	if err := withMasterKey(ctx, conn, vault, vault.putNextInForce); err != nil {
		return err
	}
	reseal := resealer{conn: conn, vault: vault}
	for _, table := range []func(context.Context) error{reseal.agentKeys, reseal.signingKeys, reseal.answers} {
		if err := table(ctx); err != nil {
			return err
		}
	}
	return withMasterKey(ctx, conn, vault, vault.promote)
}

// withMasterKey tells do which key is in force, while nothing is being sealed and nobody else changes that.
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

// isNext reports whether the key in force is the source's next one, so that a rotation to it has begun and not ended.
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

// nothingElseSealed fails while anything is sealed under another key than the one in force: no key may be put in force
// or out of reach before the rotation that this is left of has been ended.
func nothingElseSealed(ctx context.Context, tx pgx.Tx, inForce keyID) error {
	left, err := db.New().SealedUnderOtherKey(ctx, tx, inForce[:])
	if err == nil && left {
		err = errors.New("a rotation to the master key in force was cut short; " +
			"run this with the two keys of that rotation first, and it will be ended")
	}
	return err
}

// resealPage is how many values are sealed anew in one transaction; tests make it small.
var resealPage int32 = 500

type resealer struct {
	conn  postgres.Beginner
	vault *Vault
}

// page runs do in a transaction, with the sealer of the key in force: no other key can come into force meanwhile.
func (r resealer) page(ctx context.Context, do func(tx pgx.Tx, sealer *Sealer) error) error {
	return postgres.InTx(ctx, r.conn, func(tx pgx.Tx) error {
		sealer, err := r.vault.Sealer(ctx, tx)
		if err != nil {
			return err
		}
		return do(tx, sealer)
	})
}

// again seals a value anew; it answers nil for one that is sealed under the sealer's key already.
func (r resealer) again(sealer *Sealer, owner uuid.UUID, purpose Purpose, sealed []byte) ([]byte, error) {
	if len(sealed) > headerSize && keyID(sealed[1:1+len(keyID{})]) == sealer.id {
		return nil, nil
	}
	value, err := r.vault.Open(owner, purpose, sealed)
	if err != nil {
		return nil, err
	}
	return sealer.Seal(owner, purpose, value)
}

func (r resealer) agentKeys(ctx context.Context) error {
	queries := db.New()
	for after, more := uuid.Nil, true; more; {
		var rows []db.SealedKey
		err := r.page(ctx, func(tx pgx.Tx, sealer *Sealer) (err error) {
			rows, err = queries.SealedKeyPage(ctx, tx, db.SealedKeyPageParams{AfterAgentID: after, PageLimit: resealPage})
			if err != nil {
				return err
			}
			page := db.SealedKeyReplaceManyParams{}
			for _, row := range rows {
				sealed, err := r.again(sealer, row.AgentID, PurposeAgentKey, row.Sealed)
				if err != nil {
					return err
				}
				if sealed == nil {
					continue
				}
				page.AgentIds, page.Sealeds = append(page.AgentIds, row.AgentID), append(page.Sealeds, sealed)
			}
			return queries.SealedKeyReplaceMany(ctx, tx, page)
		})
		if err != nil {
			return err
		}
		if more = len(rows) == int(resealPage); more {
			after = rows[len(rows)-1].AgentID
		}
	}
	return nil
}

func (r resealer) signingKeys(ctx context.Context) error {
	return r.page(ctx, func(tx pgx.Tx, sealer *Sealer) error {
		rows, err := db.New().SigningKeyLockAll(ctx, tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			sealed, err := r.again(sealer, row.ID, PurposeSigningKey, row.SealedPrivateKey)
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
	queries := db.New()
	after := db.IdempotencyPageParams{PageLimit: resealPage, AfterKeyDigest: []byte{}}
	for more := true; more; {
		var rows []db.IdempotencyPageRow
		err := r.page(ctx, func(tx pgx.Tx, sealer *Sealer) (err error) {
			if rows, err = queries.IdempotencyPage(ctx, tx, after); err != nil {
				return err
			}
			page := db.IdempotencyReplaceManyParams{}
			for _, row := range rows {
				sealed, err := r.again(sealer, row.OwnerID, PurposeAnswer(row.KeyDigest), row.SealedAnswer)
				if err != nil {
					return err
				}
				if sealed == nil {
					continue
				}
				page.OwnerIds, page.KeyDigests = append(page.OwnerIds, row.OwnerID), append(page.KeyDigests, row.KeyDigest)
				page.Sealeds = append(page.Sealeds, sealed)
			}
			return queries.IdempotencyReplaceMany(ctx, tx, page)
		})
		if err != nil {
			return err
		}
		if more = len(rows) == int(resealPage); more {
			last := rows[len(rows)-1]
			after.AfterOwnerID, after.AfterKeyDigest = last.OwnerID, last.KeyDigest
		}
	}
	return nil
}
