//go:build unix

package devpg

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The real thing, on a machine that has no PostgreSQL.
func TestDownload(t *testing.T) {
	t.Parallel()
	cacheDir, log := filepath.Join(newDir(t), "cache"), newJournal()
	m := machine{download: pinnedDownload()}
	cfg := Config{DataDir: newDataDir(t), CacheDir: cacheDir, Durable: true, Logger: log.logger()}
	s := startedOn(t, cfg, m)
	require.Equal(t, "18.4", query(t, s.URL(), "SHOW server_version"))
	require.Contains(t, log.text(), "downloading PostgreSQL 18.4 (")
	remember(t, s.URL(), "kept")
	stopped(t, s)

	// From now on the network is not needed.
	m.download.registry = "http://127.0.0.1:1"
	s = startedOn(t, cfg, m)
	require.Equal(t, "kept", recall(t, s.URL()))
	entries, err := os.ReadDir(cacheDir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else may stay in the cache")
}

// archive makes an npm tarball.
func archive(t *testing.T, headers []tar.Header, contents map[string]string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	gz := gzip.NewWriter(&buffer)
	w := tar.NewWriter(gz)
	for name, content := range contents {
		headers = append(headers, tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))})
	}
	for _, header := range headers {
		require.NoError(t, w.WriteHeader(&header))
		_, err := w.Write([]byte(contents[header.Name]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, gz.Close())
	return buffer.Bytes()
}

// serve makes a registry that holds one tarball, and the download of it.
func serve(t *testing.T, tarball []byte) download {
	t.Helper()
	d := download{platform: "test-x64", version: "18.4.0-beta.17", major: 18}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /npm/@embedded-postgres/test-x64/-/test-x64-18.4.0-beta.17.tgz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(tarball)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	d.registry = server.URL + "/npm/"
	sum := sha512.Sum512(tarball)
	d.integrity = "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
	return d
}

func TestManyDownloadsAtOnce(t *testing.T) {
	t.Parallel()
	d := serve(t, archive(t, nil, map[string]string{
		"package/package.json":                  "{}",
		"package/native/bin/postgres":           "#!/bin/sh\necho 'postgres (PostgreSQL) 18.4'\n",
		"package/native/bin/initdb":             "#!/bin/sh\n",
		"package/native/lib/libpq.so.5.18":      "library",
		"package/native/share/a/b/c":            "deep",
		"package/native/" + linksFile:           `[{"source":"native/lib/libpq.so.5.18","target":"native/lib/more/libpq.so"}]`,
		"package/scripts/hydrate-symlinks.js":   "",
		"package/native/share/zone/../zone/UTC": "clean",
	}))
	cacheDir, log := filepath.Join(newDir(t), "a", "cache"), newJournal()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			bin, err := d.fetch(testContext(t), cacheDir, log.logger())
			if err == nil {
				_, err = os.Stat(filepath.Join(bin, "postgres"))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	entries, err := os.ReadDir(cacheDir)
	require.NoError(t, err)
	require.Len(t, entries, 1)

	found, err := findIn(t, machine{download: d}, 18)
	require.NoError(t, err)
	require.Equal(t, "18.4", found.version)
	text, err := os.ReadFile(filepath.Join(found.dir, "..", "lib", "more", "libpq.so"))
	require.NoError(t, err)
	require.Equal(t, "library", string(text))
	info, err := os.Stat(filepath.Join(found.dir, "..", "share", "a", "b"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm())
}

func TestFailedDownload(t *testing.T) {
	t.Parallel()
	good := serve(t, archive(t, nil, map[string]string{"package/native/bin/postgres": "good"}))
	tampered := serve(t, archive(t, nil, map[string]string{"package/native/bin/postgres": "evil"}))
	tampered.integrity = good.integrity
	missing := good
	missing.version = "18.9.9"
	offline := good
	offline.registry = "http://127.0.0.1:1"
	unsupported := good
	unsupported.platform, unsupported.integrity = "plan9-vax", ""
	for _, c := range []struct {
		name     string
		download download
		message  string
	}{
		{"tampered", tampered, "is not the file it should be: its checksum is sha512-"},
		{"missing", missing, "answers 404 Not Found"},
		{"offline", offline, "connection refused"},
		{"unsupported", unsupported, "there is no download for plan9-vax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cacheDir := newDir(t)
			_, err := start(testContext(t), Config{DataDir: newDataDir(t), CacheDir: cacheDir}, machine{download: c.download})
			require.ErrorContains(t, err, c.message)
			require.ErrorContains(t, err, "no PostgreSQL 15 or newer is installed, and it could not be downloaded (")
			require.ErrorContains(t, err, "): install PostgreSQL, set PG_BIN to the directory of its programs, or set DATABASE_URL to a running server")
			entries, err := os.ReadDir(cacheDir)
			require.NoError(t, err)
			require.Empty(t, entries, "something of it stayed in the cache")
		})
	}
}

func TestHostileArchive(t *testing.T) {
	t.Parallel()
	regular := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }
	links := func(source, target string) map[string]string {
		return map[string]string{"package/native/" + linksFile: `[{"source":"` + source + `","target":"` + target + `"}]`}
	}
	for name, c := range map[string]struct {
		headers  []tar.Header
		contents map[string]string
		message  string
	}{
		"upwards":           {[]tar.Header{regular("package/native/../../../evil")}, nil, "forbidden path"},
		"absolute":          {[]tar.Header{regular("/tmp/evil")}, nil, "forbidden path"},
		"symbolic link":     {[]tar.Header{{Name: "package/native/bin", Typeflag: tar.TypeSymlink, Linkname: "/"}}, nil, "neither a file nor a directory"},
		"hard link":         {[]tar.Header{{Name: "package/native/a", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}}, nil, "neither a file nor a directory"},
		"device":            {[]tar.Header{{Name: "package/native/a", Typeflag: tar.TypeChar}}, nil, "neither a file nor a directory"},
		"twice":             {[]tar.Header{regular("package/native/a"), regular("package/native/a")}, nil, "file exists"},
		"link to outside":   {nil, links("native/../../../etc/passwd", "native/a"), "forbidden link"},
		"link from outside": {nil, links("native/a", "native/../../a"), "forbidden link"},
		"link elsewhere":    {nil, links("/etc/passwd", "native/a"), "forbidden link"},
		"no list of links":  {nil, map[string]string{"package/native/" + linksFile: "{"}, linksFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			tarball := filepath.Join(dir, "tarball")
			require.NoError(t, os.WriteFile(tarball, archive(t, c.headers, c.contents), 0o600))
			require.ErrorContains(t, unpack(tarball, filepath.Join(dir, "unpacked")), c.message)
		})
	}
}

func TestPinnedDownload(t *testing.T) {
	for _, name := range []string{"npm_config_registry", "NPM_CONFIG_REGISTRY"} {
		t.Setenv(name, "")
	}
	d := pinnedDownload()
	require.Equal(t, "https://registry.npmjs.org/@embedded-postgres/"+d.platform+"/-/"+d.platform+"-18.4.0-beta.17.tgz", d.url())
	require.NotEmpty(t, d.integrity, "this platform has no download")
	t.Setenv("NPM_CONFIG_REGISTRY", "https://mirror.test/npm/")
	require.Equal(t, "https://mirror.test/npm/@embedded-postgres/"+d.platform+"/-/"+d.platform+"-18.4.0-beta.17.tgz", pinnedDownload().url())
}
