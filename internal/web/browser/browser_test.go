// Package browser_test looks at the pages as a person does, in a browser.
package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/web"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestSwaggerUICreatesAnAgent(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	tab := openTab(t, server, 1280, 900)
	const token = chromedp.CSS(`input[aria-label="auth-bearer-value"]`)
	tab.do(
		chromedp.Navigate(server.URL+web.PathDocs),
		chromedp.Click(chromedp.CSS(".btn.authorize")),
		typeInto(token, account.Token),
		chromedp.Click(chromedp.Search(`//form[.//input[@aria-label="auth-bearer-value"]]//button[@type="submit"]`)),
		chromedp.WaitVisible(chromedp.Search(`//button[text()="Logout"]`)),
	)
	tab.screenshot("docs authorized")
	const operation chromedp.CSS = "#operations-Agents-createAgent "
	tab.do(
		chromedp.Click(chromedp.CSS(".btn-done")),
		chromedp.Click(operation+".opblock-summary-control"),
		typeInto(operation+"textarea", `{"display_name": "Made in a browser", "strategy_tags": ["swagger"]}`),
		chromedp.Click(operation+".execute"),
		chromedp.ScrollIntoView(operation+".live-responses-table"),
	)
	status := run(tab, chromedp.Text(operation+".live-responses-table .response .response-col_status"))
	body := run(tab, chromedp.Text(operation+".live-responses-table .response .highlight-code code"))
	tab.screenshot("docs created")
	require.Equal(t, "201", strings.TrimSpace(status))
	agents := account.Do(http.MethodGet, "/api/v1/agents", nil).Want(200).List("agents")
	require.Equal(t, "Made in a browser", agents[1]["display_name"])
	id := agents[1]["id"].(string)
	key := account.Do(http.MethodGet, "/api/v1/agents/"+id+"/api-key", nil).Want(200).Text("api_key")
	require.Contains(t, body, id)
	require.Contains(t, body, fmt.Sprintf(`"api_key": %q`, key))
}

func TestPagesReadWell(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for name, look := range map[string]struct {
		path, scheme  string
		width, height int64
	}{
		"index":            {web.PathIndex, "light", 1280, 900},
		"reference light":  {web.PathReference, "light", 1280, 900},
		"reference dark":   {web.PathReference + "#place-an-order", "dark", 1280, 900},
		"reference narrow": {web.PathReference + "#place-an-order", "light", 390, 844},
		"guide":            {web.PathGuide, "light", 1280, 900},
		"guide page":       {web.PathGuide + "/configuration", "light", 1280, 900},
		"guide dark":       {web.PathGuide + "/operating", "dark", 1280, 900},
		"guide narrow":     {web.PathGuide + "/configuration", "light", 390, 844},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tab := openTab(t, server, look.width, look.height)
			scheme := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}
			tab.do(
				command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: scheme}),
				chromedp.Navigate(server.URL+look.path),
				chromedp.WaitVisible(chromedp.CSS("main h1")),
			)
			tab.screenshot(name)
			require.Empty(t, run(tab, chromedp.Evaluate[[]string](brokenAnchors)), "anchors that lead nowhere")
			require.False(t, run(tab, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`)),
				"the page is wider than the window")
		})
	}
}

const brokenAnchors = `[...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute("href"))
	.filter(href => !document.getElementById(href.slice(1)))`

// typeInto replaces what stands in a field, as a person who selects it all and pastes.
func typeInto(field chromedp.CSS, text string) chromedp.Action[chromedp.Void] {
	return chromedp.Steps(
		chromedp.WaitVisible(field),
		chromedp.Focus(field),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := chromedp.Evaluate[any](fmt.Sprintf("document.querySelector(%q).select()", field))(ctx, t)
			return err
		}),
		command(input.InsertText, input.InsertTextParams{Text: text}),
	)
}

// command is a command of the protocol as an action.
func command[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// tab is a page in a browser of its own. When its test ends, it may have asked no other server for anything and may have
// complained of nothing.
type tab struct {
	t       *testing.T
	context context.Context //nolint:containedctx // it is the browser: chromedp keeps its state in one
	dir     string

	mu         sync.Mutex
	elsewhere  []string
	complaints []string
}

func openTab(t *testing.T, server *testkit.Server, width, height int64) *tab {
	t.Helper()
	browser, err := findChromium()
	require.NoError(t, err)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browser.path), chromedp.Env(browser.env...), chromedp.WindowSize(int(width), int(height)),
		chromedp.NoSandbox, // which root and many containers cannot have; it loads pages of ours alone
		chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)...)
	t.Cleanup(cancel)
	page, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	tab := &tab{t: t, context: page, dir: t.ArtifactDir()}
	require.NoError(t, chromedp.Listen(page, func(event any) { tab.note(event, server.URL+"/") }))
	tab.do(
		command(log.Enable, cdp.Empty{}), command(network.Enable, network.EnableParams{}),
		command(runtime.Enable, cdp.Empty{}), chromedp.EmulateViewport(width, height),
	)
	t.Cleanup(func() {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		require.Empty(t, tab.elsewhere, "asked of other servers")
		require.Empty(t, tab.complaints, "in the console")
	})
	return tab
}

// note keeps what a page should not do.
func (p *tab) note(event any, origin string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		if url := event.Request.URL; !strings.HasPrefix(url, origin) && !strings.HasPrefix(url, "data:") {
			p.elsewhere = append(p.elsewhere, url)
		}
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, event.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		if event.Type == "error" || event.Type == "warning" {
			p.complaints = append(p.complaints, fmt.Sprint(event.Args))
		}
	case *log.EventEntryAdded:
		if event.Entry.Level == "error" || event.Entry.Level == "warning" {
			p.complaints = append(p.complaints, event.Entry.Text+" "+event.Entry.URL)
		}
	}
}

// patience is how long a page may take to do what is waited for.
const patience = time.Minute

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	run(p, chromedp.Steps(steps...))
}

func run[T any](p *tab, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.context, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		require.NoError(p.t, err, "%s", p.complaints)
	}
	return value
}

// screenshot keeps what the window shows.
func (p *tab) screenshot(name string) {
	p.t.Helper()
	path := filepath.Join(p.dir, strings.ReplaceAll(name, " ", "-")+".png")
	require.NoError(p.t, os.WriteFile(path, run(p, chromedp.CaptureScreenshot()), 0o600))
	p.t.Log("screenshot:", path)
}
