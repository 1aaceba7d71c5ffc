package web_test

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/web"
	"github.com/stretchr/testify/require"
)

const (
	checkout   = "../.."
	repository = "https://github.com/agentexchange/agentexchange/blob/main/"
)

var href = regexp.MustCompile(` href="([^"]*)"`)

// documents returns the Markdown files that people read on a code host.
func documents(t *testing.T) []string {
	t.Helper()
	files := []string{filepath.Join(checkout, "README.md")}
	for _, pattern := range []string{filepath.Join(checkout, ".github", "*.md"), "guide/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		files = append(files, found...)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// found returns what a pattern's group matches.
func found(pattern *regexp.Regexp, text string) []string {
	var all []string
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	return all
}

func TestEveryLinkOfTheDocumentsLeadsSomewhere(t *testing.T) {
	t.Parallel()
	rendered := func(file string) string {
		html, err := web.ToHTML(read(t, file))
		require.NoError(t, err)
		return string(html)
	}
	for _, file := range documents(t) {
		for _, link := range found(href, rendered(file)) {
			if strings.HasPrefix(link, "https://") {
				continue
			}
			target, err := url.Parse(link)
			require.NoError(t, err, "%s: %s", file, link)
			require.Empty(t, target.Scheme, "%s: %s", file, link)
			require.False(t, filepath.IsAbs(target.Path), "%s: %s works only on the server", file, link)
			leads := file
			if target.Path != "" {
				leads = filepath.Join(filepath.Dir(file), target.Path)
			}
			require.FileExists(t, leads, "%s: %s", file, link)
			if target.Fragment != "" {
				require.Contains(t, found(anchor, rendered(leads)), target.Fragment, "%s: %s", file, link)
			}
		}
	}
}

func TestNoTwoHeadingsOfADocumentShareAnAnchor(t *testing.T) {
	t.Parallel()
	for _, file := range documents(t) {
		html, err := web.ToHTML(read(t, file))
		require.NoError(t, err)
		seen := map[string]bool{}
		for _, name := range found(anchor, string(html)) {
			// A changelog has the same few headings for each version, and nothing links to them.
			require.True(t, !seen[name] || filepath.Base(file) == "CHANGELOG.md", "%s: %s", file, name)
			seen[name] = true
		}
	}
}

func TestTheReadmeLeadsToEveryDocument(t *testing.T) {
	t.Parallel()
	readme := read(t, filepath.Join(checkout, "README.md"))
	for _, file := range documents(t)[1:] {
		path := filepath.ToSlash(filepath.Join("internal", "web", file))
		require.Contains(t, readme, "]("+path+")")
	}
}

// A newcomer sees how to place a first order without scrolling, and reads the rest in one sitting.
func TestTheReadmeIsShort(t *testing.T) {
	t.Parallel()
	lines := strings.Split(read(t, filepath.Join(checkout, "README.md")), "\n")
	require.LessOrEqual(t, len(lines)-1, 250)
	first := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "$API/trade/order") })
	require.Positive(t, first)
	require.Less(t, first, 45)
}

// Every link of a page is followed from the index on, as a browser resolves it.
func TestEveryPageOfTheGuideIsReached(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	pages := map[string]string{}
	queue := []string{web.PathIndex}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if _, seen := pages[at]; seen {
			continue
		}
		pages[at] = string(server.Client(t).Do(http.MethodGet, at, nil).Want(200).Body)
		if at != web.PathIndex && !strings.HasPrefix(at, web.PathGuide) {
			continue // it is enough that it is there
		}
		base := &url.URL{Path: at}
		for _, link := range found(href, pages[at]) {
			target, err := base.Parse(link)
			require.NoError(t, err)
			if target.Scheme == "" {
				queue = append(queue, target.Path)
			}
		}
	}
	for at, page := range pages {
		if strings.HasPrefix(at, web.PathGuide) {
			requireAnchors(t, pages, at, page)
		}
	}
	files, err := filepath.Glob("guide/*.md")
	require.NoError(t, err)
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".md"); name != "README" {
			require.Contains(t, pages, web.PathGuide+"/"+name, "list it in guide/README.md")
		}
	}
}

