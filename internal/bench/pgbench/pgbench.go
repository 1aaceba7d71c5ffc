// Package pgbench runs what the server is compared with: PostgreSQL's own load generator, which is written in C, on the
// same database and the same rows.
package pgbench

import (
	"context"
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

	"github.com/agentexchange/agentexchange/internal/bench/load"
)

// Script is what pgbench does again and again: one of the texts, at random.
type Script struct {
	files   []string
	clients int // at which it is fastest; 0 until that was found out
}

// Bench is a pgbench and its scripts.
type Bench struct {
	program string // empty if there is none
	url     string
	clients []int // numbers of clients to try
	dir     string
}

// New looks for a pgbench, each of whose scripts will run at the best of some numbers of clients.
func New(url string, clients ...int) (*Bench, error) {
	dir, err := os.MkdirTemp("", "agentexchange-pgbench-")
	return &Bench{program: find(), url: url, clients: clients, dir: dir}, err
}

// Close removes the scripts.
func (b *Bench) Close() error { return os.RemoveAll(b.dir) }

// Absent says that there is no pgbench on this machine, in which case every round comes to nothing.
func (b *Bench) Absent() bool { return b.program == "" }

// find looks where the server's programs are found, and then in the PATH.
func find() string {
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

// Write makes a script of texts.
func (b *Bench) Write(texts ...string) (*Script, error) {
	s := &Script{}
	for _, text := range texts {
		file, err := os.CreateTemp(b.dir, "*.sql")
		if err != nil {
			return nil, err
		}
		_, err = file.WriteString(text)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, err
		}
		s.files = append(s.files, file.Name())
	}
	return s, nil
}

// Clients is at how many the script is fastest.
func (s *Script) Clients() int { return s.clients }

// Tune finds out, once, at how many clients a script is fastest.
func (b *Bench) Tune(ctx context.Context, script *Script, duration time.Duration) error {
	best := 0.0
	for _, clients := range b.clients {
		result, err := b.round(ctx, script.files, clients, duration)
		if err != nil {
			return err
		}
		if result.PerSecond >= best {
			best, script.clients = result.PerSecond, clients
		}
	}
	return nil
}

// Round returns how often a second pgbench runs through a script, at the clients that it was tuned to.
func (b *Bench) Round(ctx context.Context, script *Script, duration time.Duration) (load.Result, error) {
	result, err := b.round(ctx, script.files, script.clients, duration)
	if err == nil && result.PerSecond == 0 && !b.Absent() {
		err = errors.New("pgbench did nothing")
	}
	return result, err
}

var progress = regexp.MustCompile(`(?m)^progress: ([0-9.]+) s, ([0-9.]+) tps`)

// round leaves out what the sessions do at first, reading the catalogue and planning: the server's have it behind them.
func (b *Bench) round(ctx context.Context, files []string, clients int, duration time.Duration) (load.Result, error) {
	if b.Absent() {
		return load.Result{}, nil
	}
	warmUp := 1 + clients/128
	// pgbench counts in seconds, and on a busy machine does not come to speak of the last.
	seconds := warmUp + max(2, int(duration.Round(time.Second).Seconds()))
	arguments := []string{"-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", "-T", strconv.Itoa(seconds), "-P", "1"}
	for _, file := range files {
		arguments = append(arguments, "-f", file)
	}
	out, err := exec.CommandContext(ctx, b.program, append(arguments, b.url)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), "aborted") {
		return load.Result{}, errors.Join(fmt.Errorf("pgbench failed: %s", out), err)
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
	return load.Result{PerSecond: sum / float64(max(counted, 1))}, nil
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// Statement returns one of the server's own statements as a script has it: with SQL in the place of its parameters, and
// ended.
func Statement(query string, arguments ...string) string {
	query = parameter.ReplaceAllStringFunc(query, func(p string) string {
		n, _ := strconv.Atoi(p[1:])
		return arguments[n-1]
	})
	_, query, _ = strings.Cut(query, "\n") // its name
	return strings.TrimSpace(query) + ";\n"
}

// Pipelined returns statements as a script that sends them all before it waits for an answer, as the server does.
func Pipelined(statements ...string) string {
	return "\\startpipeline\n" + strings.Join(statements, "") + "\\endpipeline\n"
}
