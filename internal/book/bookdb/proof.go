package bookdb

import (
	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Proof is the proof that a caller may read what a pipeline reads of an agent.
type Proof struct{ rows []db.AgentProofRow }

// Queue reads what the proof needs. It comes first in its pipeline.
func (p *Proof) Queue(pipeline *pgx.Batch, agentID uuid.UUID) {
	postgres.Collect(pipeline, &p.rows, db.AgentProof, agentID)
}

// MayRead is book.Agent.MayRead, once the pipeline has been read.
func (p *Proof) MayRead(scope book.Scope) error {
	if len(p.rows) == 0 {
		return book.ErrOutOfScope
	}
	row := p.rows[0]
	agent := book.Agent{AccountID: row.AccountID, KeyDigest: row.APIKeyDigest, Archived: row.Status == StatusArchived}
	return agent.MayRead(scope)
}
