// Package telemetry holds the server's metrics and serves them in Prometheus' text format. The official Prometheus
// client would add three megabytes to an idle server.
package telemetry

import (
	"cmp"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Metrics are the metrics of one server. A nil *Metrics records nothing.
type Metrics struct {
	set    *metrics.Set
	series sync.Map // of requests, so that their names are not formatted again
}

type answered struct {
	operation string
	status    int
}

// Histogram buckets: durations in seconds, and jobs per batch.
var (
	seconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	jobs    = []float64{1, 2, 4, 8, 16, 32, 64, 128}
)

// New returns the metrics of one server.
func New() *Metrics { return &Metrics{set: metrics.NewSet()} }

// Request records an answered request; took runs from its headers to the end of the answer. All requests which match no
// operation share one series, so that arbitrary paths cannot create new ones.
func (m *Metrics) Request(operation string, status int, took time.Duration) {
	if m == nil {
		return
	}
	series, known := m.series.Load(answered{operation, status})
	if !known {
		shown := cmp.Or(operation, "other")
		name := fmt.Sprintf(`agentexchange_http_request_duration_seconds{operation=%q,status="%d"}`, shown, status)
		series, _ = m.series.LoadOrStore(answered{operation, status}, m.set.GetOrCreatePrometheusHistogramExt(name, seconds))
	}
	series.(*metrics.PrometheusHistogram).Update(took.Seconds())
}

// Batch records an attempt to commit orders, cancels and fills together.
func (m *Metrics) Batch(size int, failed bool, took time.Duration) {
	if m == nil {
		return
	}
	outcome := "committed"
	if failed {
		outcome = "failed"
	}
	m.set.GetOrCreatePrometheusHistogramExt("agentexchange_batch_jobs", jobs).Update(float64(size))
	name := fmt.Sprintf(`agentexchange_batch_duration_seconds{outcome=%q}`, outcome)
	m.set.GetOrCreatePrometheusHistogramExt(name, seconds).Update(took.Seconds())
}

// Gauge adds a metric whose value is read at each scrape.
func (m *Metrics) Gauge(name string, read func() float64) {
	if m != nil {
		m.set.NewGauge("agentexchange_"+name, read)
	}
}

// Pool adds gauges of how busy a pool of database connections is.
func (m *Metrics) Pool(pool *pgxpool.Pool) {
	m.Gauge("database_connections_in_use", func() float64 { return float64(pool.Stat().AcquiredConns()) })
	m.Gauge("database_connections_max", func() float64 { return float64(pool.Stat().MaxConns()) })
	m.Gauge("database_waits_total", func() float64 { return float64(pool.Stat().EmptyAcquireCount()) })
}

// ServeHTTP writes these metrics and those of the process.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}
