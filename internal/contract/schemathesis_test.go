package contract_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

const (
	// minCases is the least number of requests that schemathesis must generate, without those of the link walks.
	minCases = 5000
	// defaultSeed makes the requests reproducible. AGENTEXCHANGE_CONTRACT_SEED sets another seed, which may find other
	// defects.
	defaultSeed = "20261125"
	// manyAgents is more than one page of the list: schemathesis deletes agents that it finds there, and some must
	// remain.
	manyAgents = 200
	// anyWalks follow the document's links and those that schemathesis infers.
	anyWalks = `
[phases.stateful]
max-steps = 20
generation.max-examples = 300
`
	// linkWalks follow only the document's links.
	linkWalks = `
[phases.stateful]
max-steps = 20
generation.max-examples = 100
inference.algorithms = []
`
)

// caller sends the requests. stranger is the credential of another caller of the same kind, who must not see the
// caller's data.
type caller struct {
	kind             string
	scheme           string // one of the document's securitySchemes
	header           string
	secret, stranger string   // the header's value for each
	agents           []string // agents that the caller may name in X-Agent-Id
	refused          []string // operations of the scheme that this caller may not use
	account          *testkit.Account
}

func TestServerConformsToTheDocument(t *testing.T) {
	t.Parallel()
	tools := toolchain.For(t, "requirements.txt")
	all := []string{"examples", "coverage", "fuzzing", "stateful"}
	var asAccount, asManager, asAgent, asTrader *report
	t.Cleanup(func() { // when all are done
		if !t.Failed() {
			requireEveryLinkFollowed(t, asAccount, asManager, asAgent, asTrader)
			require.GreaterOrEqual(t, asAccount.TestCases.Generated+asAgent.TestCases.Generated, minCases)
		}
	})
	t.Run("account", func(t *testing.T) {
		t.Parallel()
		server := testkit.Start(t)
		account := accountOf(t, server)
		asAccount = runSchemathesis(t, tools, server, account, anyWalks)
		asAccount.requireSuccess(t, all...)
		requireEveryOperationReached(t, account, asAccount)
	})
	t.Run("agent", func(t *testing.T) {
		t.Parallel()
		server := testkit.Start(t)
		agent := agentOf(t, server)
		asAgent = runSchemathesis(t, tools, server, agent, anyWalks)
		asAgent.requireSuccess(t, all...)
		requireEveryOperationReached(t, agent, asAgent)
	})
	t.Run("links", func(t *testing.T) {
		t.Parallel()
		server := testkit.Start(t)
		manager, trader := accountOf(t, server), agentOf(t, server)
		manager.kind, trader.kind = "manager", "trader"
		asManager = walkLinks(t, tools, server, manager, "Agents")
		asTrader = walkLinks(t, tools, server, trader, "Trading")
	})
}

// walkLinks follows the document's links between the operations of one tag. Among all operations and inferred links,
// each of them would be rare.
func walkLinks(t *testing.T, tools toolchain.Env, server *testkit.Server, caller caller, tag string) *report {
	t.Helper()
	report := runSchemathesis(t, tools, server, caller, linkWalks, "--phases", "stateful", "--include-tag", tag)
	report.requireSuccess(t, "stateful")
	return report
}

// accountOf returns a new account as a caller with its token.
func accountOf(t *testing.T, server *testkit.Server) caller {
	t.Helper()
	owner, stranger := server.Register(t), server.Register(t)
	return caller{
		kind: "account", scheme: "BearerAuth", header: "Authorization", account: owner,
		secret: "Bearer " + owner.Token, stranger: "Bearer " + stranger.Token, agents: createAgents(owner),
	}
}

// agentOf returns the agent of a new account as a caller with its key.
func agentOf(t *testing.T, server *testkit.Server) caller {
	t.Helper()
	owner, stranger := server.Register(t), server.Register(t)
	return caller{
		kind: "agent", scheme: "ApiKeyAuth", header: "X-API-Key", account: owner,
		secret: owner.AgentKey, stranger: stranger.AgentKey, agents: []string{owner.AgentID},
		refused: []string{"resetAccount"}, // an agent must not lift its own loss limit
	}
}

// createAgents creates agents of the account and returns their ids, newest first.
func createAgents(account *testkit.Account) []string {
	agents := make([]string, manyAgents)
	for i := range agents {
		agents[len(agents)-1-i] = account.Create(map[string]any{"display_name": "Ada"})
	}
	return agents
}

