package main

import (
	"context"
	"fmt"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/google/uuid"
)

const pageLimit int32 = 100

// page is a list page, as a request and as what the server reads for it.
type page struct {
	name      string
	path      string
	statement string
	read      func(ctx context.Context, conn db.DBTX, accountID uuid.UUID) (content, error)
}

// content is what reading a page came to.
type content struct {
	rows  int
	total int64
}

var (
	activePage = page{
		name: "active agents", path: agentsPath + "?limit=100", statement: db.AgentListActive,
		read: func(ctx context.Context, conn db.DBTX, accountID uuid.UUID) (content, error) {
			limit := pageLimit
			rows, err := db.New().AgentListActive(ctx, conn, db.AgentListActiveParams{AccountID: accountID, PageLimit: &limit})
			if err != nil {
				return content{}, err
			}
			total, err := db.New().AgentCountActive(ctx, conn, accountID)
			return content{rows: len(rows), total: total}, err
		},
	}
	wholePage = page{
		name: "archived ones too", path: agentsPath + "?include_archived=true&limit=100", statement: db.AgentList,
		read: func(ctx context.Context, conn db.DBTX, accountID uuid.UUID) (content, error) {
			limit := pageLimit
			rows, err := db.New().AgentList(ctx, conn, db.AgentListParams{AccountID: accountID, PageLimit: &limit})
			if err != nil {
				return content{}, err
			}
			total, err := db.New().AgentCount(ctx, conn, accountID)
			return content{rows: len(rows), total: total}, err
		},
	}
)

// reader answers a worker that reads the page without HTTP and fails unless it finds what it should.
func (p page) reader(conn db.DBTX, accountID uuid.UUID, want content) sqlWorker {
	return func(ctx context.Context) error {
		got, err := p.read(ctx, conn, accountID)
		if err == nil && got != want {
			err = fmt.Errorf("a page of %s has %d of %d, where %d of %d were expected",
				p.name, got.rows, got.total, want.rows, want.total)
		}
		return err
	}
}
