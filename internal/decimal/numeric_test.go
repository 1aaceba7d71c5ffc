package decimal_test

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNumericValueRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		n, err := d.NumericValue()
		require.NoError(t, err)
		var read decimal.Decimal
		require.NoError(t, read.ScanNumeric(n))
		require.True(t, read == d, "%s became %s", d, read)
	})
}

func TestPostgresWireFormatsRoundTrip(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		format := rapid.SampledFrom([]int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode}).Draw(t, "format")
		wire, err := types.Encode(pgtype.NumericOID, format, d, nil)
		require.NoError(t, err)
		if format == pgtype.TextFormatCode {
			require.Equal(t, d.String(), string(wire))
		}
		var read decimal.Decimal
		require.NoError(t, types.Scan(pgtype.NumericOID, format, wire, &read))
		require.True(t, read == d, "%s became %s", d, read)
	})
}

func TestNullIsANilPointerAndNothingElse(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	wire, err := types.Encode(pgtype.NumericOID, pgtype.BinaryFormatCode, (*decimal.Decimal)(nil), nil)
	require.NoError(t, err)
	require.Nil(t, wire)

	one := decimal.MustParse("1")
	optional := &one
	require.NoError(t, types.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, nil, &optional))
	require.Nil(t, optional)

	required := one
	require.ErrorContains(t, types.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, nil, &required), "*Decimal")
	require.Equal(t, one, required)
}

func TestScanNumericIsExactAtEveryExponent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		n, err := d.NumericValue()
		require.NoError(t, err)

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
			before := new(big.Int).Set(same.Int)
			var read decimal.Decimal
			require.NoError(t, read.ScanNumeric(same))
			require.True(t, read == d, "%se%d became %s, not %s", same.Int, same.Exp, read, d)
			require.Zero(t, before.Cmp(same.Int), "the scanned value was changed")
		}
	})
}

func TestScanNumericDropsZerosAfterTheEighthPlaceOfTheSmallestDecimal(t *testing.T) {
	t.Parallel()
	for zeros := range int32(100) {
		var d decimal.Decimal
		require.NoError(t, d.ScanNumeric(pgtype.Numeric{Int: power(zeros), Exp: -8 - zeros, Valid: true}))
		require.Equal(t, "0.00000001", d.String())
	}
}

func TestScanNumericRefusesAnyDigitAfterTheEighthPlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.Int64Range(-math.MaxInt64, math.MaxInt64).
			Filter(func(i int64) bool { return i%10 != 0 }).Draw(t, "digits")
		exponent := rapid.Int32Range(math.MinInt32, -9).Draw(t, "exponent")
		var d decimal.Decimal
		require.Error(t, d.ScanNumeric(pgtype.Numeric{Int: big.NewInt(digits), Exp: exponent, Valid: true}))
		require.True(t, d.IsZero())
	})
}

func TestScanNumericTakesAnyZero(t *testing.T) {
	t.Parallel()
	for _, n := range []pgtype.Numeric{
		{Valid: true},
		{Int: new(big.Int), Valid: true},
		{Int: new(big.Int), Exp: math.MaxInt32, Valid: true},
		{Int: new(big.Int), Exp: math.MinInt32, Valid: true},
	} {
		d := decimal.MustParse("7")
		require.NoError(t, d.ScanNumeric(n))
		require.True(t, d == decimal.Decimal{})
	}
}

