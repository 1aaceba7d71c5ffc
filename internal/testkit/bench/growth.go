package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	ownersAgents   = 100
	ownersArchived = 10
	agentsPerOther = 100
)

// growth watches the owner's list pages while the agents of others fill the table.
type growth struct {
	*stage
	owner  account
	others []uuid.UUID
	pages  []ownersPage
}

// ownersPage is a page of the owner's, and what is on it.
type ownersPage struct {
	page
	content
	request []byte
	want    int         // bytes of its answer
	kept    keptPlan    // of a connection as old as the server's
	samples [][2]sample // one a phase: SQL, HTTP
	scans   []string    // one a phase
}

// sample is the median of some executions.
type sample = time.Duration

// measureGrowth is the second part: what a list page costs when the table has grown but the page has not. The server,
// its connections and the plans that these keep are the same throughout. Autovacuum leaves the table alone, so that it
// is known when the plans are made anew.
func measureGrowth(ctx context.Context, p plan) (_ section, err error) {
	progressf("preparing a table of %d agents", ownersAgents)
	s, err := newStage(ctx, p, "growth")
	if err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	g := &growth{stage: s}
	if err := g.plant(ctx); err != nil {
		return section{}, err
	}
	defer func() { err = errors.Join(err, g.forgetPlans(context.WithoutCancel(ctx))) }()
	for _, phase := range []struct {
		name  string
		begin func(context.Context) error
	}{
		{"few agents", g.warmUp},
		{"many agents, not analyzed yet", g.grow},
		{"many agents", g.settle},
	} {
		if err := phase.begin(ctx); err != nil {
			return section{}, err
		}
		progressf("measuring list pages: %s", phase.name)
		if err := g.measure(ctx); err != nil {
			return section{}, err
		}
	}
	return g.describe(ctx)
}

// plant gives the owner its agents, and keeps the plans of the pages.
func (g *growth) plant(ctx context.Context) (err error) {
	if g.owner, err = g.newAccount(ctx, "Owner"); err != nil {
		return err
	}
	if _, err := g.pool.Exec(ctx, "alter table agents set (autovacuum_enabled = false)"); err != nil {
		return err
	}
	if err := g.addAgents(ctx, []uuid.UUID{g.owner.id}, 1, ownersAgents); err != nil {
		return err
	}
	if _, err := g.pool.Exec(ctx, `update agents set status = 'archived' where id in (
		select id from agents order by created_at limit $1)`, ownersArchived); err != nil {
		return err
	}
	if err := g.settle(ctx); err != nil {
		return err
	}
	g.pages = []ownersPage{
		{page: activePage, content: content{ownersAgents - ownersArchived, ownersAgents - ownersArchived}},
		{page: wholePage, content: content{ownersAgents, ownersAgents}},
	}
	for i := range g.pages {
		page := &g.pages[i]
		if page.request, err = render(ctx, "GET", page.path, g.owner.token, nil); err != nil {
			return err
		}
		recorded, err := record(ctx, g.address(), page.request)
		if err != nil {
			return err
		}
		page.want = len(recorded.body)
		if page.kept, err = keepPlan(ctx, g.pool.Config().ConnConfig, page.page, g.owner.id); err != nil {
			return err
		}
	}
	return nil
}

func (g *growth) forgetPlans(ctx context.Context) error {
	var errs []error
	for _, page := range g.pages {
		if page.kept.conn != nil {
			errs = append(errs, page.kept.conn.Close(ctx))
		}
	}
	return errors.Join(errs...)
}

// warmUp makes every connection of the server and of the pool read each page often enough to keep its plan.
func (g *growth) warmUp(ctx context.Context) error {
	for _, page := range g.pages {
		for _, way := range g.ways(page) {
			if _, err := way.round(ctx, g.plan.warmUp); err != nil {
				return err
			}
		}
	}
	return nil
}

// ways are those in which a page is read: SQL, HTTP.
func (g *growth) ways(page ownersPage) [2]variant {
	return [2]variant{
		func(context.Context, int) (worker, error) { return page.reader(g.pool, g.owner.id, page.content), nil },
		func(ctx context.Context, _ int) (worker, error) {
			return connect(ctx, g.address(), [][]byte{page.request}, page.want)
		},
	}
}

