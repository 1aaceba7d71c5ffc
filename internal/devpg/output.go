//go:build unix

package devpg

import (
	"bufio"
	"io"
	"slices"
	"strings"
	"sync"
)

const (
	tailLines   = 20
	lineMaximum = 4 << 10 // bytes; the rest of a longer line is dropped
)

// tail hands each line of a child's output to a log and keeps the last ones
// for an error message.
type tail struct {
	log func(line string)

	mu    sync.Mutex
	lines []string
}

// read returns when the output ends or cannot be read any more.
func (t *tail) read(output io.Reader) {
	r := bufio.NewReaderSize(output, lineMaximum)
	for {
		line, long, err := r.ReadLine()
		if err != nil {
			return
		}
		if text := strings.TrimRight(string(line), " \t\r"); text != "" {
			t.add(text)
		}
		for long && err == nil {
			_, long, err = r.ReadLine()
		}
	}
}

func (t *tail) add(line string) {
	t.mu.Lock()
	if len(t.lines) == tailLines {
		t.lines = slices.Delete(t.lines, 0, 1)
	}
	t.lines = append(t.lines, line)
	t.mu.Unlock()
	t.log(line)
}

func (t *tail) last() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}
