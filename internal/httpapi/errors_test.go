package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
)

func TestUnknownRoutesAndMethodsHaveTheEnvelope(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	client := server.Client(t)
	for _, path := range []string{
		"/api/v1/nothing", "/api/v1/agents/", "/api/v2/agents", "/x", "/api/v1/agents/a/b/c", "/docs/nothing.css", "/docs/a/b", "//docs",
	} {
		client.Do(http.MethodGet, path, nil).WantError(http.StatusNotFound, "NOT_FOUND")
	}
	answer := client.Do(http.MethodPatch, "/api/v1/agents", nil).WantError(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
	require.ElementsMatch(t, []string{"OPTIONS", "GET", "POST"}, strings.Split(answer.Header.Get("Allow"), ", "))
}

// A path with a parameter has other methods, and must not answer in the place of the one that was called.
func TestEveryPathRefusesTheMethodsThatItDoesNotHave(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	for path, item := range testkit.Spec().Paths.Map() {
		declared := append(slices.Collect(maps.Keys(item.Operations())), http.MethodOptions)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace} {
			if slices.Contains(declared, method) {
				continue
			}
			answer := account.Do(method, fill(path, account.AgentID), nil).WantError(http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED")
			require.ElementsMatch(t, declared, strings.Split(answer.Header.Get("Allow"), ", "), "%s %s", method, path)
		}
		answer := account.Do(http.MethodOptions, fill(path, account.AgentID), nil).Want(http.StatusNoContent)
		require.ElementsMatch(t, declared, strings.Split(answer.Header.Get("Allow"), ", "), path)
	}
}

func TestEveryBodyMustBeJSONOfBoundedSize(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	eachOperation(func(path, method string, op *openapi3.Operation) {
		if op.RequestBody == nil {
			return
		}
		t.Run(op.OperationID, func(t *testing.T) {
			t.Parallel()
			client, path := server.Client(t).Bearer(account.Token), fill(path, account.AgentID)
			for _, broken := range []string{"{", "nonsense", `{"a":}`, `{} {}`, "\xff", `{"display_name":"` + "\xc3\x28" + `"}`, strings.Repeat("[", 20000)} {
				client.Do(method, path, []byte(broken)).WantError(http.StatusBadRequest, "MALFORMED_BODY")
			}
			for _, wrong := range []string{"[]", "null", "7", `"text"`, `{"no_such_field":1}`, ""} {
				client.Do(method, path, []byte(wrong)).WantError(http.StatusUnprocessableEntity, "VALIDATION_ERROR")
			}
			client.Do(method, path, []byte(`{"a":"`+strings.Repeat("a", 70000)+`"}`)).WantError(http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE")
			for _, mediaType := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", "multipart/form-data", "/"} {
				client.With("Content-Type", mediaType).Do(method, path, []byte("{}")).WantError(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE")
			}
		})
	})
}

// Media types are the same in capitals, and a number that no machine holds is JSON all the same.
func TestOddlySpelledJSONIsJSON(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	body := map[string]any{"display_name": "A"}
	for _, mediaType := range []string{"Application/JSON", "APPLICATION/json; Charset=UTF-8", "application/json;charset=utf-8"} {
		account.With("Content-Type", mediaType).Do(http.MethodPost, "/api/v1/agents", body).Want(201)
	}
	for _, number := range []string{"1e400", strings.Repeat("9", 5000)} {
		account.Do(http.MethodPost, "/api/v1/agents", []byte(`{"display_name":"A","risk_profile":{"max_open_orders":`+number+`}}`)).
			WantError(422, "VALIDATION_ERROR")
	}
	account.Do(http.MethodPost, "/api/v1/agents", []byte(`{"display_name":"\ud800"}`)).WantError(422, "VALIDATION_ERROR")
}

func TestViolationsAreNotToldWithoutEnd(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	tags := make([]string, 5000)
	answer := account.Do(http.MethodPost, "/api/v1/agents", map[string]any{"display_name": "A", "strategy_tags": tags}).WantError(422, "VALIDATION_ERROR")
	require.Len(t, fieldsOf(answer), 201)
	require.Contains(t, string(answer.Body), "and 4801 more")
}

func TestHeadIsAnsweredLikeGet(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for path, status := range map[string]int{"/healthz": 200, "/docs": 200, "/api/v1/agents": 401, "/nothing": 404} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, status, response.StatusCode, path)
		require.Empty(t, body)
	}
}

