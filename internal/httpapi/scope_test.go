package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// world is two accounts, each with an agent beside the default one; of the first, a third agent is archived.
type world struct {
	server, replica         *testkit.Server
	ada, bob                *testkit.Account
	second, foreign, asleep *testkit.Agent
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{server: testkit.Start(t)}
	w.replica = w.server.Replica(t)
	w.ada, w.bob = w.server.Register(t), w.server.Register(t)
	w.second = w.ada.NewAgent(object{"display_name": "second"})
	w.foreign = w.bob.NewAgent(object{"display_name": "foreign"})
	w.asleep = w.ada.NewAgent(object{"display_name": "asleep"})
	w.ada.Do(http.MethodPost, "/api/v1/agents/"+w.asleep.ID+"/archive", nil).Want(200)
	return w
}

// Each kind of credentials, with each kind of X-Agent-Id: who it is for, or why it is for nobody. Each is asked twice of
// two replicas, as the second time they remember something.
func TestCredentialsAndTheAgentThatTheyAreFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := func(key string) object { return object{"X-API-Key": key} }
	token := func(token string) object { return object{"Authorization": "Bearer " + token} }
	owners := map[string]object{
		"account key": key(w.ada.APIKey), "token": token(w.ada.Token),
		"account key and somebody's token":      {"X-API-Key": w.ada.APIKey, "Authorization": "Bearer " + w.bob.Token},
		"account key and what is no token":      {"X-API-Key": w.ada.APIKey, "Authorization": "Bearer nonsense"},
		"account key and credentials of HTTP's": {"X-API-Key": w.ada.APIKey, "Authorization": "Basic YTpi"},
	}
	type wanted struct {
		status int
		answer string // an agent, or a code
	}
	none := "none"
	for who, headers := range owners {
		for agentID, want := range map[string]wanted{
			none: {200, w.ada.AgentID}, w.ada.AgentID: {200, w.ada.AgentID}, w.second.ID: {200, w.second.ID},
			strings.ToUpper(w.second.ID): {200, w.second.ID}, w.asleep.ID: {200, w.asleep.ID},
			w.foreign.ID: {404, "AGENT_NOT_FOUND"}, w.bob.AgentID: {404, "AGENT_NOT_FOUND"}, uuid.NewString(): {404, "AGENT_NOT_FOUND"},
			uuid.Nil.String(): {404, "AGENT_NOT_FOUND"},
			"nonsense":        {422, "VALIDATION_ERROR"}, "": {422, "VALIDATION_ERROR"}, "{" + w.second.ID + "}": {422, "VALIDATION_ERROR"},
		} {
			w.requireScope(t, who, headers, agentID, want.status, want.answer)
		}
	}
	for who, headers := range map[string]object{
		"agent key": key(w.second.Key), "agent key and its owner's token": {"X-API-Key": w.second.Key, "Authorization": "Bearer " + w.ada.Token},
		"agent key and somebody's token": {"X-API-Key": w.second.Key, "Authorization": "Bearer " + w.bob.Token},
	} {
		for agentID, want := range map[string]wanted{
			none: {200, w.second.ID}, w.second.ID: {200, w.second.ID}, w.ada.AgentID: {403, "PERMISSION_DENIED"},
			w.foreign.ID: {403, "PERMISSION_DENIED"}, uuid.NewString(): {403, "PERMISSION_DENIED"}, "nonsense": {422, "VALIDATION_ERROR"},
		} {
			w.requireScope(t, who, headers, agentID, want.status, want.answer)
		}
	}
	for who, c := range map[string]struct {
		headers object
		code    string
	}{
		"nothing":                       {object{}, "INVALID_API_KEY"},
		"a key that was never given":    {key("ak_live_" + strings.Repeat("0", 38)), "INVALID_API_KEY"},
		"an account's secret":           {key(w.ada.APISecret), "INVALID_API_KEY"},
		"an empty key":                  {key(""), "INVALID_API_KEY"},
		"a bad key and a good token":    {object{"X-API-Key": w.ada.APIKey + "x", "Authorization": "Bearer " + w.ada.Token}, "INVALID_API_KEY"},
		"an empty key and a good token": {object{"X-API-Key": "", "Authorization": "Bearer " + w.ada.Token}, "INVALID_API_KEY"},
		"a bad token":                   {token("nonsense"), "INVALID_TOKEN"},
		"a key where a token belongs":   {token(w.ada.APIKey), "INVALID_TOKEN"},
	} {
		for _, agentID := range []string{none, w.second.ID, w.foreign.ID, "nonsense"} {
			w.requireScope(t, who, c.headers, agentID, 401, c.code)
		}
	}
	w.requireScope(t, "an archived agent's key", key(w.asleep.Key), none, 403, "AGENT_ARCHIVED")
}

