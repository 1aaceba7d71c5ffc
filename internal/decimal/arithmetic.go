package decimal

import (
	"cmp"
	"errors"
	"math/big"
	"math/bits"
)

// ErrOverflow is what arithmetic panics with when a result has more than 20 digits before the point.
//
// It is a panic because no balance, price or quantity of the exchange comes near 10^20, and a formula is hard to read
// when each operation returns an error. The one way to get there is to multiply a client's inputs, of up to 12 digits
// each, before they have been checked. Code which does that defers CatchOverflow once, around the whole computation,
// and gets an ordinary error.
var ErrOverflow = errors.New("a result has more than 20 digits before the point")

// CatchOverflow turns a panic with ErrOverflow into the error *err; any other panic continues. Defer it where
// arithmetic on unchecked input may overflow. The computation must be one that can be abandoned half-way, such as a
// pure function.
//
//	func value(o Order) (_ decimal.Decimal, err error) {
//		defer decimal.CatchOverflow(&err)
//		return o.Quantity.Mul(o.Price), nil
//	}
func CatchOverflow(err *error) {
	r := recover()
	if r == nil {
		return
	}
	if e, ok := r.(error); !ok || !errors.Is(e, ErrOverflow) {
		panic(r)
	}
	*err = ErrOverflow
}

// NewFromInt returns n.
func NewFromInt(n int64) Decimal {
	high, low := bits.Mul64(magnitude(n), unitsPerOne)
	if high == 0 {
		return newSmall(n < 0, low)
	}
	units := big.NewInt(n)
	return mustFromUnits(units.Mul(units, bigUnitsPerOne))
}

// NewFromUnits returns units × 0.00000001.
func NewFromUnits(units int64) Decimal { return newSmall(units < 0, magnitude(units)) }

