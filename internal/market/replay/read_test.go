package replay_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentexchange/agentexchange/internal/market"
	"github.com/agentexchange/agentexchange/internal/market/replay"
	"github.com/stretchr/testify/require"
)

func TestErrorsInARecordingNameTheLine(t *testing.T) {
	t.Parallel()
	const head = "time,symbol,price,quantity\n"
	const line = "2026-03-01T12:00:00Z,BTCUSDT,100,1\n"
	const filters = "#pair,BTCUSDT,1,1,0.5,5\n"
	for text, want := range map[string]string{
		"":                                    "line 1: there are no prices",
		head:                                  "line 2: there are no prices",
		"# nothing\n\n":                       "line 3: there are no prices",
		line:                                  "line 1: expected the header time,symbol,price,quantity",
		"time;symbol;price\n":                 "line 1: expected the header",
		"Time,Symbol,Price\n":                 "line 1: expected the header",
		head + "x\n":                          "line 2: expected three or four fields, time,symbol,price,quantity",
		head + line + "1,BTCUSDT,1,1,1\n":     "line 3: expected three or four fields",
		head + "today,BTCUSDT,100,1\n":        "line 2: time: expected RFC 3339, such as 2026-03-01T12:00:00.25Z, or milliseconds",
		head + "2026-03-01 12:00,BTCUSDT,1\n": "line 2: time: expected RFC 3339",
		head + "-1,BTCUSDT,100,1\n":           "line 2: time: expected RFC 3339",
		head + "1.5,BTCUSDT,100,1\n":          "line 2: time: expected RFC 3339",
		head + "999999999999999,BTCUSDT,1\n":  "line 2: time: expected RFC 3339",
		head + line + "\n2026-03-01T11:59:59Z,ETHUSDT,1\n":      "line 4: time: expected one not before that of the line above, 2026-03-01T12:00:00Z",
		head + line + "2027-03-03T12:00:00Z,BTCUSDT,1\n":        "line 3: time: expected one within a year of the first, 2026-03-01T12:00:00Z",
		head + "0,BTCEUR,100\n":                                 "line 2: symbol: expected at most 20 capital letters and digits that end in USDT, such as BTCUSDT",
		head + "0,USDT,100\n":                                   "line 2: symbol: ",
		head + "0,btcusdt,100\n":                                "line 2: symbol: ",
		head + "0,BTC-USDT,100\n":                               "line 2: symbol: ",
		head + "0, BTCUSDT,100\n":                               "line 2: symbol: ",
		head + "0," + strings.Repeat("B", 17) + "USDT,1":        "line 2: symbol: ",
		head + "0,BTCUSDT,\n":                                   "line 2: price: a decimal is",
		head + "0,BTCUSDT,1e3\n":                                "line 2: price: a decimal is",
		head + "0,BTCUSDT,NaN\n":                                "line 2: price: a decimal is",
		head + "0,BTCUSDT,0.000000001\n":                        "line 2: price: a decimal has at most 8 digits",
		head + "0,BTCUSDT,0\n":                                  "line 2: price: expected a decimal above 0 and below 10^12",
		head + "0,BTCUSDT,-1\n":                                 "line 2: price: expected a decimal above 0",
		head + "0,BTCUSDT,1000000000000\n":                      "line 2: price: expected a decimal above 0 and below 10^12",
		filters + head + "0,BTCUSDT,1.2\n":                      "line 3: price: expected a multiple of the tick size 0.50000000",
		head + "0,BTCUSDT,1,some\n":                             "line 2: quantity: a decimal is",
		head + "0,BTCUSDT,1,-1\n":                               "line 2: quantity: expected a decimal of 0 or more",
		head + "0,BTCUSDT,999999999999,999999999999\n":          "line 2: a result has more than 20 digits",
		head + "0,BTCUSDT,0.00000001\n0,BTCUSDT,900000000000\n": "the prices of BTCUSDT are too far apart",
		head + line + filters:                                   "line 3: the filters of pairs are given before the header",
		filters + filters + head + line:                         "line 2: the filters of BTCUSDT are given on line 1 already",
		"\n" + filters + head + "0,ETHUSDT,1\n":                 "line 2: there is no price of BTCUSDT",
		"#pair,BTCUSDT,1,1,1\n":                                 "line 1: expected #pair,symbol,min_qty,step_size,tick_size,min_notional",
		"#pair,BTCEUR,1,1,1,1\n":                                "line 1: expected at most 20 capital letters",
		"#pair,BTCUSDT,0,1,1,1\n":                               "line 1: min_qty: expected a decimal above 0",
		"#pair,BTCUSDT,1,x,1,1\n":                               "line 1: step_size: a decimal is",
		"#pair,BTCUSDT,1,1,-1,1\n":                              "line 1: tick_size: expected a decimal above 0",
		"#pair,BTCUSDT,1,1,1,\n":                                "line 1: min_notional: a decimal is",
		head + "# " + strings.Repeat("x", 5000) + "\n":          "line 2: a line has at most 4096 bytes",
		head + strings.Repeat(strings.Repeat("#", 4000)+"\n", replay.MaxSize/4000): "larger than 16777216 bytes",
	} {
		path := write(t, text)
		_, err := replay.Open(path, replay.Options{}, time.Now)
		require.ErrorContains(t, err, path)
		require.ErrorContains(t, err, want, "%.200s", text)
	}
	_, err := replay.Open(filepath.Join(t.TempDir(), "none"), replay.Options{}, time.Now)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = replay.Open(t.TempDir(), replay.Options{}, time.Now)
	require.Error(t, err)
}

func TestARecordingMayComeFromAnySystem(t *testing.T) {
	t.Parallel()
	text := "\ufeff# from a spreadsheet\r\ntime,symbol,price\r\n\r\n2026-03-01T12:00:00.123456789+02:00,1000SATSUSDT,0.0001230\r\n# the end\r\n1772359200124,1000SATSUSDT,0.5,"
	r := open(t, write(t, text), replay.Options{}, time.Now)
	pairs := r.Pairs()
	require.Len(t, pairs, 1)
	require.Equal(t, "0.00000100", pairs[0].TickSize.String())
	last, ok := r.Last("1000SATSUSDT")
	require.True(t, ok)
	require.Equal(t, "0.00012300", last.Price.String())
	candles, err := r.Candles(t.Context(), "1000SATSUSDT", market.Day, time.Time{}, time.Time{}, 1)
	require.NoError(t, err)
	require.Empty(t, candles)
}
