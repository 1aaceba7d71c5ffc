package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

const writeTimeout = time.Minute

// Server serves metrics at /metrics, on an address of its own: metrics are for operators, and the API's port is public.
type Server struct {
	listener net.Listener
	server   http.Server
}

// Listen listens on addr. Call Run to serve there.
func Listen(ctx context.Context, addr string, readHeaderTimeout time.Duration, metrics *Metrics) (*Server, error) {
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %s for metrics (AGENTEXCHANGE_METRICS_ADDR): %w", addr, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return &Server{
		listener: listener,
		server:   http.Server{Handler: mux, ReadHeaderTimeout: readHeaderTimeout, WriteTimeout: writeTimeout},
	}, nil
}

// URL returns where the metrics are served.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() + "/metrics" }

// Run serves until ctx ends. It then closes all connections and returns nil.
func (s *Server) Run(ctx context.Context) error {
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		_ = s.server.Close()
	})
	err := s.server.Serve(s.listener)
	if !stop() {
		<-closed
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
