package book

import (
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
)

// Session is the time between two resets of an agent.
type Session struct {
	ID              uuid.UUID
	StartingBalance decimal.Decimal
	StartedAt       time.Time
	Day             time.Time // 00:00 UTC of the day in which it started
}

// NewSession starts a session at a time, with its starting balance.
func NewSession(id uuid.UUID, startingBalance decimal.Decimal, now time.Time) Session {
	return Session{ID: id, StartingBalance: startingBalance, StartedAt: now, Day: DayOf(now)}
}

// EndedSession is a session that a reset ended.
type EndedSession struct {
	Session
	EndingEquity decimal.Decimal
	EndedAt      time.Time
}

// Days returns how many days of 24 hours the session lasted.
func (s EndedSession) Days() decimal.Decimal {
	return decimal.NewFromInt(s.EndedAt.Sub(s.StartedAt).Microseconds()).Quo(decimal.NewFromInt((24 * time.Hour).Microseconds()))
}