func (w *world) requireScope(t *testing.T, who string, headers object, agentID string, status int, want string) {
	t.Helper()
	for _, server := range []*testkit.Server{w.server, w.replica, w.server, w.replica} {
		client := server.Client(t)
		for name, value := range headers {
			client = client.With(name, value.(string))
		}
		if agentID != "none" {
			client = client.With("X-Agent-Id", agentID)
		}
		answer := client.Do(http.MethodGet, "/api/v1/account/info", nil)
		require.Equal(t, status, answer.Status, "%s, X-Agent-Id %q: %s", who, agentID, answer.Body)
		if status != 200 {
			require.Equal(t, want, answer.Code(), "%s, X-Agent-Id %q: %s", who, agentID, answer.Body)
			require.Equal(t, status == 401, answer.Header.Get("WWW-Authenticate") != "")
			continue
		}
		require.Equal(t, want, answer.Text("agent_id"), "%s, X-Agent-Id %q", who, agentID)
	}
}

func TestAnAccountWithoutADefaultAgentMustNameOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	callers := map[string]*testkit.Client{"key": w.server.Client(t).With("X-API-Key", w.ada.APIKey), "token": w.ada.Client}
	for _, caller := range callers {
		require.Equal(t, w.ada.AgentID, caller.Get("/account/info").Text("agent_id")) // it is remembered
	}
	agent := w.ada.Agent()
	agent.Get("/account/info")
	w.ada.Do(http.MethodDelete, "/api/v1/agents/"+w.ada.AgentID, nil).Want(204)
	for _, caller := range callers {
		for range 2 {
			caller.Do(http.MethodGet, "/api/v1/account/info", nil).WantError(409, "AGENT_REQUIRED")
			caller.Place(restingBuy("")).WantError(409, "AGENT_REQUIRED")
			caller.Place(object{}).WantError(409, "AGENT_REQUIRED")
			caller.With("X-Agent-Id", w.ada.AgentID).Place(restingBuy("")).WantError(404, "AGENT_NOT_FOUND")
			caller.With("X-Agent-Id", w.second.ID).Place(restingBuy("")).Want(201)
		}
	}
	for range 2 {
		agent.Place(restingBuy("")).WantError(401, "INVALID_API_KEY")
	}
}

// A token ends after its hour, also where it is remembered whom it stands for; keys do not.
func TestTokensExpireForTradingToo(t *testing.T) {
	t.Parallel()
	clock := testkit.NewClock()
	account := testkit.Start(t, clock.Use).Register(t)
	agent := account.Agent()
	account.Place(restingBuy("")).Want(201)
	clock.Advance(time.Hour + time.Minute)
	for _, agentID := range []string{account.AgentID, uuid.NewString()} {
		account.With("X-Agent-Id", agentID).Place(restingBuy("")).WantError(401, "TOKEN_EXPIRED")
	}
	account.With("X-API-Key", agent.Key).Place(restingBuy("")).Want(201)
	agent.Place(restingBuy("")).Want(201)
}

