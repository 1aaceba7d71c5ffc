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
	maxAttempts = 5               // of a transaction that loses against another one
	endTimeout  = 5 * time.Second // for a commit or a rollback
	retryPause  = 10 * time.Millisecond
)

// InTx runs fn in a transaction and commits it. It rolls back when fn fails or panics and when ctx ends. fn runs again,
// in a new transaction, when this one lost against another (serialization failure, deadlock), and for no other reason;
// so it must not touch anything but its transaction. When the connection is lost during the commit, nobody knows
// whether the change was saved: that is fault.OutcomeUnknown.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := once(ctx, db, fn)
		if attempt == maxAttempts || !LostAgainstAnother(err) {
			return err
		}
		// Whoever lost together shall not meet again.
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Duration(attempt) * retryPause)): //nolint:gosec // nobody gains by guessing it
		}
	}
}

func once(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	// After a commit this does nothing. Not under the caller's cancellation, so that the connection goes back in order.
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
	// From here on the answer is wanted even if the caller has gone: a commit that is broken off leaves everybody in
	// doubt.
	sendable := !tx.Conn().IsClosed()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	err = tx.Commit(ctx)
	if err != nil && sendable && CommitMayHaveHappened(err) {
		return fault.New(fault.OutcomeUnknown).Because(err)
	}
	return err
}

// CommitMayHaveHappened tells a refusal, which the database answered, from a commit whose answer never came. It must
// not ask pgconn.SafeToRetry: when the connection is lost after the commit was sent, pgx 5.12 answers "conn closed",
// which claims that nothing was sent.
func CommitMayHaveHappened(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) || errors.Is(err, pgx.ErrTxClosed) {
		return false
	}
	var refusal *pgconn.PgError
	return !errors.As(err, &refusal) || isShutdown(refusal)
}

// LostAgainstAnother recognises a transaction that can simply be repeated: serialization failure, deadlock.
func LostAgainstAnother(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && (refusal.Code == "40001" || refusal.Code == "40P01")
}

// IsLockTimeout recognises a lock that was not had in the time that lock_timeout allows.
func IsLockTimeout(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == "55P03"
}

// isShutdown recognises a server that ends its sessions (57P01 to 57P05): during a commit that can be before or after
// the change is durable.
func isShutdown(refusal *pgconn.PgError) bool { return strings.HasPrefix(refusal.Code, "57P") }

// IsUnavailable reports that the database could not be reached or had no room, so that trying again later makes sense.
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

// ViolatesUnique reports that a row was refused by the named unique index.
func ViolatesUnique(err error, index string) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == "23505" && refusal.ConstraintName == index
}

// ViolatesForeignKey reports that a row was refused because the row it refers to is not there.
func ViolatesForeignKey(err error) bool {
	var refusal *pgconn.PgError
	return errors.As(err, &refusal) && refusal.Code == "23503"
}
