package portfolio_test

import (
	"context"
	"crypto/rand"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/market/sim"
	"github.com/agentexchange/agentexchange/internal/portfolio"
	"github.com/agentexchange/agentexchange/internal/postgres"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// readAll calls every method of a reader that takes a scope, with arguments that select everything, and returns their
// errors by their names.
func readAll(ctx context.Context, reader *portfolio.Reader, scope book.Scope) map[string]error {
	failures := map[string]error{}
	value := reflect.ValueOf(reader)
	for n := range value.NumMethod() {
		method := value.Method(n)
		if method.Type().NumIn() < 2 || method.Type().In(1) != reflect.TypeFor[book.Scope]() {
			continue
		}
		arguments := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(scope)}
		for i := 2; i < method.Type().NumIn(); i++ {
			argument := reflect.Zero(method.Type().In(i))
			switch method.Type().In(i) {
			case reflect.TypeFor[int]():
				argument = reflect.ValueOf(5)
			case reflect.TypeFor[time.Duration]():
				argument = reflect.ValueOf(time.Minute)
			case reflect.TypeFor[portfolio.Page]():
				argument = reflect.ValueOf(portfolio.Page{Limit: 10})
			}
			arguments = append(arguments, argument)
		}
		results := method.Call(arguments)
		err, _ := reflect.TypeAssert[error](results[len(results)-1])
		failures[value.Type().Method(n).Name] = err
	}
	return failures
}

func newReader(t *testing.T, server *testkit.Server) *portfolio.Reader {
	readers := postgres.NewReaders(server.Pool, 1)
	ended := make(chan error, 1)
	ctx, end := context.WithCancel(context.Background())
	go func() { ended <- readers.Run(ctx) }()
	t.Cleanup(func() {
		end()
		require.NoError(t, <-ended)
	})
	return &portfolio.Reader{
		Pool: server.Pool, Readers: readers, Feed: sim.New(1, time.Now), Now: time.Now, IDs: &book.IDs{},
	}
}

func TestOnlyWhoMayReadReads(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account, other := server.Register(t), server.Register(t)
	reader := newReader(t, server)
	id := uuid.MustParse(account.AgentID)
	owner := book.Scope{AgentID: id, AccountID: uuid.MustParse(account.ID)}
	ownKey := book.Scope{AgentID: id, KeyDigest: auth.DigestKey(auth.Secret(account.AgentKey))}
	stranger, err := auth.MintKey(rand.Reader, auth.KindAPIKey)
	require.NoError(t, err)

	for _, scope := range []book.Scope{owner, ownKey} {
		reads := readAll(t.Context(), reader, scope)
		require.GreaterOrEqual(t, len(reads), 12)
		for method, err := range reads {
			if method == "Order" || method == "OrderByClientID" {
				require.True(t, fault.Is(err, fault.OrderNotFound), method)
			} else {
				require.NoError(t, err, method)
			}
		}
	}
	for who, scope := range map[string]book.Scope{
		"another account":          {AgentID: id, AccountID: uuid.MustParse(other.ID)},
		"the key of another agent": {AgentID: id, KeyDigest: auth.DigestKey(auth.Secret(other.AgentKey))},
		"a key of nobody's":        {AgentID: id, KeyDigest: auth.DigestKey(stranger)},
		"the owner, of no agent":   {AgentID: uuid.New(), AccountID: owner.AccountID},
	} {
		for method, err := range readAll(t.Context(), reader, scope) {
			require.ErrorIs(t, err, book.ErrOutOfScope, "%s by %s", method, who)
		}
	}

	account.Do("POST", "/api/v1/agents/"+account.AgentID+"/archive", nil).Want(200)
	for method, err := range readAll(t.Context(), reader, ownKey) {
		known, ok := errors.AsType[*fault.Error](err)
		require.True(t, ok, method)
		require.Equal(t, fault.AgentArchived, known.Code, method)
		require.Equal(t, 403, known.Status(), method)
	}
	require.NoError(t, readAll(t.Context(), reader, owner)["Account"])
}
