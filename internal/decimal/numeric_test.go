package decimal_test

import (
	"encoding/binary"
	"errors"
	"math/big"
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// pgx's own codec is the reference for what we write and read.
var types = pgtype.NewMap()

func TestNumericsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		var read decimal.Decimal
		require.NoError(t, read.UnmarshalNumeric(d.AppendNumeric(nil)))
		require.True(t, read == d, "%s became %s", d, read)
	})
}

func TestNumericsAreThoseOfPgx(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		var theirs pgtype.Numeric
		require.NoError(t, types.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, d.AppendNumeric(nil), &theirs))
		require.Zero(t, rational(d.String()).Cmp(rationalOf(theirs)), "%s became %v", d, theirs)

		var read decimal.Decimal
		require.NoError(t, read.UnmarshalNumeric(encode(t, numericOf(d))))
		require.True(t, read == d, "%s became %s", d, read)
	})
}

func TestUnmarshalNumericIsExactAtEveryExponent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		n := numericOf(d)

		// The same number, written with more zeros at the end or with fewer.
		zeros := rapid.Int32Range(0, 40).Draw(t, "zeros")
		padded := pgtype.Numeric{Int: new(big.Int).Mul(n.Int, power(zeros)), Exp: n.Exp - zeros, Valid: true}
		stripped := pgtype.Numeric{Int: new(big.Int).Set(n.Int), Exp: n.Exp, Valid: true}
		for stripped.Int.Sign() != 0 {
			quotient, remainder := new(big.Int).QuoRem(stripped.Int, big.NewInt(10), new(big.Int))
			if remainder.Sign() != 0 {
				break
			}
			stripped.Int, stripped.Exp = quotient, stripped.Exp+1
		}
		for _, same := range []pgtype.Numeric{padded, stripped} {
			var read decimal.Decimal
			require.NoError(t, read.UnmarshalNumeric(encode(t, same)))
			require.True(t, read == d, "%se%d became %s, not %s", same.Int, same.Exp, read, d)
		}
	})
}

func TestUnmarshalNumericDropsZerosAfterTheEighthPlace(t *testing.T) {
	t.Parallel()
	for zeros := range uint16(100) {
		// 0.0001 × 0.0001, and then zeros.
		src := append(numeric(1+zeros, -2, 0), 0, 1)
		src = append(src, make([]byte, 2*zeros)...)
		var d decimal.Decimal
		require.NoError(t, d.UnmarshalNumeric(src))
		require.Equal(t, "0.00000001", d.String())
	}
}

func TestUnmarshalNumericRefusesAnyDigitAfterTheEighthPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.Int64().Filter(func(i int64) bool { return i%10 != 0 }).Draw(t, "digits")
		exponent := rapid.Int32Range(-200, -9).Draw(t, "exponent")
		var d decimal.Decimal
		require.Error(t, d.UnmarshalNumeric(encode(t, pgtype.Numeric{Int: big.NewInt(digits), Exp: exponent, Valid: true})))
		require.True(t, d.IsZero())
	})
}

func TestUnmarshalNumericTakesAnyZero(t *testing.T) {
	t.Parallel()
	for _, weight := range []int16{-32768, -3, 0, 5, 32767} {
		for _, count := range []uint16{0, 1, 9} {
			for _, sign := range []uint16{0, 0x4000} {
				d := decimal.MustParse("7")
				require.NoError(t, d.UnmarshalNumeric(append(numeric(count, weight, sign), make([]byte, 2*count)...)))
				require.True(t, d == decimal.Decimal{})
			}
		}
	}
}

func TestUnmarshalNumericRefusalsLeaveTheValueAlone(t *testing.T) {
	t.Parallel()
	before := decimal.MustParse("42")
	for name, c := range map[string]struct {
		src  []byte
		want string
	}{
		"NaN":               {encode(t, pgtype.Numeric{NaN: true, Valid: true}), "NaN"},
		"infinity":          {encode(t, pgtype.Numeric{InfinityModifier: pgtype.Infinity, Valid: true}), "infinity"},
		"minus infinity":    {encode(t, pgtype.Numeric{InfinityModifier: pgtype.NegativeInfinity, Valid: true}), "infinity"},
		"too large":         {encode(t, pgtype.Numeric{Int: big.NewInt(1), Exp: 20, Valid: true}), "at most 20 digits"},
		"too large by far":  {append(numeric(1, 32767, 0x4000), 0, 1), "at most 20 digits"},
		"too large in full": {encode(t, pgtype.Numeric{Int: power(28), Exp: -8, Valid: true}), "at most 20 digits"},
		"a ninth place":     {encode(t, pgtype.Numeric{Int: big.NewInt(1), Exp: -9, Valid: true}), "at most 8 digits"},
		"too fine by far":   {append(numeric(1, -32768, 0), 0, 1), "at most 8 digits"},
		"nothing":           {nil, "not a numeric"},
		"a cut header":      {[]byte{0, 1, 0}, "not a numeric"},
		"a missing digit":   {append(numeric(2, 0, 0), 0, 1), "not a numeric"},
		"one digit more":    {append(numeric(1, 0, 0), 0, 1, 0, 2), "not a numeric"},
	} {
		d := before
		require.ErrorContains(t, d.UnmarshalNumeric(c.src), c.want, name)
		require.Equal(t, before, d, name)
	}
}

