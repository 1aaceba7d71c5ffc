package sim_test

import (
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/sim"
)

func BenchmarkLastOfAllSymbols(b *testing.B) {
	s, _ := marketAt(noon)
	pairs := s.Pairs()
	b.ReportAllocs()
	for b.Loop() {
		for _, pair := range pairs {
			s.Last(pair.Symbol)
		}
	}
}

func BenchmarkTickerOfAllSymbols(b *testing.B) {
	s, c := marketAt(noon)
	pairs := s.Pairs()
	for name, pause := range map[string]time.Duration{"each step": sim.Step, "each hour": time.Hour} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			at := noon
			for b.Loop() {
				at = at.Add(pause)
				c.set(at)
				for _, pair := range pairs {
					s.Ticker(pair.Symbol)
				}
			}
		})
	}
}

func BenchmarkThousandCandles(b *testing.B) {
	s, _ := marketAt(noon)
	for _, interval := range []market.Interval{market.Minute, market.Hour, market.Day} {
		b.Run(string(interval), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Candles(b.Context(), "BTCUSDT", interval, time.Time{}, time.Time{}, 1000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkThousandTrades(b *testing.B) {
	s, _ := marketAt(noon)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Trades(b.Context(), "BTCUSDT", 1000); err != nil {
			b.Fatal(err)
		}
	}
}
