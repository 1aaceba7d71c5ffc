//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// initialise makes a new database. It grows in a staging directory and is moved
// to its place when it is complete and, if the server is durable, on disk: an
// interruption at any point leaves either no database or a whole one.
func (s *Server) initialise(ctx context.Context) error {
	began := time.Now()
	staging, err := os.MkdirTemp(string(s.dir), stagingPrefix) // mode 0700
	if err != nil {
		return fmt.Errorf("initialise the database: %w", err)
	}
	defer os.RemoveAll(staging)
	cluster, passwordFile := filepath.Join(staging, "data"), filepath.Join(staging, "password")
	// A file, because everybody can read a command line; a copy, because the
	// child's user may not read ours.
	err = errors.Join(
		os.WriteFile(passwordFile, []byte(s.password+"\n"), 0o600),
		s.as.give(passwordFile),
		s.as.give(staging),
	)
	if err != nil {
		return fmt.Errorf("initialise the database: %w", err)
	}
	if err := s.run(ctx, staging, "initdb",
		"--pgdata="+cluster,
		"--username="+superuser,
		"--pwfile="+passwordFile,
		"--auth=scram-sha-256",
		"--encoding=UTF8",
		"--locale=C", // the same order of texts on every machine
		"--data-checksums",
		"--no-sync",
		"--no-instructions",
	); err != nil {
		return err
	}
	if s.cfg.Durable {
		if err := s.run(ctx, staging, "initdb", "--pgdata="+cluster, "--sync-only"); err != nil {
			return err
		}
	}
	if err := errors.Join(os.Rename(cluster, s.dir.cluster()), syncDir(string(s.dir))); err != nil {
		return fmt.Errorf("initialise the database: %w", err)
	}
	s.log.Debug("initialised a new database", "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// run executes a program that ends by itself. It is killed when ctx ends, and
// with this process.
func (s *Server) run(ctx context.Context, dir, program string, args ...string) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("run %s: %w", program, err)
	}
	p, err := command{
		path: s.bin.path(program), args: args, dir: dir, as: s.as,
		deathSignal: syscall.SIGKILL, log: s.logLine,
	}.start()
	if err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-ctx.Done():
		p.end(syscall.SIGTERM)
		return fmt.Errorf("run %s: %w", program, context.Cause(ctx))
	}
	if p.failed {
		return p.exitError(program)
	}
	return nil
}
