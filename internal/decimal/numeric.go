package decimal

import (
	"encoding/binary"
	"errors"
	"math/big"
	"math/bits"

	"github.com/jackc/pgx/v5/pgtype"
)

var (
	_ pgtype.NumericScanner = (*Decimal)(nil)
	_ pgtype.NumericValuer  = Decimal{}
)

var (
	errNull      = errors.New("NULL is not a decimal: scan a nullable column into a *Decimal")
	errNotFinite = errors.New("NaN and infinity are not decimals")
)

// ScanNumeric sets d to a NUMERIC from PostgreSQL, exactly. Zeros after the eighth decimal are dropped; any other digit
// there is an error, as are NULL, NaN, infinities and numbers from 10^20 on. On error d is unchanged.
func (d *Decimal) ScanNumeric(n pgtype.Numeric) error {
	switch {
	case !n.Valid:
		return errNull
	case n.NaN || n.InfinityModifier != pgtype.Finite:
		return errNotFinite
	case n.Int == nil || n.Int.Sign() == 0:
		*d = Decimal{}
		return nil
	}
	units, err := scale(n.Int, int64(n.Exp)+places)
	if err != nil {
		return err
	}
	scanned, err := fromUnits(units)
	if err != nil {
		return err
	}
	*d = scanned
	return nil
}

// NumericValue returns d for PostgreSQL, with all 8 decimals. It never fails.
func (d Decimal) NumericValue() (pgtype.Numeric, error) {
	return pgtype.Numeric{Int: d.units(), Exp: -places, Valid: true}, nil
}

// PostgreSQL's binary format of a numeric: the number of base-10,000 digits, the weight of the first one, the sign and
// the number of decimal places to show, each in 16 bits; then the digits.
const (
	numericBase     = 10_000
	numericHeader   = 8
	numericNegative = 0x4000
	fractionDigits  = 2 // of 4 decimal places each
)

// AppendNumeric appends d in PostgreSQL's binary format.
func (d Decimal) AppendNumeric(buf []byte) []byte {
	var digits [fractionDigits + (wholeDigits+3)/4]uint16 // the last one first
	units, ok := d.small()
	if !ok {
		d.bigDigits(digits[:])
	}
	for n := 0; units > 0; n++ {
		digits[n] = uint16(units % numericBase)
		units /= numericBase
	}
	first, last := len(digits), 0
	for first > 0 && digits[first-1] == 0 {
		first--
	}
	for last < first && digits[last] == 0 {
		last++
	}
	sign := uint16(0)
	if d.value.Negative {
		sign = numericNegative
	}
	buf = binary.BigEndian.AppendUint16(buf, uint16(first-last))
	buf = binary.BigEndian.AppendUint16(buf, uint16(int16(max(first, 1)-1-fractionDigits)))
	buf = binary.BigEndian.AppendUint16(buf, sign)
	buf = binary.BigEndian.AppendUint16(buf, places)
	for n := first - 1; n >= last; n-- {
		buf = binary.BigEndian.AppendUint16(buf, digits[n])
	}
	return buf
}

func (d Decimal) bigDigits(digits []uint16) {
	rest, digit, base := new(big.Int).Abs(d.units()), new(big.Int), big.NewInt(numericBase)
	for n := range digits {
		rest.QuoRem(rest, base, digit)
		digits[n] = uint16(digit.Uint64())
	}
}

// UnmarshalNumeric sets d to src, a numeric in PostgreSQL's binary format. It fails like ScanNumeric.
func (d *Decimal) UnmarshalNumeric(src []byte) error {
	if units, negative, ok := smallNumeric(src); ok {
		*d = newSmall(negative, units)
		return nil
	}
	var n pgtype.Numeric
	plan := pgtype.NumericCodec{}.PlanScan(nil, pgtype.NumericOID, pgtype.BinaryFormatCode, &n)
	if err := plan.Scan(src, &n); err != nil {
		return err
	}
	return d.ScanNumeric(n)
}

// smallNumeric reads a numeric if its units fit 64 bits, as nearly always.
func smallNumeric(src []byte) (units uint64, negative, ok bool) {
	if len(src) < numericHeader {
		return 0, false, false
	}
	count := int(binary.BigEndian.Uint16(src))
	weight := int(int16(binary.BigEndian.Uint16(src[2:])))
	sign := binary.BigEndian.Uint16(src[4:])
	last := weight - count + 1 // the weight of the last digit
	if len(src) != numericHeader+2*count || sign != 0 && sign != numericNegative || count > 0 && last < -fractionDigits {
		return 0, false, false
	}
	for n := range count {
		high, low := bits.Mul64(units, numericBase)
		sum, carry := bits.Add64(low, uint64(binary.BigEndian.Uint16(src[numericHeader+2*n:])), 0)
		if high != 0 || carry != 0 {
			return 0, false, false
		}
		units = sum
	}
	for ; count > 0 && last > -fractionDigits; last-- {
		high, low := bits.Mul64(units, numericBase)
		if high != 0 {
			return 0, false, false
		}
		units = low
	}
	return units, sign == numericNegative, true
}

// scale returns n × 10^shift, and n itself if shift is 0. It fails with errTooFine if the result is not an integer and,
// without computing it, with errTooLarge if it is too large for any Decimal. n is not 0.
func scale(n *big.Int, shift int64) (*big.Int, error) {
	switch {
	case shift == 0: // every column declared NUMERIC(28,8)
		return n, nil
	case shift > precision:
		return nil, errTooLarge
	case shift > 0:
		return new(big.Int).Mul(n, pow10(shift)), nil
	case -shift*3 >= int64(n.BitLen()):
		// 10^k has more than 3k bits, so it cannot divide n. Checking this first avoids computing an absurd power for
		// an absurd exponent.
		return nil, errTooFine
	}
	quotient, remainder := new(big.Int).QuoRem(n, pow10(-shift), new(big.Int))
	if remainder.Sign() != 0 {
		return nil, errTooFine
	}
	return quotient, nil
}
