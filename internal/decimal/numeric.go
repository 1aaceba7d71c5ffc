package decimal

import (
	"encoding/binary"
	"errors"
	"math/big"
	"math/bits"
)

var (
	errNotFinite = errors.New("NaN and infinity are not decimals")
	errMalformed = errors.New("this is not a numeric in PostgreSQL's binary format")
)

// PostgreSQL's binary format of a numeric: the number of base-10,000 digits, the weight of the first one, the sign and
// the number of decimal places to show, each in 16 bits; then the digits.
const (
	numericBase     = 10_000
	numericHeader   = 8
	numericNegative = 0x4000
	fractionDigits  = 2                     // of 4 decimal places each
	numericWhole    = (wholeDigits + 3) / 4 // digits before the point
)

// AppendNumeric appends d in PostgreSQL's binary format.
func (d Decimal) AppendNumeric(buf []byte) []byte {
	var digits [fractionDigits + numericWhole]uint16 // the last one first
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

// UnmarshalNumeric sets d to src, a numeric in PostgreSQL's binary format, exactly. Zeros after the eighth decimal are
// dropped; any other digit there is an error, as are NaN, infinities and numbers from 10^20 on. On error d is unchanged.
func (d *Decimal) UnmarshalNumeric(src []byte) error {
	if units, negative, ok := smallNumeric(src); ok {
		*d = newSmall(negative, units)
		return nil
	}
	units, err := bigNumeric(src)
	if err != nil {
		return err
	}
	read, err := fromUnits(units)
	if err != nil {
		return err
	}
	*d = read
	return nil
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

// bigNumeric reads any numeric, in units.
func bigNumeric(src []byte) (*big.Int, error) {
	if len(src) < numericHeader {
		return nil, errMalformed
	}
	digits := src[numericHeader:]
	count := int(binary.BigEndian.Uint16(src))
	weight := int(int16(binary.BigEndian.Uint16(src[2:])))
	sign := binary.BigEndian.Uint16(src[4:])
	switch {
	case sign != 0 && sign != numericNegative:
		return nil, errNotFinite
	case len(digits) != 2*count:
		return nil, errMalformed
	}
	digit := func(n int) uint64 { return uint64(binary.BigEndian.Uint16(digits[2*n:])) }
	for n := range count {
		switch {
		case digit(n) == 0:
		case weight-n >= numericWhole:
			return nil, errTooLarge
		case weight-n < -fractionDigits:
			return nil, errTooFine
		}
	}
	units, base := new(big.Int), big.NewInt(numericBase)
	for position := numericWhole - 1; position >= -fractionDigits; position-- {
		units.Mul(units, base)
		if n := weight - position; n >= 0 && n < count {
			units.Add(units, new(big.Int).SetUint64(digit(n)))
		}
	}
	if sign == numericNegative {
		units.Neg(units)
	}
	return units, nil
}
