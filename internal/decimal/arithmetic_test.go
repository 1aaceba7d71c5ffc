package decimal_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSumsAndDifferencesAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawOperand(t, "a"), drawOperand(t, "b")
		x, y := rational(a.String()), rational(b.String())
		requireResult(t, new(big.Rat).Add(x, y), func() decimal.Decimal { return a.Add(b) })
		requireResult(t, new(big.Rat).Sub(x, y), func() decimal.Decimal { return a.Sub(b) })
		requireResult(t, new(big.Rat).Neg(x), a.Neg)
		requireResult(t, new(big.Rat).Abs(x), a.Abs)
	})
}

func TestProductsAndQuotientsAreRoundedHalfUpAtEightPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawOperand(t, "a"), drawOperand(t, "b")
		x, y := rational(a.String()), rational(b.String())
		requireResult(t, halfUp(new(big.Rat).Mul(x, y)), func() decimal.Decimal { return a.Mul(b) })
		if b.IsZero() {
			return
		}
		quotient := new(big.Rat).Quo(x, y)
		requireResult(t, halfUp(quotient), func() decimal.Decimal { return a.Quo(b) })
		requireResult(t, truncated(quotient), func() decimal.Decimal { return a.QuoTrunc(b) })
	})
}

func TestTiesAreRoundedAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, example := range []struct{ a, b, product string }{
		{"0.00000001", "0.5", "0.00000001"},
		{"-0.00000001", "0.5", "-0.00000001"},
		{"0.00000001", "0.49999999", "0"},
		{"-0.00000001", "0.49999999", "0"},
		{"0.00000003", "0.5", "0.00000002"},
		{"99999999999999999999.99999999", "0.5", "50000000000000000000"},
		{"-99999999999999999999.99999999", "0.5", "-50000000000000000000"},
	} {
		a, b := decimal.MustParse(example.a), decimal.MustParse(example.b)
		want := decimal.MustParse(example.product)
		require.Equal(t, want, a.Mul(b), "%s × %s", a, b)
		require.Equal(t, want, a.Quo(decimal.NewFromInt(1).Quo(b)), "the quotient for %s × %s", a, b)
	}
}

func TestMulQuoRoundsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawOperand(t, "a"), drawOperand(t, "b"), drawOperand(t, "c")
		if c.IsZero() {
			return
		}
		exact := new(big.Rat).Mul(rational(a.String()), rational(b.String()))
		requireResult(t, halfUp(exact.Quo(exact, rational(c.String()))), func() decimal.Decimal { return a.MulQuo(b, c) })
	})
	third := decimal.MustParse("0.00000001")
	require.Equal(t, "0.00000001", third.MulQuo(decimal.NewFromInt(1), decimal.NewFromInt(2)).String(), "a tie goes up")
}

func TestProductsAreComparedExactly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c, d := drawOperand(t, "a").Abs(), drawOperand(t, "b").Abs(), drawOperand(t, "c").Abs(), drawOperand(t, "d").Abs()
		product := new(big.Rat).Mul(rational(a.String()), rational(b.String()))
		other := new(big.Rat).Mul(rational(c.String()), rational(d.String()))
		require.Equal(t, product.Cmp(other), decimal.CmpProducts(a, b, c, d))
		require.Zero(t, decimal.CmpProducts(a, b, b, a))
	})
	most, unit := decimal.MustParse(largest), decimal.MustParse("0.00000001")
	less := most.Sub(unit)
	require.Equal(t, 1, decimal.CmpProducts(most, most, most, less), "far beyond what a decimal holds")
	require.Equal(t, -1, decimal.CmpProducts(unit, unit, unit, unit.Add(unit)), "far below a unit")
}

func TestAFractionIsRoundedHalfUpOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawOperand(t, "a"), drawOperand(t, "b"), drawOperand(t, "c")
		if c.IsZero() {
			return
		}
		require.Equal(t, a.String(), decimal.Fraction(a.BigUnits(), big.NewInt(1)).String())
		exact := new(big.Rat).Mul(rational(a.String()), rational(b.String()))
		exact.Quo(exact, rational(c.String()))
		numerator := a.BigUnits()
		numerator.Mul(numerator, b.BigUnits())
		requireResult(t, halfUp(exact), func() decimal.Decimal { return decimal.Fraction(numerator, c.BigUnits()) })
	})
	require.Equal(t, "0.00000002", decimal.Fraction(big.NewInt(3), big.NewInt(2)).String())
	require.Equal(t, "-0.00000002", decimal.Fraction(big.NewInt(-3), big.NewInt(2)).String(), "away from zero, like Mul")
}

