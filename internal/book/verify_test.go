package book

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABookThatDoesNotAgreeIsRefused(t *testing.T) {
	t.Parallel()
	for _, example := range []struct {
		wrong  string
		change func(*Book)
		says   string
	}{
		{"cash appears from nowhere", func(b *Book) { b.asset(Quote).Available = dec("60000") }, "the postings of USDT sum to 40"},
		{"a position disappears", func(b *Book) { b.asset(btc.Base).Available = dec("0") }, "the postings of BTC sum to -1"},
		{"a posting is lost", func(b *Book) { b.changes.Transfers = b.changes.Transfers[1:] }, "the postings of USDT sum to"},
		{"a posting has no balance", func(b *Book) {
			b.changes.Transfers = append(b.changes.Transfers,
				Transfer{Asset: Quote, Amount: dec("3"), Source: bucketAvailable, Target: bucketFee})
		}, "the postings of USDT sum to 3"},
		{"more is locked than orders hold", func(b *Book) {
			b.post(noon, kindHold, Quote, dec("5"), bucketAvailable, bucketLocked, nil)
		}, "USDT is locked and"},
		{"less is locked than orders hold", func(b *Book) {
			b.post(noon, kindRelease, btc.Base, dec("1"), bucketLocked, bucketAvailable, nil)
		}, "0.00000000 BTC is locked and 1.00000000 held"},
		{"an order is counted that holds nothing", func(b *Book) {
			b.LoadResting("BTCUSDT", Resting{HeldQuote: dec("40040"), HeldBase: dec("2")})
		}, "BTC is locked and 2.00000000 held"},
	} {
		b := bookOf("100000").holding("2", "100")
		placed(t, b, limitOrder(Buy, "1", "40000"), at("50000", "1000000000"))
		placed(t, b, limitOrder(Sell, "1", "60000"), at("50000", "1000000000"))
		require.NoError(t, b.Verify())
		example.change(b)
		require.ErrorContains(t, b.Verify(), example.says, example.wrong)
		require.ErrorContains(t, b.Verify(), b.ID.String(), example.wrong)
	}
}

func TestABookIsJudgedByWhatHasChangedInIt(t *testing.T) {
	t.Parallel()
	b := New(Agent{}, &IDs{})
	b.Load(Quote, Asset{Available: dec("10"), Locked: dec("1")})
	b.Load(btc.Base, Asset{Available: dec("10"), Locked: dec("3")}) // no order is known to hold it
	require.NoError(t, b.Verify(), "nothing is written")
	b.LoadResting(btc.Symbol, Resting{Orders: 1, HeldQuote: dec("1")})
	b.post(noon, kindFee, Quote, dec("2"), bucketAvailable, bucketFee, nil)
	require.NoError(t, b.Verify(), "nothing is written of what does not agree")
	b.post(noon, kindFee, btc.Base, dec("2"), bucketAvailable, bucketFee, nil)
	require.Error(t, b.Verify())
}

func TestABalanceNeverFallsBelowZero(t *testing.T) {
	t.Parallel()
	b := bookOf("10")
	require.Panics(t, func() { b.post(noon, kindFee, Quote, dec("11"), bucketAvailable, bucketFee, nil) })
	require.Panics(t, func() { b.post(noon, kindRelease, Quote, dec("1"), bucketLocked, bucketAvailable, nil) })
}
