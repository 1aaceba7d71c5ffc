package app

import (
	"context"

	"github.com/agentexchange/agentexchange/internal/telemetry"
)

// serveMetrics serves the metrics, if an address is configured for them.
func (a *App) serveMetrics(ctx context.Context, metrics *telemetry.Metrics) error {
	if a.cfg.MetricsAddr == "" {
		return nil
	}
	server, err := telemetry.Listen(ctx, a.cfg.MetricsAddr, a.cfg.ReadHeaderTimeout, metrics)
	if err != nil {
		return err
	}
	a.run(server.Run, "there are no metrics any more")
	a.metricsURL = server.URL()
	return nil
}

// MetricsURL returns where metrics are served, or "".
func (a *App) MetricsURL() string { return a.metricsURL }
