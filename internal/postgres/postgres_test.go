package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/gen/db"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func open(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url, 8)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	empty := schemaOf(t, pool)
	migrated, err := postgres.Migrated(t.Context(), pool)
	require.NoError(t, err)
	require.False(t, migrated)

	require.NoError(t, postgres.Migrate(t.Context(), pool))
	first := schemaOf(t, pool)
	require.NotEqual(t, empty, first)
	migrated, err = postgres.Migrated(t.Context(), pool)
	require.NoError(t, err)
	require.True(t, migrated)
	require.NoError(t, postgres.Migrate(t.Context(), pool), "nothing to do is fine")

	require.NoError(t, postgres.MigrateDown(t.Context(), pool))
	require.Equal(t, empty, schemaOf(t, pool))
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	require.Equal(t, first, schemaOf(t, pool))
}

// schemaOf lists every column, index and constraint except goose's own.
func schemaOf(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `
		select table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '')
		from information_schema.columns where table_schema = 'public' and table_name not like 'goose%'
		union all select indexdef from pg_indexes where schemaname = 'public' and tablename not like 'goose%'
		union all select conrelid::regclass::text || ' ' || conname || ' ' || pg_get_constraintdef(oid)
		from pg_constraint where connamespace = 'public'::regnamespace and conrelid::regclass::text not like 'goose%'
		order by 1`)
	require.NoError(t, err)
	schema, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return schema
}

func TestSchemaRejectsInvalidRows(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.Database(t))
	_, err := pool.Exec(t.Context(), `insert into accounts values ('00000000-0000-0000-0000-000000000001', 'A', null, null, '\x01', '\x01', 1, null, now())`)
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `insert into agents values ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001',
		'A', '\x01', 'p', 1, null, null, '{}', 1, 1, 1, null, 'active', now(), now(), gen_random_uuid(), now(), null, null)`)
	require.NoError(t, err)
	for what, statement := range map[string]string{
		"balances_available_not_negative":    `insert into balances values ('00000000-0000-0000-0000-000000000002', 'USDT', -1, 0)`,
		"balances_locked_not_negative":       `insert into balances values ('00000000-0000-0000-0000-000000000002', 'USDT', 0, 'NaN')`,
		"agents_status_known":                `update agents set status = 'asleep'`,
		"agents_starting_balance_positive":   `update agents set starting_balance = 'NaN'`,
		"balances_agent_id_fkey":             `insert into balances values ('00000000-0000-0000-0000-00000000000f', 'USDT', 0, 0)`,
		"accounts_starting_balance_positive": `update accounts set starting_balance = 0`,
	} {
		_, err := pool.Exec(t.Context(), statement)
		require.ErrorContains(t, err, what)
	}
}

func TestTransactionsRollBackOnErrorAndPanic(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	_, err := pool.Exec(t.Context(), "create table t (n integer)")
	require.NoError(t, err)
	insert := func(tx pgx.Tx) { _, err := tx.Exec(t.Context(), "insert into t values (1)"); require.NoError(t, err) }
	wanted := errors.New("no")
	require.ErrorIs(t, postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error { insert(tx); return wanted }), wanted)
	require.PanicsWithValue(t, "boom", func() {
		_ = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error { insert(tx); panic("boom") })
	})
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, postgres.InTx(ctx, pool, func(tx pgx.Tx) error { insert(tx); cancel(); return nil }), context.Canceled)
	require.Zero(t, count(t, pool))
	require.Equal(t, int32(0), pool.Stat().AcquiredConns(), "every connection went back")
}

func count(t *testing.T, pool *pgxpool.Pool) (n int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "select count(*) from t").Scan(&n))
	return n
}

// Transactions that deadlock are retried until all of them are done.
func TestConflictingTransactionsAreRetried(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	_, err := pool.Exec(t.Context(), "create table t (n integer, v integer); insert into t values (1, 0), (2, 0)")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), fmt.Sprintf("alter database %s set deadlock_timeout to '20ms'", pool.Config().ConnConfig.Database))
	require.NoError(t, err)
	pool.Reset()
	var met, all sync.WaitGroup
	met.Add(2)
	tries := make(chan int, 100)
	for first := 1; first <= 2; first++ {
		meet := sync.OnceFunc(func() { met.Done(); met.Wait() })
		all.Go(func() {
			assertNoError(t, postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				tries <- first
				for _, n := range []int{first, 3 - first} {
					if _, err := tx.Exec(t.Context(), "update t set v = v + 1 where n = $1", n); err != nil {
						return err
					}
					meet() // both hold their first row before either locks its second
				}
				return nil
			}))
		})
	}
	all.Wait()
	var sum int
	require.NoError(t, pool.QueryRow(t.Context(), "select sum(v) from t").Scan(&sum))
	require.Equal(t, 4, sum)
	require.Greater(t, len(tries), 2, "one of them lost and tried again")
}

func assertNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestLostCommitIsUnknownAndLostBeginIsNot(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewProxy(t, testkit.EmptyDatabase(t))
	pool := open(t, proxy.URL)
	_, err := pool.Exec(t.Context(), "create table t (n integer)")
	require.NoError(t, err)
	proxy.CutAfter("commit")
	var known *fault.Error
	err = postgres.InTx(t.Context(), pool, func(tx pgx.Tx) error { _, err := tx.Exec(t.Context(), "insert into t values (1)"); return err })
	require.ErrorAs(t, err, &known)
	require.Equal(t, fault.OutcomeUnknown, known.Code)
	require.Equal(t, 1, count(t, pool), "it did happen, as it turns out")

	proxy.Down()
	err = postgres.InTx(t.Context(), pool, func(pgx.Tx) error { return nil })
	require.Error(t, err)
	require.NotErrorAs(t, err, &known)
	require.True(t, postgres.IsUnavailable(err), err)
}

// A plan that a connection made when there were few rows or none is still good when there are many.
func TestKeptPlansReadNoWholeTable(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.Database(t))
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `
		insert into accounts values ('00000000-0000-0000-0000-000000000001', 'A', null, null, '\x01', '\x01', 1, null, now());
		insert into agents select gen_random_uuid(), '00000000-0000-0000-0000-000000000001',
			'A', '\x01', 'p', 1, null, null, '{}', 1, 1, 1, null, 'active', now(), now(), gen_random_uuid(), now(), null, null from generate_series(1, 100);
		analyze accounts, agents`)
	require.NoError(t, err)
	var mode string
	require.NoError(t, conn.QueryRow(t.Context(), "show plan_cache_mode").Scan(&mode))
	require.Equal(t, "force_generic_plan", mode, "else there would be other plans than those below")
	for name, query := range map[string]string{
		"list": db.AgentList, "list_active": db.AgentListActive, "count": db.AgentCount, "count_active": db.AgentCountActive, "get": db.AgentGet, "lock": db.AgentLock,
		"update": db.AgentUpdate, "risk": db.AgentUpdateRiskProfile, "status": db.AgentSetStatus, "key": db.AgentGetSealedKey,
		"login": db.AccountGetCredentials, "idempotency": db.IdempotencyGetMany, "orders": db.OrderList, "open": db.OrderListPending, "trades": db.TradeList, "ledger": db.LedgerList,
		"reconcile": db.LedgerReconcile, "credential": db.CredentialResolve, "proof": db.AgentProof, "curve": db.EquityCurve, "history": db.EquityHistory, "leaders": db.LeaderboardBooks, "sums": db.TradeSums,
		"book": db.BookGet, "books": db.BookRead, "book_balances": db.BookBalances, "resting": db.BookResting,
		"duplicates":  db.OrderGetManyByDedup,
		"book_orders": db.OrderGetMany, "update_balances": db.BalanceUpdateMany, "close_orders": db.OrderCloseMany,
		"positions": db.PositionPage, "all_resting": db.OrderPagePending, "count_open": db.OrderCountPending, "pending": db.OrderListAllPending,
		"count_orders": db.OrderCountAll, "count_trades": db.TradeCountAll, "count_ledger": db.LedgerCountAll,
	} {
		_, err := conn.Exec(t.Context(), "prepare "+name+" as "+query)
		require.NoError(t, err, name)
		var count int
		require.NoError(t, conn.QueryRow(t.Context(), "select cardinality(parameter_types) from pg_prepared_statements where name = $1", name).Scan(&count))
		rows, err := conn.Query(t.Context(), "explain execute "+name+"(null"+strings.Repeat(", null", count-1)+")")
		require.NoError(t, err, name)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err, name)
		for _, table := range []string{"agents", "accounts", "balances", "sealed_keys", "idempotency_keys", "orders", "trades", "ledger", "sessions", "equity_points"} {
			require.NotContains(t, strings.Join(plan, "\n"), "Seq Scan on "+table, name)
		}
		// These have an index of their own, because an agent may have many other orders.
		require.NotRegexp(t, "Filter: .*status = 'pending'", strings.Join(plan, "\n"), name)
		for n, line := range plan { // without a condition, an index is read from end to end
			if strings.Contains(line, "Index") && strings.Contains(line, "Scan") {
				require.Regexp(t, "Index Cond|Recheck Cond", plan[n+1]+plan[min(n+2, len(plan)-1)], "%s:\n%s", name, strings.Join(plan, "\n"))
			}
		}
	}
}