func TestFloorToIsTheLargestMultipleNotAbove(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawOperand(t, "d")
		step := drawOperand(t, "step").Abs()
		if step.IsZero() {
			return
		}
		steps := new(big.Rat).Quo(rational(d.String()), rational(step.String()))
		require.Equal(t, steps.IsInt(), d.IsMultipleOf(step))

		// Euclidean division by a positive number rounds down, also below zero.
		whole := new(big.Rat).SetInt(new(big.Int).Div(steps.Num(), steps.Denom()))
		want := whole.Mul(whole, rational(step.String()))
		requireResult(t, want, func() decimal.Decimal { return d.FloorTo(step) })
	})
}

func TestMinAndMaxAreOneOfTheTwo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawOperand(t, "a"), drawOperand(t, "b")
		least, greatest := decimal.Min(a, b), decimal.Max(a, b)
		require.LessOrEqual(t, least.Cmp(greatest), 0)
		require.True(t, least == a && greatest == b || least == b && greatest == a)
	})
}

func TestIntegersBecomeDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64().Draw(t, "n")
		whole := new(big.Rat).SetInt64(n)
		requireResult(t, whole, func() decimal.Decimal { return decimal.NewFromInt(n) })
		units := new(big.Rat).SetFrac64(n, 100_000_000)
		requireResult(t, units, func() decimal.Decimal { return decimal.NewFromUnits(n) })
	})
	require.Equal(t, "-9223372036854775808.00000000", decimal.NewFromInt(math.MinInt64).String())
	require.Equal(t, "-92233720368.54775808", decimal.NewFromUnits(math.MinInt64).String())
	require.Equal(t, decimal.Decimal{}, decimal.NewFromInt(0))
}

func TestArithmeticLeavesItsOperandsAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawOperand(t, "a"), drawOperand(t, "b")
		before := [2]string{a.String(), b.String()}
		for _, operation := range operations(a, b) {
			_, _ = caught(operation)
		}
		require.Equal(t, before, [2]string{a.String(), b.String()})
	})
}

func TestOverflowIsAnErrorWhereItIsCaught(t *testing.T) {
	t.Parallel()
	huge, two := decimal.MustParse(largest), decimal.NewFromInt(2)
	half := decimal.MustParse("0.5")
	for name, overflowing := range map[string]func() decimal.Decimal{
		"Add":      func() decimal.Decimal { return huge.Add(decimal.MustParse("0.00000001")) },
		"Sub":      func() decimal.Decimal { return huge.Neg().Sub(huge) },
		"Mul":      func() decimal.Decimal { return huge.Mul(two) },
		"Quo":      func() decimal.Decimal { return huge.Quo(half) },
		"QuoTrunc": func() decimal.Decimal { return huge.QuoTrunc(half) },
		"FloorTo":  func() decimal.Decimal { return huge.Neg().FloorTo(two) },
	} {
		require.PanicsWithError(t, decimal.ErrOverflow.Error(), func() { overflowing() }, name)
		_, err := caught(overflowing)
		require.ErrorIs(t, err, decimal.ErrOverflow, name)
	}
}

func TestOnlyOverflowIsCaught(t *testing.T) {
	t.Parallel()
	for _, other := range []any{"a bug", errors.New("another"), 7} {
		require.PanicsWithValue(t, other, func() {
			_, _ = caught(func() decimal.Decimal { panic(other) })
		})
	}
	_, err := caught(func() decimal.Decimal { return decimal.NewFromInt(1) })
	require.NoError(t, err)
}

