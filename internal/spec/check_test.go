package spec_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/fault"
	"github.com/agentexchange/agentexchange/internal/spec"
	"github.com/stretchr/testify/require"
)

// requestFor makes a request of an operation whose path has no parameters.
func requestFor(op *spec.Operation, query, body string) *http.Request {
	request := httptest.NewRequest(op.Method, op.Path, strings.NewReader(body))
	request.URL.RawQuery = query
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

// violations returns what a check found, as field: message.
func violations(t *testing.T, err error) []string {
	t.Helper()
	var invalid *fault.Error
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, fault.ValidationError, invalid.Code)
	encoded, err := json.Marshal(invalid.Details)
	require.NoError(t, err)
	var details struct{ Errors []fault.Violation }
	require.NoError(t, json.Unmarshal(encoded, &details))
	found := make([]string, len(details.Errors))
	for n, each := range details.Errors {
		found[n] = each.Field + ": " + each.Message
	}
	return found
}

func TestEveryViolationOfABodyIsNamed(t *testing.T) {
	t.Parallel()
	create := document().Operation("createAgent")
	decimalMessage := document().Components.Schemas["StartingBalance"].Value.Extensions["x-pattern-message"].(string)
	for body, want := range map[string][]string{
		``:                                 {": a JSON object is required"},
		`7`:                                {": must be an object"},
		`null`:                             {": must not be null"},
		`{}`:                               {"/display_name: is required"},
		`{"display_name":"A","a/b~c":"x"}`: {"/a~1b~0c: is not a field of this call"},
		`{"display_name":" \u2003 "}`:      {"/display_name: must not be empty or blank"},
		`{"display_name":7}`:               {"/display_name: must be a string"},
		`{"display_name":null}`:            {"/display_name: must not be null"},
		`{"display_name":"A","starting_balance":1}`:                     {"/starting_balance: " + decimalMessage},
		`{"display_name":"A","strategy_tags":"x"}`:                      {"/strategy_tags: must be an array"},
		`{"display_name":"A","risk_profile":{"max_open_orders":1e400}}`: {": holds a number that is too large"},
		`{"display_name":"A","risk_profile":{"max_open_orders":201,"max_position_size_pct":"x"}}`: {
			"/risk_profile/max_open_orders: must be at most 200", "/risk_profile/max_position_size_pct: must be an integer from 1 to 100",
		},
	} {
		err := create.Check(requestFor(create, "", body), nil, []byte(body))
		require.ElementsMatch(t, want, violations(t, err), body)
	}
}

func TestEveryViolationOfAQueryIsNamed(t *testing.T) {
	t.Parallel()
	list := document().Operation("listAgents")
	for query, want := range map[string][]string{
		"limit=501&offset=-1&color=red": {"/color: is not a parameter of this call", "/limit: must be at most 500", "/offset: must be at least 0"},
		"limit=1&limit=2":               {"/limit: must be given once"},
		"limit=x":                       {"/limit: must be an integer from 1 to 500"},
		"limit=":                        {"/limit: must not be empty"},
		"limit=%FF":                     {"/limit: must be UTF-8", "/limit: must be an integer from 1 to 500"},
		"include_archived=1":            {"/include_archived: must be true or false"},
		"%zz":                           {"/: the query string is not well encoded"},
	} {
		require.ElementsMatch(t, want, violations(t, list.Check(requestFor(list, query, ""), nil, nil)), query)
	}
}

func TestHeadersAndPathsAreChecked(t *testing.T) {
	t.Parallel()
	reset := document().Operation("resetAgent")
	request := requestFor(reset, "", "")
	request.Header["Idempotency-Key"] = []string{"a", "b"}
	err := reset.Check(request, map[string]string{"agent_id": "nobody"}, []byte(`{"starting_balance":"1"}`))
	require.ElementsMatch(t, []string{"/agent_id: must be a valid uuid", "/Idempotency-Key: must be given once", ": this call takes no body"}, violations(t, err))
	require.NoError(t, reset.Check(requestFor(reset, "", ""), map[string]string{"agent_id": "01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10"}, []byte(" {} ")))
}

