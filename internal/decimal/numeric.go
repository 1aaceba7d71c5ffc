package decimal

import (
	"errors"
	"math/big"

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

// ScanNumeric sets d to a NUMERIC from Postgres, exactly: zeros after the eighth
// decimal are dropped, any other digit there is an error, and so are NULL, NaN,
// infinities and 10^20 or more. On error d is unchanged.
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

// NumericValue returns d for Postgres, with all 8 decimals. It never fails.
func (d Decimal) NumericValue() (pgtype.Numeric, error) {
	return pgtype.Numeric{Int: d.units(), Exp: -places, Valid: true}, nil
}

// scale returns n × 10^shift if that is an integer, n itself if shift is 0. It
// fails with errTooFine if it is not an integer and, sparing the work, with
// errTooLarge if the result could not be the units of any Decimal. n is not 0.
func scale(n *big.Int, shift int64) (*big.Int, error) {
	switch {
	case shift == 0: // every column declared NUMERIC(28,8)
		return n, nil
	case shift > precision:
		return nil, errTooLarge
	case shift > 0:
		return new(big.Int).Mul(n, pow10(shift)), nil
	case -shift*3 >= int64(n.BitLen()):
		// 10^k has more than 3k bits, so it cannot divide n. Asking first keeps
		// an absurd exponent from making us compute an absurd power.
		return nil, errTooFine
	}
	quotient, remainder := new(big.Int).QuoRem(n, pow10(-shift), new(big.Int))
	if remainder.Sign() != 0 {
		return nil, errTooFine
	}
	return quotient, nil
}