func TestDivisionByZeroAndInvalidStepsPanic(t *testing.T) {
	t.Parallel()
	d, zero := decimal.NewFromInt(1), decimal.Decimal{}
	require.PanicsWithValue(t, "decimal: division by zero", func() { d.Quo(zero) })
	require.PanicsWithValue(t, "decimal: division by zero", func() { d.QuoTrunc(zero) })
	require.PanicsWithValue(t, "decimal: a step must be above zero, not 0.00000000", func() { d.FloorTo(zero) })
	require.PanicsWithValue(t, "decimal: a step must be above zero, not -1.00000000", func() { d.IsMultipleOf(d.Neg()) })
}

func BenchmarkMul(b *testing.B) {
	for name, factor := range map[string]string{"fast": "64250.17", "large": "9999999999999.17"} {
		x, y := decimal.MustParse("0.01234567"), decimal.MustParse(factor)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Mul(y)
			}
		})
	}
}

func BenchmarkAdd(b *testing.B) {
	x, y := decimal.MustParse("0.01234567"), decimal.MustParse("-64250.17")
	b.ReportAllocs()
	for b.Loop() {
		x.Add(y)
	}
}

func BenchmarkQuo(b *testing.B) {
	x, y := decimal.MustParse("10000"), decimal.MustParse("64250.17")
	b.ReportAllocs()
	for b.Loop() {
		x.Quo(y)
	}
}

// operations returns every operation on a and b which may overflow.
func operations(a, b decimal.Decimal) []func() decimal.Decimal {
	all := []func() decimal.Decimal{
		func() decimal.Decimal { return a.Add(b) },
		func() decimal.Decimal { return a.Sub(b) },
		func() decimal.Decimal { return a.Mul(b) },
		a.Neg, a.Abs,
	}
	if !b.IsZero() {
		all = append(all,
			func() decimal.Decimal { return a.Quo(b) },
			func() decimal.Decimal { return a.QuoTrunc(b) },
			func() decimal.Decimal { return a.FloorTo(b.Abs()) })
	}
	return all
}

// requireResult checks that the operation gives want in the canonical form, or overflows if want is out of range.
func requireResult(t *rapid.T, want *big.Rat, operation func() decimal.Decimal) {
	t.Helper()
	got, err := caught(operation)
	if new(big.Rat).Abs(want).Cmp(rational("100000000000000000000")) >= 0 {
		require.ErrorIs(t, err, decimal.ErrOverflow, "%s", want)
		return
	}
	require.NoError(t, err)
	require.Zero(t, want.Cmp(rational(got.String())), "%s instead of %s", got, want.FloatString(10))
	require.True(t, got == decimal.MustParse(got.String()), "%s is not in the canonical form", got)
}

func caught(operation func() decimal.Decimal) (_ decimal.Decimal, err error) {
	defer decimal.CatchOverflow(&err)
	return operation(), nil
}

// halfUp rounds to 8 places, ties away from zero, as one does by hand: add half a unit to the absolute value and
// truncate.
func halfUp(r *big.Rat) *big.Rat {
	rounded := new(big.Rat).Add(new(big.Rat).Abs(r), big.NewRat(1, 200_000_000))
	rounded = truncated(rounded)
	if r.Sign() < 0 {
		rounded.Neg(rounded)
	}
	return rounded
}

func truncated(r *big.Rat) *big.Rat {
	scaled := new(big.Rat).Mul(r, big.NewRat(100_000_000, 1))
	whole := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	return new(big.Rat).SetFrac(whole, big.NewInt(100_000_000))
}

// drawOperand draws decimals of every size, and often those at the edge of a code path: around 0, around 2^63 and 2^64
// units, and the largest.
func drawOperand(t *rapid.T, label string) decimal.Decimal {
	text := rapid.OneOf(
		rapid.StringMatching(wellFormed),
		rapid.StringMatching(`-?[0-9]{1,6}(\.[0-9]{1,8})?`),
		rapid.SampledFrom([]string{
			"0", "1", "-1", "0.5", "2", "0.00000001", "-0.00000001", "0.00000002", "0.00000003",
			"92233720368.54775807", "92233720368.54775808", "184467440737.09551615", "184467440737.09551616",
			"-184467440737.09551615", largest, "-" + largest,
		}),
	).Draw(t, label)
	return decimal.MustParse(text)
}
