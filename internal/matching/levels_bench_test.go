package matching

import (
	"fmt"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/book"
	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/google/uuid"
)

const (
	benchOrders = 100_000
	benchPairs  = 600
	benchCross  = 100
)

// restingForBench returns 100,000 buys over 600 pairs. Of each pair a price of 150 reaches 100.
func restingForBench() (*levels, []string) {
	l, ids := newLevels(), &book.IDs{}
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	names := make([]string, benchPairs)
	for n := range names {
		names[n] = fmt.Sprintf("S%03dUSDT", n)
	}
	for n := range benchOrders {
		rank := int64(n / benchPairs)
		level := decimal.NewFromInt(20_000 - rank)
		if rank >= benchCross {
			level = decimal.NewFromInt(5_000 - rank)
		}
		l.add(uuid.New(), ids.Next(begin.Add(time.Duration(n)*time.Millisecond), uuid.Nil), names[n%benchPairs], false, level.Quo(decimal.NewFromInt(100)))
	}
	return l, names
}

// BenchmarkCrossing finds the 100 orders, of 100,000 over 600 pairs, that a tick crosses.
func BenchmarkCrossing(b *testing.B) {
	l, names := restingForBench()
	price := decimal.NewFromInt(150)
	for n := 0; b.Loop(); n++ {
		crossed := l.cross(names[n%benchPairs], price)
		if len(crossed) != benchCross {
			b.Fatalf("a tick crosses %d orders", len(crossed))
		}
		b.StopTimer()
		for _, order := range crossed {
			l.put(order)
		}
		b.StartTimer()
	}
}

// BenchmarkCrossingNothing looks through the prices of all 600 pairs, none of which reaches an order.
func BenchmarkCrossingNothing(b *testing.B) {
	l, names := restingForBench()
	price := decimal.NewFromInt(300)
	for b.Loop() {
		for _, name := range names {
			if len(l.cross(name, price)) != 0 {
				b.Fatal("a tick crosses orders")
			}
		}
	}
}