func TestCallsWithoutABodyTakeNone(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	path := "/api/v1/agents/" + account.AgentID + "/reset"
	account.Do(http.MethodPost, path, []byte(" {} ")).Want(200)
	account.Do(http.MethodPost, path, []byte(`{"starting_balance":"1"}`)).WantError(422, "VALIDATION_ERROR")
}

func TestEveryViolationIsNamed(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	answer := account.Do(http.MethodPost, "/api/v1/agents?x=1", map[string]any{
		"starting_balance": "0", "color": "red", "strategy_tags": []any{"a", " ", 7}, "risk_profile": map[string]any{"max_open_orders": 0, "a/b~c": 1},
		"api_key": "secret-value",
	}).WantError(422, "VALIDATION_ERROR")
	require.ElementsMatch(t, []string{
		"/x", "/display_name", "/starting_balance", "/color", "/strategy_tags/1", "/strategy_tags/2", "/risk_profile/max_open_orders",
		"/risk_profile/a~1b~0c", "/api_key",
	}, fieldsOf(answer))
	require.NotContains(t, string(answer.Body), "secret-value")
}

// A body in which a field stands twice means the same to the validator and to the handler.
func TestTheBodyThatIsValidatedIsTheBodyThatIsUsed(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	made := account.Do(http.MethodPost, "/api/v1/agents",
		[]byte(`{"display_name":"A","risk_profile":{"max_open_orders":9999},"risk_profile":{"max_position_size_pct":3}}`)).Want(201)
	profile := account.Do(http.MethodGet, "/api/v1/agents/"+made.Text("agent_id")+"/risk-profile", nil).Want(200)
	require.JSONEq(t, `{"max_position_size_pct":3,"daily_loss_limit_pct":20,"max_open_orders":50}`, string(profile.Body))
}

func TestQueriesAreReadStrictly(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	for _, query := range []string{"limit=1&limit=2", "limit=", "limit=1e2", "limit=1.0", "a=1", "%zz", "a;b", "include_archived=1", "limit=%FF"} {
		account.Do(http.MethodGet, "/api/v1/agents?"+query, nil).WantError(422, "VALIDATION_ERROR")
	}
	account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/clone?new_name=%ff", nil).WantError(422, "VALIDATION_ERROR")
}

func TestRequestIDsAreKeptWhereTheyAreHarmless(t *testing.T) {
	t.Parallel()
	client := testkit.Start(t).Client(t)
	require.Equal(t, "trace-1", client.With("X-Request-Id", "trace-1").Do(http.MethodGet, "/healthz", nil).Header.Get("X-Request-Id"))
	for _, odd := range []string{"a b", "\"", strings.Repeat("a", 129)} {
		require.Len(t, client.With("X-Request-Id", odd).Do(http.MethodGet, "/healthz", nil).Header.Get("X-Request-Id"), 36)
	}
}

// A body that does not come is waited for no longer than configured.
func TestSlowBodiesAreGivenUp(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.ReadTimeout = 300 * time.Millisecond })
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/api/v1/auth/login", nil)
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusRequestTimeout, response.StatusCode)
	require.Contains(t, string(body), "REQUEST_TIMEOUT")
	server.Check(t, request, response.StatusCode, response.Header, body)
}

// Clients that send their bodies slowly, however many, keep nobody else from being served.
func TestSlowClientsTakeNothingFromOthers(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.MaxInFlight = 2 })
	account := server.Register(t)
	for range 10 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		// The server asks for the body once it waits for it.
		_, err = io.WriteString(conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
		require.NoError(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, "100 Continue")
	}
	account.Do(http.MethodGet, "/api/v1/agents", nil).Want(200)
}

