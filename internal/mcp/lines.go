package mcp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// messageReader reads one message of JSON-RPC a line, and passes on those that are. It answers the others itself: the
// SDK would end the session, and with it the calls that are being worked on. Among the others are lists of messages,
// which only an early version of the protocol had.
type messageReader struct {
	lines  *bufio.Reader
	unread []byte // of the message that is being passed on
	closer io.Closer
	out    io.Writer // what takes each Write as a whole, since the session writes there, too
}

func newMessageReader(in io.ReadCloser, out io.Writer) *messageReader {
	return &messageReader{lines: bufio.NewReader(in), closer: in, out: out}
}

// Close implements io.Closer.
func (r *messageReader) Close() error { return r.closer.Close() }

// Read implements io.Reader.
func (r *messageReader) Read(into []byte) (int, error) {
	for len(r.unread) == 0 {
		line, err := r.line()
		if len(line) == 0 && err != nil {
			return 0, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if refusal := refusalOf(line); refusal != nil {
			if _, err := r.out.Write(append(refusal, '\n')); err != nil {
				return 0, err
			}
			continue
		}
		r.unread = append(line, '\n')
	}
	n := copy(into, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// line reads a line. What is longer than any message is cut, and then it is no JSON.
func (r *messageReader) line() (line []byte, err error) {
	for {
		part, err := r.lines.ReadSlice('\n')
		line = append(line, part[:min(len(part), sdk.DefaultMaxLineLength-len(line))]...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// refusalOf answers the error that JSON-RPC has for a line that is no message, or nil.
func refusalOf(line []byte) []byte {
	if !json.Valid(line) {
		return protocolError(jsonrpc.ID{}, jsonrpc.CodeParseError, "not JSON; write one message of JSON-RPC a line")
	}
	if _, err := jsonrpc.DecodeMessage(line); err == nil {
		return nil
	}
	var message struct{ ID any }
	_ = json.Unmarshal(line, &message) // what is no object has no id
	id, _ := jsonrpc.MakeID(message.ID)
	return protocolError(id, jsonrpc.CodeInvalidRequest, "not a message of JSON-RPC 2.0; write one a line, and no lists of them")
}

// protocolError writes an error of JSON-RPC. The SDK's own encoder leaves out an id that is null.
func protocolError(id jsonrpc.ID, code int64, message string) []byte {
	return encode(map[string]any{
		"jsonrpc": "2.0", "id": id.Raw(), "error": jsonrpc.Error{Code: code, Message: message},
	})
}
