//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clearLeftover stops a postmaster that runs on our database although nobody
// else holds the lock: the leftover of a killed process. It is never used
// further, because nothing would end it together with us.
func (s *Server) clearLeftover(ctx context.Context) error {
	lines, err := s.dir.pidLines()
	if err != nil {
		return err
	}
	if lines == nil {
		return nil
	}
	pid, _ := strconv.Atoi(lines[0])
	if pid <= 0 {
		// Cut short by a crash of the machine: PostgreSQL would not start.
		if err := os.Remove(s.dir.pidFile()); err != nil {
			return fmt.Errorf("remove a damaged postmaster.pid: %w", err)
		}
		return nil
	}
	if s.dir.runsPostmaster(pid) {
		if err := s.stopLeftover(ctx, pid); err != nil {
			return err
		}
	}
	return s.dir.disownPid(pid)
}

func (s *Server) stopLeftover(ctx context.Context, pid int) error {
	s.log.Info("waiting for the PostgreSQL of a killed process to end", "pid", pid)
	ended, err := s.awaitEnd(ctx, pid, s.machine.leftoverGrace)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if ended || err != nil {
			return err
		}
		s.log.Warn("stopping the PostgreSQL of a killed process", "pid", pid, "signal", sig.String())
		if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the PostgreSQL (process %d) that still runs in %s: %w", pid, s.dir.cluster(), err)
		}
		ended, err = s.awaitEnd(ctx, pid, killPatience)
	}
	if err == nil && !ended {
		err = fmt.Errorf("the PostgreSQL (process %d) that still runs in %s does not end: stop it by hand", pid, s.dir.cluster())
	}
	return err
}

// awaitEnd looks again and again, because only a parent is told of the end of a
// process. It reports whether the postmaster has ended within the patience.
func (s *Server) awaitEnd(ctx context.Context, pid int, patience time.Duration) (bool, error) {
	for deadline := time.Now().Add(patience); s.dir.runsPostmaster(pid); {
		if !time.Now().Before(deadline) {
			return false, nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return false, fmt.Errorf("wait for the PostgreSQL of a killed process: %w", err)
		}
	}
	return true, nil
}

// pidLines is the content of postmaster.pid: the process id first, on the
// eighth line what the postmaster is doing. Nil when there is no such file.
func (d dataDir) pidLines() ([]string, error) {
	text, err := os.ReadFile(d.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a running PostgreSQL: %w", err)
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines, nil
}

// runsPostmaster tells a postmaster of this database from an unrelated process
// that was given the same id later. A postmaster works in its data directory,
// however that was named when it was started; ours is also known by its
// arguments, which every user can see.
func (d dataDir) runsPostmaster(pid int) bool {
	if workingDir(pid) == d.cluster() {
		return true
	}
	args := commandLine(pid)
	if len(args) == 1 {
		return strings.Contains(args[0], "postgres -D "+d.cluster())
	}
	at := slices.Index(args, "-D")
	return at > 0 && at+1 < len(args) &&
		filepath.Base(args[0]) == "postgres" && args[at+1] == d.cluster()
}

// disownPid makes PostgreSQL start although postmaster.pid names a process that
// exists, which it takes for a postmaster. In a container ids repeat from one
// run to the next, so this is common there: the id may even be that of one of
// our own threads. Removing the file would also remove the shared memory key
// that protects against surviving backends, so only the id is replaced, by one
// that no system gives out.
func (d dataDir) disownPid(pid int) error {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	text, err := os.ReadFile(d.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the postmaster that has just ended removed it
	}
	if err == nil {
		_, rest, _ := strings.Cut(string(text), "\n")
		// In place, which keeps the owner.
		err = os.WriteFile(d.pidFile(), []byte("2147483647\n"+rest), 0o600)
	}
	if err != nil {
		return fmt.Errorf("correct postmaster.pid: %w", err)
	}
	return nil
}
