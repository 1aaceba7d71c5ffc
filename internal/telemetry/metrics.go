// Package telemetry measures the running server, in Prometheus' text format. Prometheus' own client would add three
// megabytes to an idle server.
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

// Metrics are what a server counts. A nil one counts nothing.
type Metrics struct {
	set    *metrics.Set
	series sync.Map // of requests, so that none has to be named anew
}

type answered struct {
	operation string
	status    int
}

// The buckets of durations, in seconds, and of how many jobs are committed together.
var (
	seconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	jobs    = []float64{1, 2, 4, 8, 16, 32, 64, 128}
)

// New makes metrics of one server.
func New() *Metrics { return &Metrics{set: metrics.NewSet()} }

// Request counts an answered request, from its headers to the end of the answer. Whatever is no operation is counted as
// one: a stranger's paths make no series.
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

// Batch counts an attempt to commit orders, cancels and fills together.
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

// Gauge reads a number whenever it is asked for.
func (m *Metrics) Gauge(name string, read func() float64) {
	if m != nil {
		m.set.NewGauge("agentexchange_"+name, read)
	}
}

// Pool reads how busy a pool of database connections is.
func (m *Metrics) Pool(pool *pgxpool.Pool) {
	m.Gauge("database_connections_in_use", func() float64 { return float64(pool.Stat().AcquiredConns()) })
	m.Gauge("database_connections_max", func() float64 { return float64(pool.Stat().MaxConns()) })
	m.Gauge("database_waits_total", func() float64 { return float64(pool.Stat().EmptyAcquireCount()) })
}

// ServeHTTP writes the metrics, and those of the process.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	m.set.WritePrometheus(w)
	metrics.WriteProcessMetrics(w)
}
