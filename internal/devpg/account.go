//go:build unix

package devpg

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user of the operating system that PostgreSQL runs as. The
// zero value is the user of this process.
type account struct {
	name       string
	credential *syscall.Credential
}

// childAccount decides who runs PostgreSQL. It refuses to run as root, so root
// hands it to the owner of an existing database, else to the user postgres,
// else to nobody.
func childAccount(cluster string) (account, error) {
	owner, exists, err := ownerOf(cluster)
	if err != nil {
		return account{}, err
	}
	if euid := uint32(os.Geteuid()); euid != 0 {
		if exists && owner.Uid != euid {
			return account{}, fmt.Errorf("the database in %s belongs to another user (uid %d), as it does after a start by root; run as that user, or choose another data directory", cluster, owner.Uid)
		}
		return account{}, nil
	}
	if exists && owner.Uid != 0 {
		name := "uid " + strconv.FormatUint(uint64(owner.Uid), 10)
		return account{name: name, credential: owner}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if as, err := lookUpAccount(name); err == nil {
			return as, nil
		}
	}
	return account{}, errors.New("PostgreSQL refuses to run as root, and this machine has neither a user postgres nor a user nobody to run it as: run as an ordinary user, or set DATABASE_URL")
}

func lookUpAccount(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	return account{name: name, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

func ownerOf(path string) (owner *syscall.Credential, exists bool, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look at the database: %w", err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	return &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}, true, nil
}

// give makes the account the owner of one file or directory.
func (a account) give(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// takeOver gives a whole database to the account if it belongs to root, as it
// does when root has restored it from a backup.
func (a account) takeOver(cluster string) error {
	owner, _, err := ownerOf(cluster)
	if err != nil || a.credential == nil || owner == nil || owner.Uid != 0 {
		return err
	}
	err = filepath.WalkDir(cluster, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == cluster {
			return err
		}
		return a.give(path)
	})
	// The top comes last: it is what says that the rest was done.
	if err := errors.Join(err, a.give(cluster)); err != nil {
		return fmt.Errorf("give the database to %s: %w", a.name, err)
	}
	return nil
}

// explain adds to a refused access which directory is closed to the account: a
// child that may not reach its own program or files fails without naming them.
func (a account) explain(err error, paths ...string) error {
	if a.credential == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for _, path := range paths {
		if closed, found := a.firstClosed(path); found {
			return fmt.Errorf("PostgreSQL runs as %s when started by root, and %s is closed to it: open that directory with chmod a+x, or choose another: %w", a.name, closed, err)
		}
	}
	return err
}

// firstClosed finds the topmost directory on the way to path, and path itself,
// that the account may not search.
func (a account) firstClosed(path string) (closed string, found bool) {
	if parent := filepath.Dir(path); parent != path {
		if closed, found = a.firstClosed(parent); found {
			return closed, true
		}
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return "", false
	}
	bit := fs.FileMode(0o001)
	switch stat := info.Sys().(*syscall.Stat_t); {
	case stat.Uid == a.credential.Uid:
		bit = 0o100
	case stat.Gid == a.credential.Gid:
		bit = 0o010
	}
	return path, info.Mode()&bit == 0
}
