package auth_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	auth.ShortPages()
	testkit.Main(m)
}

var errCut = errors.New("cut short")

// cutShort allows a number of transactions and then fails.
type cutShort struct {
	postgres.Beginner
	left int
}

func (c *cutShort) Begin(ctx context.Context) (pgx.Tx, error) {
	if c.left--; c.left < 0 {
		return nil, errCut
	}
	return c.Beginner.Begin(ctx)
}

// sources returns a key file and given keys, as a newly started server has them.
func sources(t *testing.T) map[string]auth.KeySource {
	t.Helper()
	var given [2]string
	for i := range given {
		key, err := auth.NewMasterKey(rand.Reader)
		require.NoError(t, err)
		given[i] = key.Base64()
	}
	keys, err := auth.NewGivenKeys(given[0], given[1])
	require.NoError(t, err)
	return map[string]auth.KeySource{"file": auth.KeyFile{Path: filepath.Join(t.TempDir(), "master.key")}, "given": keys}
}

// A rotation may be cut short after any of its steps. All sealed values still open, new values can be sealed, and the
// next rotation finishes it.
func TestRotationsMayBeCutShortAnywhere(t *testing.T) {
	t.Parallel()
	for name, source := range sources(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := sealedDatabase(t, source)
			before := inForce(t, pool)
			ended := false
			for steps := 0; !ended; steps++ {
				vault := auth.NewVault(rand.Reader, time.Now, source)
				err := auth.RotateOn(t.Context(), &cutShort{pool, steps}, vault)
				if ended = err == nil; !ended {
					require.ErrorIs(t, err, errCut)
				}
				requireAllOpen(t, pool, source)
				if steps < 3 { // sealing works whether a rotation is under way or not
					sealOne(t, pool, source)
				}
				require.Less(t, steps, 50)
			}
			require.NotEqual(t, before, inForce(t, pool))
			for _, row := range rowsOf(t, pool) {
				require.Equal(t, inForce(t, pool), auth.KeyIDOf(row.Sealed))
			}
			if file, ok := source.(auth.KeyFile); ok {
				require.NoFileExists(t, file.Path+".next")
			}
		})
	}
}

// Otherwise the second rotation could discard the key that the first is sealing under.
func TestASecondRotationIsRefused(t *testing.T) {
	t.Parallel()
	source := sources(t)["file"]
	pool := sealedDatabase(t, source)
	first, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer first.Release()
	alone, err := db.New().RotationTryLock(t.Context(), first)
	require.NoError(t, err)
	require.True(t, alone)
	second, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer second.Release()
	require.ErrorIs(t, auth.RotateMasterKey(t.Context(), second.Conn(), auth.NewVault(rand.Reader, time.Now, source)), auth.ErrRotating)
}

// Running it again when the other rotation has ended is no advice for a database that has failed.
func TestALostDatabaseIsNotMistakenForAnotherRotation(t *testing.T) {
	t.Parallel()
	source := sources(t)["file"]
	pool := sealedDatabase(t, source)
	pooled, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer pooled.Release()
	require.NoError(t, pooled.Conn().Close(t.Context()))
	err = auth.RotateMasterKey(t.Context(), pooled.Conn(), auth.NewVault(rand.Reader, time.Now, source))
	require.Error(t, err)
	require.NotErrorIs(t, err, auth.ErrRotating)
}

// A rotation does not start with other keys than those of an unfinished one.
func TestNoRotationStartsBeforeAnUnfinishedOneEnds(t *testing.T) {
	t.Parallel()
	var keys [3]string
	for i := range keys {
		key, err := auth.NewMasterKey(rand.Reader)
		require.NoError(t, err)
		keys[i] = key.Base64()
	}
	pair := func(present, next string) auth.KeySource {
		source, err := auth.NewGivenKeys(present, next)
		require.NoError(t, err)
		return source
	}
	pool := sealedDatabase(t, pair(keys[0], keys[1]))
	rotate := func(source auth.KeySource, steps int) error {
		return auth.RotateOn(t.Context(), &cutShort{pool, steps}, auth.NewVault(rand.Reader, time.Now, source))
	}
	require.ErrorIs(t, rotate(pair(keys[0], keys[1]), 1), errCut)
	force := inForce(t, pool)
	require.ErrorContains(t, rotate(pair(keys[1], keys[2]), 100), "cut short")
	require.Equal(t, force, inForce(t, pool))
	require.NoError(t, rotate(pair(keys[0], keys[1]), 100))
	require.NoError(t, rotate(pair(keys[1], keys[2]), 100))
	requireAllOpen(t, pool, pair(keys[2], keys[0]))
}

