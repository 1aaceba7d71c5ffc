package idempotency_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/idempotency"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func newStore(t *testing.T) (*idempotency.Store, *testkit.Clock) {
	server, clock := testkit.Start(t), testkit.NewClock()
	return &idempotency.Store{Pool: server.Pool, Vault: server.Vault(t), Now: clock.Now}, clock
}

func keyOf(owner uuid.UUID, key, request string) idempotency.Key {
	return idempotency.NewKey(owner, key, sha256.Sum256([]byte(request)))
}

// counted is an answer. Like every answer of the API it is a JSON object.
type counted struct{ Count int }

// once counts how often it does what is asked for, and returns the count.
func once(t *testing.T, s *idempotency.Store, key *idempotency.Key, count *int, refusal error) (counted, bool, error) {
	t.Helper()
	return idempotency.Once(t.Context(), s, key, func(pgx.Tx) (counted, error) {
		*count++
		return counted{*count}, refusal
	})
}

func requireAnswer(t *testing.T, want int, wantReplayed bool) func(counted, bool, error) {
	t.Helper()
	return func(answer counted, replayed bool, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, want, answer.Count)
		require.Equal(t, wantReplayed, replayed)
	}
}

func TestARequestTakesEffectOnceAndItsAnswerIsReplayed(t *testing.T) {
	t.Parallel()
	store, clock := newStore(t)
	owner, count := uuid.New(), 0
	key := keyOf(owner, "k", "a request")
	requireAnswer(t, 1, false)(once(t, store, &key, &count, nil))
	requireAnswer(t, 1, true)(once(t, store, &key, &count, nil))

	another := keyOf(owner, "k", "another request")
	_, _, err := once(t, store, &another, &count, nil)
	require.True(t, fault.Is(err, fault.IdempotencyKeyReused))
	stranger := keyOf(uuid.New(), "k", "a request")
	requireAnswer(t, 2, false)(once(t, store, &stranger, &count, nil))

	clock.Advance(24*time.Hour - time.Second)
	requireAnswer(t, 1, true)(once(t, store, &key, &count, nil))
	clock.Advance(time.Second)
	requireAnswer(t, 3, false)(once(t, store, &another, &count, nil))
	requireAnswer(t, 3, true)(once(t, store, &another, &count, nil))
}

func TestARequestWithoutAKeyTakesEffectEachTime(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	count := 0
	requireAnswer(t, 1, false)(once(t, store, nil, &count, nil))
	requireAnswer(t, 2, false)(once(t, store, nil, &count, nil))
}

func TestAFailureIsTriedAgainUnlessItIsFinal(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	key, count := keyOf(uuid.New(), "k", "a request"), 0
	failure := errors.New("the database is away")
	_, _, err := once(t, store, &key, &count, failure)
	require.ErrorIs(t, err, failure)
	notFinal := fault.New(fault.AgentNotFound)
	_, _, err = once(t, store, &key, &count, notFinal)
	require.ErrorIs(t, err, notFinal)
	require.Equal(t, 2, count)

	refusal := fault.New(fault.InsufficientBalance).With(map[string]any{"required": "5"})
	_, replayed, err := once(t, store, &key, &count, idempotency.Final(refusal))
	require.Equal(t, error(refusal), err)
	require.False(t, replayed)
	_, replayed, err = once(t, store, &key, &count, nil)
	require.True(t, fault.Is(err, fault.InsufficientBalance))
	require.True(t, replayed)
	require.Equal(t, 3, count)
}

func TestAKeyThatAnotherTransactionWorksOnIsInFlight(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	key, count := keyOf(uuid.New(), "k", "a request"), 0
	answer, replayed, err := idempotency.Once(t.Context(), store, &key, func(pgx.Tx) (counted, error) {
		_, _, err := once(t, store, &key, &count, nil)
		require.True(t, fault.Is(err, fault.IdempotencyInFlight))
		return counted{7}, nil
	})
	requireAnswer(t, 7, false)(answer, replayed, err)
	requireAnswer(t, 7, true)(once(t, store, &key, &count, nil))
	require.Zero(t, count)
}

