package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestRegisterMakesADefaultAgent(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	made := server.Client(t).Do(http.MethodPost, "/api/v1/auth/register", map[string]any{
		"display_name": "  " + strings.Repeat("é", 100) + " ", "email": "Ada@Example.com", "starting_balance": "123.4",
	}).Want(201)
	require.Equal(t, "no-store", made.Header.Get("Cache-Control"))
	require.Equal(t, strings.Repeat("é", 100), made.Text("display_name"))
	require.Equal(t, "123.40000000", made.Text("starting_balance"))
	token := server.Client(t).Do(http.MethodPost, "/api/v1/auth/login", map[string]any{
		"api_key": made.Text("api_key"), "api_secret": made.Text("api_secret"),
	}).Want(200)
	require.Equal(t, "no-store", token.Header.Get("Cache-Control"))
	account := server.Client(t).Bearer(token.Text("token"))
	agent := account.Do(http.MethodGet, "/api/v1/agents/"+made.Text("agent_id"), nil).Want(200)
	require.Equal(t, strings.Repeat("é", 92)+"'s Agent", agent.Text("display_name"))
	require.Equal(t, "123.40000000", agent.Text("starting_balance"))
	key := account.Do(http.MethodGet, "/api/v1/agents/"+made.Text("agent_id")+"/api-key", nil).Want(200)
	require.Equal(t, made.Text("agent_api_key"), key.Text("api_key"))
	require.Equal(t, "no-store", key.Header.Get("Cache-Control"))

	server.Client(t).Do(http.MethodPost, "/api/v1/auth/register", map[string]any{"display_name": "Eve", "email": "aDA@eXAMPLE.COM"}).
		WantError(http.StatusConflict, "DUPLICATE_ACCOUNT")
}

func TestCreateFillsInDefaults(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	id := account.Create(map[string]any{
		"display_name": "A", "llm_model": nil, "framework": nil, "color": nil, "risk_profile": map[string]any{"max_open_orders": 7},
	})
	agent := account.Do(http.MethodGet, "/api/v1/agents/"+id, nil).Want(200).Fields()
	require.Equal(t, "10000.00000000", agent["starting_balance"])
	require.Equal(t, map[string]any{"max_position_size_pct": 25.0, "daily_loss_limit_pct": 20.0, "max_open_orders": 7.0}, agent["risk_profile"])
	for _, field := range []string{"llm_model", "framework", "color", "avatar_url"} {
		require.Contains(t, agent, field)
		require.Nil(t, agent[field], field)
	}
	require.Equal(t, []any{}, agent["strategy_tags"])
}

func TestUpdateChangesOnlyWhatIsSent(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	path := "/api/v1/agents/" + account.Create(map[string]any{
		"display_name": "A", "llm_model": "m", "framework": "f", "color": "#123456", "strategy_tags": []string{"x"},
	})
	before := account.Do(http.MethodGet, path, nil).Want(200).Fields()
	require.Equal(t, before, account.Do(http.MethodPut, path, map[string]any{}).Want(200).Fields(), "nothing sent, nothing changed")

	for field, values := range map[string][]any{
		"display_name": {"B"}, "llm_model": {"m2", nil}, "framework": {"f2", nil}, "color": {"#abcdef", nil},
		"strategy_tags": {[]any{"y", "z"}, []any{}},
	} {
		for _, value := range values {
			after := account.Do(http.MethodPut, path, map[string]any{field: value}).Want(200).Fields()
			require.Equal(t, value, after[field])
			require.GreaterOrEqual(t, after["updated_at"], before["updated_at"])
			after["updated_at"], before[field] = before["updated_at"], value
			require.Equal(t, before, after)
		}
	}
	// Settings that have calls of their own are not taken here.
	account.Do(http.MethodPut, path, map[string]any{"risk_profile": map[string]any{}}).WantError(422, "VALIDATION_ERROR")
	account.Do(http.MethodPut, path, map[string]any{"starting_balance": "1"}).WantError(422, "VALIDATION_ERROR")
}

