package decimal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// order holds decimals in the ways that API models do.
type order struct {
	Quantity decimal.Decimal            `json:"quantity"`
	Limit    *decimal.Decimal           `json:"limit"`
	Fees     []decimal.Decimal          `json:"fees"`
	ByPrice  map[decimal.Decimal]string `json:"by_price"`
}

func TestDecimalsAreJSONStringsWhereverTheyAreHeld(t *testing.T) {
	t.Parallel()
	limit := decimal.MustParse("-0.5")
	written, err := json.Marshal(order{
		Quantity: decimal.MustParse("5000"),
		Limit:    &limit,
		Fees:     []decimal.Decimal{{}},
		ByPrice:  map[decimal.Decimal]string{limit: "x"},
	})
	require.NoError(t, err)
	require.Equal(t, `{"quantity":"5000.00000000","limit":"-0.50000000","fees":["0.00000000"],"by_price":{"-0.50000000":"x"}}`, string(written))

	var read order
	require.NoError(t, json.Unmarshal(written, &read))
	require.True(t, read.Quantity.Equal(decimal.MustParse("5000")))
	require.True(t, read.Limit.Equal(limit))
	require.Equal(t, "x", read.ByPrice[limit])
}

func TestAnOptionalDecimalIsReadFromNull(t *testing.T) {
	t.Parallel()
	var read order
	require.NoError(t, json.Unmarshal([]byte(`{"limit":null}`), &read))
	require.Nil(t, read.Limit)
}

func TestJSONRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		written, err := json.Marshal(d)
		require.NoError(t, err)
		require.Equal(t, `"`+d.String()+`"`, string(written))
		var read decimal.Decimal
		require.NoError(t, json.Unmarshal(written, &read))
		require.True(t, read == d)
	})
}

func TestTextAndBindRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		written, err := d.MarshalText()
		require.NoError(t, err)
		require.Equal(t, d.String(), string(written))
		var read, bound decimal.Decimal
		require.NoError(t, read.UnmarshalText(written))
		require.NoError(t, bound.Bind(string(written)))
		require.True(t, read == d)
		require.True(t, bound == d)
	})
}

func TestJSONEscapesAreDecoded(t *testing.T) {
	t.Parallel()
	var d decimal.Decimal
	require.NoError(t, json.Unmarshal([]byte(`"\u0031\u002e5"`), &d))
	require.Equal(t, "1.50000000", d.String())

	longest := strings.Repeat(`\u0030`, 59) + `\u0037`
	require.NoError(t, json.Unmarshal([]byte(`"`+longest+`"`), &d))
	require.Equal(t, "7.00000000", d.String())
}

func TestUnmarshalRefusalsLeaveTheValueAlone(t *testing.T) {
	t.Parallel()
	before := decimal.MustParse("42")
	for _, data := range []string{
		``, `null`, `1`, `1.5`, `-1`, `1e3`, `true`, `[]`, `["1"]`, `{}`, `"`, `"1`, `"1"2`, ` "1"`,
		`""`, `"null"`, `"1e3"`, `" 1"`, `"1\n"`, `"\u00001"`, `"` + strings.Repeat("1", 1<<20) + `"`,
	} {
		d := before
		require.Error(t, d.UnmarshalJSON([]byte(data)), "%.80s", data)
		require.Equal(t, before, d, "%.80s", data)
	}
	for _, text := range rejected {
		d := before
		require.Error(t, d.UnmarshalText([]byte(text)), "%.80q", text)
		require.Error(t, d.Bind(text), "%.80q", text)
		require.Equal(t, before, d, "%.80q", text)
	}
}

func TestANumberOrNullInAJSONBodyIsAnErrorThatSaysWhatIsExpected(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"quantity":1.5}`, `{"quantity":null}`} {
		var read order
		require.ErrorContains(t, json.Unmarshal([]byte(body), &read), "a decimal in JSON is a string", body)
	}
}
