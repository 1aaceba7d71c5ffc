package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	oasdiff  = "github.com/oasdiff/oasdiff@v1.37.0"
	document = "../../openapi.yaml"
	// released is the document of the last release. Only make release-spec replaces it.
	released = "testdata/released.yaml"
	// allowances are the intended breaking changes since then.
	allowances = "testdata/allowed-changes.json"
)

// change is a change that breaks clients of the released document, as oasdiff reports it.
type change struct {
	ID        string `json:"id"`
	Operation string `json:"operationId"`
	Text      string `json:"text"`
}

// allowance permits a change of one operation, or of every operation if it names none.
type allowance struct {
	ID        string `json:"id"`
	Operation string `json:"operationId,omitempty"`
	Text      string `json:"text"`
	Reason    string `json:"reason"`
}

func (a allowance) covers(c change) bool {
	return a.ID == c.ID && a.Text == c.Text && (a.Operation == "" || a.Operation == c.Operation)
}

func TestOnlyAllowedChangesBreakClientsOfTheLastRelease(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(allowances)
	require.NoError(t, err)
	var allowed []allowance
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&allowed), allowances)
	require.Empty(t, judge(breaking(t, released, document), allowed))
}

func TestBreakingChangesAreDetected(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]struct{ old, new, id string }{
		"a field is gone":        {"total_equity_usdt", "total_equity", "response-required-property-removed"},
		"a limit is narrower":    {"maximum: 500", "maximum: 499", "request-parameter-max-decreased"},
		"a field is compulsory":  {"required: [display_name]", "required: [display_name, framework]", "request-property-became-required"},
		"an operation is gone":   {"/api/v1/account/ledger:", "/api/v1/account/entries:", "api-path-removed-without-deprecation"},
		"a value is rejected":    {"enum: [GTC, IOC, FOK]", "enum: [GTC, IOC]", "request-property-enum-value-removed"},
		"another scheme is used": {"security: [{BearerAuth: []}]", "security: [{ApiKeyAuth: []}]", "api-security-removed"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(document)
			require.NoError(t, err)
			require.Contains(t, string(text), spoil.old)
			changed := filepath.Join(t.TempDir(), "openapi.yaml")
			require.NoError(t, os.WriteFile(changed, []byte(strings.ReplaceAll(string(text), spoil.old, spoil.new)), 0o600))
			var ids []string
			for _, change := range breaking(t, document, changed) {
				ids = append(ids, change.ID)
			}
			require.Contains(t, ids, spoil.id)
		})
	}
}

func TestAllowanceNeedsAReasonAndAChange(t *testing.T) {
	t.Parallel()
	gone := change{ID: "api-removed", Operation: "getJwks", Text: "api removed"}
	meant := allowance{ID: "api-removed", Operation: "getJwks", Text: "api removed", Reason: "Nobody called it."}
	everywhere := allowance{ID: "api-removed", Text: "api removed", Reason: "Nobody called any of them."}
	require.Empty(t, judge([]change{gone}, []allowance{meant}))
	require.Empty(t, judge([]change{gone}, []allowance{everywhere}))
	require.Len(t, judge([]change{gone}, nil), 1)
	require.Len(t, judge(nil, []allowance{meant}), 1)
	meant.Reason = " "
	require.Len(t, judge([]change{gone}, []allowance{meant}), 1)
}

// judge returns what is wrong: changes that are not allowed, and allowances without a reason or a change.
func judge(changes []change, allowed []allowance) []string {
	var wrong []string
	used := make([]bool, len(allowed))
	for _, change := range changes {
		meant := false
		for i, allowance := range allowed {
			if allowance.covers(change) {
				used[i], meant = true, true
			}
		}
		if !meant {
			wrong = append(wrong, fmt.Sprintf("breaks clients; if that is intended, add it to %s with a reason: %+v", allowances, change))
		}
	}
	for i, allowance := range allowed {
		if strings.TrimSpace(allowance.Reason) == "" {
			wrong = append(wrong, fmt.Sprintf("gives no reason: %+v", allowance))
		}
		if !used[i] {
			wrong = append(wrong, fmt.Sprintf("allows what has not changed: %+v", allowance))
		}
	}
	return wrong
}

// breaking returns the changes between two documents that may break clients of the first.
func breaking(t *testing.T, before, after string) []change {
	t.Helper()
	var said strings.Builder
	command := exec.CommandContext(t.Context(), "go", "run", oasdiff, "breaking", before, after, "--format", "json")
	command.Stderr = &said
	text, err := command.Output()
	require.NoError(t, err, said.String())
	var changes []change
	require.NoError(t, json.Unmarshal(text, &changes))
	return changes
}
