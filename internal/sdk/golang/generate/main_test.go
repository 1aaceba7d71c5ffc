package main

import (
	"maps"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

// renderWith renders openapi.yaml together with another document.
func renderWith(t *testing.T, name string) (map[string]string, error) {
	t.Helper()
	more, err := openapi3.NewLoader().LoadFromFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	t.Chdir("../../../..")
	doc, err := openapi3.NewLoader().LoadFromFile(spec)
	require.NoError(t, err)
	for path, item := range more.Paths.Map() {
		doc.Paths.Set(path, item)
	}
	if more.Components != nil {
		maps.Copy(doc.Components.Schemas, more.Components.Schemas)
	}
	return render(doc)
}

func TestAdditionsToTheSpecAppearInTheSDK(t *testing.T) {
	rendered, err := renderWith(t, "new.yaml")
	require.NoError(t, err)
	client, models := rendered["client.gen.go"], rendered["models.gen.go"]
	const arguments = "(ctx context.Context, strategyID string, params *ListStrategyRunsParams, options ...CallOption) "
	require.Contains(t, client, "// ListStrategyRuns: Runs of a strategy.\n//\n// Newest first.\n")
	require.Contains(t, client, "ListStrategyRuns"+arguments+"(*RunList, error) {")
	require.Contains(t, client, "AllStrategyRuns"+arguments+"iter.Seq2[decimal.Decimal, error] {")
	require.Contains(t, models, "// RunList: A page of runs.\ntype RunList struct {\n\t// Runs: What each came to.\n\tRuns []decimal.Decimal ")
	require.Contains(t, models, "\t// Since: Only those since then.\n\tSince *time.Time\n")
}

func TestAMethodNamesNoErrorsOfOtherOperations(t *testing.T) {
	rendered, err := renderWith(t, "new.yaml")
	require.NoError(t, err)
	client := rendered["client.gen.go"]
	require.Contains(t, client, "// Fails with status 409 ([ErrAgentArchived], [ErrAgentRequired]).\nfunc (c *Client) ListStrategyRuns(")
	require.Contains(t, client, "// Fails with status 400 ([ErrMalformedBody]), 401, 422.\nfunc (c *Client) Login(")
}

func TestAnOperationThatCouldActTwiceIsRejected(t *testing.T) {
	_, err := renderWith(t, "twice.yaml")
	require.ErrorContains(t, err, "CreateStrategy: creates something and takes no Idempotency-Key")
}