// grow fills the table with the agents of others, in turn, so that none has its agents in one place.
func (g *growth) grow(ctx context.Context) error {
	rows, err := g.pool.Query(ctx, `
		insert into accounts (id, display_name, api_key_digest, api_secret_digest, starting_balance, created_at)
		select gen_random_uuid(), 'Other ' || n, sha256(('key ' || n)::bytea), sha256(('secret ' || n)::bytea), 10000, now()
		from generate_series(1, $1::integer) as n
		returning id`, g.plan.grown/agentsPerOther)
	if err != nil {
		return err
	}
	if g.others, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
		return err
	}
	for have := ownersAgents; have < g.plan.grown; {
		next := min(have+100_000, g.plan.grown)
		if err := g.addAgents(ctx, g.others, have+1, next); err != nil {
			return err
		}
		have = next
		progressf("%s agents in the table", grouped(float64(have)))
	}
	_, err = g.pool.Exec(ctx, "checkpoint")
	return err
}

// measure adds one phase to each page.
func (g *growth) measure(ctx context.Context) error {
	for i := range g.pages {
		page := &g.pages[i]
		var samples [2]sample
		for n, way := range g.ways(*page) {
			w, err := way(ctx, n)
			if err != nil {
				return err
			}
			samples[n], err = g.medianTime(ctx, w)
			if err := errors.Join(err, w.close()); err != nil {
				return err
			}
		}
		kept, err := page.kept.explain(ctx)
		if err != nil {
			return err
		}
		page.samples, page.scans = append(page.samples, samples), append(page.scans, strings.Join(kept.scansOf("agents"), ", "))
	}
	return nil
}

// medianTime calls again and again, one call at a time, and not for ever where one takes long.
func (g *growth) medianTime(ctx context.Context, w worker) (time.Duration, error) {
	const enough = 3 * time.Second
	var times []time.Duration
	for begun := time.Now(); len(times) < g.plan.executions && time.Since(begun) < enough; {
		start := time.Now()
		if err := w.do(ctx); err != nil {
			return 0, err
		}
		times = append(times, time.Since(start))
	}
	return medianOf(times, func(d time.Duration) time.Duration { return d }), nil
}

// describe also fails where a page of the grown table is read by a sequential scan.
func (g *growth) describe(ctx context.Context) (section, error) {
	few, many := grouped(ownersAgents), grouped(float64(g.plan.grown))
	s := section{
		title: fmt.Sprintf("A list page with %s and with %s agents in the table", few, many),
		table: [][]string{{"page", few, many + ", not analyzed", many, "ratio"}},
	}
	for _, page := range g.pages {
		for way, name := range []string{"SQL", "HTTP"} {
			first, stale, last := page.samples[0][way], page.samples[1][way], page.samples[2][way]
			s.table = append(s.table, []string{
				fmt.Sprintf("%s, %s (%d)", name, page.name, page.rows),
				milliseconds(first), milliseconds(stale), milliseconds(last), ratio(float64(last), float64(first)),
			})
		}
	}
	scattered, err := g.medianTime(ctx, activePage.reader(g.pool, g.others[0], content{agentsPerOther, agentsPerOther}))
	if err != nil {
		return s, err
	}
	s.table = append(s.table, []string{
		fmt.Sprintf("SQL, %s of another (%d)", activePage.name, agentsPerOther), "", "", milliseconds(scattered), "",
	})
	s.notes = []string{
		fmt.Sprintf("Medians of up to %d executions, one at a time. The owner has %d agents, %d of them archived, throughout; "+
			"the rest belong to %s other accounts. %q has its agents all over the table, the owner has them in one place.",
			g.plan.executions, ownersAgents, ownersArchived, grouped(float64(len(g.others))), "Another"),
		"The same server with the same connections throughout. \"Not analyzed\" is the moment before autovacuum has noticed " +
			"the growth: the plans are still those made for " + few + " agents.",
	}
	return s, g.describePlans(ctx, &s)
}

func (g *growth) describePlans(ctx context.Context, s *section) error {
	phases := s.table[0][1:4]
	for _, page := range g.pages {
		for phase, scans := range page.scans {
			s.notes = append(s.notes, fmt.Sprintf("Scans of agents for the page of %s, at %s: %s.", page.name, phases[phase], scans))
		}
	}
	for _, page := range g.pages {
		text, err := page.kept.text(ctx)
		if err != nil {
			return err
		}
		s.plans = append(s.plans, fmt.Sprintf("-- %s, at %s agents, in a session as old as the server's\n%s", page.name, phases[2], text))
		kept, err := page.kept.explain(ctx)
		if err != nil {
			return err
		}
		fresh, err := page.kept.explainAnew(ctx)
		if err != nil {
			return err
		}
		if kept.readsAll("agents") || fresh.readsAll("agents") {
			return fmt.Errorf("the page of %s is read by a sequential scan of %s agents:\n%s", page.name, phases[2], text)
		}
	}
	s.notes = append(s.notes, fmt.Sprintf("No sequential scan of agents at %s, neither in the sessions that were there before "+
		"nor in a plan made anew (checked).", phases[2]))
	return nil
}
