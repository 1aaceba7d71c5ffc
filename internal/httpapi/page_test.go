package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// pageCase is a request that the published page shows, and what it says of the answer. In a request, {…} stands for
// what the account under test has; in an answer, <…> for what nobody can know beforehand, and <agent> for the page's
// example agent.
type pageCase struct {
	Name        string
	Curl        []string
	Status      int
	Answer      any
	ContentType string `json:"content_type"`
	Begins      string
}

func TestPublishedPageWorksAsPrinted(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/page.json")
	require.NoError(t, err)
	var cases []pageCase
	require.NoError(t, json.Unmarshal(text, &cases))
	server := testkit.Start(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			known := accountOfThePage(t, server)
			arguments := make([]string, len(c.Curl))
			for i, argument := range c.Curl {
				arguments[i] = known.Replace(argument)
			}
			status, header, body := curl(t, server, arguments)
			require.Equal(t, c.Status, status, string(body))
			if c.ContentType != "" {
				require.Equal(t, c.ContentType, header.Get("Content-Type"))
			}
			if c.Begins != "" {
				require.True(t, strings.HasPrefix(string(body), known.Replace(c.Begins)), string(body))
			}
			if c.Answer != nil {
				var got any
				require.NoError(t, json.Unmarshal(body, &got))
				requireLike(t, known, c.Answer, got, "")
			} else if c.Begins == "" {
				require.Empty(t, body)
			}
		})
	}
}

// accountOfThePage makes an account that has the page's example agent and no other.
func accountOfThePage(t *testing.T, server *testkit.Server) *strings.Replacer {
	t.Helper()
	account := server.Register(t)
	account.Do(http.MethodDelete, "/api/v1/agents/"+account.AgentID, nil).Want(204)
	made := account.Do(http.MethodPost, "/api/v1/agents", map[string]any{
		"display_name": "RSI Scalper", "starting_balance": "5000.00", "llm_model": "claude-sonnet-4-6", "framework": "custom",
		"strategy_tags": []string{"rsi", "scalping", "BTCUSDT"},
		"risk_profile":  map[string]any{"max_position_size_pct": 20, "daily_loss_limit_pct": 10, "max_open_orders": 10},
	}).Want(201)
	return strings.NewReplacer("{url}", server.URL, "{token}", account.Token, "{account}", account.ID,
		"{agent}", made.Text("agent_id"), "{key}", made.Text("api_key"))
}

// curl runs the real curl and holds its answer against the spec.
func curl(t *testing.T, server *testkit.Server, arguments []string) (int, http.Header, []byte) {
	t.Helper()
	out, err := exec.CommandContext(context.Background(), "curl", append([]string{"-q", "--noproxy", "*", "-sS", "-i"}, arguments...)...).Output()
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(out)), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	var body bytes.Buffer
	_, err = body.ReadFrom(response.Body)
	require.NoError(t, err)
	server.Check(t, requestOf(t, arguments), response.StatusCode, response.Header, body.Bytes())
	return response.StatusCode, response.Header, body.Bytes()
}

// requestOf reads the method and URL out of curl's arguments.
func requestOf(t *testing.T, arguments []string) *http.Request {
	t.Helper()
	request := &http.Request{Method: http.MethodGet, Header: http.Header{}}
	for i, argument := range arguments {
		if argument == "-X" {
			request.Method = arguments[i+1]
		}
		if strings.HasPrefix(argument, "http://") {
			var err error
			request.URL, err = url.Parse(argument)
			require.NoError(t, err)
		}
	}
	return request
}

var unforeseeable = map[string]*regexp.Regexp{
	"<uuid>":    regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`),
	"<key>":     regexp.MustCompile(`^ak_live_[0-9A-Za-z]{38}$`),
	"<preview>": regexp.MustCompile(`^ak_live_[0-9A-Za-z]{4}\.\.\.$`),
	"<time>":    regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$`),
	"<text>":    regexp.MustCompile(`.`),
}

// exampleAgent is the page's example of an agent.
const exampleAgent = `{
	"id": "{agent}", "account_id": "{account}", "display_name": "RSI Scalper", "api_key_preview": "<preview>",
	"starting_balance": "5000.00000000", "llm_model": "claude-sonnet-4-6", "framework": "custom",
	"strategy_tags": ["rsi", "scalping", "BTCUSDT"],
	"risk_profile": {"max_position_size_pct": 20, "daily_loss_limit_pct": 10, "max_open_orders": 10},
	"avatar_url": null, "color": null, "status": "active", "created_at": "<time>", "updated_at": "<time>"
}`

// requireLike compares field by field: neither side may have a field that the other has not.
func requireLike(t *testing.T, known *strings.Replacer, want, got any, where string) {
	t.Helper()
	switch want := want.(type) {
	case string:
		if want == "<agent>" {
			var agent any
			require.NoError(t, json.Unmarshal([]byte(exampleAgent), &agent))
			requireLike(t, known, agent, got, where)
			return
		}
		if pattern, ok := unforeseeable[want]; ok {
			require.Regexp(t, pattern, got, where)
			return
		}
		require.Equal(t, known.Replace(want), got, where)
	case map[string]any:
		require.IsType(t, want, got, where)
		var wanted, given []string
		for name := range want {
			wanted = append(wanted, name)
		}
		for name := range got.(map[string]any) {
			given = append(given, name)
		}
		require.ElementsMatch(t, wanted, given, where)
		for name := range want {
			requireLike(t, known, want[name], got.(map[string]any)[name], where+"/"+name)
		}
	case []any:
		require.IsType(t, want, got, where)
		require.Len(t, got, len(want), where)
		for i := range want {
			requireLike(t, known, want[i], got.([]any)[i], where)
		}
	default:
		require.Equal(t, want, got, where)
	}
}
