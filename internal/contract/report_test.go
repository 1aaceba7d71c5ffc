package contract_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// report is schemathesis' report of a run, with totals of its events.
type report struct {
	Complete  bool
	Phases    map[string]struct{ Status string }
	TestCases struct {
		Generated    int `json:"generated"`
		WithFailures int `json:"with_failures"`
	} `json:"test_cases"`
	Failures []json.RawMessage
	Errors   []json.RawMessage

	Answers  map[endpoint]answers `json:"-"`
	Modes    map[string]int       `json:"-"` // positive and negative cases
	Checks   map[string]int       `json:"-"` // how often each check was made
	Followed map[string]int       `json:"-"` // how often each link in the document's components led to success
}

type endpoint struct{ method, path string }

type answers struct{ Sent, Succeeded, ServerErrors int }

// event holds the fields of a line in the events file that the test needs.
type event struct {
	ScenarioFinished *struct{ Recorder recorder }
}

type recorder struct {
	Cases map[string]struct {
		Value struct {
			Method, Path string
			Meta         struct{ Generation struct{ Mode string } }
		}
		Transition *transition
		Applied    bool `json:"is_transition_applied"` // whether the values from the response were sent
	}
	Checks       map[string][]struct{ Name string }
	Interactions map[string]struct {
		Response *struct {
			Status int `json:"status_code"`
		}
	}
}

// transition is a link from one response to the next request.
type transition struct {
	ID       string // such as POST /api/v1/agents -> [201] GetAgent -> GET /api/v1/agents/{agent_id}
	Inferred bool   `json:"is_inferred"` // made up by schemathesis, without a link in the document
}

var transitionID = regexp.MustCompile(`^([A-Z]+) (\S+) -> \[(\w+)\] (\S+) -> `)

// component returns the link's name in the document's components.
func (t transition) component() (string, error) {
	parts := transitionID.FindStringSubmatch(t.ID)
	if parts == nil {
		return "", fmt.Errorf("not the name of a transition: %s", t.ID)
	}
	op := operations()[endpoint{parts[1], parts[2]}]
	if op == nil || op.Responses.Value(parts[3]) == nil {
		return "", fmt.Errorf("the document has no such answer: %s", t.ID)
	}
	link := op.Responses.Value(parts[3]).Value.Links[parts[4]]
	if link == nil {
		return "", fmt.Errorf("the document has no such link: %s", t.ID)
	}
	return path.Base(link.Ref), nil
}

func readReport(t *testing.T, dir string) *report {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
	require.NoError(t, err)
	r := &report{Answers: map[endpoint]answers{}, Modes: map[string]int{}, Checks: map[string]int{}, Followed: map[string]int{}}
	require.NoError(t, json.Unmarshal(text, r))

	events, err := os.Open(filepath.Join(dir, "events.ndjson"))
	require.NoError(t, err)
	defer events.Close()
	decoder := json.NewDecoder(bufio.NewReader(events))
	for {
		var e event
		err := decoder.Decode(&e)
		if err == io.EOF {
			return r
		}
		require.NoError(t, err)
		if e.ScenarioFinished != nil {
			require.NoError(t, r.add(e.ScenarioFinished.Recorder))
		}
	}
}

// add counts the requests of one scenario.
func (r *report) add(scenario recorder) error {
	for id, sent := range scenario.Cases {
		r.Modes[sent.Value.Meta.Generation.Mode]++
		for _, check := range scenario.Checks[id] {
			r.Checks[check.Name]++
		}
		called := endpoint{sent.Value.Method, sent.Value.Path}
		sum := r.Answers[called]
		sum.Sent++
		if response := scenario.Interactions[id].Response; response != nil {
			switch response.Status / 100 {
			case 2:
				sum.Succeeded++
				if sent.Transition != nil && !sent.Transition.Inferred && sent.Applied {
					link, err := sent.Transition.component()
					if err != nil {
						return err
					}
					r.Followed[link]++
				}
			case 5:
				sum.ServerErrors++
			}
		}
		r.Answers[called] = sum
	}
	return nil
}

// requireSuccess checks that the phases ran to their end, every check was made, and nothing was found.
func (r *report) requireSuccess(t *testing.T, phases ...string) {
	t.Helper()
	require.True(t, r.Complete)
	require.Empty(t, r.Failures)
	require.Empty(t, r.Errors)
	require.Zero(t, r.TestCases.WithFailures)
	for _, phase := range phases {
		require.Equal(t, "success", r.Phases[phase].Status, phase)
	}
	for _, mode := range []string{"positive", "negative"} {
		require.NotZero(t, r.Modes[mode], mode)
	}
	for _, check := range []string{
		"not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
		"response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
		"unsupported_method", "allow_header_conformance", "use_after_free", "ensure_resource_availability", "ignored_auth",
		"object_level_authorization",
	} {
		require.NotZero(t, r.Checks[check], "%s was not checked", check)
	}
	for called, answers := range r.Answers {
		require.Zero(t, answers.ServerErrors, "%s %s", called.method, called.path)
	}
}

// String lists how often each operation was called and how often it succeeded.
func (r *report) String() string {
	var lines []string
	for at, op := range operations() {
		if a := r.Answers[at]; a.Sent > 0 {
			lines = append(lines, fmt.Sprintf("%-22s %5d sent, %3d %% 2xx", op.OperationID, a.Sent, 100*a.Succeeded/a.Sent))
		}
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d cases, %d positive, %d negative\n%s", r.TestCases.Generated, r.Modes["positive"], r.Modes["negative"],
		strings.Join(lines, "\n"))
}
