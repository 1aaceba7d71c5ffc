package binance_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func TestTheDayOpensAtThePriceOfMidnight(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	r := run(t, u, nil)
	_, ok := r.DayOpen("BTCUSDT")
	require.False(t, ok)
	s := u.next(t)
	r.set(midnight.Add(-time.Second))
	s.send(mini("BTCUSDT", "100", r.now()), mini("ETHUSDT", "110", r.now()))
	r.next(t)
	r.set(midnight)
	_, ok = r.DayOpen("BTCUSDT")
	require.False(t, ok, "there has been no price today")

	at := midnight.Add(300 * time.Millisecond)
	r.set(midnight.Add(time.Second))
	s.send(mini("BTCUSDT", "101", at))
	r.next(t)
	r.set(midnight.Add(time.Hour))
	s.send(mini("BTCUSDT", "140", r.now()), mini("ETHUSDT", "150", r.now()))
	r.next(t)
	open, ok := r.DayOpen("BTCUSDT")
	require.True(t, ok)
	require.Equal(t, tick("BTCUSDT", "101", at), open)
	open, ok = r.DayOpen("ETHUSDT")
	require.True(t, ok)
	require.Equal(t, tick("ETHUSDT", "110", at), open, "nobody traded it around midnight")
	_, ok = r.DayOpen("NOSUCHUSDT")
	require.False(t, ok)
	require.Empty(t, u.queries("/api/v3/klines"))
}

func TestAFeedStartedLaterFetchesTheFirstPriceOfTheDayOnce(t *testing.T) {
	t.Parallel()
	u := newUpstream(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	failures := 2
	day := noon.Truncate(24 * time.Hour)
	u.handle("/api/v3/klines", func(w http.ResponseWriter, _ *http.Request) {
		if failures--; failures >= 0 {
			http.Error(w, "busy", http.StatusBadGateway)
			return
		}
		close(asked)
		<-answer
		fmt.Fprint(w, "["+candle(day, "95")+"]")
	})
	r := run(t, u, nil)
	u.next(t).send(mini("BTCUSDT", "100", noon))
	r.next(t)
	open, ok := r.DayOpen("BTCUSDT")
	require.True(t, ok)
	require.Equal(t, tick("BTCUSDT", "100", noon), open, "the first that is known")
	until(t, "it is asked again after failures", func() bool {
		_, _ = r.DayOpen("BTCUSDT")
		select {
		case <-asked:
			return true
		default:
			return false
		}
	})
	for range 100 {
		open, _ = r.DayOpen("BTCUSDT")
		require.Equal(t, tick("BTCUSDT", "100", noon), open, "nobody waits for it")
	}
	close(answer)
	until(t, "the first price is settled", func() bool {
		open, _ = r.DayOpen("BTCUSDT")
		return open == tick("BTCUSDT", "95", day)
	})
	queries := u.queries("/api/v3/klines")
	require.Len(t, queries, 3)
	require.Equal(t, fmt.Sprintf("interval=1d&limit=1&startTime=%d&symbol=BTCUSDT", day.UnixMilli()), queries[2])
}
