// Package readme reads what the SDKs' READMEs tell a reader to do, so that tests can do just that.
package readme

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Blocks answers a README's blocks of code in one language, in their order.
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

// Script answers all that a README has its reader type into a shell, for a given checkout of the repository; it ends at
// the first command that fails.
func Script(tb testing.TB, path, checkout string) string {
	tb.Helper()
	script := "set -e\n" + strings.Join(Blocks(tb, path, "sh"), "")
	require.Contains(tb, script, "<checkout>")
	return strings.ReplaceAll(script, "<checkout>", checkout)
}
