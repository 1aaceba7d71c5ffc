package postgres

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Beginner begins transactions; a pool and a connection both do.
type Beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

const (
	maxAttempts = 5               // of a transaction that conflicts with others
	endTimeout  = 5 * time.Second // for a commit or a rollback
	retryPause  = 10 * time.Millisecond
)

// InTx runs fn in a transaction and commits it. It rolls back if fn fails or panics or ctx ends. It runs fn again, in a
// new transaction, only after a conflict with another one (serialization failure or deadlock), so fn must have no
// effect outside its transaction. If the connection is lost during the commit, whether the change was saved is unknown;
// InTx then fails with fault.OutcomeUnknown.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := once(ctx, db, fn)
		if attempt == maxAttempts || !LostAgainstAnother(err) {
			return err
		}
		// Jitter, so that transactions that deadlocked do not collide again.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(attempt) * retryPause)): //nolint:gosec // guessing it gains nothing
		}
	}
}

func once(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	// This does nothing after a commit. It ignores the caller's cancellation, so that the connection can be reused.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
		defer cancel()
		_ = tx.Rollback(ctx)
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// From here on, finish even if the caller has gone: an interrupted commit leaves its outcome unknown.
	sendable := !tx.Conn().IsClosed()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	err = tx.Commit(ctx)
	if err != nil && sendable && CommitMayHaveHappened(err) {
		return fault.New(fault.OutcomeUnknown).Because(err)
	}
	return err
}

// CommitMayHaveHappened reports whether a failed commit may have succeeded after all: the database did not reject it,
// but its answer was lost. It must not use pgconn.SafeToRetry: if the connection is lost after the commit was sent, pgx
// 5.12 returns "conn closed", which claims that nothing was sent.
func CommitMayHaveHappened(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) || errors.Is(err, pgx.ErrTxClosed) {
		return false
	}
	var refusal *pgconn.PgError
	return !errors.As(err, &refusal) || isShutdown(refusal)
}

// LostAgainstAnother reports whether a transaction lost a conflict with another and can be repeated: serialization
// failure or deadlock.
func LostAgainstAnother(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && (refusal.Code == "40001" || refusal.Code == "40P01")
}

// IsLockTimeout reports whether a lock was not acquired within lock_timeout.
func IsLockTimeout(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == "55P03"
}

// isShutdown reports whether the server ended the session (57P01 to 57P05). During a commit, that can happen before or
// after the change is durable.
func isShutdown(refusal *pgconn.PgError) bool { return strings.HasPrefix(refusal.Code, "57P") }

// IsUnavailable reports whether the database could not be reached or was out of resources, so that retrying later makes
// sense.
func IsUnavailable(err error) bool {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		class := refusal.Code[:min(2, len(refusal.Code))]
		return isShutdown(refusal) || class == "08" || class == "53" || refusal.Code == "55P03" ||
			refusal.Code == "57014" || refusal.Code == "25006"
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connecting) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, io.EOF) || pgconn.SafeToRetry(err)
}

// ViolatesUnique reports whether the named unique index rejected a row.
func ViolatesUnique(err error, index string) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == "23505" && refusal.ConstraintName == index
}

// ViolatesForeignKey reports whether a row was rejected because the row it refers to does not exist.
func ViolatesForeignKey(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == "23503"
}