func TestScanNumericRefusalsLeaveTheValueAlone(t *testing.T) {
	t.Parallel()
	before := decimal.MustParse("42")
	for name, c := range map[string]struct {
		n    pgtype.Numeric
		want string
	}{
		"NULL":              {pgtype.Numeric{}, "*Decimal"},
		"NaN":               {pgtype.Numeric{NaN: true, Valid: true}, "NaN"},
		"infinity":          {pgtype.Numeric{InfinityModifier: pgtype.Infinity, Valid: true}, "infinity"},
		"minus infinity":    {pgtype.Numeric{InfinityModifier: pgtype.NegativeInfinity, Valid: true}, "infinity"},
		"too large":         {pgtype.Numeric{Int: big.NewInt(1), Exp: 20, Valid: true}, "at most 20 digits"},
		"too large by far":  {pgtype.Numeric{Int: big.NewInt(-1), Exp: math.MaxInt32, Valid: true}, "at most 20 digits"},
		"too large in full": {pgtype.Numeric{Int: power(28), Exp: -8, Valid: true}, "at most 20 digits"},
		"a ninth place":     {pgtype.Numeric{Int: big.NewInt(1), Exp: -9, Valid: true}, "at most 8 digits"},
		"too fine by far":   {pgtype.Numeric{Int: big.NewInt(10), Exp: math.MinInt32, Valid: true}, "at most 8 digits"},
	} {
		d := before
		require.ErrorContains(t, d.ScanNumeric(c.n), c.want, name)
		require.Equal(t, before, d, name)
	}
}

// Not parallel: testing.AllocsPerRun counts what the whole process allocates.
func TestScanningAColumnOfTheDeclaredScaleAllocatesNothing(t *testing.T) {
	n, err := decimal.MustParse("-" + largest).NumericValue()
	require.NoError(t, err)
	var d decimal.Decimal
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_ = d.ScanNumeric(n)
	}))
	require.Equal(t, "-"+largest, d.String())
}

func power(exponent int32) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(exponent)), nil)
}

// pgx's own codec is the reference for what we write and read.
func TestBinaryNumericsAreThoseOfPgx(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	rapid.Check(t, func(t *rapid.T) {
		d := drawDecimal(t)
		var theirs pgtype.Numeric
		require.NoError(t, types.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, d.AppendNumeric(nil), &theirs))
		var read decimal.Decimal
		require.NoError(t, read.ScanNumeric(theirs))
		require.True(t, read == d, "%s became %s", d, read)

		value, err := d.NumericValue()
		require.NoError(t, err)
		wire, err := types.Encode(pgtype.NumericOID, pgtype.BinaryFormatCode, value, nil)
		require.NoError(t, err)
		read = decimal.Decimal{}
		require.NoError(t, read.UnmarshalNumeric(wire))
		require.True(t, read == d, "%s became %s", d, read)
	})
}

func TestAnyBytesAreReadAsPgxReadsThem(t *testing.T) {
	t.Parallel()
	types := pgtype.NewMap()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.Uint16Range(0, 9999), 0, 9).Draw(t, "digits")
		wire := binary.BigEndian.AppendUint16(nil, uint16(len(digits)))
		wire = binary.BigEndian.AppendUint16(wire, uint16(rapid.Int16Range(-6, 8).Draw(t, "weight")))
		wire = binary.BigEndian.AppendUint16(wire, rapid.SampledFrom([]uint16{0, 0x4000, 0xC000, 0xD000, 0xF000}).Draw(t, "sign"))
		wire = binary.BigEndian.AppendUint16(wire, 24) // show every place that the digits can have
		for _, digit := range digits {
			wire = binary.BigEndian.AppendUint16(wire, digit)
		}
		var theirs pgtype.Numeric
		var want, got decimal.Decimal
		wantErr := types.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, wire, &theirs)
		if wantErr == nil {
			wantErr = want.ScanNumeric(theirs)
		}
		gotErr := got.UnmarshalNumeric(wire)
		require.Equal(t, wantErr == nil, gotErr == nil, "%v, and %v", wantErr, gotErr)
		require.True(t, want == got, "%s, and %s", want, got)
	})
}

func FuzzUnmarshalNumeric(f *testing.F) {
	f.Add(decimal.MustParse("-12345678901234567890.12345678").AppendNumeric(nil))
	f.Add([]byte{0, 1, 0})
	f.Fuzz(func(t *testing.T, wire []byte) {
		var d decimal.Decimal
		if d.UnmarshalNumeric(wire) == nil {
			var again decimal.Decimal
			require.NoError(t, again.UnmarshalNumeric(d.AppendNumeric(nil)))
			require.True(t, d == again)
		}
	})
}
