package exchange

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	commitTimeout  = 8 * time.Second // for one transaction
	outcomeTimeout = 3 * time.Second // for finding out whether it was committed
	maxAttempts    = 5
)

// commit makes the jobs durable in one transaction and answers them. A transaction that fails because of what is in it
// is cut in two until the job to blame stands alone, and fails alone.
func (x *Exchange) commit(jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	b, err := x.attempts(jobs)
	var transient bool
	if err != nil {
		transient = postgres.IsUnavailable(err) || errors.Is(err, context.DeadlineExceeded) || fault.Is(err, fault.OutcomeUnknown)
	}
	switch {
	case err == nil:
		for i, j := range jobs {
			j.done <- b.outcomes[i]
		}
	case transient:
		if !fault.Is(err, fault.OutcomeUnknown) {
			err = fault.New(fault.Unavailable).Because(err)
		}
		fail(jobs, err)
	case len(jobs) == 1:
		fail(jobs, err)
	default:
		x.commit(jobs[:len(jobs)/2])
		x.commit(jobs[len(jobs)/2:])
	}
}

func fail(jobs []*job, err error) {
	for _, j := range jobs {
		j.done <- outcome{err: err}
	}
}

// attempts tries again where that helps: after a deadlock, on a new connection where nothing had been written yet, and
// without the agents that somebody else has held for longer than the lock may be waited for.
func (x *Exchange) attempts(jobs []*job) (*batch, error) {
	free := false
	for n := 1; ; n++ {
		b := newBatch(x, jobs, free)
		begun := time.Now()
		err := b.run()
		x.metrics.Batch(len(jobs), err != nil, time.Since(begun))
		if err == nil || n == maxAttempts {
			return b, err
		}
		switch {
		case postgres.IsLockTimeout(err):
			free = true
		case postgres.LostAgainstAnother(err), errors.Is(err, errRolledBack):
		case errors.Is(err, errNothingWritten) && n < 3: // a connection that had died in the pool
		default:
			return nil, err
		}
	}
}

var (
	errNothingWritten = errors.New("the connection was lost before anything was written")
	errRolledBack     = errors.New("the connection was lost, and the transaction rolled back")
)

// batch is one transaction.
type batch struct {
	x    *Exchange
	jobs []*job
	free bool
	now  time.Time

	reading
	existing   []uuid.UUID
	duplicates []db.Order
	affected   []db.Order
	xid        string
	slots      slots

	books    map[uuid.UUID]*Book
	orders   map[uuid.UUID]*Order // those that jobs name, by id
	byDedup  map[uuid.UUID]*Order
	outcomes []outcome
}

func newBatch(x *Exchange, jobs []*job, free bool) *batch {
	return &batch{
		x: x, jobs: jobs, free: free, now: x.now(), outcomes: make([]outcome, len(jobs)),
		orders: map[uuid.UUID]*Order{}, byDedup: map[uuid.UUID]*Order{},
	}
}

func (b *batch) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	conn, err := b.x.conns.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	committed := false
	defer func() {
		if !committed && !conn.Conn().IsClosed() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), outcomeTimeout)
			defer cancel()
			_, _ = conn.Exec(ctx, "rollback")
		}
	}()
	if err := b.read(ctx, conn.Conn()); err != nil {
		if conn.Conn().IsClosed() {
			err = errors.Join(errNothingWritten, err)
		}
		return err
	}
	b.now = b.x.now() // it may have waited for the locks, and comes after what it waited for
	if err := b.judgeAll(); err != nil {
		return err
	}
	err = b.write(ctx, conn.Conn())
	committed = err == nil
	if err != nil && postgres.CommitMayHaveHappened(err) {
		return b.resolve(err)
	}
	return err
}

// read is the first pipeline: it begins, locks and reads, in one round trip.
func (b *batch) read(ctx context.Context, conn *pgx.Conn) error {
	var pipeline pgx.Batch
	var agents, orderAgents, orderIDs, dedups []uuid.UUID
	for _, j := range b.jobs {
		agents = append(agents, j.scope.AgentID)
		switch {
		case j.place != nil && j.place.ClientOrderID != nil:
			dedups = append(dedups, DedupOf(j.scope.AgentID, *j.place.ClientOrderID))
		case j.cancel != nil:
			orderAgents, orderIDs = append(orderAgents, j.scope.AgentID), append(orderIDs, j.cancel.orderID)
		case j.match != nil:
			orderAgents, orderIDs = append(orderAgents, j.scope.AgentID), append(orderIDs, j.match.orderID)
		}
	}
	slices.SortFunc(agents, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	agents = slices.Compact(agents)

	pipeline.Queue("begin")
	b.slots.queue(&pipeline, b.x.vault, b.jobs, b.now)
	b.queue(&pipeline, agents, b.free)
	if b.free {
		pipeline.Queue(db.BookExisting, agents).Query(func(rows pgx.Rows) (err error) {
			b.existing, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		})
	}
	if len(dedups) > 0 {
		postgres.Collect(&pipeline, &b.duplicates, db.BookDuplicates, dedups)
	}
	if len(orderIDs) > 0 {
		postgres.Collect(&pipeline, &b.affected, db.BookOrders, orderAgents, orderIDs)
	}
	pipeline.Queue(db.TransactionID).QueryRow(func(row pgx.Row) error { return row.Scan(&b.xid) })
	return conn.SendBatch(ctx, &pipeline).Close()
}

// judgeAll judges the jobs in order of arrival, on books that are changed in memory alone.
func (b *batch) judgeAll() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fault.New(fault.Internal).Because(fmt.Errorf("judging an order: panic: %v\n%s", r, debug.Stack()))
		}
	}()
	b.books = b.reading.books(b.x.ids)
	for _, row := range b.affected {
		b.orders[row.ID] = OrderOf(row)
	}
	for _, row := range b.duplicates {
		b.byDedup[*row.Dedup] = OrderOf(row)
	}
	b.slots.prepare()
	for i, j := range b.jobs {
		if err := b.admit(j); err != nil { // before anything is replayed, too
			b.outcomes[i] = outcome{err: err}
			continue
		}
		b.outcomes[i] = b.slots.once(b.x.vault, j, func() outcome { return b.judge(j) })
		if err := b.slots.failure; err != nil {
			return err
		}
	}
	return nil
}