// A value sealed while the key is being changed is sealed under the new key, whatever isolation level the database
// defaults to.
func TestSealingWaitsForAChangeOfTheKey(t *testing.T) {
	t.Parallel()
	source := sources(t)["given"]
	url := testkit.Database(t)
	admin, err := postgres.Open(t.Context(), url, 2)
	require.NoError(t, err)
	_, err = admin.Exec(t.Context(), "alter database "+admin.Config().ConnConfig.Database+" set default_transaction_isolation to 'repeatable read'")
	require.NoError(t, err)
	admin.Close()
	pool := sealed(t, url, source)
	change, err := pool.Begin(t.Context())
	require.NoError(t, err)
	require.NoError(t, db.New().MasterKeyLock(t.Context(), change))
	done := make(chan [8]byte)
	go func() {
		defer close(done)
		done <- auth.KeyIDOf(sealOne(t, pool, source))
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		err := pool.QueryRow(context.Background(), "select exists (select from pg_locks where locktype = 'advisory' and not granted)").Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, 5*time.Millisecond)
	next, err := source.Next()
	require.NoError(t, err)
	other, err := auth.NewGivenKeys(next.Base64(), "")
	require.NoError(t, err)
	elsewhere := sealedDatabase(t, other)
	var id, canary []byte
	require.NoError(t, elsewhere.QueryRow(t.Context(), "select key_id, canary from master_key").Scan(&id, &canary))
	require.NoError(t, db.New().MasterKeySet(t.Context(), change, db.MasterKeySetParams{KeyID: id, Canary: canary}))
	require.NoError(t, change.Commit(t.Context()))
	require.Equal(t, [8]byte(id), <-done)
}

func TestConcurrentRotationsLeaveOneSigningKey(t *testing.T) {
	t.Parallel()
	source := sources(t)["given"]
	pool := sealedDatabase(t, source)
	failures := make(chan error)
	for range 4 {
		go func() {
			failures <- auth.RotateSigningKey(context.Background(), pool, auth.NewVault(rand.Reader, time.Now, source))
		}()
	}
	for range 4 {
		require.NoError(t, <-failures)
	}
	var signing int
	require.NoError(t, pool.QueryRow(t.Context(), "select count(*) from signing_keys where expires_at is null").Scan(&signing))
	require.Equal(t, 1, signing)
}

// sealedDatabase returns a database with more sealed values than fit a page.
func sealedDatabase(t *testing.T, source auth.KeySource) *pgxpool.Pool {
	t.Helper()
	return sealed(t, testkit.Database(t), source)
}

func sealed(t *testing.T, url string, source auth.KeySource) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url, 8)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, auth.Bootstrap(t.Context(), pool, auth.NewVault(rand.Reader, time.Now, source)))
	_, err = pool.Exec(t.Context(), `insert into accounts values ('00000000-0000-0000-0000-000000000001', 'A', null, null, '\x01', '\x01', 1, null, now())`)
	require.NoError(t, err)
	for range 5 {
		sealOne(t, pool, source)
	}
	return pool
}

// sealOne inserts an agent and a stored answer; the sealed value of each is the agent's id.
func sealOne(t *testing.T, pool *pgxpool.Pool, source auth.KeySource) (sealed []byte) {
	t.Helper()
	ctx, id := context.Background(), uuid.New()
	require.NoError(t, postgres.InTx(ctx, pool, func(tx pgx.Tx) error {
		sealer, err := auth.NewVault(rand.Reader, time.Now, source).Sealer(ctx, tx)
		if err != nil {
			return err
		}
		answer, err := sealer.Seal(id, auth.PurposeAnswer(id[:]), id[:])
		if err != nil {
			return err
		}
		if sealed, err = sealer.Seal(id, auth.PurposeAgentKey, id[:]); err != nil {
			return err
		}
		var batch pgx.Batch
		batch.Queue(`insert into agents values ($1, '00000000-0000-0000-0000-000000000001', 'A', '\x01', 'p', 1, null, null, '{}', 1, 1, 1, null, 'active', now(), now(), $1, now(), null, null)`, id)
		batch.Queue("insert into sealed_keys values ($1, $2)", id, sealed)
		batch.Queue("insert into idempotency_keys values ($1, $2, '', $3, now())", id, id[:], answer)
		return tx.SendBatch(ctx, &batch).Close()
	}))
	return sealed
}

func rowsOf(t *testing.T, pool *pgxpool.Pool) []db.SealedKey {
	t.Helper()
	rows, err := pool.Query(t.Context(), "select agent_id, sealed from sealed_keys")
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[db.SealedKey])
	require.NoError(t, err)
	return all
}

// requireAllOpen opens every value with the keys of a newly started server.
func requireAllOpen(t *testing.T, pool *pgxpool.Pool, source auth.KeySource) {
	t.Helper()
	vault := auth.NewVault(rand.Reader, time.Now, source)
	require.NoError(t, auth.Bootstrap(t.Context(), pool, vault))
	for _, row := range rowsOf(t, pool) {
		opened, err := vault.Open(row.AgentID, auth.PurposeAgentKey, row.Sealed)
		require.NoError(t, err)
		require.Equal(t, row.AgentID[:], opened)
	}
	rows, err := pool.Query(t.Context(), "select owner_id, sealed_answer from idempotency_keys")
	require.NoError(t, err)
	answers, err := pgx.CollectRows(rows, pgx.RowToStructByPos[db.SealedKey])
	require.NoError(t, err)
	for _, row := range answers {
		opened, err := vault.Open(row.AgentID, auth.PurposeAnswer(row.AgentID[:]), row.Sealed)
		require.NoError(t, err)
		require.Equal(t, row.AgentID[:], opened)
	}
}

func inForce(t *testing.T, pool *pgxpool.Pool) [8]byte {
	t.Helper()
	var id []byte
	require.NoError(t, pool.QueryRow(t.Context(), "select key_id from master_key").Scan(&id))
	return [8]byte(id)
}
