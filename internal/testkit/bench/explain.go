package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// keptPlan is a prepared statement in a session of its own, executed so often that the session has made up its mind
// about the plan, as the sessions of a server have that runs for long.
type keptPlan struct {
	conn      *pgx.Conn
	statement string
	args      []any
	execute   string
}

func keepPlan(ctx context.Context, config *pgx.ConnConfig, page page, accountID uuid.UUID) (keptPlan, error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return keptPlan{}, err
	}
	kept := keptPlan{
		conn: conn, statement: page.statement, args: []any{accountID, int32(0), pageLimit},
		execute: fmt.Sprintf("execute page('%s', 0, %d)", accountID, pageLimit),
	}
	if _, err := conn.Exec(ctx, "prepare page as "+page.statement); err != nil {
		return kept, err
	}
	// PostgreSQL makes five plans with the values known, and then decides whether one without them is as good.
	for range 10 {
		if _, err := conn.Exec(ctx, kept.execute); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// planNode is a node of a plan, with those below it.
type planNode struct {
	Type     string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Index    string     `json:"Index Name"`
	Plans    []planNode `json:"Plans"`
}

// explain answers the plan that the session uses.
func (k keptPlan) explain(ctx context.Context) (planNode, error) {
	return k.plan(ctx, k.execute)
}

// explainAnew answers the plan that a new session would make.
func (k keptPlan) explainAnew(ctx context.Context) (planNode, error) {
	return k.plan(ctx, k.statement, k.args...)
}

func (k keptPlan) plan(ctx context.Context, statement string, args ...any) (planNode, error) {
	var encoded []byte
	if err := k.conn.QueryRow(ctx, "explain (format json) "+statement, args...).Scan(&encoded); err != nil {
		return planNode{}, err
	}
	var plans []struct {
		Plan planNode `json:"Plan"`
	}
	if err := json.Unmarshal(encoded, &plans); err != nil || len(plans) != 1 {
		return planNode{}, fmt.Errorf("a plan cannot be read: %w: %s", err, encoded)
	}
	return plans[0].Plan, nil
}

// text answers the plan that the session uses as PostgreSQL shows it, with what was found on the way.
func (k keptPlan) text(ctx context.Context) (string, error) {
	rows, err := k.conn.Query(ctx, "explain (analyze, costs off, timing off, summary off, buffers off) "+k.execute)
	if err != nil {
		return "", err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return strings.Join(lines, "\n"), err
}

// scansOf answers how a table is read.
func (n planNode) scansOf(table string) []string {
	var scans []string
	if n.Relation == table {
		scans = append(scans, strings.TrimSpace(n.Type+" "+n.Index))
	}
	for _, below := range n.Plans {
		scans = append(scans, below.scansOf(table)...)
	}
	return scans
}

// readsAll reports a sequential scan of a table.
func (n planNode) readsAll(table string) bool {
	return slices.Contains(n.scansOf(table), "Seq Scan")
}