// More requests at once than the server takes are told so at once, and health is answered all the same.
func TestOverloadIsSaid(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.MaxInFlight = 1 })
	account := server.Register(t)
	release := lockAgent(t, server, account.AgentID)
	var first *testkit.Answer
	var waiting sync.WaitGroup
	waiting.Go(func() { first = account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/reset", nil) })
	waitForBlockedQuery(t, server)
	refused := account.Do(http.MethodGet, "/api/v1/agents", nil).WantError(http.StatusServiceUnavailable, "OVERLOADED")
	require.Equal(t, "1", refused.Header.Get("Retry-After"))
	server.Client(t).Do(http.MethodGet, "/healthz", nil).Want(200)
	server.Client(t).Do(http.MethodGet, "/readyz", nil).Want(200)
	release()
	waiting.Wait()
	first.Want(200)
}

// A request that would take too long is given up, and nothing of it stays.
func TestRequestsHaveADeadline(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t, func(c *config.Server) { c.RequestTimeout = 2 * time.Second })
	account := server.Register(t)
	release := lockAgent(t, server, account.AgentID)
	answer := account.Do(http.MethodPost, "/api/v1/agents/"+account.AgentID+"/archive", nil)
	answer.WantError(http.StatusServiceUnavailable, "UNAVAILABLE")
	release()
	require.Equal(t, "active", account.Do(http.MethodGet, "/api/v1/agents/"+account.AgentID, nil).Want(200).Text("status"))
}

func lockAgent(t *testing.T, server *testkit.Server, agentID string) (release func()) {
	t.Helper()
	tx, err := server.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "select from agents where id = $1 for update", agentID)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback(context.Background())) }
}

func waitForBlockedQuery(t *testing.T, server *testkit.Server) {
	t.Helper()
	require.Eventually(t, func() bool {
		var blocked bool
		err := server.Pool.QueryRow(context.Background(),
			"select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')").Scan(&blocked)
		return err == nil && blocked
	}, 10*time.Second, 5*time.Millisecond)
}

// A client that goes away ends the work on its request, and is no error of the server's.
func TestClientsMayGoAway(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	release := lockAgent(t, server, account.AgentID)
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/api/v1/agents/"+account.AgentID+"/archive", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+account.Token)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = response.Body.Close()
			t.Error("answered")
		}
	})
	waitForBlockedQuery(t, server)
	cancel()
	waiting.Wait()
	require.Eventually(t, func() bool { return strings.Contains(server.Log.String(), `"status":499`) }, 10*time.Second, 5*time.Millisecond)
	release()
	require.Equal(t, "active", account.Do(http.MethodGet, "/api/v1/agents/"+account.AgentID, nil).Want(200).Text("status"))
	requireNoFailure(t, server)
}

// net/http takes a client that has closed its sending half for one that is gone. It must not be told that all is well.
func TestHalfClosedClientsAreNotToldThatAllIsWell(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	for range 20 {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "GET /api/v1/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", account.Token)
		require.NoError(t, err)
		require.NoError(t, conn.(*net.TCPConn).CloseWrite())
		answer, _ := io.ReadAll(conn) // nothing at all, or a whole answer
		require.NoError(t, conn.Close())
		if len(answer) > 0 {
			require.Contains(t, string(answer), account.AgentID)
		}
	}
}

// What the server did not foresee is told to the log, and to the client only that it happened.
func TestInternalErrorsTellNothing(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	_, err := server.Pool.Exec(t.Context(), "alter table agents rename column color to colour")
	require.NoError(t, err)
	answer := account.Do(http.MethodGet, "/api/v1/agents", nil).WantError(http.StatusInternalServerError, "INTERNAL")
	require.NotContains(t, string(answer.Body), "colo")
	require.Contains(t, server.Log.String(), fmt.Sprintf(`"request_id":"%s"`, answer.Header.Get("X-Request-Id")))
	require.Contains(t, server.Log.String(), "color")
}

