package sim

import (
	"math/big"
	"math/bits"
)

const (
	exponentBits = 32 // binary places of an exponent that scale uses
	factorBits   = 62 // binary places of a factor below 2
)

// roots are 2^(1/2), 2^(1/4), 2^(1/8) …, with factorBits binary places, rounded down: each is the square root of the
// one before, computed with integers.
var roots = func() (roots [exponentBits]uint64) {
	root := new(big.Int).Lsh(big.NewInt(2), factorBits)
	for i := range roots {
		root.Sqrt(root.Lsh(root, factorBits))
		roots[i] = root.Uint64()
	}
	return roots
}()

// scale returns anchor × 2^exponent rounded half up, for an exponent of −1 … 1 with fraction binary places and an
// anchor below 2^48.
//
// It never decreases as the exponent increases, so the highest exponent gives the highest price: the exponents it
// distinguishes are 2^-32 apart, hence the powers at least 2^-33, and their errors are below 2^-55.
func scale(anchor uint64, exponent int64) uint64 {
	shifted := uint64(exponent+unity) >> (fraction - exponentBits) // 0 … 2
	factor := uint64(1) << factorBits
	for i := range roots {
		if shifted>>(exponentBits-1-i)&1 == 1 {
			high, low := bits.Mul64(factor, roots[i])
			factor = high<<(64-factorBits) | low>>factorBits
		}
	}
	high, low := bits.Mul64(anchor, factor)
	places := factorBits + 1 - shifted>>exponentBits // one more, as shifted is one more
	low, carry := bits.Add64(low, 1<<(places-1), 0)
	return (high+carry)<<(64-places) | low>>places
}
