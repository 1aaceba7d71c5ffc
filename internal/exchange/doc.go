// Package exchange makes the outcome of trading durable: it reads books, has the rules of package book judge requests
// against them, and writes what has changed.
//
// # The write path
//
// An order waits for one fsync of PostgreSQL, and a fsync takes about as long for a hundred orders as for one. So orders
// are committed in groups. Each agent belongs to one writer, by its id. There is a writer per core, each with a connection
// of its own (writer.go, batch.go, and book/bookdb for the statements):
//
//   - A batch is what queued while the last one was committed, up to 128 jobs. There is no timer: a lone order goes out at
//     once, and the busier the server, the larger its batches.
//   - The first pipeline begins the transaction, locks the agents in the order of their ids, so that two replicas never
//     deadlock, and reads their books. The reads are statements of their own, because a statement that waits for a lock sees
//     the data from before the wait. The key's digest and the agent's status are read under the lock, so a replaced key is
//     refused on every replica and no cache has to be told.
//   - The jobs are judged in memory, in the order of their arrival. Parallel orders cannot slip past a limit together.
//   - Before anything is written, each book proves that its postings sum to zero and that its holds are what is locked.
//   - The second pipeline writes, with one statement per table however many rows there are, and commits. Only then do the
//     callers get their answers. An order is thus two round trips, shared with its batch.
//   - A batch that fails because of its content is cut in two, until the order to blame stands alone and fails alone. If
//     jobs were retried one by one, a few bad orders a second would halve the throughput. A batch that lost a deadlock is
//     tried again as a whole.
//   - If the answer to a commit is lost, the transaction is looked up by its id and by a row of it. It is never repeated
//     blindly. If even that fails, the answer is OUTCOME_UNKNOWN, which an Idempotency-Key or a client_order_id resolves.
//   - Answers to idempotent requests are looked up in the first pipeline and stored in the second (answers.go), in the same
//     transaction as their effect.
//   - The queue is bounded, and a full queue refuses at once. A job whose caller has gone is not begun. A shutdown commits
//     what has queued.
//
// # Exclusive work
//
// Long work on one agent (reset, archive, delete, cancelling all orders: exclusive.go) has a transaction of its own, and
// the agent's jobs are parked meanwhile. A batch waits for a lock for a limited time, then goes on without the agents that
// another transaction holds. So one agent's ten million rows delay no other agent.
//
// # Fills of resting orders
//
// They go through the same writers: package matching finds the orders that a tick crosses, and Fill judges each anew under
// the lock. Orders placed on other replicas reach the matcher through the table order_changes.
package exchange
