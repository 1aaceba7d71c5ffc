package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// lines is a session's input and output: one message of JSON-RPC per line. It passes messages on. It answers other lines
// itself, and withholds the end of the input until every call has its answer, because at either the SDK would end the
// session and with it the calls in progress. Lists of messages, which only one early version of the protocol had, do not
// count as messages.
type lines struct {
	in     *bufio.Reader
	out    io.Writer // takes each Write as a whole, from any goroutine
	unread []byte    // rest of the message that is being passed on

	mu         sync.Mutex
	unanswered map[jsonrpc.ID]bool
	answered   chan struct{} // receives when a call is answered
}

func newLines(in io.Reader, out io.Writer) *lines {
	return &lines{
		in: bufio.NewReader(in), out: out,
		unanswered: map[jsonrpc.ID]bool{}, answered: make(chan struct{}, 1),
	}
}

// Close implements io.Closer. The process ends with its session, which closes what it reads and writes.
func (l *lines) Close() error { return nil }

// Read implements io.Reader.
func (l *lines) Read(into []byte) (int, error) {
	for len(l.unread) == 0 {
		line, err := l.next()
		if len(line) == 0 && err != nil {
			l.awaitAnswers()
			return 0, err
		}
		if err := l.take(bytes.TrimSpace(line)); err != nil {
			return 0, err
		}
	}
	n := copy(into, l.unread)
	l.unread = l.unread[n:]
	return n, nil
}

// next reads a line. A line longer than any message is cut, and so is not JSON.
func (l *lines) next() (line []byte, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		line = append(line, part[:min(len(part), sdk.DefaultMaxLineLength-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// take passes a message on, or answers any other line.
func (l *lines) take(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	message, refusal := parse(line)
	if refusal != nil {
		_, err := l.out.Write(append(refusal, '\n'))
		return err
	}
	if request, ok := message.(*jsonrpc.Request); ok && request.IsCall() {
		l.mu.Lock()
		l.unanswered[request.ID] = true
		l.mu.Unlock()
	}
	l.unread = append(line, '\n')
	return nil
}

// Write writes a message of the session's.
func (l *lines) Write(line []byte) (int, error) {
	n, err := l.out.Write(line)
	message, _ := jsonrpc.DecodeMessage(line)
	if answer, ok := message.(*jsonrpc.Response); ok {
		l.mu.Lock()
		delete(l.unanswered, answer.ID)
		l.mu.Unlock()
		select {
		case l.answered <- struct{}{}:
		default: // an error that has not been read yet says it, too
		}
	}
	return n, err
}

// awaitAnswers gives up when no answer has come for longer than a call takes, so that the process does not outlive its client.
func (l *lines) awaitAnswers() {
	for l.count() > 0 {
		select {
		case <-l.answered:
		case <-time.After(patience + requestTimeout):
			return
		}
	}
}

func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.unanswered)
}

// parse reads the message of a line, or returns JSON-RPC's error for a line that is not a message.
func parse(line []byte) (message jsonrpc.Message, refusal []byte) {
	if !json.Valid(line) {
		return nil, protocolError(jsonrpc.ID{}, jsonrpc.CodeParseError, "not JSON; write one message of JSON-RPC a line")
	}
	message, err := jsonrpc.DecodeMessage(line)
	if err == nil {
		return message, nil
	}
	var named struct{ ID any }
	_ = json.Unmarshal(line, &named) // anything but an object has no id
	id, _ := jsonrpc.MakeID(named.ID)
	return nil, protocolError(id, jsonrpc.CodeInvalidRequest, "not a message of JSON-RPC 2.0; write one a line, and no lists of them")
}

// protocolError writes an error of JSON-RPC. The SDK's own encoder leaves out an id that is null.
func protocolError(id jsonrpc.ID, code int64, message string) []byte {
	return encode(map[string]any{
		"jsonrpc": "2.0", "id": id.Raw(), "error": jsonrpc.Error{Code: code, Message: message},
	})
}
