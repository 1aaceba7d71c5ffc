package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// KeySource provides a server's master keys. Only the holder of the database's master key lock may call the methods
// that write, so that two concurrent commands cannot lose a key.
type KeySource interface {
	// First returns the key for a new database.
	First() (MasterKey, error)
	// Keys returns the current key, followed by the next one if there is one.
	Keys() ([]MasterKey, error)
	// Next returns the key to rotate to.
	Next() (MasterKey, error)
	// Promote makes the next key the current one.
	Promote() error
}

// GivenKeys are the master keys from the server's configuration. The operator keeps and replaces them.
type GivenKeys struct {
	present MasterKey
	next    *MasterKey
}

// NewGivenKeys parses the current master key and, unless it is empty, the next one.
func NewGivenKeys(present, next string) (GivenKeys, error) {
	key, err := ParseMasterKey(present)
	if err != nil {
		return GivenKeys{}, fmt.Errorf("AGENTEXCHANGE_MASTER_KEY cannot be used: %w", err)
	}
	if next == "" {
		return GivenKeys{present: key}, nil
	}
	nextKey, err := ParseMasterKey(next)
	if err != nil {
		return GivenKeys{}, fmt.Errorf("AGENTEXCHANGE_NEXT_MASTER_KEY cannot be used: %w", err)
	}
	if nextKey == key {
		return GivenKeys{}, errors.New("AGENTEXCHANGE_NEXT_MASTER_KEY is the same as AGENTEXCHANGE_MASTER_KEY; make another key")
	}
	return GivenKeys{present: key, next: &nextKey}, nil
}

// First implements KeySource.
func (g GivenKeys) First() (MasterKey, error) { return g.present, nil }

// Keys implements KeySource.
func (g GivenKeys) Keys() ([]MasterKey, error) {
	if g.next == nil {
		return []MasterKey{g.present}, nil
	}
	return []MasterKey{g.present, *g.next}, nil
}

// Next implements KeySource.
func (g GivenKeys) Next() (MasterKey, error) {
	if g.next == nil {
		return MasterKey{}, errors.New("set AGENTEXCHANGE_NEXT_MASTER_KEY to the key to rotate to, here and on every replica; " +
			"make one with 'openssl rand -base64 32'")
	}
	return *g.next, nil
}

// Promote implements KeySource. It does nothing: the operator changes the configuration.
func (g GivenKeys) Promote() error { return nil }

// KeyFile keeps the master key of a server that runs its own PostgreSQL. During a rotation a second file next to it
// holds the next key, so that both survive a crash at any point.
type KeyFile struct{ Path string }

func (f KeyFile) nextPath() string { return f.Path + ".next" }

// First implements KeySource. It creates the key if there is none.
func (f KeyFile) First() (MasterKey, error) {
	key, err := readKey(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return createKey(f.Path)
	}
	return key, err
}

// Keys implements KeySource. It reads the next key first: a rotation may rename that file to the current key's at any
// moment, and reading in the other order could miss it.
func (f KeyFile) Keys() ([]MasterKey, error) {
	next, nextErr := readKey(f.nextPath())
	if nextErr != nil && !errors.Is(nextErr, fs.ErrNotExist) {
		return nil, nextErr
	}
	key, err := readKey(f.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the master key %s is missing; put back the one that was backed up with the database", f.Path)
	}
	if err != nil || nextErr != nil {
		return []MasterKey{key}, err
	}
	return []MasterKey{key, next}, nil
}

// Next implements KeySource. It creates a new key.
func (f KeyFile) Next() (MasterKey, error) { return createKey(f.nextPath()) }

// Promote implements KeySource.
func (f KeyFile) Promote() error {
	if err := os.Rename(f.nextPath(), f.Path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(f.Path))
}

func readKey(path string) (MasterKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return MasterKey{}, err
	}
	key, err := ParseMasterKey(string(text))
	if err != nil {
		return MasterKey{}, fmt.Errorf("%s cannot be used: %w", path, err)
	}
	return key, nil
}

// createKey writes a new key, readable only by its owner. After a crash there is either all of it or nothing.
func createKey(path string) (MasterKey, error) {
	key, err := NewMasterKey(rand.Reader)
	if err != nil {
		return MasterKey{}, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".master.key.") // mode 0600
	if err != nil {
		return MasterKey{}, err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.WriteString(key.Base64() + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return MasterKey{}, err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return MasterKey{}, err
	}
	return key, syncDir(filepath.Dir(path))
}

// syncDir makes a rename in the directory durable. Windows cannot do that to a directory, and does not need it: NTFS
// keeps a journal of names.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