// Not parallel: testing.AllocsPerRun counts what the whole process allocates.
func TestReadingAUsualNumericAllocatesNothing(t *testing.T) {
	src := decimal.MustParse("-64250.12345678").AppendNumeric(nil)
	var d decimal.Decimal
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = d.UnmarshalNumeric(src)
	}))
	require.Equal(t, "-64250.12345678", d.String())
}

func TestAnyBytesAreReadAsPgxReadsThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.Uint16Range(0, 9999), 0, 9).Draw(t, "digits")
		src := numeric(uint16(len(digits)), rapid.Int16Range(-6, 8).Draw(t, "weight"),
			rapid.SampledFrom([]uint16{0, 0x4000, 0xC000, 0xD000, 0xF000}).Draw(t, "sign"))
		for _, digit := range digits {
			src = binary.BigEndian.AppendUint16(src, digit)
		}
		var theirs pgtype.Numeric
		want, wantErr := decimal.Decimal{}, types.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, src, &theirs)
		if wantErr == nil {
			want, wantErr = decimalOf(theirs)
		}
		var got decimal.Decimal
		gotErr := got.UnmarshalNumeric(src)
		require.Equal(t, wantErr == nil, gotErr == nil, "%v, and %v", wantErr, gotErr)
		require.True(t, want == got, "%s, and %s", want, got)
	})
}

func FuzzUnmarshalNumeric(f *testing.F) {
	f.Add(decimal.MustParse("-12345678901234567890.12345678").AppendNumeric(nil))
	f.Add([]byte{0, 1, 0})
	f.Fuzz(func(t *testing.T, src []byte) {
		var d decimal.Decimal
		if d.UnmarshalNumeric(src) == nil {
			var again decimal.Decimal
			require.NoError(t, again.UnmarshalNumeric(d.AppendNumeric(nil)))
			require.True(t, d == again)
		}
	})
}

// numeric returns the header of a numeric that shows 60 decimal places. pgx drops the digits of places not shown, which
// PostgreSQL never sends.
func numeric(count uint16, weight int16, sign uint16) []byte {
	src := binary.BigEndian.AppendUint16(nil, count)
	src = binary.BigEndian.AppendUint16(src, uint16(weight))
	src = binary.BigEndian.AppendUint16(src, sign)
	return binary.BigEndian.AppendUint16(src, 60)
}

// encode returns a numeric in pgx's encoding.
func encode(t require.TestingT, n pgtype.Numeric) []byte {
	src, err := types.Encode(pgtype.NumericOID, pgtype.BinaryFormatCode, n, nil)
	require.NoError(t, err)
	return src
}

// numericOf converts a decimal to pgx's type by way of its text.
func numericOf(d decimal.Decimal) pgtype.Numeric {
	units := new(big.Rat).Mul(rational(d.String()), new(big.Rat).SetInt(power(8)))
	return pgtype.Numeric{Int: units.Num(), Exp: -8, Valid: true}
}

// decimalOf converts pgx's type to the decimal that is the same number. It fails if there is none.
func decimalOf(n pgtype.Numeric) (decimal.Decimal, error) {
	if !n.Valid || n.NaN || n.InfinityModifier != pgtype.Finite {
		return decimal.Decimal{}, errors.New("not a finite number")
	}
	r := rationalOf(n)
	d, err := decimal.Parse(r.FloatString(8))
	if err == nil && rational(d.String()).Cmp(r) != 0 {
		err = errors.New("more than eight places")
	}
	if err != nil {
		return decimal.Decimal{}, err
	}
	return d, nil
}

func rationalOf(n pgtype.Numeric) *big.Rat {
	r := new(big.Rat).SetInt(n.Int)
	if n.Exp < 0 {
		return r.Quo(r, new(big.Rat).SetInt(power(-n.Exp)))
	}
	return r.Mul(r, new(big.Rat).SetInt(power(n.Exp)))
}

func power(exponent int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
}
