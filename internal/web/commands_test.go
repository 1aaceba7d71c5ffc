package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

var (
	shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	answerLine = regexp.MustCompile(`(?m)^\{".*\}$`)
)

// The commands of a document run as they are printed, in their order. They are refused only where the document shows a
// refusal, and what it shows of the answers has the fields that they have.
func TestTheDocumentsCommandsWork(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		filepath.Join(checkout, "README.md"), "guide/agents.md", "guide/trading.md", "guide/requests.md",
	} {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			watched := watch(t, testkit.Start(t))
			text := read(t, file)
			var script strings.Builder
			for _, block := range found(shellBlock, text) {
				require.NotContains(t, block, "#", "zsh takes no comments on its command line")
				if strings.Contains(block, "curl ") {
					script.WriteString(block)
				}
			}
			script.WriteString("echo reached the end\n")
			shell := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail")
			shell.Stdin = strings.NewReader(strings.NewReplacer(
				"http://127.0.0.1:8080", watched.url, "/tmp/my-agent-skill.md", filepath.Join(t.TempDir(), "skill.md"),
			).Replace(script.String()))
			printed, err := shell.CombinedOutput()
			require.NoError(t, err, string(printed))
			require.Contains(t, string(printed), "reached the end\n")

			watched.mu.Lock()
			defer watched.mu.Unlock()
			require.Equal(t, strings.Count(script.String(), "curl "), watched.requests)
			require.Equal(t, strings.Count(text, `{"error":{`), watched.refusals, string(printed))
			for _, shown := range answerLine.FindAllString(text, -1) {
				require.True(t, watched.answers[fields(t, []byte(shown))], shown)
			}
		})
	}
}

// watched is a server, and what it has answered.
type watched struct {
	url string

	mu                 sync.Mutex
	requests, refusals int
	answers            map[string]bool // by their fields
}

func watch(t *testing.T, server *testkit.Server) *watched {
	t.Helper()
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	seen := &watched{answers: map[string]bool{}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(response *http.Response) error {
			body, err := io.ReadAll(response.Body)
			if err != nil {
				return err
			}
			response.Body = io.NopCloser(bytes.NewReader(body))
			seen.mu.Lock()
			defer seen.mu.Unlock()
			seen.requests++
			if response.StatusCode >= 400 {
				seen.refusals++
			}
			if json.Valid(body) {
				seen.answers[fields(t, body)] = true
			}
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	seen.url = front.URL
	return seen
}

// fields names the fields of a JSON object, and of the objects in it.
func fields(t *testing.T, object []byte) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(object, &value), string(object))
	var names []string
	var collect func(within string, value any)
	collect = func(within string, value any) {
		if object, is := value.(map[string]any); is {
			for name, field := range object {
				names = append(names, within+name)
				collect(within+name+".", field)
			}
		}
	}
	collect("", value)
	slices.Sort(names)
	return strings.Join(names, " ")
}