func TestTimesComeBackInUTC(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	var zone string
	require.NoError(t, pool.QueryRow(t.Context(), "show timezone").Scan(&zone))
	require.Equal(t, "America/St_Johns", zone)
	var at time.Time
	require.NoError(t, pool.QueryRow(t.Context(), "select '2026-03-19T09:00:00Z'::timestamptz").Scan(&at))
	require.Equal(t, time.Date(2026, 3, 19, 9, 0, 0, 0, time.UTC), at)
}

func TestIDsAreStoredAsTheyAre(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	id, other := uuid.New(), uuid.New()
	var one, none *uuid.UUID
	var list []uuid.UUID
	var gaps []*uuid.UUID
	require.NoError(t, pool.QueryRow(t.Context(), "select $1::uuid, $2::uuid, $3::uuid[], $4::uuid[]",
		id, (*uuid.UUID)(nil), []uuid.UUID{id, other}, []*uuid.UUID{nil, &other}).Scan(&one, &none, &list, &gaps))
	require.Equal(t, id, *one)
	require.Nil(t, none)
	require.Equal(t, []uuid.UUID{id, other}, list)
	require.Equal(t, []*uuid.UUID{nil, &other}, gaps)
	var text string
	require.NoError(t, pool.QueryRow(t.Context(), "select $1::uuid::text", id).Scan(&text))
	require.Equal(t, id.String(), text)
}

func TestDecimalsAreStoredAsTheyAre(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	one, large := decimal.MustParse("-1.5"), decimal.MustParse("12345678901234567890.12345678")
	var again decimal.Decimal
	var some, none *decimal.Decimal
	var list []decimal.Decimal
	var gaps []*decimal.Decimal
	var empty []decimal.Decimal
	var text string
	require.NoError(t, pool.QueryRow(t.Context(), "select $1::numeric, $2::numeric, $3::numeric, $4::numeric[], $5::numeric[], $6::numeric[], $2::numeric::text",
		one, &large, (*decimal.Decimal)(nil), []decimal.Decimal{one, {}, large}, []*decimal.Decimal{nil, &large}, []decimal.Decimal{},
	).Scan(&again, &some, &none, &list, &gaps, &empty, &text))
	require.Equal(t, one, again)
	require.Equal(t, large, *some)
	require.Nil(t, none)
	require.Equal(t, []decimal.Decimal{one, {}, large}, list)
	require.Equal(t, []*decimal.Decimal{nil, &large}, gaps)
	require.Empty(t, empty)
	require.Equal(t, large.String(), text)
	for _, invalid := range []string{"null::numeric", "'NaN'::numeric", "0.000000001", "1e20::numeric"} {
		require.Error(t, pool.QueryRow(t.Context(), "select "+invalid).Scan(&again), invalid)
		require.Equal(t, one, again, invalid)
	}
}

// AppendRows reuses one variable for all rows; rows read before must not change with it.
func TestRowsShareNoMemory(t *testing.T) {
	t.Parallel()
	pool := open(t, testkit.EmptyDatabase(t))
	type row struct {
		Name  *string
		Tags  []string
		Bytes []byte
		Sum   *decimal.Decimal
		At    *time.Time
	}
	rows, err := pool.Query(t.Context(), `select name, tags, bytes, sum, at from (values
		('a', array['x', 'y'], '\x01'::bytea, 1::numeric, '2026-01-01Z'::timestamptz),
		(null, array[]::text[], null, null, null),
		('b', array['z'], '\x02', 2, '2026-01-02Z')) as v(name, tags, bytes, sum, at)`)
	require.NoError(t, err)
	read, err := postgres.AppendRows[row](nil, rows)
	require.NoError(t, err)
	name, sum := func(s string) *string { return &s }, func(s string) *decimal.Decimal { d := decimal.MustParse(s); return &d }
	at := func(day int) *time.Time { at := time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC); return &at }
	require.Equal(t, []row{
		{name("a"), []string{"x", "y"}, []byte{1}, sum("1"), at(1)},
		{nil, []string{}, nil, nil, nil},
		{name("b"), []string{"z"}, []byte{2}, sum("2"), at(2)},
	}, read)
}