// What was checked is what the handler reads: trimmed, with defaults, and each field once.
func TestTheRequestHoldsWhatWasChecked(t *testing.T) {
	t.Parallel()
	create := document().Operation("createAgent")
	body := `{"display_name":"\u2003 A ","risk_profile":{"max_open_orders":9999},"risk_profile":{"max_open_orders":3}}`
	request := requestFor(create, "", body)
	request.Header.Set("Content-Type", "Application/JSON; Charset=UTF-8")
	require.NoError(t, create.Check(request, nil, []byte(body)))
	read, err := io.ReadAll(request.Body)
	require.NoError(t, err)
	require.EqualValues(t, len(read), request.ContentLength)
	require.JSONEq(t, `{"display_name":"A","starting_balance":"10000.00",
		"risk_profile":{"max_open_orders":3,"max_position_size_pct":25,"daily_loss_limit_pct":20}}`, string(read))

	list := document().Operation("listAgents")
	request = requestFor(list, "offset=2", "")
	require.NoError(t, list.Check(request, nil, nil))
	require.Equal(t, "include_archived=false&limit=100&offset=2", request.URL.Query().Encode())
}

func TestWhatIsNotJSONIsNotValidated(t *testing.T) {
	t.Parallel()
	create := document().Operation("createAgent")
	for body, code := range map[string]fault.Code{
		"{": fault.MalformedBody, `{} {}`: fault.MalformedBody, "\xff": fault.MalformedBody, strings.Repeat("[", 20000): fault.MalformedBody,
	} {
		require.True(t, fault.Is(create.Check(requestFor(create, "color=red", body), nil, []byte(body)), code), "%q", body)
	}
	for header, value := range map[string]string{
		"Content-Type": "application/json; charset=latin1", "content-type": "text/plain", "Content-Encoding": "gzip",
	} {
		request := requestFor(create, "", "{}")
		request.Header.Set(header, value)
		require.True(t, fault.Is(create.Check(request, nil, []byte("{}")), fault.UnsupportedMediaType), value)
	}
}

func TestViolationsAreBounded(t *testing.T) {
	t.Parallel()
	create := document().Operation("createAgent")
	body := `{"display_name":"A","strategy_tags":["` + strings.Repeat(`","`, 4999) + `"]}`
	found := violations(t, create.Check(requestFor(create, "", body), nil, []byte(body)))
	require.Len(t, found, 201)
	require.Equal(t, ": and 4801 more", found[200])
}

func TestViolationsRepeatNoValue(t *testing.T) {
	t.Parallel()
	create := document().Operation("createAgent")
	body := `{"display_name":["secret-value"],"color":"secret-value","starting_balance":"secret-value","` + strings.Repeat("x", 200) + `":"secret-value"}`
	found := strings.Join(violations(t, create.Check(requestFor(create, "limit=secret-value", body), nil, []byte(body))), "\n")
	require.NotContains(t, found, "secret-value")
	require.Contains(t, found, "/"+strings.Repeat("x", 100)+"…: is not")
}

// Whatever comes, a body is refused by a fault, or the handler gets JSON that passes the same check and stays the same.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"display_name":" A "}`, `[1,2]`, `{"a":{"b":[null,true,"x"]}}`, `{"a":1}{`, `{"display_name":"A","display_name":"B"}`, "\xff",
		`{"display_name":"\ud800"}`, `1e999`, strings.Repeat("[", 100), `{"display_name":"A","risk_profile":{},"strategy_tags":[" a "]}`,
		`{"symbol":"btcusdt","side":"buy","type":"limit","quantity":"1","price":"2"}`,
	} {
		f.Add([]byte(seed))
	}
	operations := []*spec.Operation{document().Operation("createAgent"), document().Operation("placeOrder")}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, op := range operations {
			first := requestFor(op, "", string(body))
			first.Header.Set("Content-Type", "application/json")
			if err := op.Check(first, nil, body); err != nil {
				require.IsType(t, &fault.Error{}, err)
				continue
			}
			taken, err := io.ReadAll(first.Body)
			require.NoError(t, err)
			second := requestFor(op, "", string(taken))
			require.NoError(t, op.Check(second, nil, bytes.Clone(taken)))
			again, err := io.ReadAll(second.Body)
			require.NoError(t, err)
			require.Equal(t, string(taken), string(again))
		}
	})
}
