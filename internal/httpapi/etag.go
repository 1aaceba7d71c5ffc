package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/agentexchange/agentexchange/internal/agents"
	"github.com/agentexchange/agentexchange/internal/spec"
)

// Another version of the API may say the same things in another way.
var specDigest = sha256.Sum256(spec.YAML)

// unchanged gives an answer about these agents, of so many, its entity tag, and reports whether the client has just that
// answer. The tag comes from the versions of the agents' rows, so that what is not sent is not rendered either.
func unchanged(ctx context.Context, total int64, list ...agents.Agent) bool {
	state := binary.BigEndian.AppendUint64(specDigest[:], uint64(total))
	for _, agent := range list {
		state = binary.BigEndian.AppendUint64(append(state, agent.ID[:]...), uint64(agent.Version))
	}
	digest := sha256.Sum256(state)
	tag := `"` + base64.RawURLEncoding.EncodeToString(digest[:12]) + `"`
	call := callOf(ctx)
	call.answer.Set("ETag", tag)
	call.answer.Set("Cache-Control", "private, no-cache") // keep it, and ask whether it is still so
	for sent := range strings.SplitSeq(call.ifNoneMatch, ",") {
		sent = strings.TrimPrefix(strings.TrimSpace(sent), "W/")
		if sent == tag || sent == "*" {
			return true
		}
	}
	return false
}