// admit checks that the caller may act for the agent now.
func (b *batch) admit(j *job) error {
	book := b.books[j.scope.AgentID]
	switch {
	case book == nil && b.free && slices.Contains(b.existing, j.scope.AgentID):
		return fault.New(fault.Unavailable).Because(errors.New("the agent is busy with long work"))
	case book == nil || !j.scope.matcher && !book.belongsTo(j.scope):
		return ErrOutOfScope
	default:
		return MayRead(book.Archived, j.scope)
	}
}

func (b *batch) judge(j *job) outcome {
	book := b.books[j.scope.AgentID]
	switch {
	case book.Archived && !j.scope.matcher:
		return outcome{err: fault.New(fault.AgentArchived)}
	case j.place != nil:
		return b.judgePlace(book, *j.place)
	case j.cancel != nil:
		return b.judgeCancel(book, j.cancel)
	default:
		return b.judgeMatch(book, j.match)
	}
}

func (b *batch) judgePlace(book *Book, r Request) outcome {
	if r.ClientOrderID != nil {
		if earlier := b.byDedup[DedupOf(book.ID, *r.ClientOrderID)]; earlier != nil {
			if !earlier.same(r) {
				return outcome{err: fault.New(fault.DuplicateClientOrderID)}
			}
			return outcome{order: earlier, existed: true}
		}
	}
	quote, err := b.x.quote(r.Symbol, b.now, nil)
	if err != nil {
		return outcome{err: err}
	}
	order, err := book.Place(r, quote, b.x.feed, b.now)
	if err != nil {
		return outcome{err: err}
	}
	if order.dedup != nil {
		b.byDedup[*order.dedup] = order
	}
	return outcome{order: order}
}

func (b *batch) judgeCancel(book *Book, c *cancellation) outcome {
	order := b.orders[c.orderID]
	switch {
	case order == nil || order.AgentID != book.ID:
		return outcome{err: fault.New(fault.OrderNotFound)}
	case order.Status != Pending:
		return outcome{err: fault.New(fault.OrderNotCancellable)}
	}
	book.Cancel(order, c.as, b.now)
	return outcome{order: order}
}

var (
	errNotPending = errors.New("the order is not pending any more")
	errNotCrossed = errors.New("the price does not reach the order, or is too old")
)

func (b *batch) judgeMatch(book *Book, m *crossing) outcome {
	order := b.orders[m.orderID]
	if order == nil || order.AgentID != book.ID || order.Status != Pending {
		return outcome{err: errNotPending}
	}
	quote, err := b.x.quote(order.Symbol, b.now, &m.tick)
	// A tick from before the order was placed may come late. It is not one that the order has waited for.
	if err != nil || m.tick.Time.Before(order.CreatedAt) || !order.crosses(quote.Price) {
		return outcome{err: errNotCrossed}
	}
	book.Fill(order, quote, priceAt{b.x.feed, m.tick}, b.now)
	return outcome{order: order}
}

// write is the second pipeline: it writes and commits, in one round trip.
func (b *batch) write(ctx context.Context, conn *pgx.Conn) error {
	var pipeline pgx.Batch
	books := make([]*Book, 0, len(b.books))
	for _, row := range b.agents { // in order, so that equal batches write alike
		books = append(books, b.books[row.ID])
	}
	flush(&pipeline, books)
	b.slots.flush(&pipeline)
	pipeline.Queue("commit")
	return conn.SendBatch(ctx, &pipeline).Close()
}

// resolve finds out whether the transaction was committed whose answer was lost.
func (b *batch) resolve(cause error) error {
	ctx, cancel := context.WithTimeout(context.Background(), outcomeTimeout)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		committed, known, err := b.committed(ctx)
		switch {
		case err == nil && known && committed:
			return nil
		case err == nil && known:
			return errors.Join(errRolledBack, cause)
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.OutcomeUnknown).Because(cause)
		case <-time.After(wait):
		}
	}
}

// committed asks the database. That a transaction of this id was committed is no proof: one that left no trace before a
// crash is forgotten, and another gets its id. A row of ours that is there is one; it is looked for afterwards, so that
// it would be seen.
func (b *batch) committed(ctx context.Context) (committed, known bool, err error) {
	status, err := db.New().TransactionStatus(ctx, b.x.pool, b.xid)
	if err != nil || status != "committed" {
		return false, status == "aborted", err
	}
	agentID, rowID := b.trace()
	if rowID == uuid.Nil { // nothing but stored refusals: a second attempt finds them
		return false, true, nil
	}
	committed, err = db.New().RowExists(ctx, b.x.pool, db.RowExistsParams{AgentID: agentID, ID: rowID})
	return committed, true, err
}

// trace names a row that the batch adds.
func (b *batch) trace() (agentID, rowID uuid.UUID) {
	for _, book := range b.books {
		if transfers := book.changes.transfers; len(transfers) > 0 {
			return book.ID, transfers[0].id
		}
		if opened := book.changes.opened; len(opened) > 0 {
			return book.ID, opened[0].ID
		}
	}
	return uuid.Nil, uuid.Nil
}
