package pgbench

import (
	_ "embed"
	"strconv"
	"strings"
)

var (
	//go:embed transaction.sql
	transaction string
	//go:embed statement.sql
	statement string
)

// Orders are the rows of a market order, written without judging anything.
type Orders struct {
	// Transaction locks the agent, updates two balances, and inserts an order, a trade and three postings, a statement
	// each (the postings together); Statement is the same as one statement of common table expressions.
	Transaction, Statement *Script
}

// What differs between a buy and a sell.
var (
	buy = []string{
		"{side}", "buy", "{usdt}", "- 24.02402402", "{btc}", "+ 0.0005", "{basis}", "+ 24.02402402", "{pnl}", "0",
		"{cash_source}", "available", "{cash_target}", "market", "{cash_source_after}", "{usdt_after}", "{cash_target_after}", "null",
		"{coin_source}", "market", "{coin_target}", "available", "{coin_source_after}", "null", "{coin_target_after}", "{btc_after}",
	}
	sell = []string{
		"{side}", "sell", "{usdt}", "+ 23.97602398", "{btc}", "- 0.0005", "{basis}", "* 0.99", "{pnl}", "-0.04800012",
		"{cash_source}", "market", "{cash_target}", "available", "{cash_source_after}", "null", "{cash_target_after}", "{usdt_after}",
		"{coin_source}", "available", "{coin_target}", "market", "{coin_source_after}", "{btc_after}", "{coin_target_after}", "null",
	}
)

// Orders writes the scripts of orders of a number of agents.
func (b *Bench) Orders(agents int) (o Orders, err error) {
	texts := func(script, usdtAfter, btcAfter string) (sides []string) {
		after := strings.NewReplacer("{usdt_after}", usdtAfter, "{btc_after}", btcAfter, "{agents}", strconv.Itoa(agents))
		for _, side := range [][]string{buy, sell} {
			sides = append(sides, after.Replace(strings.NewReplacer(side...).Replace(script)))
		}
		return sides
	}
	if o.Transaction, err = b.Write(texts(transaction, ":usdt::numeric", ":btc::numeric")...); err != nil {
		return o, err
	}
	o.Statement, err = b.Write(texts(statement, "usdt.available", "btc.available")...)
	return o, err
}
