package app

import (
	"context"
	"net/http"
	"time"

	"comptoir.example/comptoir/base/asof"
	"comptoir.example/comptoir/base/db"
	"comptoir.example/comptoir/base/outbox"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics is the page that a monitoring system reads.
func (a *App) metrics() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), exported{a})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// exported reads the figures when they are asked for.
type exported struct{ *App }

var (
	served      = prometheus.NewDesc("comptoir_requests_total", "Requests answered.", nil, nil)
	failedDesc  = prometheus.NewDesc("comptoir_requests_failed_total", "Requests answered with a 5xx.", nil, nil)
	commits     = prometheus.NewDesc("comptoir_db_commits_total", "Units of work committed.", nil, nil)
	retries     = prometheus.NewDesc("comptoir_db_retries_total", "Units of work done again because of another.", nil, nil)
	conflicts   = prometheus.NewDesc("comptoir_db_conflicts_total", "Units of work given up because of others.", nil, nil)
	carried     = prometheus.NewDesc("comptoir_deliveries_total", "Deliveries carried to the end.", nil, nil)
	stoppedDesc = prometheus.NewDesc("comptoir_deliveries_stopped", "Deliveries that wait for a person.", nil, nil)
	queued      = prometheus.NewDesc("comptoir_queue_length", "Deliveries that wait.", nil, nil)
	oldest      = prometheus.NewDesc("comptoir_queue_oldest_seconds", "Age of the oldest delivery that waits.", nil, nil)
	down        = prometheus.NewDesc("comptoir_erp_down_seconds", "How long the ERP has not answered; 0 while it does.", nil, nil)
	age         = prometheus.NewDesc("comptoir_figure_age_seconds", "Time since the ERP last confirmed a kind of figure.", []string{"kind"}, nil)
)

// Describe implements prometheus.Collector.
func (exported) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{served, failedDesc, commits, retries, conflicts, carried, stoppedDesc, queued, oldest, down, age} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (e exported) Collect(c chan<- prometheus.Metric) {
	total := func(d *prometheus.Desc, n int64) {
		c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n))
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	all, failed := e.Site.Served()
	total(served, all)
	total(failedDesc, failed)
	total(commits, e.DB.Commits.Load())
	total(retries, e.DB.Retries.Load())
	total(conflicts, e.DB.Conflicts.Load())
	total(carried, e.Box.Running.Carried.Load())
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	e.DB.Read(ctx, func(tx *db.Tx) error {
		q, err := outbox.QueueOf(ctx, tx, connection)
		if err != nil {
			return err
		}
		since := func(t time.Time) float64 {
			if t.IsZero() {
				return 0
			}
			return tx.Now.Sub(t).Seconds()
		}
		gauge(stoppedDesc, float64(q.Stopped))
		gauge(queued, float64(q.Waiting))
		gauge(oldest, since(q.Oldest))
		gauge(down, since(q.Down))
		board, err := asof.Read(ctx, tx, connection)
		for _, kind := range []string{"price", "stock", "order", "invoice"} {
			gauge(age, since(board.Of(kind).At), kind)
		}
		return err
	})
}
