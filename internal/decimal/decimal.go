// Package decimal defines the one decimal type of the system. Money, prices and quantities are all a Decimal: exact,
// fixed point, at most 20 digits before the point and 8 after it, which is NUMERIC(28,8) in PostgreSQL. It converts to
// and from text, JSON and PostgreSQL's numeric, and never goes through a float. Products and quotients are rounded half
// up at 8 places, except where a name says otherwise.
//
// apd is the container only: its coefficient, its comparison and its formatting of large numbers. The arithmetic is our
// own. The scale is fixed, so nearly every operation fits 64-bit integers and needs neither a context of precision and
// rounding nor an allocation; the others use math/big. Property tests compare every operation with exact rational
// arithmetic (big.Rat), in particular around 0, 2^63 and 2^64 units and at the limits.
package decimal

import (
	"errors"
	"math/big"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Decimal is an immutable decimal number: an exact multiple of 0.00000001 whose absolute value is below 10^20. The zero
// value is 0 and ready to use. A Decimal is copied and shared between goroutines freely, and two equal ones are also
// equal under ==, so it may be a map key.
type Decimal struct {
	// value is either the zero apd.Decimal, for 0, or finite with the exponent -places. Only fromUnits and newSmall
	// make one, and nothing changes it afterwards. Each number has one form, so == means equality, and copying is safe
	// because a coefficient below 10^28 lies inside the struct, not behind a pointer.
	value apd.Decimal
}

const (
	places      = 8  // digits after the point
	wholeDigits = 20 // digits before the point
	precision   = wholeDigits + places
	smallDigits = 11 // before the point, of numbers whose units always fit 64 bits

	// maxInput is the longest text Parse looks at, in bytes: twice the longest canonical text, so that there is room
	// for leading zeros.
	maxInput = 2 * maxText
	maxText  = len("-") + wholeDigits + len(".") + places
)

var (
	errTooLong  = errors.New("a decimal is written with at most 60 characters")
	errNotation = errors.New("a decimal is an optional minus sign, digits, and optionally a point with 1 to 8 digits, such as 1250.75")
	errTooFine  = errors.New("a decimal has at most 8 digits after the point")
	errTooLarge = errors.New("a decimal has at most 20 digits before the point")
)

// Parse reads a number in plain notation: an optional minus sign, one or more digits, and optionally a point followed
// by 1 to 8 digits. Nothing is rounded: a ninth decimal is rejected even if it is zero, as are exponents, a plus sign,
// NaN, infinities, spaces and separators. Leading zeros are accepted and dropped, and -0 is 0. Errors say what is
// expected and never quote the input, so they can be shown to the sender.
func Parse(s string) (Decimal, error) {
	if len(s) > maxInput {
		return Decimal{}, errTooLong
	}
	unsigned, negative := strings.CutPrefix(s, "-")
	whole, fraction, pointed := strings.Cut(unsigned, ".")
	if !isDigits(whole) || pointed && !isDigits(fraction) {
		return Decimal{}, errNotation
	}
	if len(fraction) > places {
		return Decimal{}, errTooFine
	}
	if len(whole) <= smallDigits { // nearly always, so worth a path without big numbers
		units, err := strconv.ParseUint(whole, 10, 64)
		if err != nil {
			return Decimal{}, errNotation
		}
		for n := range places {
			units *= 10
			if n < len(fraction) {
				units += uint64(fraction[n] - '0')
			}
		}
		return newSmall(negative, units), nil
	}
	units, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", places-len(fraction)), 10)
	if !ok {
		return Decimal{}, errNotation
	}
	if negative {
		units.Neg(units)
	}
	return fromUnits(units)
}

// MustParse is Parse for constants and tests. It panics if Parse fails.
func MustParse(s string) Decimal {
	d, err := Parse(s)
	if err != nil {
		panic("decimal.MustParse: " + err.Error())
	}
	return d
}

// String returns d in plain notation with exactly 8 digits after the point, such as "5000.00000000" or "-0.00000001".
// It has at most 30 characters, and Parse turns it back into the same value.
func (d Decimal) String() string {
	var room [maxText]byte
	return string(d.appendText(room[:0]))
}

func (d Decimal) appendText(buf []byte) []byte {
	units, ok := d.small()
	if !ok {
		return d.value.Append(buf, 'f')
	}
	if d.value.Negative {
		buf = append(buf, '-')
	}
	buf = append(strconv.AppendUint(buf, units/unitsPerOne, 10), '.')
	// An extra leading digit, dropped below, keeps the fraction's leading zeros.
	start := len(buf)
	buf = strconv.AppendUint(buf, unitsPerOne+units%unitsPerOne, 10)
	return append(buf[:start], buf[start+1:]...)
}

// Cmp returns -1 if d is less than other, 0 if they are equal, and 1 if d is greater.
func (d Decimal) Cmp(other Decimal) int { return d.value.Cmp(&other.value) }

// Equal reports whether d and other are the same number.
func (d Decimal) Equal(other Decimal) bool { return d.Cmp(other) == 0 }

// Sign returns -1 if d is negative, 0 if it is zero, and 1 if it is positive.
func (d Decimal) Sign() int { return d.value.Sign() }

// IsZero reports whether d is 0.
func (d Decimal) IsZero() bool { return d.value.IsZero() }

// unitsLimit is 10^28, the first absolute value, in units, that is too large.
var unitsLimit = new(big.Int).Exp(big.NewInt(10), big.NewInt(precision), nil)

// fromUnits returns units × 10^-8 or errTooLarge. It copies units.
func fromUnits(units *big.Int) (Decimal, error) {
	if units.CmpAbs(unitsLimit) >= 0 {
		return Decimal{}, errTooLarge
	}
	if units.Sign() == 0 {
		return Decimal{}, nil
	}
	var d Decimal
	d.value.Exponent = -places
	d.value.Negative = units.Sign() < 0
	d.value.Coeff.SetMathBigInt(units)
	d.value.Coeff.Abs(&d.value.Coeff)
	return d, nil
}

// units returns d × 10^8, always an integer, in a big.Int that the caller may change.
func (d Decimal) units() *big.Int {
	units := d.value.Coeff.MathBigInt()
	if d.value.Negative {
		units.Neg(units)
	}
	return units
}

// isDigits reports whether s is one or more of 0 to 9. The digits of other scripts do not count.
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
