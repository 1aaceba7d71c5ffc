// Package telemetry measures the running server, for Prometheus.
package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are what a server counts. A nil one counts nothing.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	batches  prometheus.Histogram
	commits  *prometheus.HistogramVec
}

// latency is in seconds, from what is answered out of memory to the request timeout.
var latency = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// New makes metrics in a registry of their own, beside those of the Go runtime and the process.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "agentexchange_http_request_duration_seconds", Buckets: latency,
			Help: "Requests by operation of openapi.yaml and status, from their headers to the end of the answer.",
		}, []string{"operation", "status"}),
		batches: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "agentexchange_batch_jobs", Buckets: prometheus.ExponentialBuckets(1, 2, 8),
			Help: "Orders, cancels and fills that were committed together.",
		}),
		commits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "agentexchange_batch_duration_seconds", Buckets: latency,
			Help: "From taking a batch to its commit or failure, by outcome.",
		}, []string{"outcome"}),
	}
	m.registry.MustRegister(m.requests, m.batches, m.commits,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts an answered request. Whatever is no operation is counted as one: a stranger's paths make no series.
func (m *Metrics) Request(operation string, status int, took time.Duration) {
	if m == nil {
		return
	}
	if operation == "" {
		operation = "other"
	}
	m.requests.WithLabelValues(operation, strconv.Itoa(status)).Observe(took.Seconds())
}

// Batch counts an attempt to commit jobs together.
func (m *Metrics) Batch(jobs int, failed bool, took time.Duration) {
	if m == nil {
		return
	}
	outcome := "committed"
	if failed {
		outcome = "failed"
	}
	m.batches.Observe(float64(jobs))
	m.commits.WithLabelValues(outcome).Observe(took.Seconds())
}

// Gauge reads a number whenever it is asked for.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	if m != nil {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "agentexchange_" + name, Help: help}, read))
	}
}

// Pool reads how busy a pool of database connections is.
func (m *Metrics) Pool(pool *pgxpool.Pool) {
	m.Gauge("database_connections_in_use", "Connections of the pool that are in use.",
		func() float64 { return float64(pool.Stat().AcquiredConns()) })
	m.Gauge("database_connections_max", "Connections that the pool may have.",
		func() float64 { return float64(pool.Stat().MaxConns()) })
	m.Gauge("database_waits", "How often the pool had no connection to give since the start.",
		func() float64 { return float64(pool.Stat().EmptyAcquireCount()) })
}

// Handler serves the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