func TestTheSecondOfTwoEqualKeysInABatchIsInFlight(t *testing.T) {
	t.Parallel()
	store, clock := newStore(t)
	owner := uuid.New()
	first, second, other := keyOf(owner, "k", "a request"), keyOf(owner, "k", "a request"), keyOf(owner, "another", "a request")
	tx, err := store.Pool.Begin(t.Context())
	require.NoError(t, err)
	var reading, writing pgx.Batch
	answers := idempotency.Queue(&reading, store.Vault, []idempotency.Key{first, second, other}, clock.Now())
	require.NoError(t, tx.SendBatch(t.Context(), &reading).Close())
	for _, key := range []idempotency.Key{first, other} {
		stored, err := answers.Find(key)
		require.NoError(t, err)
		require.Nil(t, stored)
		require.NoError(t, answers.Add(key, []byte(`{"Count": 5}`)))
	}
	_, err = answers.Find(second)
	require.True(t, fault.Is(err, fault.IdempotencyInFlight))
	answers.QueueAdded(&writing)
	require.NoError(t, tx.SendBatch(t.Context(), &writing).Close())
	require.NoError(t, tx.Commit(t.Context()))
	count := 0
	for _, key := range []idempotency.Key{second, other} {
		requireAnswer(t, 5, true)(once(t, store, &key, &count, nil))
	}
}

func TestRefusalsAreStoredWhereARepeatWouldBeRefusedAlike(t *testing.T) {
	t.Parallel()
	refusal := fault.New(fault.OrderRejected).With(map[string]any{"rule": "position_limit"})
	encoded, err := idempotency.EncodeRefusal(refusal)
	require.NoError(t, err)
	decoded, err := idempotency.DecodeRefusal(encoded)
	require.NoError(t, err)
	again, ok := errors.AsType[*fault.Error](decoded)
	require.True(t, ok)
	require.Equal(t, refusal.Code, again.Code)
	require.Equal(t, refusal.Status(), again.Status())
	encodedAgain, err := idempotency.EncodeRefusal(decoded)
	require.NoError(t, err)
	require.JSONEq(t, string(encoded), string(encodedAgain))

	for _, passing := range []error{
		errors.New("no refusal"), fault.New(fault.Overloaded), fault.New(fault.Unavailable), fault.New(fault.Internal),
		fault.New(fault.AgentArchived).Forbidden(),
	} {
		encoded, err := idempotency.EncodeRefusal(passing)
		require.NoError(t, err)
		require.Nil(t, encoded, passing)
	}
	_, err = idempotency.EncodeRefusal(fault.New(fault.OrderRejected).With(make(chan int)))
	require.Error(t, err)
	notRefused, err := idempotency.DecodeRefusal([]byte(`{"agent_id": "x"}`))
	require.NoError(t, err)
	require.NoError(t, notRefused)
}

func TestWhatHasExpiredIsSweptHoweverMuchItIs(t *testing.T) {
	t.Parallel()
	store, clock := newStore(t)
	_, err := store.Pool.Exec(t.Context(), `insert into idempotency_keys
		select gen_random_uuid(), '', '', '', $1::timestamptz + n * interval '1 second' from generate_series(1, 1200) as n`, clock.Now())
	require.NoError(t, err)
	left := func() (count int) {
		require.NoError(t, store.Pool.QueryRow(t.Context(), "select count(*) from idempotency_keys").Scan(&count))
		return count
	}
	require.NoError(t, store.SweepOnce(t.Context()))
	require.Equal(t, 1200, left())
	clock.Advance(1100 * time.Second)
	require.NoError(t, store.SweepOnce(t.Context()))
	require.Equal(t, 100, left())
}
