package httpapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// hostileRequests is how many requests a minute came to on two processors.
const hostileRequests = 30_000

// Nothing that a client sends makes the server fail: random requests, from a fixed seed and so the same ones everywhere,
// or for as long as HOSTILE_FOR says.
func TestNothingSentMakesTheServerFail(t *testing.T) {
	t.Parallel()
	enough := func(sent int) bool { return sent >= hostileRequests }
	if text := os.Getenv("HOSTILE_FOR"); text != "" {
		lasting, err := time.ParseDuration(text)
		require.NoError(t, err)
		deadline := time.Now().Add(lasting)
		enough = func(int) bool { return !time.Now().Before(deadline) }
	}
	server := testkit.Start(t)
	account := server.Register(t)
	var targets []target
	eachOperation(func(path, method string, op *openapi3.Operation) { targets = append(targets, target{path, method, op}) })
	slices.SortFunc(targets, func(a, b target) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	// One after the other, so that the tests beside this one are not kept waiting.
	h := &hostile{Rand: rand.New(rand.NewPCG(1, 20260319)), server: server, account: account}
	sent := 0
	for ; !enough(sent) && !t.Failed(); sent++ {
		h.attack(t, targets[h.IntN(len(targets))])
	}
	t.Logf("%d requests", sent)
	requireNoFailure(t, server)
}

func requireNoFailure(t *testing.T, server *testkit.Server) {
	t.Helper()
	for line := range strings.Lines(server.Log.String()) {
		require.NotContains(t, line, `"msg":"failed"`)
	}
}

type target struct {
	path, method string
	op           *openapi3.Operation
}

type hostile struct {
	*rand.Rand
	server  *testkit.Server
	account *testkit.Account
}

func (h *hostile) attack(t *testing.T, target target) {
	t.Helper()
	path := strings.NewReplacer("{agent_id}", h.id(), "{symbol}", h.symbol()).Replace(target.path)
	if h.IntN(3) == 0 {
		path += "?" + h.query()
	}
	method := target.method
	if h.IntN(20) == 0 {
		method = []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}[h.IntN(7)]
	}
	var body io.Reader
	if target.op.RequestBody != nil || h.IntN(10) == 0 {
		body = bytes.NewReader(h.body(target.op))
	}
	request, err := http.NewRequestWithContext(t.Context(), method, h.server.URL+path, body)
	if err != nil {
		return // not even a request
	}
	h.headers(request.Header)
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%s %s was answered by nothing: %v", method, path, err)
	}
	if err != nil {
		return // the client itself would not send it
	}
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	if response.StatusCode >= 500 {
		t.Errorf("%s %s answered %d %s", method, path, response.StatusCode, answer)
	}
	if method != http.MethodOptions {
		h.server.Check(t, request, response.StatusCode, response.Header, answer)
	}
}

func (h *hostile) headers(header http.Header) {
	if h.IntN(10) > 0 {
		header.Set("Content-Type", "application/json")
	} else {
		header.Set("Content-Type", h.text())
	}
	if h.IntN(10) > 0 {
		header.Set("Authorization", "Bearer "+h.account.Token)
	} else {
		header.Set("Authorization", h.text())
	}
	for _, name := range []string{"Idempotency-Key", "X-Request-Id", "X-Agent-Id", "X-API-Key", "Accept", "Content-Encoding", "X-Forwarded-For"} {
		if h.IntN(6) == 0 {
			header.Set(name, h.text())
		}
	}
}

func (h *hostile) id() string {
	switch h.IntN(5) {
	case 0:
		return url.PathEscape(h.text())
	case 1:
		return uuid.NewString()
	default:
		return h.account.AgentID
	}
}

func (h *hostile) symbol() string {
	if h.IntN(2) == 0 {
		return "BTCUSDT"
	}
	return url.PathEscape(h.text())
}

func (h *hostile) query() string {
	names := []string{"symbols", "interval", "start_time", "end_time", "depth", "limit", "offset", "include_archived", "include_key", "new_name", h.text()}
	if h.IntN(8) == 0 {
		return strings.ReplaceAll(strings.ReplaceAll(h.text(), "#", ""), " ", "+")
	}
	query := url.Values{}
	for range 1 + h.IntN(3) {
		query.Add(names[h.IntN(len(names))], h.text())
	}
	return query.Encode()
}

// body changes an example here and there, or is anything at all.
func (h *hostile) body(op *openapi3.Operation) []byte {
	if op.RequestBody == nil || h.IntN(5) == 0 {
		encoded, _ := json.Marshal(h.value(0))
		return encoded
	}
	encoded, _ := json.Marshal(op.RequestBody.Value.Content.Get("application/json").Schema.Value.Example)
	var fields map[string]any
	_ = json.Unmarshal(encoded, &fields)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if h.IntN(3) == 0 {
			fields[name] = h.value(0)
		}
	}
	encoded, _ = json.Marshal(fields)
	if h.IntN(10) == 0 && len(encoded) > 0 {
		encoded[h.IntN(len(encoded))] = byte(h.IntN(256))
	}
	return encoded
}

func (h *hostile) value(depth int) any {
	switch h.IntN(8) {
	case 0:
		return nil
	case 1:
		return h.Float64() * 1e300
	case 2:
		return h.IntN(300) - 50
	case 3:
		return h.IntN(2) == 0
	case 4:
		list := make([]any, h.IntN(60))
		for i := range list {
			list[i] = h.text()
		}
		return list
	case 5:
		object := map[string]any{}
		for range h.IntN(4) {
			if depth < 5 {
				object[h.text()] = h.value(depth + 1)
			}
		}
		return object
	default:
		return h.text()
	}
}

// texts are what has broken servers before.
var texts = []string{
	"", " ", "A", "active", "null", "0", "-1", "1", "100", "501", "2147483648", "9223372036854775808", "1e308", "NaN", "Infinity",
	"5000.00", "0.00000001", "999999999999.99999999", "1.000000001", "\x00", "a\x00b", "\r\n", "\u2028", "\u202e", "\ufeff", "\U0010ffff",
	"\xff\xfe", "\xed\xa0\x80", "é", "e\u0301", "İ", "ß", "𝄞", "👩‍👩‍👧", "'", "\"", "\\", "';drop table agents;--", "$1", "%s%n", "{{.}}", "${x}",
	"../../etc/passwd", "<script>alert(1)</script>", "#3B82F6", "#fff", "ada@example.com", "a@b", "true", "false", "TRUE", "%00", "%zz", ";", "&", "=",
	"application/json; charset=utf-16", "gzip", "Bearer ", "Bearer x.y.z", "Basic Og==", "ak_live_", "2026-01-01T00:00:00Z",
}

func (h *hostile) text() string {
	switch h.IntN(6) {
	case 0:
		return strings.Repeat(texts[h.IntN(len(texts))], h.IntN(300))
	case 1:
		random := make([]rune, h.IntN(120))
		for i := range random {
			random[i] = rune(h.IntN(0x2100))
		}
		return string(random)
	case 2:
		return fmt.Sprint(h.IntN(1000))
	default:
		return texts[h.IntN(len(texts))]
	}
}
