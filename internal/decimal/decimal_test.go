package decimal_test

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const largest = "99999999999999999999.99999999"

func TestParsePrintsItsCanonicalForm(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"0":                           "0.00000000",
		"-0":                          "0.00000000",
		"-0.00000000":                 "0.00000000",
		"5000":                        "5000.00000000",
		"-12.5":                       "-12.50000000",
		"0.00000001":                  "0.00000001",
		"-0.00000001":                 "-0.00000001",
		"007.10":                      "7.10000000",
		largest:                       largest,
		"-" + largest:                 "-" + largest,
		strings.Repeat("0", 59) + "1": "1.00000000",
		"9223372036854775807":         "9223372036854775807.00000000",
		"18446744073709551616":        "18446744073709551616.00000000",
	} {
		d, err := decimal.Parse(input)
		require.NoError(t, err, input)
		require.Equal(t, want, d.String(), input)
	}
}

// rejected are texts that are not decimals, each for a different reason.
var rejected = []string{
	"", "-", ".", "-.", " ", "+1", "--1", "1-", ".5", "-.5", "5.", "1..2", "1.2.3",
	" 1", "1 ", "1 000", "1_000", "1,000", "1,5", "1\n", "1\x00", "0x10", "1/2", "$1",
	"1e3", "1E3", "1e-3", "1e100000", "NaN", "nan", "Inf", "-Infinity", "null", "true",
	"\u0661\u0662", "\uff11", "\u22121", "1\xff",
	"0.000000001", "1.000000000", "100000000000000000000", "-100000000000000000000.00000000",
	strings.Repeat("0", 61), strings.Repeat("9", 1<<20), "0." + strings.Repeat("0", 1<<20),
}

func TestParseRefusesWhatIsNotPlainNotation(t *testing.T) {
	t.Parallel()
	for _, input := range rejected {
		d, err := decimal.Parse(input)
		require.Error(t, err, "%.80q", input)
		require.Equal(t, decimal.Decimal{}, d, "%.80q", input)
	}
}

func TestParseErrorsSayWhatIsExpectedAndDoNotQuoteTheInput(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"abc<script>":           "an optional minus sign, digits",
		"0.123456789":           "at most 8 digits after the point",
		"123456789012345678901": "at most 20 digits before the point",
		strings.Repeat("7", 61): "at most 60 characters",
	} {
		_, err := decimal.Parse(input)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), input)
	}
}

func TestParseAcceptsExactlyThePlainNotationWithinRange(t *testing.T) {
	t.Parallel()
	plain := regexp.MustCompile(`^-?0*[0-9]{1,20}(\.[0-9]{1,8})?$`)
	rapid.Check(t, func(t *rapid.T) {
		input := rapid.OneOf(
			rapid.StringMatching(`[-+0-9.eE_ NaIf]{0,70}`),
			rapid.StringMatching(`-?0{0,30}[0-9]{0,23}(\.[0-9]{0,10})?`),
		).Draw(t, "input")
		_, err := decimal.Parse(input)
		wanted := len(input) <= 60 && plain.MatchString(input)
		require.Equal(t, wanted, err == nil, "%q: %v", input, err)
	})
}

func TestParseRefusesAnyTextWithAForeignCharacter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, "text")
		foreign := rapid.StringMatching(`[^0-9.]`).Draw(t, "foreign")
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		if foreign == "-" && at == 0 {
			at = len(text) // a minus sign is allowed in front
		}
		input := text[:at] + foreign + text[at:]
		_, err := decimal.Parse(input)
		require.Error(t, err, "%q", input)
	})
}

func TestStringAndParseAreInverse(t *testing.T) {
	t.Parallel()
	canonical := regexp.MustCompile(`^-?(0|[1-9][0-9]{0,19})\.[0-9]{8}$`)
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, "text")
		d, err := decimal.Parse(text)
		require.NoError(t, err)
		require.Regexp(t, canonical, d.String())
		require.Zero(t, rational(text).Cmp(rational(d.String())), "%s is printed as %s", text, d)

		again, err := decimal.Parse(d.String())
		require.NoError(t, err)
		require.True(t, again == d, "%s and %s are equal but not ==", again, d)
	})
}

