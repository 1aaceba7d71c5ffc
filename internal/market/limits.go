package market

import (
	"strings"

	"github.com/agentexchange/agentexchange/internal/decimal"
)

const (
	// QuoteAsset is the asset in which every pair is priced.
	QuoteAsset = "USDT"

	// MaxSymbol is the length of the longest symbol that the API and the database allow.
	MaxSymbol = 20
)

// PriceLimit is above any real price or quantity, 10^12. Amounts computed from lower ones fit a Decimal.
var PriceLimit = decimal.NewFromInt(1_000_000_000_000)

// ValidSymbol reports whether s consists of at most MaxSymbol capital letters and digits.
func ValidSymbol(s string) bool {
	return s != "" && len(s) <= MaxSymbol && strings.TrimLeft(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
