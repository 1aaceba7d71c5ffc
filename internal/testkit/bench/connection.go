package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// connection is one client of a server. It shares the cores with what it measures, so it does little: the requests are
// rendered beforehand, and one goroutine writes and reads.
type connection struct {
	conn     net.Conn
	reader   *bufio.Reader
	requests [][]byte // taken in turn
	next     int
	want     int64 // bytes of an answer's body
}

// patience is how long a connection may take for everything that is asked of it in one round.
const patience = time.Minute

func connect(ctx context.Context, address string, requests [][]byte, want int) (*connection, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	return &connection{conn: conn, reader: bufio.NewReader(conn), requests: requests, want: int64(want)}, nil
}

func (c *connection) close() error { return c.conn.Close() }

func (c *connection) do(context.Context) error {
	request := c.requests[c.next%len(c.requests)]
	c.next++
	response, err := c.exchange(request)
	if err != nil {
		return err
	}
	read, err := io.Copy(io.Discard, response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 || read != c.want {
		return fmt.Errorf("%s was answered %s with %d bytes, where %d were expected",
			firstLine(request), response.Status, read, c.want)
	}
	return response.Body.Close()
}

func (c *connection) exchange(request []byte) (*http.Response, error) {
	_, err := c.conn.Write(request)
	if err != nil {
		return nil, fmt.Errorf("%s was not sent: %w", firstLine(request), err)
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return nil, fmt.Errorf("%s was not answered: %w", firstLine(request), err)
	}
	return response, nil
}

func firstLine(request []byte) []byte {
	line, _, _ := bytes.Cut(request, []byte("\r\n"))
	return line
}

// render answers the bytes of a request. Any server will take them, whatever its address.
func render(ctx context.Context, method, path, token string, body []byte) ([]byte, error) {
	request, err := newRequest(ctx, method, "http://localhost"+path, token, body)
	if err != nil {
		return nil, err
	}
	var rendered bytes.Buffer
	err = request.Write(&rendered)
	return rendered.Bytes(), err
}

// answer is what a server answered once.
type answer struct {
	status      int
	contentType string
	body        []byte
}

// record makes a request and keeps its answer.
func record(ctx context.Context, address string, request []byte) (answer, error) {
	c, err := connect(ctx, address, nil, 0)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = c.close() }()
	response, err := c.exchange(request)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s was answered %s: %s", firstLine(request), response.Status, body)
	}
	return answer{status: response.StatusCode, contentType: response.Header.Get("Content-Type"), body: body}, err
}