func TestCloneCopiesTheConfiguration(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	id := account.Create(map[string]any{
		"display_name": strings.Repeat("𝄞", 100), "starting_balance": "77", "llm_model": "m", "framework": "f", "color": "#123456",
		"strategy_tags": []string{"x"}, "risk_profile": map[string]any{"max_position_size_pct": 1, "daily_loss_limit_pct": 2, "max_open_orders": 3},
	})
	account.Do(http.MethodPost, "/api/v1/agents/"+id+"/archive", nil).Want(200)
	made := account.Do(http.MethodPost, "/api/v1/agents/"+id+"/clone", nil).Want(201)
	require.Equal(t, strings.Repeat("𝄞", 93)+" (copy)", made.Text("display_name"))
	source := account.Do(http.MethodGet, "/api/v1/agents/"+id, nil).Want(200).Fields()
	clone := account.Do(http.MethodGet, "/api/v1/agents/"+made.Text("agent_id"), nil).Want(200).Fields()
	require.Equal(t, "active", clone["status"])
	require.NotEqual(t, source["api_key_preview"], clone["api_key_preview"])
	for _, field := range []string{"starting_balance", "risk_profile", "strategy_tags", "llm_model", "framework"} {
		require.Equal(t, source[field], clone[field], field)
	}
	require.Nil(t, clone["color"])
	named := account.Do(http.MethodPost, "/api/v1/agents/"+id+"/clone?new_name=+Twin+", nil).Want(201)
	require.Equal(t, "Twin", named.Text("display_name"))
}

func TestArchiveAndUnarchiveAreIdempotent(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	path := "/api/v1/agents/" + account.AgentID
	archived := account.Do(http.MethodPost, path+"/archive", nil).Want(200)
	require.Equal(t, "archived", archived.Text("status"))
	require.Equal(t, archived.Body, account.Do(http.MethodPost, path+"/archive", nil).Want(200).Body)
	require.Equal(t, archived.Body, account.Do(http.MethodGet, path, nil).Want(200).Body, "its owner still reads it")
	active := account.Do(http.MethodPost, path+"/unarchive", nil).Want(200)
	require.Equal(t, "active", active.Text("status"))
	require.Equal(t, active.Body, account.Do(http.MethodPost, path+"/unarchive", nil).Want(200).Body)
}

func TestResetRestoresTheStartingBalance(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	id := account.Create(map[string]any{"display_name": "A", "starting_balance": "500"})
	trader := account.With("X-Agent-Id", id)
	trader.Do(http.MethodPost, "/api/v1/trade/order",
		map[string]any{"symbol": "BTCUSDT", "side": "buy", "type": "market", "quantity": "0.001"}).Want(201)
	trader.Do(http.MethodPost, "/api/v1/trade/order",
		map[string]any{"symbol": "ETHUSDT", "side": "buy", "type": "limit", "quantity": "0.01", "price": "700"}).Want(201)
	account.Do(http.MethodPost, "/api/v1/agents/"+id+"/archive", nil).Want(200)
	require.Len(t, balancesOf(t, server, id), 2)

	require.Equal(t, "active", account.Do(http.MethodPost, "/api/v1/agents/"+id+"/reset", nil).Want(200).Text("status"))
	require.Equal(t, []string{"USDT 500.00000000 0.00000000"}, balancesOf(t, server, id))
}

func balancesOf(t *testing.T, server *testkit.Server, agentID string) []string {
	t.Helper()
	rows, err := server.Pool.Query(t.Context(), "select asset, available::text, locked::text from balances where agent_id = $1 order by asset", agentID)
	require.NoError(t, err)
	defer rows.Close()
	var balances []string
	for rows.Next() {
		var asset, available, locked string
		require.NoError(t, rows.Scan(&asset, &available, &locked))
		balances = append(balances, fmt.Sprintf("%s %s %s", asset, available, locked))
	}
	require.NoError(t, rows.Err())
	return balances
}

func TestDeleteLeavesNothing(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	account.Do(http.MethodDelete, "/api/v1/agents/"+account.AgentID, nil).Want(204)
	require.NotContains(t, server.Dump(t), account.AgentID)
	eachPath := []string{"", "/api-key", "/risk-profile", "/skill.md"}
	for _, suffix := range eachPath {
		account.Do(http.MethodGet, "/api/v1/agents/"+account.AgentID+suffix, nil).WantError(404, "AGENT_NOT_FOUND")
	}
	account.Do(http.MethodDelete, "/api/v1/agents/"+account.AgentID, nil).WantError(404, "AGENT_NOT_FOUND")
}

