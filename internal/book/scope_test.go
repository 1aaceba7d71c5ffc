package book

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestWhoMayReadAndTrade(t *testing.T) {
	t.Parallel()
	agent := Agent{ID: uuid.New(), AccountID: uuid.New(), KeyDigest: []byte("the agent's key")}
	owner := Scope{AgentID: agent.ID, AccountID: agent.AccountID}
	ownKey := Scope{AgentID: agent.ID, KeyDigest: agent.KeyDigest}
	archivedAgent := agent
	archivedAgent.Archived = true

	for _, scope := range []Scope{owner, ownKey} {
		require.NoError(t, agent.MayRead(scope))
		require.NoError(t, agent.MayTrade(scope))
	}

	for who, stranger := range map[string]Scope{
		"another account":                       {AgentID: agent.ID, AccountID: uuid.New()},
		"no account":                            {AgentID: agent.ID},
		"another key":                           {AgentID: agent.ID, KeyDigest: []byte("another key")},
		"an empty key":                          {AgentID: agent.ID, KeyDigest: []byte{}},
		"a key that was replaced, of the owner": {AgentID: agent.ID, AccountID: agent.AccountID, KeyDigest: []byte("the old key")},
	} {
		for _, each := range []Agent{agent, archivedAgent} {
			require.ErrorIs(t, each.MayRead(stranger), ErrOutOfScope, who)
			require.ErrorIs(t, each.MayTrade(stranger), ErrOutOfScope, who)
		}
	}

	require.NoError(t, archivedAgent.MayRead(owner), "the owner still reads an archived agent")
	requireArchived(t, archivedAgent.MayTrade(owner), 409)
	requireArchived(t, archivedAgent.MayRead(ownKey), 403)
	requireArchived(t, archivedAgent.MayTrade(ownKey), 403)
}

func requireArchived(t *testing.T, err error, status int) {
	t.Helper()
	var refusal *fault.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, fault.AgentArchived, refusal.Code)
	require.Equal(t, status, refusal.Status())
}

func TestASessionLastsFromItsBeginToItsReset(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	evening := DayOf(noon).Add(23*time.Hour + 59*time.Minute)
	session := NewSession(id, dec("10000"), evening)
	require.Equal(t, Session{ID: id, StartingBalance: dec("10000"), StartedAt: evening, Day: DayOf(noon)}, session)
	for _, example := range []struct {
		lasted time.Duration
		days   string
	}{
		{0, "0"}, {24 * time.Hour, "1"}, {36 * time.Hour, "1.5"}, {time.Hour, "0.04166667"},
	} {
		ended := EndedSession{Session: session, EndedAt: evening.Add(example.lasted)}
		require.Equal(t, dec(example.days), ended.Days(), example.lasted)
	}
}
