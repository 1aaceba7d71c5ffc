package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/web"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

var contentTypes = map[string]string{
	web.PathIndex:     "text/html; charset=utf-8",
	web.PathDocs:      "text/html; charset=utf-8",
	web.PathReference: "text/html; charset=utf-8",
	web.PathMarkdown:  "text/markdown; charset=utf-8",
	web.PathLLMs:      "text/plain; charset=utf-8",
	web.PathJSON:      "application/json",
	web.PathYAML:      "application/yaml",

	web.PathGuide:                 "text/html; charset=utf-8",
	web.PathGuide + "/trading":    "text/html; charset=utf-8",
	web.PathGuide + "/trading.md": "text/markdown; charset=utf-8",
}

func TestPagesAreGoodHTTP(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for path, contentType := range contentTypes {
		page := server.Client(t).Do(http.MethodGet, path, nil).Want(200)
		require.Equal(t, contentType, page.Header.Get("Content-Type"), path)
		require.Equal(t, "nosniff", page.Header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", page.Header.Get("Referrer-Policy"), path)
		policy := page.Header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'", path)
		require.NotContains(t, policy, "script-src 'self' 'unsafe-inline'", path)
		require.NotContains(t, policy, "http", path)

		head := server.Client(t).Do(http.MethodHead, path, nil).Want(200)
		require.Empty(t, head.Body, path)
		require.Equal(t, page.Header.Get("Content-Length"), head.Header.Get("Content-Length"), path)
		again := server.Client(t).With("If-None-Match", page.Header.Get("ETag")).Do(http.MethodGet, path, nil).Want(304)
		require.Empty(t, again.Body, path)
		server.Client(t).With("If-None-Match", `"another"`).Do(http.MethodGet, path, nil).Want(200)
	}
}

func TestTheReferenceHasEveryOperationFieldAndError(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	text := string(server.Client(t).Do(http.MethodGet, web.PathMarkdown, nil).Want(200).Body)
	for _, section := range testkit.Spec().Sections {
		for _, op := range section.Operations {
			_, after, found := strings.Cut(text, "\n### "+op.Summary+"\n\n`"+op.Method+" "+op.Path+"`")
			require.True(t, found, op.ID)
			own, _, _ := strings.Cut(after, "\n### ")
			for _, param := range op.Parameters {
				require.Contains(t, own, "| `"+param.Name+"`", op.ID)
			}
			for _, answer := range op.Responses {
				if answer.Status < "4" {
					require.Contains(t, own, "- **"+answer.Status+"**", op.ID)
				} else {
					require.Contains(t, own, "["+answer.Name+"](#", op.ID)
				}
			}
		}
	}
	for name, schema := range testkit.Spec().Components.Schemas {
		if schema.Value.Type.Is("object") {
			_, after, found := strings.Cut(text, "\n### "+name+"\n")
			require.True(t, found, name)
			own, _, _ := strings.Cut(after, "\n### ")
			for field := range schema.Value.Properties {
				require.Contains(t, own, "\n| `"+field+"`", name)
			}
		}
	}
}

func TestTheReferenceSaysWhatAValueMayBe(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	text := string(server.Client(t).Do(http.MethodGet, web.PathMarkdown, nil).Want(200).Body)
	for _, line := range []string{
		"`POST /api/v1/trade/order` X-API-Key or Bearer token",
		"`GET /api/v1/market/pairs` public",
		"| `interval` | query | `1m`, `5m`, `15m`, `1h`, `4h`, `1d` | `1m` | Length of a candle. |",
		"| `limit` | query | integer, 1–1000 | `100` | Maximum number of candles. |",
		"| `order_id`, required | path | uuid string |  | Order identifier. |",
		"| `llm_model`, required | string 1–100 characters or null |  | LLM model identifier of 1–100 characters, or null where none is named. On create null is the same as absent, on update it clears the field. |",
		"| `trades`, required | list of [Trade](#trade) |  | The trades of this page, newest first. |",
		"- **201** [Order](#order): The order, as it was accepted.",
		`  "strategy_tags": ["rsi", "scalping", "BTCUSDT"],`,
	} {
		require.Contains(t, text, "\n"+line+"\n")
	}
}

var jsonBlock = regexp.MustCompile("(?ms)^```json\n(.*?)^```$")

func TestTheReferenceShowsTheExamplesOfTheSpec(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	text := string(server.Client(t).Do(http.MethodGet, web.PathMarkdown, nil).Want(200).Body)
	shown := map[string]bool{}
	for _, block := range jsonBlock.FindAllStringSubmatch(text, -1) {
		var value any
		require.NoError(t, json.Unmarshal([]byte(block[1]), &value), block[1])
		shown[canonical(t, value)] = true
	}
	require.NotEmpty(t, shown)
	requireShown := func(media *openapi3.MediaType) {
		require.True(t, media.Example == nil || shown[canonical(t, media.Example)], media.Example)
		for _, example := range media.Examples {
			require.True(t, shown[canonical(t, example.Value.Value)], example.Value.Value)
		}
	}
	for _, section := range testkit.Spec().Sections {
		for _, op := range section.Operations {
			if op.Body != nil {
				requireShown(op.Body)
			}
		}
	}
	for _, failure := range testkit.Spec().Errors {
		requireShown(failure.Content)
	}
}

// canonical writes a value so that equal ones are equal.
func canonical(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

var link = regexp.MustCompile(`(?m)^- \[(.+)\]\((\S+)\): (.+)$`)

// The form of https://llmstxt.org: a title, a summary in a block quote, details, and sections that are lists of links.
func TestLLMsTxtLeadsToEveryCall(t *testing.T) {
	t.Parallel()
	const base = "https://exchange.example.com/paper"
	server := testkit.Start(t, func(c *config.Server) { c.PublicURL = base + "/" })
	text := string(server.Client(t).Do(http.MethodGet, web.PathLLMs, nil).Want(200).Body)
	require.Regexp(t, `\A# AgentExchange\n\n> [^\n]+\n\n(?s:.+)\n\n## Docs\n`, text)

	reference := string(server.Client(t).Do(http.MethodGet, web.PathReference, nil).Want(200).Body)
	listed := map[string]bool{}
	for _, found := range link.FindAllStringSubmatch(text, -1) {
		target, err := url.Parse(strings.TrimPrefix(found[2], base))
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(found[2], base+"/"), found[0])
		if target.Fragment != "" {
			require.Contains(t, reference, ` id="`+target.Fragment+`"`, found[0])
		}
		listed[found[3]] = true
	}
	for _, section := range testkit.Spec().Sections {
		require.Contains(t, text, "\n## "+section.Name+"\n")
		for _, op := range section.Operations {
			require.True(t, listed[op.Method+" "+op.Path], op.ID)
		}
	}
}

var anchor = regexp.MustCompile(` id="([^"]*)"`)

func TestNoTwoHeadingsShareAnAnchor(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	reference := string(server.Client(t).Do(http.MethodGet, web.PathReference, nil).Want(200).Body)
	seen := map[string]bool{}
	for _, found := range anchor.FindAllStringSubmatch(reference, -1) {
		require.False(t, seen[found[1]], found[1])
		seen[found[1]] = true
	}
	require.NotEmpty(t, seen)
}
