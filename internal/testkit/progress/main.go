// Command progress runs go test -json and passes its lines on. In between it says how far the tests are, and at the end
// which took longest: progress go test -json ./... Its own lines are not JSON, which gotestsum prints as they are.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// interval is how often to say how far the tests are.
const interval = 15 * time.Second

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "progress:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	if len(args) == 0 {
		return 2, errors.New("usage: progress go test -json [argument ...]")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	command := exec.CommandContext(ctx, args[0], args[1:]...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return 1, err
	}
	if err := command.Start(); err != nil {
		return 1, err
	}
	err = errors.Join(follow(out, os.Stdout, time.Tick(interval)), command.Wait())
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(failed.ExitCode(), 1), nil
	} else if err != nil {
		return 1, err
	}
	return 0, nil
}

// follow passes on the lines of go test -json and adds ours.
func follow(in io.Reader, out io.Writer, ticks <-chan time.Time) error {
	lines := make(chan []byte)
	var failed error
	go func() {
		defer close(lines)
		reader := bufio.NewReader(in)
		for {
			line, err := reader.ReadBytes('\n')
			if len(line) > 0 {
				lines <- line
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					failed = err
				}
				return
			}
		}
	}()
	seen := newTally(time.Now())
	for {
		var err error
		select {
		case line, more := <-lines:
			if !more {
				_, err = io.WriteString(out, seen.slowest())
				return errors.Join(failed, err)
			}
			seen.add(line)
			_, err = out.Write(line)
		case now := <-ticks:
			_, err = fmt.Fprintln(out, seen.line(now))
		}
		if err != nil {
			return err
		}
	}
}