func TestListIsPagedOldestFirst(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account, stranger := server.Register(t), server.Register(t)
	ids := []string{account.AgentID}
	for i := range 6 {
		ids = append(ids, account.Create(map[string]any{"display_name": fmt.Sprint(i)}))
		stranger.Create(map[string]any{"display_name": "not yours"})
	}
	account.Do(http.MethodPost, "/api/v1/agents/"+ids[2]+"/archive", nil).Want(200)
	active := append(append([]string{}, ids[:2]...), ids[3:]...)

	for _, c := range []struct {
		query string
		want  []string
		total float64
	}{
		{"", active, 6},
		{"?include_archived=false", active, 6},
		{"?include_archived=true", ids, 7},
		{"?limit=2", active[:2], 6},
		{"?limit=2&offset=1", active[1:3], 6},
		{"?limit=500&offset=5", active[5:], 6},
		{"?offset=100", nil, 6},
		{"?offset=100&include_archived=true", nil, 7},
		{"?offset=2147483647", nil, 6},
		{"/overview", active, 6},
	} {
		page := account.Do(http.MethodGet, "/api/v1/agents"+c.query, nil).Want(200).Fields()
		require.Equal(t, c.total, page["total"], c.query)
		var got []string
		for _, agent := range page["agents"].([]any) {
			got = append(got, agent.(map[string]any)["id"].(string))
		}
		require.Equal(t, c.want, got, c.query)
	}
	empty := server.Register(t)
	empty.Do(http.MethodDelete, "/api/v1/agents/"+empty.AgentID, nil).Want(204)
	require.JSONEq(t, `{"agents":[],"total":0}`, string(empty.Do(http.MethodGet, "/api/v1/agents", nil).Want(200).Body))
}

func TestRegenerateReplacesTheKey(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	path := "/api/v1/agents/" + account.AgentID
	made := account.Do(http.MethodPost, path+"/regenerate-key", nil).Want(200)
	key := made.Text("api_key")
	require.NotEqual(t, account.AgentKey, key)
	require.Equal(t, "no-store", made.Header.Get("Cache-Control"))
	require.Equal(t, key, account.Do(http.MethodGet, path+"/api-key", nil).Want(200).Text("api_key"))
	require.Equal(t, key[:12]+"...", account.Do(http.MethodGet, path, nil).Want(200).Text("api_key_preview"))
	requireOneLivingKey(t, server, account.AgentID, key)
}

func TestSkillFileIsForThisAgent(t *testing.T) {
	t.Parallel()
	server := testkit.Start(t)
	account := server.Register(t)
	id := account.Create(map[string]any{"display_name": "# `Bold` | **x**", "risk_profile": map[string]any{"max_open_orders": 3}})
	key := account.Do(http.MethodGet, "/api/v1/agents/"+id+"/api-key", nil).Want(200).Text("api_key")
	file := account.Do(http.MethodGet, "/api/v1/agents/"+id+"/skill.md", nil).Want(200)
	require.Equal(t, "text/markdown; charset=utf-8", file.Header.Get("Content-Type"))
	require.Equal(t, "no-store", file.Header.Get("Cache-Control"))
	text := string(file.Body)
	require.True(t, strings.HasPrefix(text, "# Agent: # `Bold` | **x**\n# Agent ID: "+id+"\n# API Key: "+key+"\n\n# AgentExchange — AI Crypto Trading Platform\n"), text)
	require.Contains(t, text, "| max_open_orders | 3 |")
	require.Contains(t, text, "AGENTEXCHANGE_BASE_URL="+server.URL+"\n")

	without := string(account.Do(http.MethodGet, "/api/v1/agents/"+id+"/skill.md?include_key=false", nil).Want(200).Body)
	require.NotContains(t, without, key)
	require.Contains(t, without, "# API Key: $AGENTEXCHANGE_API_KEY\n")
}

func TestAgentIDsMustBeUUIDs(t *testing.T) {
	t.Parallel()
	account := testkit.Start(t).Register(t)
	for _, id := range []string{"1", "not-a-uuid", "%00", "{" + account.AgentID + "}", "urn:uuid:" + account.AgentID, account.AgentID + "0"} {
		account.Do(http.MethodGet, "/api/v1/agents/"+id, nil).WantError(422, "VALIDATION_ERROR")
	}
	account.Do(http.MethodGet, "/api/v1/agents/"+strings.ToUpper(account.AgentID), nil).Want(200)
	account.Do(http.MethodGet, fmt.Sprintf("/api/v1/agents/%%%x%s", account.AgentID[0], account.AgentID[1:]), nil).Want(200)
	account.Do(http.MethodGet, "/api/v1/agents/"+uuid.Nil.String(), nil).WantError(404, "AGENT_NOT_FOUND")
}
