package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const events = `{"Time":"2026-01-01T00:00:01Z","Action":"start","Package":"p"}
{"Time":"2026-01-01T00:00:01Z","Action":"start","Package":"q"}
{"Time":"2026-01-01T00:00:01Z","Action":"run","Package":"p","Test":"TestFast"}
{"Time":"2026-01-01T00:00:02Z","Action":"output","Package":"p","Test":"TestFast","Output":"...\n"}
{"Time":"2026-01-01T00:00:02Z","Action":"pass","Package":"p","Test":"TestFast","Elapsed":1}
{"Time":"2026-01-01T00:00:02Z","Action":"run","Package":"p","Test":"TestParallel"}
{"Time":"2026-01-01T00:00:02Z","Action":"pause","Package":"p","Test":"TestParallel"}
{"Time":"2026-01-01T00:00:03Z","Action":"run","Package":"p","Test":"TestAll"}
{"Time":"2026-01-01T00:00:04Z","Action":"run","Package":"p","Test":"TestAll/first"}
{"Time":"2026-01-01T00:00:01Z","Action":"run","Package":"p","Test":"TestWaiting"}
{"Time":"2026-01-01T00:00:01Z","Action":"run","Package":"p","Test":"TestWaiting/paused"}
{"Time":"2026-01-01T00:00:01Z","Action":"pause","Package":"p","Test":"TestWaiting/paused"}
{"Time":"2026-01-01T00:00:04Z","Action":"run","Package":"q","Test":"TestOther"}
{"Time":"2026-01-01T00:00:05Z","Action":"fail","Package":"q","Test":"TestOther","Elapsed":0.5}
{"Time":"2026-01-01T00:00:05Z","Action":"fail","Package":"q","Elapsed":4}
`

func TestItSaysHowFarTheTestsAre(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seen := newTally(began)
	for line := range strings.Lines(events) {
		seen.add([]byte(line))
	}
	require.Equal(t, "... 16s: 1 tests passed, 1 failed, 1 packages done; TestAll/first in p for 12s",
		seen.line(began.Add(16*time.Second)))

	seen.add([]byte(`{"Time":"2026-01-01T00:00:09Z","Action":"cont","Package":"p","Test":"TestParallel"}`))
	seen.add([]byte(`{"Time":"2026-01-01T00:00:10Z","Action":"pass","Package":"p","Test":"TestAll/first","Elapsed":6}`))
	seen.add([]byte(`{"Time":"2026-01-01T00:00:10Z","Action":"pass","Package":"p","Test":"TestAll","Elapsed":7}`))
	require.Equal(t, "... 20s: 3 tests passed, 1 failed, 1 packages done; TestParallel in p for 11s",
		seen.line(began.Add(20*time.Second)))
}

func TestItPassesEveryLineOnAndThenNamesTheSlowestTests(t *testing.T) {
	t.Parallel()
	in := events + "not an event\nno line end"
	var out bytes.Buffer
	require.NoError(t, follow(strings.NewReader(in), &out, nil))
	require.Equal(t, in+"\nThe slowest tests:\n      1s  p  TestFast\n   500ms  q  TestOther\n", out.String())
}
