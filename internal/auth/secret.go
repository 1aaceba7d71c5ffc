package auth

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is an API key, an API secret or a token: text that must not reach a log or an error message. slog, and fmt
// with any verb but the two named below, print "[redacted]" instead of it.
//
// Marshalling to JSON or text does reveal it, because that is how responses hand out keys. So callers must take care of
// three things:
//   - A struct that holds a Secret is not logged as a whole: slog's JSON handler
//     would marshal it.
//   - A struct that is printed does not hold a Secret in an unexported field,
//     where fmt calls no methods.
//   - A Secret is not printed with %p or %w, which fmt refuses for any string by
//     printing it bare.
type Secret string

var (
	_ fmt.Formatter  = Secret("")
	_ fmt.Stringer   = Secret("")
	_ fmt.GoStringer = Secret("")
	_ slog.LogValuer = Secret("")
)

const redacted = "[redacted]"

// Reveal returns the secret itself, for the few places that must have it.
func (s Secret) Reveal() string { return string(s) }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format writes "[redacted]" whatever the verb, width and flags. Without it, %d and other verbs that are not for text
// would bypass String.
func (s Secret) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
