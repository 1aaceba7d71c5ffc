//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// restartDelay is the pause before the first restart; it doubles up to
	// restartDelayMax, and starts anew after a run of steadyRun.
	restartDelay    = 20 * time.Millisecond
	restartDelayMax = 5 * time.Second
	steadyRun       = 10 * time.Second

	// memoryPatience is how long the first start waits for the backends of a
	// killed postmaster to end.
	memoryPatience = 10 * time.Second

	// SQLSTATEs, see appendix A of the PostgreSQL manual.
	invalidCatalogName = "3D000"
	cannotConnectNow   = "57P03"
	tooManyConnections = "53300"
	invalidPassword    = "28P01"
)

// supervise owns the child from now on: it alone starts and ends it, so that
// Stop cannot race with a restart.
func (s *Server) supervise(ctx context.Context, p *process) {
	defer close(s.finished)
	defer s.lock.release()
	delay, since := restartDelay, time.Now()
	for p != nil {
		select {
		case <-ctx.Done():
			s.shutDown(p)
			return
		case <-p.exited:
		}
		if ctx.Err() != nil {
			return
		}
		s.settled.Store(false)
		s.log.Warn("PostgreSQL ended unexpectedly and is started again", "state", p.state, "port", s.port)
		if time.Since(since) > steadyRun {
			delay = restartDelay
		}
		p = s.revive(ctx, &delay)
		since = time.Now()
	}
}

// revive starts PostgreSQL until it succeeds; nil when ctx ends first.
func (s *Server) revive(ctx context.Context, delay *time.Duration) *process {
	for {
		if pause(ctx, *delay) != nil {
			return nil
		}
		*delay = min(2**delay, restartDelayMax)
		p, err := s.launch(ctx)
		if err == nil {
			s.settled.Store(true)
			s.log.Info("PostgreSQL is back", "port", s.port)
			return p
		}
		if ctx.Err() != nil {
			return nil
		}
		s.log.Warn("PostgreSQL does not start; trying again", "error", err, "in", *delay)
	}
}

// shutDown ends the child in an orderly way, or at once when Stop says so.
func (s *Server) shutDown(p *process) {
	s.settled.Store(false)
	p.signal(syscall.SIGINT) // "fast": connections are dropped, everything is written
	select {
	case <-p.exited:
	case <-s.hurry:
		p.end(syscall.SIGQUIT)
	}
}

// launchFirst chooses a port and starts PostgreSQL on it.
func (s *Server) launchFirst(ctx context.Context) (*process, error) {
	began := time.Now()
	for attempt := 1; ; attempt++ {
		var err error
		if s.port, err = freePort(); err != nil {
			return nil, err
		}
		s.url = s.connectionURL(databaseName)
		p, err := s.launch(ctx)
		if err == nil {
			return p, nil
		}
		var exit *exitError
		if ctx.Err() != nil || !errors.As(err, &exit) {
			return nil, err
		}
		switch {
		case exit.said("could not bind") && attempt < 20:
			// Another process took the port in the meantime.
		case exit.said("still in use") && time.Since(began) < memoryPatience:
			// "pre-existing shared memory block is still in use": the backends
			// of a killed postmaster have not yet noticed its end.
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// launch starts PostgreSQL on s.port and returns when it is ready. After an
// error nothing is left running; the error is an *exitError if PostgreSQL ended
// by itself.
func (s *Server) launch(ctx context.Context) (*process, error) {
	if err := s.clearLeftover(ctx); err != nil {
		return nil, err
	}
	p, err := command{
		path: s.bin.path("postgres"), args: s.arguments(), dir: s.dir.cluster(), as: s.as,
		deathSignal: syscall.SIGQUIT, log: s.logLine,
	}.start()
	if err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, p); err != nil {
		p.end(syscall.SIGQUIT)
		return nil, err
	}
	return p, nil
}

// awaitReady has no time limit but the context's: recovery after a crash takes
// as long as it takes.
func (s *Server) awaitReady(ctx context.Context, p *process) error {
	for delay := time.Millisecond; ; delay = min(delay*5/4, 25*time.Millisecond) {
		if s.dir.readyPid() == p.pid {
			ready, err := s.ping(ctx)
			if ready || err != nil {
				return err
			}
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-p.exited:
			timer.Stop()
			return p.exitError("postgres")
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("start PostgreSQL: %w", context.Cause(ctx))
		}
	}
}

// readyPid is the process id of the postmaster that says it is ready, else 0.
// Asking the file before the port avoids talking to a stranger's server.
func (d dataDir) readyPid() int {
	lines, err := d.pidLines()
	if err != nil || len(lines) < 8 || lines[7] != "ready" {
		return 0
	}
	pid, _ := strconv.Atoi(lines[0])
	return pid
}

// ping reports whether the database accepts connections, creating it the first
// time. An error is one that waiting does not cure.
func (s *Server) ping(ctx context.Context) (ready bool, err error) {
	err = s.execute(ctx, databaseName, "")
	if sqlState(err) == invalidCatalogName {
		err = s.execute(ctx, "postgres", "CREATE DATABASE "+databaseName)
	}
	var refusal *pgconn.PgError
	switch {
	case err == nil:
		return true, nil
	case !errors.As(err, &refusal), refusal.Code == cannotConnectNow:
		return false, nil
	case refusal.Code == tooManyConnections:
		return true, nil
	case refusal.Code == invalidPassword:
		return false, fmt.Errorf("the database in %s does not accept the password in %s: put the right one back from a backup", s.dir.cluster(), s.dir.passwordFile())
	default:
		return false, fmt.Errorf("connect to the new PostgreSQL: %w", err)
	}
}

// execute opens a connection for one statement, or for none.
func (s *Server) execute(ctx context.Context, database, statement string) error {
	// For a server that accepts a connection and then says nothing. Creating
	// the database may take long on a slow disk.
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.connectionURL(database))
	if err != nil {
		return err
	}
	if statement != "" {
		_, err = conn.Exec(ctx, statement)
	}
	return errors.Join(err, conn.Close(ctx))
}

func sqlState(err error) string {
	if refusal, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refusal.Code
	}
	return ""
}

// freePort finds a port on which nothing listens. It stays below the range from
// which systems take the ports of outgoing connections, so that none of those
// takes it while PostgreSQL is restarted.
func freePort() (int, error) {
	const lowest, count = 15000, 15000
	var err error
	for range 100 {
		port := lowest + rand.IntN(count)
		var l net.Listener
		if l, err = net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("find a free port: %w", err)
}

// logLine passes on a line of PostgreSQL's. Errors of statements are the
// business of whoever sent them, and a start and a stop are full of harmless
// refusals.
func (s *Server) logLine(line string) {
	level := slog.LevelDebug
	if severity, _, ok := strings.Cut(line, ":"); ok && s.settled.Load() {
		switch severity {
		case "WARNING", "FATAL", "PANIC":
			level = slog.LevelWarn
		}
	}
	s.log.Log(context.Background(), level, line, "from", "postgres")
}
