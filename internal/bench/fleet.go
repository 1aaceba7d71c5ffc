package main

import (
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"

	"github.com/agentexchange/agentexchange/internal/bench/load"
)

// member is one client of a fleet.
type member struct {
	keys  []string
	turns int
	// The limit order that rests, and whose it is.
	resting, key string
}

const fleetNote = "A client of the fleet reads in 80 of 100 requests, a price, balances, positions or open orders of any agent, and " +
	"orders in 20: 10 are market orders, and 10 are about limit orders far below the price, of which it places one (GTC, so that it " +
	"rests) and cancels it the next time."

func newMember(keys []string) *member { return &member{keys: keys, turns: mathrand.IntN(10)} }

func (m *member) next() load.Request {
	m.turns++
	key := m.keys[mathrand.IntN(len(m.keys))]
	switch m.turns % 10 {
	case 0:
		return anyOrder(m.keys)
	case 5:
		return m.limitOrder(key)
	}
	switch m.turns % 4 {
	case 0:
		return load.Get("/api/v1/market/price/BTCUSDT", "")
	case 1:
		return load.Get("/api/v1/account/balance", key)
	case 2:
		return load.Get("/api/v1/account/positions", key)
	default:
		return load.Get("/api/v1/trade/orders/open", key)
	}
}

func (m *member) limitOrder(key string) load.Request {
	if m.resting != "" {
		cancel := load.Request{Method: http.MethodDelete, Path: orderPath + "/" + m.resting, APIKey: m.key, Want: http.StatusOK}
		m.resting = ""
		return cancel
	}
	m.key = key
	return limitOrder(key, func(id string) { m.resting = id })
}

// limitOrder rests, and says by which id.
func limitOrder(key string, rests func(id string)) load.Request {
	return load.Request{
		Method: http.MethodPost, Path: orderPath, APIKey: key, Want: http.StatusCreated,
		Body: []byte(`{"symbol":"BTCUSDT","side":"buy","type":"limit","quantity":"0.00100000","price":"10000.00"}`),
		Then: func(body []byte) error {
			var placed struct {
				ID     string `json:"order_id"`
				Status string `json:"status"`
			}
			if err := json.Unmarshal(body, &placed); err != nil || placed.Status != "pending" {
				return fmt.Errorf("a limit order far from the price does not rest: %s", body)
			}
			rests(placed.ID)
			return nil
		},
	}
}
