package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/stretchr/testify/require"
)

const hidden = auth.Secret("ak_live_hunter2")

// leaks are the forms in which fmt and the log handlers could reveal hidden: bare, quoted, and as bytes in hexadecimal
// or decimal.
var leaks = []string{"hunter2", "68756e74657232", "68756E74657232", "68 75", "104 117"}

func TestSecretIsRedactedByEveryVerb(t *testing.T) {
	t.Parallel()
	key := hidden
	holder := struct {
		Name string
		Key  auth.Secret
	}{"x", key}
	for _, value := range []any{
		key, &key, holder, &holder, []auth.Secret{key}, map[auth.Secret]auth.Secret{key: key},
	} {
		for _, verb := range []string{
			"%s", "%v", "%+v", "%#v", "%q", "%+q", "%#q", "%x", "%X", "% x", "%#x", "%d",
			"%c", "%U", "%b", "%o", "%t", "%e", "%g", "%y", "%40s", "%-40v", "%.3s", "%08x",
		} {
			printed := fmt.Sprintf(verb, value)
			requireNoLeak(t, printed, verb)
		}
	}
	require.Equal(t, "[redacted] [redacted]\n", fmt.Sprintln(key, &key))
	require.Equal(t, "{Name:x Key:[redacted]}", fmt.Sprintf("%+v", holder))
	require.Equal(t, "[redacted]", key.String())
	require.Equal(t, "[redacted]", key.GoString())
}

func TestSecretIsRedactedInErrorsThatMentionIt(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("look up %s (%q): %w", hidden, hidden, io.EOF)
	require.EqualError(t, fmt.Errorf("request: %w", errors.Join(err)), "request: look up [redacted] ([redacted]): EOF")
	require.ErrorIs(t, err, io.EOF)
}

func TestSecretIsRedactedInLogs(t *testing.T) {
	t.Parallel()
	for name, newHandler := range map[string]func(io.Writer) slog.Handler{
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
	} {
		var written bytes.Buffer
		logger := slog.New(newHandler(&written))
		key := hidden
		logger.With("key", key).WithGroup("caller").Info("seen",
			slog.Any("key", key), slog.Any("pointer", &key), slog.Group("nested", slog.Any("key", key)), slog.String("sprinted", fmt.Sprint(key)))
		requireNoLeak(t, written.String(), name)
		require.Equal(t, 5, bytes.Count(written.Bytes(), []byte("[redacted]")), written.String())
	}
}

func TestSecretIsRevealedOnPurposeAndInJSON(t *testing.T) {
	t.Parallel()
	require.Equal(t, "ak_live_hunter2", hidden.Reveal())

	written, err := json.Marshal(map[string]auth.Secret{"api_key": hidden})
	require.NoError(t, err)
	require.JSONEq(t, `{"api_key":"ak_live_hunter2"}`, string(written))

	var read map[string]auth.Secret
	require.NoError(t, json.Unmarshal(written, &read))
	require.Equal(t, "ak_live_hunter2", read["api_key"].Reveal())
}

func requireNoLeak(t *testing.T, printed, how string) {
	t.Helper()
	for _, leak := range leaks {
		require.NotContains(t, printed, leak, how)
	}
}
