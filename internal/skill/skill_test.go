package skill_test

import (
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
	"github.com/tiktoken-go/tokenizer"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func TestTheExamplesRunAsTheyStand(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			server := testkit.Start(t, func(c *config.Server) { c.MarketSeed = seed })
			account := server.Register(t)
			runExamples(t, skillOf(account, account.AgentID, ""))
			agent := account.NewAgent(map[string]any{"display_name": "'; exit 1 #"})
			without := skillOf(account, agent.ID, "?include_key=false")
			require.NotContains(t, without, agent.Key)
			runExamples(t, without, "AGENTEXCHANGE_API_KEY="+agent.Key)
			runExamples(t, without, "AGENTEXCHANGE_API_KEY="+agent.Key)

			for _, op := range section(t, "Trading") {
				called := fmt.Sprintf(`"operation":%q,"status":20`, op.ID)
				require.Equal(t, 3, strings.Count(server.Log.String(), called), "%s in every run", op.ID)
			}
		})
	}
}

func skillOf(account *testkit.Account, agentID, query string) string {
	return string(account.Do(http.MethodGet, "/api/v1/agents/"+agentID+"/skill.md"+query, nil).Want(200).Body)
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// runExamples runs every block of shell commands in one shell, as a reader would.
func runExamples(t *testing.T, file string, env ...string) {
	t.Helper()
	var script strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(file, -1) {
		script.WriteString(block[1])
	}
	require.NotEmpty(t, script.String())
	command := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail")
	command.Stdin = strings.NewReader(script.String())
	command.Env = append(command.Environ(), append(env, "no_proxy=*")...)
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s\n%s", script.String(), said)
}

func TestTheBaseURLIsOneWordOfTheShell(t *testing.T) {
	t.Parallel()
	const base = "https://exchange.example.com/a'b$(id)`id`;&|*?~ü"
	account := testkit.Start(t, func(c *config.Server) { c.PublicURL = base }).Register(t)
	block := shellBlock.FindStringSubmatch(skillOf(account, account.AgentID, ""))
	require.NotNil(t, block)
	exports, _, _ := strings.Cut(block[1], "\nexport AGENTEXCHANGE_API_KEY")
	said, err := exec.CommandContext(t.Context(), "bash", "-euc", exports+"\nprintf %s \"$AGENTEXCHANGE_BASE_URL\"").Output()
	require.NoError(t, err)
	require.Equal(t, base, string(said))
}

// maxTokens is what the file may take of a model's context.
const maxTokens = 4000

func TestTheLongestFileFitsItsBudget(t *testing.T) {
	t.Parallel()
	host := strings.Repeat("x9-q7-zk4v-jb2w-", 16)[:253] // as long as a name in the DNS can be, and no words
	server := testkit.Start(t, func(c *config.Server) { c.PublicURL = "https://" + host + ":65535" })
	account := server.Register(t)
	agent := account.NewAgent(map[string]any{
		"display_name": strings.Repeat("\U00010000", 100), // of all characters, one that takes the most tokens
		"risk_profile": map[string]any{"max_position_size_pct": 100, "daily_loss_limit_pct": 100, "max_open_orders": 200},
	})
	file := skillOf(account, agent.ID, "")
	require.Contains(t, file, host)
	vocabulary, err := tokenizer.Get(tokenizer.O200kBase)
	require.NoError(t, err)
	tokens, err := vocabulary.Count(file)
	require.NoError(t, err)
	t.Logf("%d of %d tokens", tokens, maxTokens)
	require.LessOrEqual(t, tokens, maxTokens)
}

func TestTheReferenceIsOfWhatTheKeyMayCall(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	agent := account.Agent()
	file := skillOf(account, agent.ID, "")
	values := strings.NewReplacer("{symbol}", "BTCUSDT", "{agent_id}", agent.ID, "{order_id}", account.ID, "{client_order_id}", "none")
	for _, tag := range testkit.Spec().Sections {
		for _, op := range tag.Operations {
			heading := "\n# " + op.Summary + "\n" + op.Method + " " + strings.TrimPrefix(op.Path, "/api/v1")
			line, _, _ := strings.Cut(heading, "{")
			if slices.Contains([]string{"Auth", "System"}, tag.Name) { // not what an agent is there for
				require.NotContains(t, file, line, op.ID)
				continue
			}
			var body any
			if op.Body != nil {
				body = op.Body.Schema.Value.Example
			}
			answer := agent.Do(op.Method, values.Replace(op.Path), body)
			may := answer.Code() != "PERMISSION_DENIED" && answer.Code() != "JWT_REQUIRED"
			require.Equal(t, may, strings.Contains(file, line), "%s: %s", op.ID, answer.Body)
		}
	}
}

func TestParametersHaveTheirTypesDefaultsAndLimits(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	file := skillOf(account, account.AgentID, "")
	for _, line := range []string{
		"GET /market/candles/{symbol: Symbol} (interval: 1m|5m|15m|1h|4h|1d = 1m, limit: 1-1000 = 100, start_time?: time, end_time?: time) -> " +
			"{symbol interval candles:[{time open high low close volume trade_count:int}] count:int}",
		"POST /trade/order PlaceOrderRequest -> Order",
		"GET /trade/order/{order_id: uuid} -> Order",
		"OrderType = market|limit|stop_loss|take_profit",
		"- 400: INVALID_SYMBOL, ORDER_REJECTED, INSUFFICIENT_BALANCE, INVALID_QUANTITY, INVALID_PRICE, MALFORMED_BODY, ORDER_NOT_CANCELLABLE",
	} {
		require.Contains(t, strings.Split(file, "\n"), line)
	}
}

// Whatever a name is made of, it stays in the first line, and the rest of the file is the same.
func TestANameCannotLeaveItsLine(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	path := "/api/v1/agents/" + account.AgentID
	before := skillOf(account, account.AgentID, "")
	_, rest, _ := strings.Cut(before, "\n")
	fragment := rapid.OneOf(rapid.SampledFrom([]string{
		"```", "```sh", "~~~", "`", "#", "# API Key: x", "|", "---", "===", "<script>", "<!--", "-->", "]]>", "<details>", "![x](y)", "[x]: y",
		"**", "_", "\\", "\\n", "&#10;", "&NewLine;", "%0A", "$(id)", "${PATH}", "`id`", "'", `"`, `'"`, "$'\\n'", "; id", "&& id", "{{.Key}}", "%s", "%[3]s",
		"\n", "\r", "\r\n", "\v", "\f", "\u0085", "\u2028", "\u2029", "\x00", " ", "   ", "é", "日本", "🙂",
	}), rapid.StringN(1, 4, -1))
	rapid.Check(t, func(rt *rapid.T) {
		name := strings.Join(rapid.SliceOfN(fragment, 1, 8).Draw(rt, "name"), "")
		changed := account.Do(http.MethodPut, path, map[string]any{"display_name": name})
		if changed.Status != 200 {
			changed.WantError(422, "VALIDATION_ERROR")
			return
		}
		first, after, _ := strings.Cut(skillOf(account, account.AgentID, ""), "\n")
		require.Equal(rt, "# Agent: "+changed.Text("display_name"), first)
		require.Equal(rt, rest, after)
		require.Equal(rt, blocks(before), blocks(first+"\n"+after))
	})
}

// blocks returns the kinds of Markdown's blocks in a file, and where each begins.
func blocks(file string) []string {
	source := []byte(file)
	var kinds []string
	document := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	for block := document.FirstChild(); block != nil; block = block.NextSibling() {
		kind := block.Kind().String()
		if heading, is := block.(*ast.Heading); is {
			kind += fmt.Sprint(heading.Level)
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func section(t *testing.T, name string) []*spec.Operation {
	t.Helper()
	for _, each := range testkit.Spec().Sections {
		if each.Name == name {
			return each.Operations
		}
	}
	t.Fatalf("no tag %s", name)
	return nil
}
