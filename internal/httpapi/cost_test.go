package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/config"
	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a call may cost, whatever the machine is doing: some 10 % more than when it was last looked at.
var (
	allocations = map[string]float64{ // the race detector adds some
		"price": 85, "balance": 200, "positions": 195, "open orders": 225, "agent": 185, "100 agents": 1500, "candles": 830,
		"order": 560,
	}
	walPerOrder = 1750.0 // bytes, for an order that is alone in its batch
)

// Everything that the process allocates for a call counts, net/http included. Nothing else runs beside this test, which
// is why it is not parallel.
func TestNoCallAllocatesMoreThanItDid(t *testing.T) { //nolint:paralleltest // see above
	server := testkit.Start(t, testkit.NewClock().Use)
	account := server.Register(t)
	agent := account.Agent()
	agent.Place(marketOrder("buy", "BTCUSDT", "0.001")).Want(http.StatusCreated)
	for range 100 {
		account.Create(map[string]any{"display_name": "One of many"})
	}
	key, token := "X-API-Key: "+agent.Key, "Authorization: Bearer "+account.Token
	for _, call := range []struct {
		name, header string
		method, path string
		body         any
	}{
		{"price", key, http.MethodGet, "/api/v1/market/price/BTCUSDT", nil},
		{"balance", key, http.MethodGet, "/api/v1/account/balance", nil},
		{"positions", key, http.MethodGet, "/api/v1/account/positions", nil},
		{"open orders", key, http.MethodGet, "/api/v1/trade/orders/open", nil},
		{"agent", token, http.MethodGet, "/api/v1/agents/" + agent.ID, nil},
		{"100 agents", token, http.MethodGet, "/api/v1/agents?limit=100", nil},
		{"candles", key, http.MethodGet, "/api/v1/market/candles/BTCUSDT?limit=100", nil},
		{"order", key, http.MethodPost, "/api/v1/trade/order", marketOrder("buy", "BTCUSDT", "0.0001")},
	} {
		caller := dial(t, server, call.method, call.path, call.header, call.body)
		seen := testing.AllocsPerRun(50, caller.call)
		assert.LessOrEqual(t, seen, allocations[call.name], "allocations of %s", call.name)
	}
}

// The log of a PostgreSQL that nobody else uses, without the page images after a checkpoint.
func TestNoOrderWritesMoreWALThanItDid(t *testing.T) {
	t.Parallel()
	database, err := testkit.StartPostgres(t.Context(), false)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Stop(context.Background())) })
	server := testkit.Start(t, testkit.NewClock().Use, func(cfg *config.Server) { cfg.URL = database.URL() })
	agent := server.Register(t).Agent()
	position := func() (bytes float64) {
		require.NoError(t, server.Pool.QueryRow(t.Context(), "select pg_current_wal_insert_lsn() - '0/0'").Scan(&bytes))
		return bytes
	}
	place := func() { agent.Place(marketOrder("buy", "BTCUSDT", "0.0001")).Want(http.StatusCreated) }
	place()
	const orders = 200
	before := position()
	for range orders {
		place()
	}
	seen := (position() - before) / orders
	require.LessOrEqual(t, seen, walPerOrder)
}

// caller makes the same call again and again, and allocates nothing for it.
type caller struct {
	tb      testing.TB
	conn    net.Conn
	reader  *bufio.Reader
	request []byte
}

func dial(tb testing.TB, server *testkit.Server, method, path, header string, body any) *caller {
	tb.Helper()
	conn, err := (&net.Dialer{}).DialContext(tb.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close() })
	var encoded []byte
	if body != nil {
		encoded, err = json.Marshal(body)
		require.NoError(tb, err)
		header += fmt.Sprintf("\r\nContent-Type: application/json\r\nContent-Length: %d", len(encoded))
	}
	return &caller{
		tb: tb, conn: conn, reader: bufio.NewReader(conn),
		request: fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n%s", method, path, header, encoded),
	}
}

func (c *caller) call() {
	if _, err := c.conn.Write(c.request); err != nil {
		c.tb.Fatal(err)
	}
	length, chunked := 0, false
	for line := c.line(); len(line) > 0; line = c.line() {
		if bytes.HasPrefix(line, []byte("HTTP/1.1 ")) && line[len("HTTP/1.1 ")] != '2' {
			c.tb.Fatalf("%s", line)
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			length, _ = strconv.Atoi(string(value))
		}
		chunked = chunked || string(line) == "Transfer-Encoding: chunked"
	}
	c.discard(length)
	for chunked {
		length, err := strconv.ParseInt(string(c.line()), 16, 32)
		if err != nil {
			c.tb.Fatal(err)
		}
		c.discard(int(length) + len("\r\n"))
		chunked = length > 0
	}
}

func (c *caller) discard(length int) {
	if _, err := c.reader.Discard(length); err != nil {
		c.tb.Fatal(err)
	}
}

func (c *caller) line() []byte {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		c.tb.Fatal(err)
	}
	return bytes.TrimRight(line, "\r\n")
}
