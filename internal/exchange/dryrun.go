package exchange

import (
	"context"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/jackc/pgx/v5"
)

// Preview judges an order without a lock and without a trace. It fails like Place, but not with refusals: these are in
// the preview.
func (x *Exchange) Preview(ctx context.Context, scope book.Scope, r book.Request) (*book.Preview, error) {
	var pipeline pgx.Batch
	var rows bookdb.Rows
	rows.QueueUnlocked(&pipeline, scope.AgentID)
	if err := postgres.Send(ctx, x.pool, &pipeline); err != nil {
		return nil, err
	}
	agentBook := rows.Books(x.ids)[scope.AgentID]
	if agentBook == nil {
		return nil, book.ErrOutOfScope
	}
	if err := agentBook.MayTrade(scope); err != nil {
		return nil, err
	}
	now := x.now()
	quote, err := x.quote(r.Symbol, now, nil)
	if err != nil {
		return nil, err
	}
	return agentBook.Preview(r, quote, x.feed, now)
}