// eachForAgents walks the operations that an agent's key may call.
func eachForAgents(visit func(path, method string, op *openapi3.Operation, body any)) {
	eachOperation(func(path, method string, op *openapi3.Operation) {
		either := len(*op.Security) == 2
		if !either {
			return
		}
		var body any
		if op.RequestBody != nil {
			body = op.RequestBody.Value.Content.Get("application/json").Schema.Value.Example
		}
		path = strings.NewReplacer("{order_id}", uuid.NewString(), "{client_order_id}", "mine").Replace(path)
		visit(path, method, op, body)
	})
}

// The very next request with a key that was replaced is refused: whatever it asks for, of each replica, though each has
// just seen the key and remembers it.
func TestAReplacedKeyIsRefusedAtOnceByEveryReplica(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	count := 0
	eachForAgents(func(path, method string, op *openapi3.Operation, body any) {
		for _, server := range []*testkit.Server{w.server, w.replica} {
			for what, sent := range map[string]any{"good": body, "broken": []byte("{{{")} {
				if what == "broken" && body == nil {
					continue
				}
				count++
				w.second.At(w.server).Get("/account/info")
				w.second.At(w.replica).Get("/account/info")
				made := w.ada.Do(http.MethodPost, "/api/v1/agents/"+w.second.ID+"/regenerate-key", nil).Want(200)
				answer := w.second.At(server).Do(method, path, sent)
				require.Equal(t, 401, answer.Status, "%s, %s body: %s", op.OperationID, what, answer.Body)
				require.Equal(t, "INVALID_API_KEY", answer.Code())
				w.second.Key = made.Text("api_key")
			}
		}
	})
	require.Greater(t, count, 40)
}

// An archived agent's key is good for nothing, from the very next request on; its owner reads, and does not trade.
func TestAnArchivedAgentIsReadByItsOwnerAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent := "/api/v1/agents/" + w.second.ID
	owners := []*testkit.Client{
		w.server.Client(t).With("X-API-Key", w.ada.APIKey).With("X-Agent-Id", w.second.ID), w.ada.With("X-Agent-Id", w.second.ID),
	}
	eachForAgents(func(path, method string, op *openapi3.Operation, body any) {
		for _, server := range []*testkit.Server{w.server, w.replica} {
			for what, sent := range map[string]any{"good": body, "broken": []byte("{{{")} {
				if what == "broken" && body == nil {
					continue
				}
				w.second.At(server).Get("/account/info")
				w.ada.Do(http.MethodPost, agent+"/archive", nil).Want(200)
				answer := w.second.At(server).Do(method, path, sent)
				require.Equal(t, 403, answer.Status, "%s, %s body: %s", op.OperationID, what, answer.Body)
				require.Equal(t, "AGENT_ARCHIVED", answer.Code())
				w.ada.Do(http.MethodPost, agent+"/unarchive", nil).Want(200)
			}
		}
		w.ada.Do(http.MethodPost, agent+"/archive", nil).Want(200)
		for _, owner := range owners {
			answer := owner.Do(method, path, body)
			switch {
			case method == http.MethodPost || method == http.MethodDelete:
				require.Equal(t, 409, answer.Status, "%s: %s", op.OperationID, answer.Body)
				require.Equal(t, "AGENT_ARCHIVED", answer.Code())
			case strings.Contains(op.OperationID, "Order") && answer.Status == 404:
				require.Equal(t, "ORDER_NOT_FOUND", answer.Code())
			default:
				require.Equal(t, 200, answer.Status, "%s: %s", op.OperationID, answer.Body)
			}
		}
		w.ada.Do(http.MethodPost, agent+"/unarchive", nil).Want(200)
	})
}

