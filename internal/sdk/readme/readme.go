// Package readme extracts code and commands from the SDKs' READMEs, so that tests can run them.
package readme

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Blocks returns a README's code blocks of one language, in order.
func Blocks(tb testing.TB, path, language string) []string {
	tb.Helper()
	text, err := os.ReadFile(path)
	require.NoError(tb, err)
	var blocks []string
	for _, found := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, found[1])
	}
	require.NotEmpty(tb, blocks)
	return blocks
}

// Script returns all of a README's shell commands as one script, for a checkout of the repository. The script stops at
// the first command that fails.
func Script(tb testing.TB, path, checkout string) string {
	tb.Helper()
	script := "set -e\n" + strings.Join(Blocks(tb, path, "sh"), "")
	require.Contains(tb, script, "<checkout>")
	return strings.ReplaceAll(script, "<checkout>", checkout)
}