// runSchemathesis runs schemathesis against the server. Its output and reports stay under .build/contract/.
func runSchemathesis(
	t *testing.T, tools toolchain.Env, server *testkit.Server, caller caller, walks string, args ...string,
) *report {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("../../.build/contract", caller.kind))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	require.NoError(t, os.MkdirAll(dir, 0o700))
	config, err := os.ReadFile("schemathesis.toml")
	require.NoError(t, err)
	hooks, err := os.ReadFile("hooks.py")
	require.NoError(t, err)
	document, err := testkit.StrictSpec().MarshalJSON()
	require.NoError(t, err)
	for name, text := range map[string]string{
		"schemathesis.toml":    string(config) + walks,
		"hooks.py":             string(hooks),
		"openapi.json":         string(document),
		"auth.json":            caller.identities(t),
		"agent_ids.dict":       dictionary(caller.agents...),
		"account_keys.dict":    dictionary(caller.account.APIKey),
		"account_secrets.dict": dictionary(caller.account.APISecret),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	seed := os.Getenv("AGENTEXCHANGE_CONTRACT_SEED")
	if seed == "" {
		seed = defaultSeed
	}
	command := tools.Command(t.Context(), "schemathesis", append([]string{
		"--config-file", "schemathesis.toml", "run", "openapi.json", "--url", server.URL, "--checks", "all", "--seed", seed, "--no-color",
		"--report", "json,ndjson", "--report-json-path", "report.json", "--report-ndjson-path", "events.ndjson",
	}, args...)...)
	command.Dir = dir
	said, err := command.CombinedOutput()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "output.txt"), said, 0o600))
	if err != nil {
		t.Errorf("schemathesis as %s: %v; %s/output.txt ends so:\n%s", caller.kind, err, dir, said[max(0, len(said)-8000):])
	}
	report := readReport(t, dir)
	t.Logf("as %s: %s", caller.kind, report)
	return report
}

// identities returns a Web Fuzzing Commons authentication file.
func (c caller) identities(t *testing.T) string {
	t.Helper()
	type field struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	type identity struct {
		Name         string  `json:"name"`
		FixedHeaders []field `json:"fixedHeaders"`
	}
	text, err := json.Marshal(map[string][]identity{"auth": {
		{Name: "caller", FixedHeaders: []field{{c.header, c.secret}}},
		{Name: "stranger", FixedHeaders: []field{{c.header, c.stranger}}},
	}})
	require.NoError(t, err)
	return string(text)
}

// dictionary returns a dictionary file in libFuzzer's format.
func dictionary(values ...string) string {
	return `"` + strings.Join(values, "\"\n\"") + "\"\n"
}

// requireEveryOperationReached checks that every operation was called, and succeeded if the caller may use it: an
// operation that rejects every request proves little.
func requireEveryOperationReached(t *testing.T, caller caller, report *report) {
	t.Helper()
	refused := map[string]bool{}
	for _, id := range caller.refused {
		refused[id] = true
	}
	for at, op := range operations() {
		answers := report.Answers[at]
		require.NotZero(t, answers.Sent, "%s was never called as %s", op.OperationID, caller.kind)
		if caller.mayCall(op) && !refused[op.OperationID] {
			require.NotZero(t, answers.Succeeded, "%s never succeeded as %s", op.OperationID, caller.kind)
		} else {
			require.Zero(t, answers.Succeeded, "%s succeeded as %s", op.OperationID, caller.kind)
		}
	}
}

// requireEveryLinkFollowed checks that each link in the document's components led to success at least once.
// TestLinksUseOnlyWhatTheirResponsesHave checks each response that has the link.
func requireEveryLinkFollowed(t *testing.T, reports ...*report) {
	t.Helper()
	followed := map[string]int{}
	for _, report := range reports {
		for name, times := range report.Followed {
			followed[name] += times
		}
	}
	t.Logf("links followed to success: %v", followed)
	for name := range testkit.Spec().Components.Links {
		require.NotZero(t, followed[name], "link %s never led to success", name)
	}
}

// operations returns every operation of the document.
func operations() map[endpoint]*openapi3.Operation {
	all := map[endpoint]*openapi3.Operation{}
	for path, item := range testkit.Spec().Paths.Map() {
		for method, op := range item.Operations() {
			all[endpoint{method, path}] = op
		}
	}
	return all
}

func (c caller) mayCall(op *openapi3.Operation) bool {
	for _, alternative := range *op.Security {
		if _, named := alternative[c.scheme]; named {
			return true
		}
	}
	return len(*op.Security) == 0
}
