package browser_test

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/andybalholm/brotli"
)

// chromium is a browser, and what its environment needs.
type chromium struct {
	path string
	env  []string
}

// findChromium returns the browser of this machine, or else one that an npm package carries, with the libraries and
// fonts that a bare machine lacks.
var findChromium = sync.OnceValues(func() (chromium, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return chromium{path: path}, nil
		}
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return chromium{}, errors.New("no Chromium on the PATH: install one, and call it chromium")
	}
	env, err := toolchain.Install(context.Background(), "chromium/package-lock.json")
	if err != nil {
		return chromium{}, err
	}
	dir := filepath.Join(env.Dir, "unpacked")
	if err := unpackOnce(filepath.Join(env.Dir, "node_modules", "@sparticuz", "chromium", "bin"), dir); err != nil {
		return chromium{}, fmt.Errorf("unpack Chromium: %w", err)
	}
	return chromium{filepath.Join(dir, "chromium"), []string{
		"LD_LIBRARY_PATH=" + filepath.Join(dir, "lib"), "FONTCONFIG_FILE=" + filepath.Join(dir, "ours.conf"),
	}}, nil
})

// fontsConf names the package's fonts beside those of the machine.
const fontsConf = `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>/usr/share/fonts</dir><dir>%s</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>
`

// unpackOnce unpacks what the package carries, unless that was done before.
func unpackOnce(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	made, err := os.MkdirTemp(filepath.Dir(to), "unpacking")
	if err != nil {
		return err
	}
	defer os.RemoveAll(made)
	root, err := os.OpenRoot(made)
	if err != nil {
		return err
	}
	defer root.Close()
	err = decompress(filepath.Join(from, "chromium.br"), func(r io.Reader) error { return save(root, "chromium", r, 0o755) })
	if err != nil {
		return err
	}
	for _, archive := range []string{"al2023.tar.br", "fonts.tar.br"} {
		if err := decompress(filepath.Join(from, archive), func(r io.Reader) error { return untar(root, r) }); err != nil {
			return err
		}
	}
	conf := fmt.Sprintf(fontsConf, filepath.Join(to, "fonts"))
	if err := root.WriteFile("ours.conf", []byte(conf), 0o644); err != nil {
		return err
	}
	if err := os.Rename(made, to); !errors.Is(err, os.ErrExist) { // another process may have been faster
		return err
	}
	return nil
}

func decompress(path string, use func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	return use(brotli.NewReader(file))
}

func untar(root *os.Root, archive io.Reader) error {
	for reader := tar.NewReader(archive); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && header.Typeflag == tar.TypeReg {
			err = save(root, header.Name, reader, 0o644)
		}
		if err != nil {
			return err
		}
	}
}

func save(root *os.Root, name string, from io.Reader, mode os.FileMode) error {
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}
