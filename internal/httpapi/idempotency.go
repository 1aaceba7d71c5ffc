package httpapi

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"

	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// idempotently runs do in a transaction, once for all requests with the same Idempotency-Key. The others get the first answer.
func idempotently[Answer any](ctx context.Context, s *Server, key *string, do func(pgx.Tx) (Answer, error)) (Answer, error) {
	answer, replayed, err := idempotency.Once(ctx, s.answers, idempotencyKey(ctx, key), do)
	if replayed {
		callOf(ctx).answer.Set(headerIdempotencyReplayed, "true")
	}
	return answer, err
}

// idempotencyKey names the answer to a request. It returns nil without a key.
func idempotencyKey(ctx context.Context, key *string) *idempotency.Key {
	if key == nil {
		return nil
	}
	call := callOf(ctx)
	who := call.accountID
	if call.scope.KeyDigest != nil {
		who = call.scope.AgentID
	}
	named := idempotency.NewKey(who, *key, call.requestDigest)
	return &named
}

// digestRequest tells one request from another: method, path, query, agent in scope and body.
func digestRequest(r *http.Request, agentID uuid.UUID, body []byte) [sha256.Size]byte {
	bodyDigest := sha256.Sum256(body)
	text := fmt.Appendf(nil, "%s\n%s\n%s\n%x", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, bodyDigest)
	if agentID != uuid.Nil {
		text = fmt.Appendf(text, "\n%s", agentID)
	}
	return sha256.Sum256(text)
}
