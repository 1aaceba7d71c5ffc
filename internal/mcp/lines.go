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

// lines is a session's input and output: one message of JSON-RPC a line. It passes on what is a message. A line that is
// none it answers itself, and keeps the end of the input back until every call has its answer: the SDK would end the
// session at either, and with it the calls that are being worked on. Lists of messages, which only one early version of
// the protocol had, are none.
type lines struct {
	in     *bufio.Reader
	out    io.Writer // takes each Write as a whole, from any goroutine
	unread []byte    // of the message that is being passed on

	mu         sync.Mutex
	unanswered map[jsonrpc.ID]bool
	answered   chan struct{} // something was
}

func newLines(in io.Reader, out io.Writer) *lines {
	return &lines{
		in: bufio.NewReader(in), out: out,
		unanswered: map[jsonrpc.ID]bool{}, answered: make(chan struct{}, 1),
	}
}

// Close implements io.Closer. The process ends with its session, and what it reads and writes with the process.
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

// next reads a line. What is longer than any message is cut, and then it is no JSON.
func (l *lines) next() (line []byte, err error) {
	for {
		part, err := l.in.ReadSlice('\n')
		line = append(line, part[:min(len(part), sdk.DefaultMaxLineLength-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// take passes a line on, or answers it.
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

// awaitAnswers gives up when none has come for longer than a call takes: the process must not outlive its client for good.
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

// parse reads the message of a line, or answers the error that JSON-RPC has for a line that is none.
func parse(line []byte) (message jsonrpc.Message, refusal []byte) {
	if !json.Valid(line) {
		return nil, protocolError(jsonrpc.ID{}, jsonrpc.CodeParseError, "not JSON; write one message of JSON-RPC a line")
	}
	message, err := jsonrpc.DecodeMessage(line)
	if err == nil {
		return message, nil
	}
	var named struct{ ID any }
	_ = json.Unmarshal(line, &named) // what is no object has no id
	id, _ := jsonrpc.MakeID(named.ID)
	return nil, protocolError(id, jsonrpc.CodeInvalidRequest, "not a message of JSON-RPC 2.0; write one a line, and no lists of them")
}

// protocolError writes an error of JSON-RPC. The SDK's own encoder leaves out an id that is null.
func protocolError(id jsonrpc.ID, code int64, message string) []byte {
	return encode(map[string]any{
		"jsonrpc": "2.0", "id": id.Raw(), "error": jsonrpc.Error{Code: code, Message: message},
	})
}