// Min returns the lesser of a and b.
func Min(a, b Decimal) Decimal {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// Max returns the greater of a and b.
func Max(a, b Decimal) Decimal {
	if b.Cmp(a) > 0 {
		return b
	}
	return a
}

// Neg returns −d.
func (d Decimal) Neg() Decimal {
	if !d.IsZero() {
		d.value.Negative = !d.value.Negative
	}
	return d
}

// Abs returns d without its sign.
func (d Decimal) Abs() Decimal {
	d.value.Negative = false
	return d
}

// Add returns d + other, exactly. It panics with ErrOverflow.
func (d Decimal) Add(other Decimal) Decimal {
	a, aSmall := d.small()
	b, bSmall := other.small()
	if aSmall && bSmall {
		switch {
		case d.value.Negative == other.value.Negative:
			if sum, carry := bits.Add64(a, b, 0); carry == 0 {
				return newSmall(d.value.Negative, sum)
			}
		case a >= b:
			return newSmall(d.value.Negative, a-b)
		default:
			return newSmall(other.value.Negative, b-a)
		}
	}
	sum := d.units()
	return mustFromUnits(sum.Add(sum, other.units()))
}

// Sub returns d − other, exactly. It panics with ErrOverflow.
func (d Decimal) Sub(other Decimal) Decimal { return d.Add(other.Neg()) }

// Mul returns d × other, rounded half up to 8 places: to the nearest, ties away from zero. It panics with ErrOverflow.
func (d Decimal) Mul(other Decimal) Decimal {
	negative := d.value.Negative != other.value.Negative
	a, aSmall := d.small()
	b, bSmall := other.small()
	if aSmall && bSmall {
		high, low := bits.Mul64(a, b)
		low, carry := bits.Add64(low, unitsPerOne/2, 0)
		if high += carry; high < unitsPerOne {
			quotient, _ := bits.Div64(high, low, unitsPerOne)
			return newSmall(negative, quotient)
		}
	}
	product := d.units()
	return mustFromUnits(quoHalfUp(product.Mul(product, other.units()), bigUnitsPerOne))
}

// Quo returns d ÷ other, rounded half up to 8 places like Mul. It panics with ErrOverflow, and also if other is 0.
func (d Decimal) Quo(other Decimal) Decimal {
	mustNotBeZero(other)
	negative := d.value.Negative != other.value.Negative
	if quotient, rest, ok := d.quoSmall(other); ok {
		divisor, _ := other.small()
		if rest < divisor-rest { // 2 × rest < divisor, without overflow
			return newSmall(negative, quotient)
		}
		if quotient++; quotient != 0 {
			return newSmall(negative, quotient)
		}
	}
	dividend := d.units()
	return mustFromUnits(quoHalfUp(dividend.Mul(dividend, bigUnitsPerOne), other.units()))
}

// MulQuo returns d × factor ÷ divisor, rounded half up once, at the end: d.Mul(factor).Quo(divisor) would round twice.
// It panics like Quo.
func (d Decimal) MulQuo(factor, divisor Decimal) Decimal {
	mustNotBeZero(divisor)
	a, aSmall := d.small()
	b, bSmall := factor.small()
	c, cSmall := divisor.small()
	if aSmall && bSmall && cSmall {
		high, low := bits.Mul64(a, b)
		if low, carry := bits.Add64(low, c/2, 0); high+carry < c {
			// Half up: (n + c/2) / c. It is exact for an odd c too, because no remainder can then be half of c.
			quotient, _ := bits.Div64(high+carry, low, c)
			return newSmall((d.value.Negative != factor.value.Negative) != divisor.value.Negative, quotient)
		}
	}
	product := d.units()
	return mustFromUnits(quoHalfUp(product.Mul(product, factor.units()), divisor.units()))
}

// CmpProducts compares a × b with c × d, exactly. It returns −1, 0 or +1 and never overflows. None may be negative.
func CmpProducts(a, b, c, d Decimal) int {
	a1, aSmall := a.small()
	b1, bSmall := b.small()
	c1, cSmall := c.small()
	d1, dSmall := d.small()
	if aSmall && bSmall && cSmall && dSmall {
		high, low := bits.Mul64(a1, b1)
		otherHigh, otherLow := bits.Mul64(c1, d1)
		return cmp.Or(cmp.Compare(high, otherHigh), cmp.Compare(low, otherLow))
	}
	product, other := a.units(), c.units()
	return product.Mul(product, b.units()).Cmp(other.Mul(other, d.units()))
}

// Fraction returns numerator ÷ divisor in units of 0.00000001, rounded half up like Mul: for exact computations whose
// parts are integers of BigUnits. It panics with ErrOverflow, and also if the divisor is 0.
func Fraction(numerator, divisor *big.Int) Decimal {
	return mustFromUnits(quoHalfUp(numerator, divisor))
}

// BigUnits returns d in units of 0.00000001.
func (d Decimal) BigUnits() *big.Int { return d.units() }

// Units returns d in units of 0.00000001, and false if d is negative or the result does not fit 64 bits.
func (d Decimal) Units() (units uint64, ok bool) {
	units, ok = d.small()
	return units, ok && !d.value.Negative
}

// QuoTrunc returns d ÷ other, rounded towards zero at 8 places: the quantity that d buys at a price of other. It panics
// like Quo.
func (d Decimal) QuoTrunc(other Decimal) Decimal {
	mustNotBeZero(other)
	if quotient, _, ok := d.quoSmall(other); ok {
		return newSmall(d.value.Negative != other.value.Negative, quotient)
	}
	dividend := d.units()
	dividend.Mul(dividend, bigUnitsPerOne)
	return mustFromUnits(dividend.Quo(dividend, other.units()))
}

// FloorTo returns the largest multiple of step that is not above d. It panics unless step is above 0.
func (d Decimal) FloorTo(step Decimal) Decimal {
	mustBePositive(step)
	a, aSmall := d.small()
	s, sSmall := step.small()
	if aSmall && sSmall && !d.value.Negative {
		return newSmall(false, a-a%s)
	}
	units := d.units()
	return mustFromUnits(units.Sub(units, new(big.Int).Mod(units, step.units())))
}

// IsMultipleOf reports whether d is a whole number of steps, 0 and negative ones included. It panics unless step is
// above 0.
func (d Decimal) IsMultipleOf(step Decimal) bool {
	mustBePositive(step)
	a, aSmall := d.small()
	s, sSmall := step.small()
	if aSmall && sSmall {
		return a%s == 0
	}
	units := d.units()
	return units.Rem(units, step.units()).Sign() == 0
}

const unitsPerOne = 100_000_000 // 10^places

var bigUnitsPerOne = big.NewInt(unitsPerOne)

// small returns the units of |d| if they fit 64 bits, as they do below 184 billion: nearly always, so worth a path
// without big numbers.
func (d Decimal) small() (units uint64, ok bool) {
	if !d.value.Coeff.IsUint64() {
		return 0, false
	}
	return d.value.Coeff.Uint64(), true
}

// newSmall returns units × 10^-8, or its negative. Every uint64 is in range.
func newSmall(negative bool, units uint64) Decimal {
	if units == 0 {
		return Decimal{}
	}
	var d Decimal
	d.value.Exponent = -places
	d.value.Negative = negative
	d.value.Coeff.SetUint64(units)
	return d
}

// quoSmall returns |d| ÷ |other| in units, truncated at 8 places, and the remainder. ok is false if any of it does not
// fit 64 bits. other is not 0.
func (d Decimal) quoSmall(other Decimal) (quotient, rest uint64, ok bool) {
	a, aSmall := d.small()
	b, bSmall := other.small()
	if !aSmall || !bSmall {
		return 0, 0, false
	}
	high, low := bits.Mul64(a, unitsPerOne)
	if high >= b {
		return 0, 0, false
	}
	quotient, rest = bits.Div64(high, low, b)
	return quotient, rest, true
}

// quoHalfUp returns n ÷ divisor rounded to the nearest integer, ties away from zero.
func quoHalfUp(n, divisor *big.Int) *big.Int {
	quotient, rest := new(big.Int).QuoRem(n, divisor, new(big.Int))
	if rest.Lsh(rest, 1).CmpAbs(divisor) >= 0 {
		quotient.Add(quotient, big.NewInt(int64(n.Sign()*divisor.Sign())))
	}
	return quotient
}

// mustFromUnits is fromUnits for results: it panics with ErrOverflow.
func mustFromUnits(units *big.Int) Decimal {
	d, err := fromUnits(units)
	if err != nil {
		panic(ErrOverflow)
	}
	return d
}

func mustNotBeZero(divisor Decimal) {
	if divisor.IsZero() {
		panic("decimal: division by zero")
	}
}

func mustBePositive(step Decimal) {
	if step.Sign() <= 0 {
		panic("decimal: a step must be above zero, not " + step.String())
	}
}

// magnitude returns |n|, even for math.MinInt64.
func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
