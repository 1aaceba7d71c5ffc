package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/agentexchange/agentexchange/internal/auth"
)

// traders are agents that place market orders.
type traders struct {
	keys  []auth.Secret
	first [][]byte // the request that opens a position
	buys  [][]byte
	sells [][]byte
}

const (
	firstQuantity = "0.05000000"
	nextQuantity  = "0.00050000"
)

// insertTraders gives an account one agent for each digest of a key. Their ids can be told from their numbers, as pgbench
// has to; beginning with a time, as the server's own do, would make no difference to anything measured.
const insertTraders = `
with owner as (
    insert into accounts (id, display_name, api_key_digest, api_secret_digest, starting_balance, created_at)
    values (gen_random_uuid(), 'Owner of the traders', sha256('key'), sha256('secret'), 10000, now())
    returning id
), agent as (
    insert into agents (
        id, account_id, display_name, api_key_digest, api_key_preview, starting_balance, strategy_tags,
        max_position_size_pct, daily_loss_limit_pct, max_open_orders, status, created_at, updated_at, session_id,
        session_started_at, day_started_at, day_start_equity
    )
    select
        md5('agent ' || n)::uuid, owner.id, 'Trader ' || n, digest, 'ak_live_' || left(md5(n::text), 4) || '...', 10000,
        '{}', 100, 100, 1000, 'active', now(), now(), gen_random_uuid(), now(), date_trunc('day', now(), 'UTC'), 10000
    from owner, unnest($1::bytea[]) with ordinality as k (digest, n)
    returning *
), key as (
    insert into agent_keys (digest, agent_id, account_id) select api_key_digest, id, account_id from agent
), session as (
    insert into sessions (agent_id, id, starting_balance, started_at)
    select id, session_id, starting_balance, session_started_at from agent
), balance as (
    insert into balances (agent_id, asset, available, locked) select id, 'USDT', starting_balance, 0 from agent
)
insert into ledger (agent_id, id, asset, amount, source, target, target_after, kind, created_at)
select
    id, gen_random_uuid(), 'USDT', starting_balance, 'equity', 'available', starting_balance, 'deposit', created_at
from agent`

func (s *stage) addTraders(ctx context.Context, count int) (*traders, error) {
	t := &traders{}
	digests := make([][]byte, 0, count)
	for range count {
		key, err := auth.MintKey(rand.Reader, auth.KindAPIKey)
		if err != nil {
			return nil, err
		}
		digests = append(digests, auth.DigestKey(key))
		t.keys = append(t.keys, key)
		t.first = append(t.first, renderOrder(key, "buy", firstQuantity))
		t.buys = append(t.buys, renderOrder(key, "buy", nextQuantity))
		t.sells = append(t.sells, renderOrder(key, "sell", nextQuantity))
	}
	_, err := s.pool.Exec(ctx, insertTraders, digests)
	return t, err
}

func renderOrder(key auth.Secret, side, quantity string) []byte {
	body := fmt.Sprintf(`{"symbol":"BTCUSDT","side":%q,"type":"market","quantity":%q}`, side, quantity)
	return fmt.Appendf(nil, "POST /api/v1/trade/order HTTP/1.1\r\nHost: localhost\r\nX-API-Key: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", key.Reveal(), len(body), body)
}

// variant places orders of any agent, on any side.
func (t *traders) variant(address string) variant {
	return func(ctx context.Context, _ int) (worker, error) {
		return newOrderer(ctx, address, func() []byte {
			n := mathrand.IntN(2 * len(t.keys))
			if n%2 == 0 {
				return t.buys[n/2]
			}
			return t.sells[n/2]
		})
	}
}

var errAllPlaced = errors.New("every position is open")

// opener opens the positions that no other worker opens.
func (t *traders) opener(ctx context.Context, address string, next *atomic.Int64) (worker, error) {
	return newOrderer(ctx, address, func() []byte {
		if n := int(next.Add(1)); n <= len(t.first) {
			return t.first[n-1]
		}
		return nil
	})
}

// orderer is a client that places orders. It shares the cores with what it measures, so it reads of an answer no more
// than it must.
type orderer struct {
	conn    net.Conn
	reader  *bufio.Reader
	request func() []byte
}

func newOrderer(ctx context.Context, address string, request func() []byte) (*orderer, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(5 * patience)); err != nil {
		return nil, err
	}
	return &orderer{conn: conn, reader: bufio.NewReader(conn), request: request}, nil
}

func (o *orderer) close() error { return o.conn.Close() }

func (o *orderer) do(context.Context) error {
	request := o.request()
	if request == nil {
		return errAllPlaced
	}
	if _, err := o.conn.Write(request); err != nil {
		return fmt.Errorf("an order was not sent: %w", err)
	}
	head, length, err := readHead(o.reader)
	if err != nil {
		return fmt.Errorf("an order was not answered: %w", err)
	}
	if head != "HTTP/1.1 201 Created" {
		body, err := io.ReadAll(io.LimitReader(o.reader, int64(length)))
		return errors.Join(fmt.Errorf("an order was answered %s: %s", head, body), err)
	}
	_, err = o.reader.Discard(length)
	return err
}

// readHead answers the first line of an answer and the length of its body.
func readHead(reader *bufio.Reader) (first string, length int, err error) {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return first, length, err
		}
		line = bytes.TrimSuffix(line, []byte("\r\n"))
		if first == "" {
			first = string(line)
			continue
		}
		if len(line) == 0 {
			return first, length, nil
		}
		if text, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(text)); err != nil {
				return first, length, err
			}
		}
	}
}

// reconcile asks the server whether ledger and balances of some agents agree.
func (s *stage) reconcile(ctx context.Context, t *traders) error {
	for n := 0; n < len(t.keys); n += max(1, len(t.keys)/50) {
		request, err := newRequest(ctx, http.MethodGet, s.app.URL()+"/api/v1/account/reconcile", "", nil)
		if err != nil {
			return err
		}
		request.Header.Set("X-API-Key", t.keys[n].Reveal())
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return err
		}
		var reconciled struct{ OK bool }
		if err := json.Unmarshal(body, &reconciled); err != nil || !reconciled.OK {
			return fmt.Errorf("an agent does not reconcile: %s: %s", response.Status, strings.TrimSpace(string(body)))
		}
	}
	return nil
}
