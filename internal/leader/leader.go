// Package leader lets one replica at a time do what must not be done twice at once. The leader is the replica whose
// connection holds an advisory lock of PostgreSQL, which is free again as soon as that connection is gone.
package leader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/jackc/pgx/v5"
)

const (
	electEvery = time.Second      // how often a replica that is not the leader tries to become it
	callLimit  = 10 * time.Second // for connecting, and for one try
)

// Election is the contest for one lock.
type Election struct {
	Name    string // of the lock
	Connect func(context.Context) (*pgx.Conn, error)
	Log     *slog.Logger
}

// Run takes part until ctx ends. While this replica is the leader, lead runs. Its ctx is Run's; conn is the connection
// that holds the lock, and lead may use it: an error of it means that the lock is lost. When lead fails, the lock is given
// back and the contest goes on. A replica that is not the leader keeps its connection and asks again each second.
func (e *Election) Run(ctx context.Context, lead func(ctx context.Context, conn *pgx.Conn) error) error {
	var conn *pgx.Conn
	defer func() { closeConn(conn) }()
	ticker := time.NewTicker(electEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		var elected bool
		var err error
		if conn, elected, err = e.try(ctx, conn); err == nil && elected {
			err = lead(ctx, conn)
			closeConn(conn)
			conn = nil
		}
		if err != nil && ctx.Err() == nil {
			e.Log.LogAttrs(ctx, slog.LevelWarn, "not the leader; trying again", slog.String("of", e.Name), slog.Any("cause", err))
			closeConn(conn)
			conn = nil
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
	return nil
}

// try asks for the lock on the connection, which is opened if there is none.
func (e *Election) try(ctx context.Context, conn *pgx.Conn) (_ *pgx.Conn, elected bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	if conn == nil {
		if conn, err = e.Connect(ctx); err != nil {
			return nil, false, fmt.Errorf("connecting: %w", err)
		}
	}
	elected, err = db.New().LeaderTryLock(ctx, conn, e.Name)
	return conn, elected, err
}

// Together runs what the leader does, all at once, until ctx ends or one of them fails; then it ends the others.
func Together(ctx context.Context, all ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(all))
	for _, do := range all {
		go func() {
			defer cancel()
			ended <- do(ctx)
		}()
	}
	var errs []error
	for range all {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

func closeConn(conn *pgx.Conn) {
	if conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
