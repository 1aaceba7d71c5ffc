package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pgbench is what the server is compared with: PostgreSQL's own load generator, which is written in C.
type pgbench struct {
	program     string // empty where there is none
	url         string
	dir         string
	transaction []string // the scripts of a buy and a sell
	statement   []string
}

var (
	//go:embed transaction.sql
	transactionScript string
	//go:embed statement.sql
	statementScript string
)

func newPgbench(url string, agents int) (*pgbench, error) {
	dir, err := os.MkdirTemp("", "agentexchange-pgbench-")
	if err != nil {
		return nil, err
	}
	b := &pgbench{program: findPgbench(), url: url, dir: dir}
	for _, script := range []struct {
		name, text string
		into       *[]string
	}{{"transaction", transactionScript, &b.transaction}, {"statement", statementScript, &b.statement}} {
		for side, values := range map[string][]string{
			"buy": {
				"{side}", "buy", "{usdt}", "- 24.02402402", "{btc}", "+ 0.0005", "{basis}", "+ 24.02402402", "{pnl}", "0",
				"{cash_source}", "available", "{cash_target}", "market", "{cash_source_after}", "{usdt_after}", "{cash_target_after}", "null",
				"{coin_source}", "market", "{coin_target}", "available", "{coin_source_after}", "null", "{coin_target_after}", "{btc_after}",
			},
			"sell": {
				"{side}", "sell", "{usdt}", "+ 23.97602398", "{btc}", "- 0.0005", "{basis}", "* 0.99", "{pnl}", "-0.04800012",
				"{cash_source}", "market", "{cash_target}", "available", "{cash_source_after}", "null", "{cash_target_after}", "{usdt_after}",
				"{coin_source}", "available", "{coin_target}", "market", "{coin_source_after}", "{btc_after}", "{coin_target_after}", "null",
			},
		} {
			text := strings.NewReplacer(values...).Replace(script.text)
			after := []string{"{usdt_after}", ":usdt::numeric", "{btc_after}", ":btc::numeric", "{agents}", strconv.Itoa(agents)}
			if script.name == "statement" {
				after[1], after[3] = "usdt.available", "btc.available"
			}
			path := filepath.Join(dir, script.name+"-"+side+".sql")
			if err := os.WriteFile(path, []byte(strings.NewReplacer(after...).Replace(text)), 0o600); err != nil {
				return nil, errors.Join(err, b.close())
			}
			*script.into = append(*script.into, path)
		}
	}
	return b, nil
}

func (b *pgbench) close() error { return os.RemoveAll(b.dir) }

// findPgbench looks where the server's programs are found, and then in the PATH.
func findPgbench() string {
	places, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	slices.Reverse(places) // newest first
	if dir := os.Getenv("PG_BIN"); dir != "" {
		places = []string{filepath.Join(dir, "pgbench")}
	}
	for _, place := range append(places, "pgbench") {
		if found, err := exec.LookPath(place); err == nil {
			return found
		}
	}
	return ""
}

var progress = regexp.MustCompile(`(?m)^progress: ([0-9.]+) s, ([0-9.]+) tps`)

// round answers how many orders a second pgbench places. Without a pgbench it answers none. What its sessions do at
// first, reading the catalogue and planning, is left out: those of the server have it behind them.
func (b *pgbench) round(ctx context.Context, scripts []string, clients int, duration time.Duration) (result, error) {
	if b.program == "" {
		return result{}, nil
	}
	warmUp := 1 + clients/64
	seconds := warmUp + int(duration.Seconds())
	arguments := []string{
		"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", "-T", strconv.Itoa(seconds), "-P", "1",
		"-f", scripts[0], "-f", scripts[1], b.url,
	}
	out, err := exec.CommandContext(ctx, b.program, arguments...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "aborted") {
		return result{}, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	var sum float64
	counted := 0
	for _, match := range progress.FindAllStringSubmatch(string(out), -1) {
		at, _ := strconv.ParseFloat(match[1], 64)
		rate, _ := strconv.ParseFloat(match[2], 64)
		if at > float64(warmUp)+0.5 {
			sum, counted = sum+rate, counted+1
		}
	}
	if sum == 0 {
		return result{}, fmt.Errorf("pgbench placed no order: %s", out)
	}
	return result{perSecond: sum / float64(counted)}, nil
}