// When the connection to the database is lost during the commit, the client is told that nobody knows, and a repeat with
// the same Idempotency-Key finds out.
func TestLostCommitIsNotGuessedAbout(t *testing.T) {
	t.Parallel()
	database := testkit.Database(t)
	proxy := testkit.NewProxy(t, database)
	server := testkit.Start(t, func(c *config.Server) { c.URL = proxy.URL })
	account := server.Register(t)
	keyed := account.With("Idempotency-Key", "k")
	body := map[string]any{"display_name": "A"}

	proxy.CutAfter("commit") // the database commits, and its answer is lost
	answer := keyed.Do(http.MethodPost, "/api/v1/agents", body).WantError(http.StatusServiceUnavailable, "OUTCOME_UNKNOWN")
	require.Equal(t, "1", answer.Header.Get("Retry-After"))
	keyed.Do(http.MethodPost, "/api/v1/agents", body).Want(201)
	require.Equal(t, 2.0, account.Do(http.MethodGet, "/api/v1/agents", nil).Want(200).Fields()["total"], "one agent beside the first, not two")
}

// Without its database the server says that it is not ready, and is ready again once the database is back.
func TestDatabaseOutageIsSurvived(t *testing.T) {
	t.Parallel()
	proxy := testkit.NewProxy(t, testkit.Database(t))
	server := testkit.Start(t, func(c *config.Server) { c.URL = proxy.URL })
	account := server.Register(t)
	proxy.Down()
	for path, client := range map[string]*testkit.Client{"/readyz": server.Client(t), "/api/v1/agents": account.Client} {
		answer := client.Do(http.MethodGet, path, nil).WantError(http.StatusServiceUnavailable, "UNAVAILABLE")
		require.Equal(t, "1", answer.Header.Get("Retry-After"))
	}
	server.Client(t).Do(http.MethodGet, "/healthz", nil).Want(200)
	proxy.Up()
	for _, path := range []string{"/readyz", "/api/v1/agents"} {
		require.Eventually(t, func() bool { return account.Do(http.MethodGet, path, nil).Status == 200 }, 10*time.Second, 10*time.Millisecond)
	}
}

// Pages of other origins may call the API only where that was configured.
func TestOtherOriginsNeedToBeConfigured(t *testing.T) {
	t.Parallel()
	preflight := func(server *testkit.Server) http.Header {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodOptions, server.URL+"/api/v1/agents", nil)
		require.NoError(t, err)
		request.Header.Set("Origin", "https://dashboard.example.com")
		request.Header.Set("Access-Control-Request-Method", "POST")
		request.Header.Set("Access-Control-Request-Headers", "authorization,idempotency-key")
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNoContent, response.StatusCode)
		return response.Header
	}
	require.Empty(t, preflight(testkit.Start(t)).Get("Access-Control-Allow-Origin"))
	open := testkit.Start(t, func(c *config.Server) { c.CORSOrigins = []string{"https://dashboard.example.com"} })
	require.Equal(t, "https://dashboard.example.com", preflight(open).Get("Access-Control-Allow-Origin"))
	answer := open.Client(t).With("Origin", "https://elsewhere.example.com").Do(http.MethodGet, "/healthz", nil).Want(200)
	require.Empty(t, answer.Header.Get("Access-Control-Allow-Origin"))
}

func TestPagesAreServedOffline(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	for path, want := range map[string]string{
		"/openapi.yaml": "openapi: 3.0.3", "/openapi.json": `"openapi":"3.0.3"`, "/docs": "swagger-ui", "/docs/swagger-ui.css": ".swagger-ui",
	} {
		answer := server.Client(t).Do(http.MethodGet, path, nil).Want(200)
		require.Contains(t, string(answer.Body), want, path)
	}
	docs := string(server.Client(t).Do(http.MethodGet, "/docs", nil).Body)
	for _, elsewhere := range []string{"https://", "http://", "//cdn"} {
		require.NotContains(t, docs, `src="`+elsewhere)
		require.NotContains(t, docs, `href="`+elsewhere)
	}
}
