package contract_test

import (
	"os"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit/toolchain"
	"github.com/stretchr/testify/require"
)

func TestDocumentPassesTheLint(t *testing.T) {
	t.Parallel()
	command := toolchain.For(t, "package-lock.json").Command(t.Context(), "redocly", "lint",
		"--config", "redocly.yaml", "--format", "stylish", "../../openapi.yaml")
	command.Env = append(command.Env, "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	said, err := command.CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.Contains(t, string(said), "is valid")
	require.NotRegexp(t, `\bwarn(ing)?\b +[a-z0-9-]+ `, string(said))
	_, err = os.Stat(".redocly.lint-ignore.yaml")
	require.ErrorIs(t, err, os.ErrNotExist)
}
