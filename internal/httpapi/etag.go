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

// Another version of the API may render the same agents differently.
var specDigest = sha256.Sum256(spec.YAML)

// unchanged sets the entity tag of an answer with these agents, out of a total, and reports whether the client has that
// answer already. The tag is made from the versions of the agents' rows, so an answer that is not sent is not rendered.
func unchanged(ctx context.Context, total int64, list ...agents.Agent) bool {
	state := binary.BigEndian.AppendUint64(specDigest[:], uint64(total))
	for _, agent := range list {
		state = binary.BigEndian.AppendUint64(append(state, agent.ID[:]...), uint64(agent.Version))
	}
	digest := sha256.Sum256(state)
	tag := `"` + base64.RawURLEncoding.EncodeToString(digest[:12]) + `"`
	call := callOf(ctx)
	call.answer.Set("ETag", tag)
	call.answer.Set("Cache-Control", "private, no-cache") // keep it, and revalidate it
	for sent := range strings.SplitSeq(call.ifNoneMatch, ",") {
		sent = strings.TrimPrefix(strings.TrimSpace(sent), "W/")
		if sent == tag || sent == "*" {
			return true
		}
	}
	return false
}
