package book

import "github.com/agentexchange/agentexchange/internal/decimal"

var (
	one     = decimal.NewFromInt(1)
	hundred = decimal.NewFromInt(100)

	maxPercent = decimal.MustParse("99999999999999999999.99999999")
)

// PercentOf returns 100 × part ÷ whole, for display, half up at 8 places. A share larger than the largest decimal, as of
// a whole that is next to nothing, is shown as the largest decimal.
func PercentOf(part, whole decimal.Decimal) (share decimal.Decimal) {
	var err error
	defer func() {
		if err != nil {
			share = maxPercent
		}
	}()
	defer decimal.CatchOverflow(&err)
	return hundred.MulQuo(part, whole)
}

func percent(n int32) decimal.Decimal { return decimal.NewFromInt(int64(n)) }
