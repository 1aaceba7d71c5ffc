package stage

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Server is a process of the server's binary.
type Server struct {
	Address string
	Took    time.Duration // from being started until it said that it is ready
	command *exec.Cmd
	log     *tail
}

var ready = regexp.MustCompile(`API +http://(\S+)/api/v1`)

// Serve runs a server on the stage's database, with more environment than that takes.
func (s *Stage) Serve(ctx context.Context, command []string, environment ...string) (*Server, error) {
	return Start(ctx, command, append([]string{"DATABASE_URL=" + s.URL, "AGENTEXCHANGE_MASTER_KEY=" + s.key.Base64()}, environment...)...)
}

// Start runs a server on any free port and waits until it is ready. What it logs is read, as in production, and
// forgotten but for the end.
func Start(ctx context.Context, command []string, environment ...string) (*Server, error) {
	s := &Server{command: exec.CommandContext(ctx, command[0], command[1:]...), log: &tail{said: make(chan struct{}, 1)}}
	s.command.Env = append(append(os.Environ(), "AGENTEXCHANGE_ADDR=127.0.0.1:0"), environment...)
	s.command.Stderr = s.log
	s.command.Cancel = func() error { return s.command.Process.Signal(syscall.SIGINT) }
	output, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(output); s.Address == "" && lines.Scan(); {
		if match := ready.FindStringSubmatch(lines.Text()); match != nil {
			s.Address, s.Took = match[1], time.Since(begun)
		}
	}
	if s.Address == "" {
		return nil, fmt.Errorf("%s did not become ready: %w: %s", command, s.command.Wait(), s.log)
	}
	go func() { _, _ = io.Copy(io.Discard, output) }()
	return s, nil
}

// Close ends the server as Ctrl-C does.
func (s *Server) Close() error {
	if err := s.command.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("the server ended badly: %w: %s", err, s.log)
	}
	return nil
}

// Memory is what the process takes, in bytes.
type Memory struct {
	Resident int64 // now
	Peak     int64 // since ForgetPeak, or ever
	Heap     int64 // in use after the last collection; 0 unless TraceHeap
}

// TraceHeap is the environment in which a server tells what is in use of its heap.
const TraceHeap = "GODEBUG=gctrace=1"

// Memory asks the system, which has to be Linux; elsewhere nothing is known.
func (s *Server) Memory() Memory {
	m := Memory{Heap: s.log.heap()}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kilobytes, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmRSS:":
			m.Resident = kilobytes << 10
		case "VmHWM:":
			m.Peak = kilobytes << 10
		}
	}
	return m
}

// CPU is the time that the process has spent on cores, on Linux.
func (s *Server) CPU() time.Duration {
	const userTime, tick = 11, 10 * time.Millisecond // behind the name; Linux counts in hundredths of a second
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	_, behind, named := strings.Cut(string(text), ") ")
	fields := strings.Fields(behind)
	if err != nil || !named || len(fields) < userTime+2 {
		return 0
	}
	user, _ := strconv.Atoi(fields[userTime])
	system, _ := strconv.Atoi(fields[userTime+1])
	return time.Duration(user+system) * tick
}

// ForgetPeak lets Peak begin anew, where the system can.
func (s *Server) ForgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.command.Process.Pid), []byte("5"), 0o600)
}

// Await waits until the server has logged a message.
func (s *Server) Await(ctx context.Context, message string) error {
	limit := time.After(time.Minute)
	for !s.log.contains(`"msg":"` + message + `"`) {
		select {
		case <-s.log.said:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limit:
			return fmt.Errorf("the server did not log %q within a minute", message)
		}
	}
	return nil
}

// tail keeps the end of a log.
type tail struct {
	mu   sync.Mutex
	text []byte
	live int64
	said chan struct{} // has something where there is more to read
}

const tailLength = 64 << 10

// collected is how the runtime tells of a collection: the heap before it, after it, and what of it is in use, in MB.
var collected = regexp.MustCompile(`(?m)^gc \d+ .* \d+->\d+->(\d+) MB`)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if bytes.Contains(p, []byte("gc ")) {
		for _, match := range collected.FindAllSubmatch(p, -1) {
			megabytes, _ := strconv.ParseInt(string(match[1]), 10, 64)
			t.live = megabytes << 20
		}
	}
	t.text = append(t.text, p...)
	if len(t.text) > 2*tailLength {
		t.text = append(t.text[:0], t.text[len(t.text)-tailLength:]...)
	}
	select {
	case t.said <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (t *tail) heap() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live
}

func (t *tail) contains(text string) bool { return strings.Contains(t.String(), text) }

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
