// Package book is one agent's book and every rule of trading. It is pure: it knows no database and no network, it waits
// for nothing, and the time and the market's prices are arguments.
//
// A Book is loaded, judges requests (Place, Preview, Fill, Cancel, Reset), changes in memory, and notes every change for
// whoever writes it (Changes, ChangedBalances; package bookdb does). Whoever changes a book holds the agent's lock, so each
// judgement sees the outcome of the one before.
//
// # Rules
//
// judge collects what the rules need of the book; passes judges one rule for one quantity. An order is refused by the first
// rule it breaks, in the order of the constants Rule…, and the refusal names the largest quantity that would pass. A
// preview runs the same code on a copy of the book.
//
// # Money
//
// All amounts have 8 places. Products and quotients are rounded half up, once, where they arise: the price of a fill, its
// value, its fee (0.1 % of the value), the part of a cost basis that a sale takes. Everything else is sums of these, so
// that no cent is lost: realized + unrealized profit is equity − starting balance, exactly. A balance changes only by a
// double entry (post), so ledger and balances cannot differ; Verify asserts it.
package book
