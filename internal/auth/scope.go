package auth

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Principal is who makes a call about an agent: the holder of a key, or an account by its token; and the agent that is
// asked for, if one is.
type Principal struct {
	KeyDigest []byte    // of an agent's or an account's key
	AccountID uuid.UUID // of a token, if there is no key
	AgentID   *uuid.UUID
}

// maxHints bounds the memory of the hints; one takes some 200 bytes.
const maxHints = 100_000

// Scopes find out for which agent a credential stands.
type Scopes struct {
	readers *postgres.Readers
	timeout time.Duration
	hints   *lru.Cache[hintKey, book.Scope]
	asking  chan struct{}
}

// NewScopes makes Scopes. At most atOnce credentials are looked up at once, because anyone can make up well-formed keys, and
// each look-up takes no longer than the timeout.
func NewScopes(readers *postgres.Readers, atOnce int, timeout time.Duration) *Scopes {
	hints, err := lru.New[hintKey, book.Scope](maxHints)
	if err != nil {
		panic(err) // only for a size that is not positive
	}
	return &Scopes{readers: readers, timeout: timeout, hints: hints, asking: make(chan struct{}, atOnce)}
}

// Hint returns what Resolve found last for a principal. A key may have been replaced since, so a hint proves nothing; the
// call itself has to prove that the caller may act. But only who could act once has a hint: a stranger reaches no
// statement about an agent, whose time would tell that there is one.
func (s *Scopes) Hint(p Principal) (scope book.Scope, known bool) { return s.hints.Get(p.hintKey()) }

// hintKey is a principal as the key of a map.
type hintKey struct {
	keyDigest          string
	accountID, agentID uuid.UUID
	named              bool // an agent was asked for, be it one with the nil id
}

func (p Principal) hintKey() hintKey {
	key := hintKey{keyDigest: string(p.KeyDigest), accountID: p.AccountID}
	if p.AgentID != nil {
		key.agentID, key.named = *p.AgentID, true
	}
	return key
}

// Resolve asks the database for which agent a principal stands. For an agent's key: that agent. For an account: the agent
// that is asked for, else its default one. It fails with InvalidAPIKey, InvalidToken where the account no longer exists,
// PermissionDenied where an agent's key asks for another agent, AgentNotFound, AgentRequired, AgentArchived for an
// archived agent's own key, and Overloaded.
func (s *Scopes) Resolve(ctx context.Context, p Principal) (book.Scope, error) {
	scope, err := s.resolve(ctx, p)
	switch {
	case err == nil:
		s.hints.Add(p.hintKey(), scope)
	case isRefusal(err): // and not a failure to find out
		s.hints.Remove(p.hintKey())
	}
	return scope, err
}

func isRefusal(err error) bool {
	known, ok := errors.AsType[*fault.Error](err)
	return ok && known.Status() < http.StatusInternalServerError
}

func (s *Scopes) resolve(ctx context.Context, p Principal) (book.Scope, error) {
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	default:
		return book.Scope{}, fault.New(fault.Overloaded)
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var accountID *uuid.UUID
	if p.KeyDigest == nil {
		accountID = &p.AccountID
	}
	rows, err := postgres.Rows[db.CredentialResolveRow](ctx, s.readers, db.CredentialResolve, p.KeyDigest, accountID, p.AgentID)
	switch {
	case err != nil:
		return book.Scope{}, err
	case len(rows) == 0 && p.KeyDigest == nil:
		return book.Scope{}, fault.New(fault.InvalidToken)
	case len(rows) == 0:
		return book.Scope{}, fault.New(fault.InvalidAPIKey)
	}
	row := rows[0]
	switch {
	case row.ByAgent && p.AgentID != nil && *p.AgentID != row.AgentID:
		return book.Scope{}, fault.New(fault.PermissionDenied)
	case row.AgentID == uuid.Nil && p.AgentID != nil:
		return book.Scope{}, fault.New(fault.AgentNotFound)
	case row.AgentID == uuid.Nil:
		return book.Scope{}, fault.New(fault.AgentRequired)
	case !row.ByAgent:
		return book.Scope{AgentID: row.AgentID, AccountID: row.AccountID}, nil
	}
	scope := book.Scope{AgentID: row.AgentID, KeyDigest: p.KeyDigest}
	agent := book.Agent{AccountID: row.AccountID, KeyDigest: p.KeyDigest, Archived: row.Status == bookdb.StatusArchived}
	return scope, agent.MayRead(scope)
}
