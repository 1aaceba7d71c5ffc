package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// crowds are how many connections place orders at once, and by how much the server should then outdo pgbench.
var crowds = []struct {
	size  int
	floor string
}{{64, "1.5"}, {256, "2.2"}}

// The ways of placing an order.
const (
	placedHTTP = iota
	placedTransaction
	placedStatement
	placings
)

// orderRound is at least a second, because pgbench counts in seconds.
func (p plan) orderRound() time.Duration { return max(p.round, time.Second).Round(time.Second) }

// measureOrders is the third part: market orders, each answered only when it is durable, beside what pgbench gets out of
// the same database with the same rows.
func measureOrders(ctx context.Context, p plan) (_ section, err error) {
	progressf("preparing %d agents, each with a position", p.traders)
	s, err := newStage(ctx, p, "orders")
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	traders, err := s.addTraders(ctx, p.traders)
	if err != nil {
		return section{}, err
	}
	if err := s.openPositions(ctx, traders); err != nil {
		return section{}, err
	}
	rival, err := newPgbench(s.url, p.traders)
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, rival.close()) }()
	var rows [][]string
	for _, crowd := range crowds {
		results, err := s.placeOrders(ctx, traders, rival, crowd.size)
		if err != nil {
			return section{}, err
		}
		rows = append(rows, orderRow(crowd.size, crowd.floor, results))
	}
	most := crowds[len(crowds)-1].size
	if p.profiles != "" {
		if err := p.profile("orders", "orders", func() error {
			_, err := traders.variant(s.address()).crowd(ctx, most, 3*p.orderRound())
			return err
		}); err != nil {
			return section{}, err
		}
	}
	if err := s.reconcile(ctx, traders); err != nil {
		return section{}, err
	}
	return s.describeOrders(rows, rival)
}

// openPositions lets every agent buy, so that each order afterwards, buy or sell, changes the same rows. It also makes
// the server acquainted with every key, and the plans with tables that are not empty.
func (s *stage) openPositions(ctx context.Context, traders *traders) error {
	begun := time.Now()
	var next atomic.Int64
	first := variant(func(ctx context.Context, _ int) (worker, error) { return traders.opener(ctx, s.address(), &next) })
	if _, err := first.crowd(ctx, 64, 5*time.Minute); !errors.Is(err, errAllPlaced) {
		return fmt.Errorf("opening positions: %w", err)
	}
	progressf("%d positions opened in %s", len(traders.keys), time.Since(begun).Round(10*time.Millisecond))
	for _, statement := range []string{"vacuum (analyze)", "checkpoint"} {
		if _, err := s.pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// placeOrders lets the ways of placing orders take turns.
func (s *stage) placeOrders(ctx context.Context, traders *traders, rival *pgbench, crowd int) ([placings][]result, error) {
	var results [placings][]result
	place := [placings]func(time.Duration) (result, error){
		placedHTTP: func(duration time.Duration) (result, error) {
			return traders.variant(s.address()).crowd(ctx, crowd, duration)
		},
		placedTransaction: func(duration time.Duration) (result, error) {
			return rival.round(ctx, rival.transaction, crowd, duration)
		},
		placedStatement: func(duration time.Duration) (result, error) {
			return rival.round(ctx, rival.statement, crowd, duration)
		},
	}
	progressf("%d connections: warming up", crowd)
	if _, err := place[placedHTTP](s.plan.orderRound()); err != nil {
		return results, err
	}
	for round := range s.plan.rounds {
		for turn := range placings {
			way := (round + turn) % placings // nobody is always the one behind the same other
			result, err := place[way](s.plan.orderRound())
			if err != nil {
				return results, err
			}
			results[way] = append(results[way], result)
		}
		progressf("%d connections: round %d of %d: %.0f/s through HTTP, %.0f/s as transactions, %.0f/s as statements", crowd,
			round+1, s.plan.rounds, results[placedHTTP][round].perSecond, results[placedTransaction][round].perSecond,
			results[placedStatement][round].perSecond)
	}
	return results, nil
}

func orderRow(crowd int, floor string, results [placings][]result) []string {
	rate := func(r result) float64 { return r.perSecond }
	served := results[placedHTTP]
	row := []string{strconv.Itoa(crowd), grouped(medianOf(served, rate)), "", "", "", floor, "",
		milliseconds(medianOf(served, func(r result) time.Duration { return r.p50 })),
		milliseconds(medianOf(served, func(r result) time.Duration { return r.p99 })),
	}
	if results[placedTransaction][0].perSecond > 0 { // there is a pgbench
		row[2] = grouped(medianOf(results[placedTransaction], rate))
		row[3] = grouped(medianOf(results[placedStatement], rate))
		row[4] = medianRatio(served, results[placedTransaction])
		row[6] = medianRatio(served, results[placedStatement])
	}
	return row
}

func (s *stage) describeOrders(rows [][]string, rival *pgbench) (section, error) {
	described := section{
		title: "Market orders per second, durable when answered",
		table: append([][]string{{
			"connections", "HTTP", "transactions", "statements", "HTTP ÷ transactions", "floor", "HTTP ÷ statements", "HTTP p50", "HTTP p99",
		}}, rows...),
		notes: []string{
			fmt.Sprintf("%s agents with a position each; every order is a buy or a sell of one of them at random, and every answer is "+
				"201, which comes after the commit. Medians of %d rounds of %s, in which the three take turns; a ratio is the median of "+
				"the rounds' ratios.", grouped(float64(s.plan.traders)), s.plan.rounds, s.plan.orderRound()),
			"HTTP is the whole server, with keep-alive connections: authentication, validation, every rule, database, log. " +
				"Transactions is pgbench with as many connections on the same database, writing the same rows without judging anything: " +
				"it locks the agent, updates two balances, and inserts an order, a trade and three postings, a statement each (the " +
				"postings together), prepared. Statements is the same as one statement of common table expressions.",
			fmt.Sprintf("Clients, server and PostgreSQL share %d cores, and clients and server one Go process (%s). Machines are noisy "+
				"and differ: compare the ratios, not the rates. The agents looked at reconcile afterwards (checked).",
				runtime.NumCPU(), runtime.Version()),
		},
	}
	if rival.program == "" {
		described.notes = append(described.notes, "There is no pgbench on this machine, neither in PG_BIN nor beside PostgreSQL's "+
			"programs, so that there is nothing to compare with.")
	}
	return described, nil
}
