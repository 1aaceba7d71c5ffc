package agents

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCutNamesStayNames(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringN(1, 100, -1).Draw(t, "name")
		suffix := rapid.SampledFrom([]string{" (copy)", "'s Agent"}).Draw(t, "suffix")
		cut := withSuffix(name, suffix, 100)
		require.True(t, utf8.ValidString(cut))
		require.LessOrEqual(t, utf8.RuneCountInString(cut), 100)
		require.True(t, strings.HasSuffix(cut, suffix))
		if utf8.RuneCountInString(name+suffix) <= 100 {
			require.Equal(t, name+suffix, cut)
		} else {
			require.True(t, strings.HasPrefix(name, strings.TrimSuffix(cut, suffix)) || strings.TrimSpace(name) != name)
		}
	})
}