// requireAnchors requires that a page's links lead to headings that exist, and to files of the repository that exist.
func requireAnchors(t *testing.T, pages map[string]string, at, page string) {
	t.Helper()
	require.NotContains(t, page, "<script", at)
	require.NotContains(t, page, `class="call`, "%s: a paragraph after a heading begins with code, which is how a call is shown", at)
	for _, link := range found(href, page) {
		if file, inRepository := strings.CutPrefix(link, repository); inRepository {
			require.FileExists(t, filepath.Join(checkout, filepath.FromSlash(file)), at)
		}
		target, err := (&url.URL{Path: at}).Parse(link)
		require.NoError(t, err)
		if target.Scheme == "" && target.Fragment != "" {
			require.Contains(t, found(anchor, pages[target.Path]), target.Fragment, "%s: %s", at, link)
		}
	}
}

var guideFile = regexp.MustCompile(`/guide/(\w+\.md)\): `)

func TestTheGuideIsServedAsMarkdownToo(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	listed := found(guideFile, string(server.Client(t).Do(http.MethodGet, web.PathLLMs, nil).Want(200).Body))
	files, err := filepath.Glob("guide/*.md")
	require.NoError(t, err)
	require.Len(t, listed, len(files)-1, "llms.txt lists every page but the contents")
	for _, name := range append(listed, "README.md") {
		at := web.PathGuide + "/" + name
		text := string(server.Client(t).Do(http.MethodGet, at, nil).Want(200).Body)
		title, _, _ := strings.Cut(read(t, filepath.Join("guide", name)), "\n")
		require.True(t, strings.HasPrefix(text, title+"\n"), name)
		html, err := web.ToHTML(text)
		require.NoError(t, err)
		for _, link := range found(href, string(html)) {
			target, err := (&url.URL{Path: at}).Parse(link)
			require.NoError(t, err)
			if target.Scheme == "" {
				server.Client(t).Do(http.MethodGet, target.Path, nil).Want(200)
			}
		}
	}
}

func TestUnknownPagesOfTheGuideAreNotFound(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for _, path := range []string{"/guide/nothing", "/guide/nothing.md", "/guide/README", "/guide/trading/more", "/guide/..%2fguide.go"} {
		server.Client(t).Do(http.MethodGet, path, nil).WantError(404, "NOT_FOUND")
	}
}

func TestASlashAtTheEndLeadsToThePage(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for _, path := range []string{web.PathGuide, web.PathGuide + "/trading"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path+"/", nil)
		require.NoError(t, err)
		response, err := http.DefaultTransport.RoundTrip(request) // which follows no redirect
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusMovedPermanently, response.StatusCode)
		require.Equal(t, path, response.Header.Get("Location"))
	}
}

func TestTheArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	named := found(regexp.MustCompile("(?m)^\\| `(internal/\\w+)/`"), read(t, "guide/architecture.md"))
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	var there []string
	for _, entry := range entries {
		if entry.IsDir() {
			there = append(there, "internal/"+entry.Name())
		}
	}
	require.ElementsMatch(t, there, named)
}

var metric = regexp.MustCompile(`(?m)^(agentexchange_\w+?)(?:_bucket|_sum|_count)?(?:\{.*\})? `)

func TestTheGuideNamesEveryMetric(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.MetricsAddr = "127.0.0.1:0" })
	server.Register(t).Agent().Place(map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.001"}).Want(201)
	response, err := http.Get(server.App.MetricsURL()) //nolint:noctx // a test
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	served := found(metric, string(text))
	slices.Sort(served)
	named := found(regexp.MustCompile("(?m)^\\| `(agentexchange_\\w+)` "), read(t, "guide/operating.md"))
	require.ElementsMatch(t, slices.Compact(served), named)
}
