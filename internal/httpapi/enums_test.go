package httpapi

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/stretchr/testify/require"
)

func TestAChoiceThatTheServerDoesNotHandleKeepsItFromStarting(t *testing.T) {
	t.Parallel()
	for schema, example := range map[string]struct{ handled, unhandled string }{
		"Period":          {"14d", "fortnight"},
		"HistoryInterval": {"5m", "1y"},
		"OrderType":       {"", "iceberg"},
		"TimeInForce":     {"", "GTX"},
		"Side":            {"", "short"},
	} {
		doc, err := spec.Load()
		require.NoError(t, err)
		require.NoError(t, checkEnums(doc))
		enum := &doc.Components.Schemas[schema].Value.Enum
		if example.handled != "" {
			*enum = append(*enum, example.handled)
			require.NoError(t, checkEnums(doc), schema)
		}
		*enum = append(*enum, example.unhandled)
		require.ErrorContains(t, checkEnums(doc), "does not handle "+example.unhandled, schema)
	}
}

func TestPeriodsAndIntervalsAreReadByTheirForm(t *testing.T) {
	t.Parallel()
	for text, length := range map[string]time.Duration{
		"1m": time.Minute, "5m": 5 * time.Minute, "4h": 4 * time.Hour, "1d": 24 * time.Hour, "14d": 14 * 24 * time.Hour,
	} {
		require.Equal(t, length, lengthOf(text))
	}
	for _, text := range []string{"", "d", "1", "0d", "-1d", "1.5h", "1w", "70000d", "all"} {
		_, err := parseLength(text)
		require.Error(t, err, text)
	}
}
