package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// bare is a server that does nothing but answer one call, always the same: what Echo and net/http alone cost.
type bare struct {
	listener net.Listener
	server   *http.Server
	failed   chan error
}

func startBare(ctx context.Context, method, route string, recorded answer) (*bare, error) {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := echo.New()
	e.Add(method, route, func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return err
		}
		return c.Blob(recorded.status, recorded.contentType, recorded.body)
	})
	b := &bare{
		listener: listener, failed: make(chan error, 1),
		server: &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute},
	}
	go func() { b.failed <- b.server.Serve(listener) }()
	return b, nil
}

func (b *bare) address() string { return b.listener.Addr().String() }

func (b *bare) close() error {
	err := b.server.Close()
	if failed := <-b.failed; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}
