// Package exchange holds the rules of trading, and what makes their outcome durable.
//
// The rules are pure functions over a Book: what one agent has, read under the lock of its row. They judge a request,
// change the book in memory and note every change.
//
// # The write path
//
// An order waits for one fsync of PostgreSQL's, and a fsync takes about as long for a hundred orders as for one. So
// orders are committed in groups. Each agent belongs to one writer, by its id; there are as many writers as cores, each
// with a connection of its own (writer.go, commit.go, load.go, flush.go):
//
//   - A batch is what queued while the last one was committed, up to 128 jobs. There is no timer: a lone order goes out at
//     once, and the busier the server, the larger its batches.
//   - The first pipeline begins, locks the agents in the order of their ids, so that no two replicas lock each other out,
//     and reads their books. These are statements of their own: one that had waited for its lock would still see what was
//     there before. The key's digest and the agent's status are read under the lock, so a key that was replaced is refused
//     on every replica, and no cache has to be told.
//   - The jobs are judged in the order of their arrival, in memory. Parallel orders cannot slip past a limit together.
//   - The second pipeline writes, a statement for each table however many rows there are, and commits. Only then is
//     anybody answered. An order is thus 2 round trips shared with its batch.
//   - A batch that fails because of what is in it is cut in two, until the order to blame stands alone and fails alone: one
//     by one, a few bad orders a second would halve the throughput. One that lost against another transaction is tried
//     again as a whole.
//   - A commit whose answer is lost is looked up by the id of its transaction, and is never repeated blindly. If even that
//     cannot be found out the answer is OUTCOME_UNKNOWN, which an Idempotency-Key or a client_order_id resolves.
//   - Answers to idempotent requests are looked up in the first pipeline and stored in the second (slots.go), in the same
//     transaction as what they tell of.
//   - The queue is bounded and a full one refuses at once; a job whose caller has gone is not begun; a shutdown commits what
//     has queued.
//
// Long work on one agent (reset, archive, delete, cancelling all: alone.go) has a transaction of its own, and the agent's
// jobs are kept back meanwhile. The lock of a batch has a timeout, after which the batch goes on without the agents that
// somebody else holds. Nobody's neighbours wait for his ten million rows.
//
// # Reads
//
// A read is one round trip, in which the right to read is checked by the statement that reads or before it. Quick ones, of
// single agents and orders, share round trips (postgres.Readers): what arrives while a reader waits for PostgreSQL goes
// together in its next, so that a backend is woken once for many. What may take long has a connection of its own.
//
// # The matcher
//
// Fills of resting orders go through the same writers: the matcher (matcher.go) finds the orders that a tick crosses in
// memory, and each is judged anew under the lock. One server at a time matches, by an advisory lock; what the others
// place is handed over through the table order_changes.
package exchange
