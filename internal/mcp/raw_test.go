package mcp_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"testing"

	"github.com/agentexchange/agentexchange/internal/testkit"
	"github.com/stretchr/testify/require"
)

// rawSession writes and reads the lines of the protocol itself, where the SDK's client knows better than to write them.
type rawSession struct {
	t       *testing.T
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	said    *testkit.Log // on standard error
}

type rawAnswer struct {
	JSONRPC string
	ID      any
	Result  map[string]any
	Error   rawError
}

type rawError struct {
	Code    int
	Message string
}

const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":` +
	`{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"1"}}}`

func ping(id int) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, id) }

func startRaw(t *testing.T, command *exec.Cmd) *rawSession {
	t.Helper()
	s := &rawSession{t: t, command: command, said: &testkit.Log{}}
	var err error
	s.in, err = command.StdinPipe()
	require.NoError(t, err)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	s.out = bufio.NewScanner(out)
	s.out.Buffer(nil, 1<<20)
	command.Stderr = s.said
	require.NoError(t, command.Start())
	return s
}

// write writes lines all at once.
func (s *rawSession) write(lines ...string) {
	s.t.Helper()
	var text []byte
	for _, line := range lines {
		text = append(append(text, line...), '\n')
	}
	_, err := s.in.Write(text)
	require.NoError(s.t, err, s.said)
}

// read reads one answer. It has an id, if only null.
func (s *rawSession) read() (answer rawAnswer) {
	s.t.Helper()
	require.True(s.t, s.out.Scan(), s.said)
	require.NoError(s.t, json.Unmarshal(s.out.Bytes(), &answer), s.out.Text())
	require.Equal(s.t, "2.0", answer.JSONRPC)
	require.Contains(s.t, s.out.Text(), `"id":`)
	return answer
}

// end waits for the process, which must have nothing to add nor to complain about.
func (s *rawSession) end() {
	s.t.Helper()
	_ = s.in.Close() // it may have been
	require.False(s.t, s.out.Scan(), s.out.Text())
	require.NoError(s.t, s.command.Wait(), s.said)
}
