package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/agentexchange/agentexchange/internal/telemetry"
)

// serveMetrics serves the metrics at an address of their own, where one is configured: they are for whoever runs the
// server, and the API's port is for everybody.
func (a *App) serveMetrics(ctx context.Context, metrics *telemetry.Metrics) error {
	if a.cfg.MetricsAddr == "" {
		return nil
	}
	var listening net.ListenConfig
	listener, err := listening.Listen(ctx, "tcp", a.cfg.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listening on %s for metrics (AGENTEXCHANGE_METRICS_ADDR): %w", a.cfg.MetricsAddr, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: a.cfg.ReadHeaderTimeout, WriteTimeout: time.Minute}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // until it is closed
	}()
	a.add(func(context.Context) error {
		err := server.Close()
		<-ended
		return err
	})
	a.metrics = listener.Addr().String()
	return nil
}

// MetricsURL is where metrics are served, or empty.
func (a *App) MetricsURL() string {
	if a.metrics == "" {
		return ""
	}
	return "http://" + a.metrics + "/metrics"
}
