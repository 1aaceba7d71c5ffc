//go:build unix

package devpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// lockPatience is how long a lock held by somebody else is tried again. It
// spans the instant for which Attach holds the lock, and the end of a process
// that was just killed.
const lockPatience = 250 * time.Millisecond

// dirLock is the exclusive right to a data directory. It ends with the process
// at the latest, and is not inherited by children. The file also tells Attach
// the port of the running server.
type dirLock struct{ file *os.File }

// acquire returns an error that is ErrLocked if somebody else has the lock.
func (d dataDir) acquire(ctx context.Context) (*dirLock, error) {
	f, err := os.OpenFile(d.lockFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	for deadline := time.Now().Add(lockPatience); ; {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			break
		}
		if time.Now().After(deadline) {
			err = fmt.Errorf("%w %s; stop it, or choose another directory", ErrLocked, d)
			return nil, errors.Join(err, f.Close())
		}
		if err = pause(ctx, 5*time.Millisecond); err != nil {
			break
		}
	}
	if err == nil {
		err = f.Truncate(0) // the port of the last owner
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data directory: %w", err), f.Close())
	}
	return &dirLock{file: f}, nil
}

// publish tells Attach where the server listens.
func (l *dirLock) publish(port int) error {
	if _, err := l.file.WriteAt([]byte(strconv.Itoa(port)+"\n"), 0); err != nil {
		return fmt.Errorf("publish the port of the database: %w", err)
	}
	return nil
}

func (l *dirLock) release() {
	// Closing alone would leave the lock to a child that is being forked right
	// now and has not yet closed its copy of the descriptor.
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	_ = l.file.Close()
}

// Attach returns the URL of the PostgreSQL that another process, or another
// part of this one, has started on the data directory and still owns. When
// nobody does, running is false. A server that is still starting is an error,
// and so is a directory that this user may not read. An empty directory means
// DefaultDataDir.
func Attach(dir string) (url string, running bool, err error) {
	if dir == "" {
		dir = DefaultDataDir()
	}
	d := dataDir(dir)
	f, err := os.Open(d.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("look for a running server: %w", err)
	}
	defer f.Close()
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); {
	case err == nil:
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
		return "", false, nil
	case !errors.Is(err, syscall.EWOULDBLOCK):
		return "", false, fmt.Errorf("look for a running server: %w", err)
	}
	text, err := os.ReadFile(d.lockFile())
	if err != nil {
		return "", true, fmt.Errorf("look for a running server: %w", err)
	}
	number, complete := strings.CutSuffix(string(text), "\n")
	port, err := strconv.Atoi(number)
	if !complete || err != nil {
		return "", true, fmt.Errorf("the server that uses %s is still starting; try again when it is ready", dir)
	}
	password, err := d.readPassword()
	if err != nil {
		return "", true, err
	}
	s := Server{port: port, password: password}
	return s.connectionURL(databaseName), true, nil
}

// pause waits, unless the context ends first: then it returns the context's
// error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