func TestComparisonsAgreeWithExactRationals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		left := drawText(t, "left")
		a := decimal.MustParse(left)
		right := rapid.OneOf(rapid.Just(a.String()), rapid.StringMatching(wellFormed)).Draw(t, "right")
		b := decimal.MustParse(right)
		want := rational(left).Cmp(rational(right))
		require.Equal(t, want, a.Cmp(b))
		require.Equal(t, -want, b.Cmp(a))
		require.Equal(t, want == 0, a.Equal(b))
		require.Equal(t, want == 0, a == b)
		require.Equal(t, rational(left).Sign(), a.Sign())
		require.Equal(t, rational(left).Sign() == 0, a.IsZero())
	})
}

func TestZeroValueIsZero(t *testing.T) {
	t.Parallel()
	var d decimal.Decimal
	require.Equal(t, "0.00000000", d.String())
	require.True(t, d.IsZero())
	require.Zero(t, d.Sign())
	require.True(t, d == decimal.MustParse("-0.0"))
	require.Equal(t, -1, d.Cmp(decimal.MustParse("0.00000001")))
}

func TestMustParsePanicsOnWhatParseRefuses(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t,
		"decimal.MustParse: a decimal has at most 8 digits after the point",
		func() { decimal.MustParse("0.000000001") })
}

func TestDecimalIsFormattedLikeString(t *testing.T) {
	t.Parallel()
	d := decimal.MustParse("-12.5")
	require.Equal(t, "-12.50000000 -12.50000000 {-12.50000000}", fmt.Sprintf("%v %s %v", d, &d, struct{ D decimal.Decimal }{d}))
}

// The race detector decides this test.
func TestCopiesAreSharedBetweenGoroutinesWithoutRaces(t *testing.T) {
	t.Parallel()
	shared := decimal.MustParse("-" + largest)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				d := shared
				assert.Equal(t, "-"+largest, d.String())
				assert.Equal(t, "-"+largest, shared.String())
				assert.True(t, shared.Equal(d))
				assert.NoError(t, d.Bind("1"))
				assert.NoError(t, d.UnmarshalNumeric(shared.AppendNumeric(nil)))
			}
		})
	}
	wait.Wait()
	require.Equal(t, "-"+largest, shared.String())
}

func FuzzParse(f *testing.F) {
	for _, input := range rejected {
		if len(input) < 100 {
			f.Add(input)
		}
	}
	for _, input := range []string{"0", "-0", "1250.75", "-0.00000001", largest, "-" + largest} {
		f.Add(input)
	}
	f.Fuzz(func(t *testing.T, input string) {
		d, err := decimal.Parse(input)
		if err != nil {
			require.Equal(t, decimal.Decimal{}, d)
			return
		}
		printed := d.String()
		require.LessOrEqual(t, len(printed), 30)
		require.False(t, strings.ContainsAny(printed, "eE"), printed)
		require.Zero(t, rational(input).Cmp(rational(printed)))
		again, err := decimal.Parse(printed)
		require.NoError(t, err)
		require.True(t, again.Equal(d))
	})
}

// wellFormed matches texts that Parse accepts, among them leading zeros, minus zero and the largest values.
const wellFormed = `-?([0-9]{1,4}|[0-9]{1,20}|9{20})(\.([0-9]{1,8}|0{1,8}|9{8}))?`

func drawText(t *rapid.T, label string) string {
	return rapid.StringMatching(wellFormed).Draw(t, label)
}

func drawDecimal(t *rapid.T) decimal.Decimal {
	return decimal.MustParse(drawText(t, "decimal"))
}

// rational reads text by other means than the package under test.
func rational(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("no rational: " + text)
	}
	return r
}
