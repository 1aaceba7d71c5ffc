package exchange

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/book/bookdb"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const (
	commitTimeout  = 8 * time.Second // for one transaction
	outcomeTimeout = 3 * time.Second // for finding out whether it was committed
	maxAttempts    = 5
)

// commit makes the jobs durable in one transaction and answers them. A transaction that fails because of its content is cut
// in two, until the job to blame stands alone and fails alone.
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
// without the agents whose lock was not had in time.
func (x *Exchange) attempts(jobs []*job) (*batch, error) {
	skipLocked := false
	for n := 1; ; n++ {
		b := newBatch(x, jobs, skipLocked)
		begun := time.Now()
		err := b.run()
		x.metrics.Batch(len(jobs), err != nil, time.Since(begun))
		if err == nil || n == maxAttempts {
			return b, err
		}
		switch {
		case postgres.IsLockTimeout(err):
			skipLocked = true
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
	x          *Exchange
	jobs       []*job
	skipLocked bool // leave out the agents that another transaction has locked
	now        time.Time

	rows       bookdb.Rows
	existing   []uuid.UUID
	duplicates []*book.Order
	affected   []*book.Order
	xid        string
	answers    *idempotency.Answers

	books    map[uuid.UUID]*book.Book
	orders   map[uuid.UUID]*book.Order // those that jobs name, by id
	byDedup  map[uuid.UUID]*book.Order
	outcomes []outcome
}

func newBatch(x *Exchange, jobs []*job, skipLocked bool) *batch {
	return &batch{
		x: x, jobs: jobs, skipLocked: skipLocked, now: x.now(), outcomes: make([]outcome, len(jobs)),
		orders: map[uuid.UUID]*book.Order{}, byDedup: map[uuid.UUID]*book.Order{},
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
			dedups = append(dedups, book.DedupOf(j.scope.AgentID, *j.place.ClientOrderID))
		case j.cancel != nil:
			orderAgents, orderIDs = append(orderAgents, j.scope.AgentID), append(orderIDs, j.cancel.orderID)
		case j.match != nil:
			orderAgents, orderIDs = append(orderAgents, j.scope.AgentID), append(orderIDs, j.match.orderID)
		}
	}
	slices.SortFunc(agents, book.CompareIDs)
	agents = slices.Compact(agents)

	pipeline.Queue("begin")
	b.answers = idempotency.Queue(&pipeline, b.x.vault, keysOf(b.jobs), b.now)
	b.rows.QueueLocked(&pipeline, agents, b.skipLocked)
	if b.skipLocked {
		pipeline.Queue(db.BookExisting, agents).Query(func(rows pgx.Rows) (err error) {
			b.existing, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
			return err
		})
	}
	if len(dedups) > 0 {
		bookdb.QueueOrders(&pipeline, &b.duplicates, db.OrderGetManyByDedup, dedups)
	}
	if len(orderIDs) > 0 {
		bookdb.QueueOrders(&pipeline, &b.affected, db.OrderGetMany, orderAgents, orderIDs)
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
	b.books = b.rows.Books(b.x.ids)
	for _, order := range b.affected {
		b.orders[order.ID] = order
	}
	for _, order := range b.duplicates {
		b.byDedup[*order.Dedup] = order
	}
	for i, j := range b.jobs {
		if err := b.admit(j); err != nil { // before anything is replayed, too
			b.outcomes[i] = outcome{err: err}
			continue
		}
		if b.outcomes[i], err = b.once(j); err != nil {
			return err
		}
	}
	for _, agentBook := range b.books {
		if err := agentBook.Verify(); err != nil {
			return fault.New(fault.Internal).Because(err)
		}
	}
	return nil
}

// admit proves that the caller may act for the agent now.
func (b *batch) admit(j *job) error {
	agentBook := b.books[j.scope.AgentID]
	switch {
	case agentBook == nil && b.skipLocked && slices.Contains(b.existing, j.scope.AgentID):
		return fault.New(fault.Unavailable).Because(errors.New("exclusive work on the agent is going on"))
	case agentBook == nil:
		return book.ErrOutOfScope
	case j.internal:
		return nil
	default:
		return agentBook.MayRead(j.scope)
	}
}

func (b *batch) judge(j *job) outcome {
	agentBook := b.books[j.scope.AgentID]
	if !j.internal {
		if err := agentBook.MayTrade(j.scope); err != nil {
			return outcome{err: err}
		}
	}
	switch {
	case j.place != nil:
		return b.judgePlace(agentBook, *j.place)
	case j.cancel != nil:
		return b.judgeCancel(agentBook, j.cancel)
	default:
		return b.judgeMatch(agentBook, j.match)
	}
}

func (b *batch) judgePlace(agentBook *book.Book, r book.Request) outcome {
	if r.ClientOrderID != nil {
		if earlier := b.byDedup[book.DedupOf(agentBook.ID, *r.ClientOrderID)]; earlier != nil {
			if !earlier.Same(r) {
				return outcome{err: fault.New(fault.DuplicateClientOrderID)}
			}
			return outcome{order: earlier, existed: true}
		}
	}
	quote, err := b.x.quote(r.Symbol, b.now, nil)
	if err != nil {
		return outcome{err: err}
	}
	order, err := agentBook.Place(r, quote, b.x.feed, b.now)
	if err != nil {
		return outcome{err: err}
	}
	if order.Dedup != nil {
		b.byDedup[*order.Dedup] = order
	}
	return outcome{order: order}
}

func (b *batch) judgeCancel(agentBook *book.Book, c *cancellation) outcome {
	order := b.orders[c.orderID]
	switch {
	case order == nil || order.AgentID != agentBook.ID:
		return outcome{err: fault.New(fault.OrderNotFound)}
	case order.Status != book.Pending:
		return outcome{err: fault.New(fault.OrderNotCancellable)}
	}
	agentBook.Cancel(order, c.as, b.now)
	return outcome{order: order}
}

// Why Fill does not fill an order.
var (
	ErrNotPending = errors.New("the order is not pending any more")
	ErrNotCrossed = errors.New("the price does not reach the order, or is too old")
)

func (b *batch) judgeMatch(agentBook *book.Book, m *crossing) outcome {
	order := b.orders[m.orderID]
	if order == nil || order.AgentID != agentBook.ID || order.Status != book.Pending {
		return outcome{err: ErrNotPending}
	}
	quote, err := b.x.quote(order.Symbol, b.now, &m.tick)
	// A tick from before the order was placed may come late. It is not one that the order has waited for.
	if err != nil || m.tick.Time.Before(order.CreatedAt) || !order.ReachedBy(quote.Price) {
		return outcome{err: ErrNotCrossed}
	}
	agentBook.Fill(order, quote, priceAt{b.x.feed, m.tick}, b.now)
	return outcome{order: order}
}

// write is the second pipeline: it writes and commits, in one round trip.
func (b *batch) write(ctx context.Context, conn *pgx.Conn) error {
	var pipeline pgx.Batch
	books := make([]*book.Book, 0, len(b.books))
	for _, id := range b.rows.Agents() { // in order, so that equal batches write alike
		books = append(books, b.books[id])
	}
	bookdb.QueueChanges(&pipeline, books)
	b.answers.QueueAdded(&pipeline)
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
	for _, agentBook := range b.books {
		changes := agentBook.Changes()
		if len(changes.Transfers) > 0 {
			return agentBook.ID, changes.Transfers[0].ID
		}
		if len(changes.Opened) > 0 {
			return agentBook.ID, changes.Opened[0].ID
		}
	}
	return uuid.Nil, uuid.Nil
}
