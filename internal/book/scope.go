package book

import (
	"crypto/subtle"
	"errors"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
)

// ErrOutOfScope means that the agent does not exist or that the caller may not act for it. Which of the two it is, and
// what to tell the caller, is decided where the credential is known.
var ErrOutOfScope = errors.New("no such agent for this caller")

// Scope names the agent that a call is about, and the right by which the caller acts for it: the digest of the agent's
// own key, or the account that owns the agent.
type Scope struct {
	AgentID   uuid.UUID
	KeyDigest []byte    // of the agent's own key; nil where the account acts
	AccountID uuid.UUID // nil where the agent's key acts
}

// MayRead proves that the caller may act for the agent, as read by the transaction that this proof is for. It fails with
// ErrOutOfScope, and with AgentArchived for an archived agent's own key: only its owner may still read.
func (a *Agent) MayRead(scope Scope) error {
	if scope.KeyDigest != nil && subtle.ConstantTimeCompare(a.KeyDigest, scope.KeyDigest) != 1 ||
		scope.KeyDigest == nil && a.AccountID != scope.AccountID {
		return ErrOutOfScope
	}
	if a.Archived && scope.KeyDigest != nil {
		return fault.New(fault.AgentArchived).Forbidden()
	}
	return nil
}

// MayTrade proves that the caller may also change the book. Beyond MayRead it fails with AgentArchived for the owner of
// an archived agent.
func (a *Agent) MayTrade(scope Scope) error {
	if err := a.MayRead(scope); err != nil || !a.Archived {
		return err
	}
	return fault.New(fault.AgentArchived)
}