func TestArchivingCancelsOrdersAndUnarchivingBringsTheRestBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.second.Place(object{"symbol": "SOLUSDT", "side": "buy", "type": "market", "quantity": "1"}).Want(201)
	order := w.second.Place(restingBuy("")).Want(201).Text("order_id")
	w.ada.Do(http.MethodPost, "/api/v1/agents/"+w.second.ID+"/archive", nil).Want(200)
	owner := w.ada.With("X-Agent-Id", w.second.ID)
	require.Equal(t, "cancelled", owner.Get("/trade/order/"+order).Text("status"))
	require.True(t, owner.Held("USDT").IsZero())
	require.Len(t, owner.Get("/account/positions").List("positions"), 1)
	require.Equal(t, "archived", owner.Get("/account/info").Text("status"))
	owner.RequireReconciled()
	w.ada.Do(http.MethodPost, "/api/v1/agents/"+w.second.ID+"/unarchive", nil).Want(200)
	require.Equal(t, "1.00000000", w.second.Available("SOL").String())
	w.second.Place(object{"symbol": "SOLUSDT", "side": "sell", "type": "market", "quantity": "1"}).Want(201)
	w.second.RequireReconciled()
}

// Somebody else's order is answered like one that does not exist: another account's, and another agent's of the same.
func TestOrdersOfOthersDoNotExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	order := w.second.Place(restingBuy("mine")).Want(201).Text("order_id")
	for _, stranger := range []*testkit.Client{w.ada.Client, w.bob.Client, w.foreign.Client} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			theirs := stranger.Do(method, "/api/v1/trade/order/"+order, nil).WantError(404, "ORDER_NOT_FOUND")
			nobodys := stranger.Do(method, "/api/v1/trade/order/"+uuid.NewString(), nil).WantError(404, "ORDER_NOT_FOUND")
			require.Equal(t, withoutRequestID(nobodys), withoutRequestID(theirs))
		}
		stranger.Do(http.MethodGet, "/api/v1/trade/order/by-client-id/mine", nil).WantError(404, "ORDER_NOT_FOUND")
		require.EqualValues(t, 0, stranger.Do(http.MethodDelete, "/api/v1/trade/orders/open", nil).Want(200).Fields()["cancelled_count"])
		require.EqualValues(t, 0, stranger.Get("/trade/orders").Fields()["total"])
		stranger.Place(restingBuy("mine")).Want(201) // the id is free for each agent
		stranger.Do(http.MethodDelete, "/api/v1/trade/orders/open", nil).Want(200)
		require.NotEqual(t, order, stranger.Get("/trade/order/by-client-id/mine").Text("order_id"))
	}
	require.Equal(t, "pending", w.second.Get("/trade/order/"+order).Text("status"))
}

func TestAnAgentDoesNotResetItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.second.Place(restingBuy("")).Want(201)
	for _, body := range []object{{}, {"confirm": true}, {"starting_balance": "1000000"}} {
		w.second.Do(http.MethodPost, "/api/v1/account/reset", body).WantError(403, "PERMISSION_DENIED")
	}
	require.Equal(t, "100.10000000", w.second.Held("USDT").String())
	owner := w.ada.With("X-Agent-Id", w.second.ID)
	owner.Do(http.MethodPost, "/api/v1/account/reset", object{"confirm": false}).WantError(422, "VALIDATION_ERROR")
	reset := owner.Do(http.MethodPost, "/api/v1/account/reset", object{"starting_balance": "1234.5"}).Want(200).Fields()
	require.Equal(t, "1234.50000000", reset["new_session"].(object)["starting_balance"])
	require.Equal(t, "10000.00000000", reset["previous_session"].(object)["ending_equity"])
	require.Equal(t, "0.00000000", reset["previous_session"].(object)["total_pnl"])
	info := w.second.Get("/account/info").Fields()
	require.Equal(t, "1234.50000000", info["starting_balance"])
	require.Equal(t, reset["new_session"].(object)["session_id"], info["current_session"].(object)["session_id"])
	require.Equal(t, "1234.50000000", w.second.Available("USDT").String())
	w.second.RequireReconciled()
}
