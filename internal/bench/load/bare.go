package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/labstack/echo/v4"
)

// Canned is an answer that is always the same.
type Canned struct {
	Method, Route string
	Status        int
	ContentType   string
	Body          []byte
}

// Bare is a server, in a process of its own, that does nothing but answer what it is given: what Echo and net/http alone
// cost, the ceiling of every server made of them.
type Bare struct {
	Address string
	command *exec.Cmd
	input   io.Closer
}

// BareArgument makes this program a bare server.
const BareArgument = "bare"

// StartBare starts this program as a bare server.
func StartBare(ctx context.Context, answers ...Canned) (_ *Bare, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b := &Bare{command: exec.CommandContext(ctx, self, BareArgument)}
	b.command.Stderr = os.Stderr
	input, err := b.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := b.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := b.command.Start(); err != nil {
		return nil, err
	}
	b.input = input
	if err := json.NewEncoder(input).Encode(answers); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	if _, err := fmt.Fscanln(output, &b.Address); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// Close ends the server.
func (b *Bare) Close() error { return errors.Join(b.input.Close(), b.command.Wait()) }

// ServeBare is the other end of StartBare: it serves until its input ends.
func ServeBare(ctx context.Context, input io.Reader, output io.Writer) error {
	decoder := json.NewDecoder(input)
	var answers []Canned
	if err := decoder.Decode(&answers); err != nil {
		return err
	}
	e := echo.New()
	for _, a := range answers {
		e.Add(a.Method, a.Route, func(c echo.Context) error {
			if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
				return err
			}
			return c.Blob(a.Status, a.ContentType, a.Body)
		})
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if _, err := fmt.Fprintln(output, listener.Addr()); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, input)
	err = server.Close()
	if ended := <-failed; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
