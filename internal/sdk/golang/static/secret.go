package agentexchange

import "log/slog"

const hidden = "[hidden]"

// Secret is an API key, a secret or a token. It is hidden when printed or logged; string(secret) and its JSON are the
// text itself.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
