package main

import (
	"context"
	"log/slog"
	"net/url"
	"time"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/machine"
	"spotify-insights.internal/functions/local/platform"
)

// stopLimit is how long work under way may take to end at a stop. The next start makes up for what
// does not end.
const stopLimit = 4 * time.Second

// pipeline is a machine whose functions are called.
type pipeline struct {
	machine *machine.Machine
	work    context.Context // of work that has begun: it ends stopLimit after a stop
	abandon context.CancelFunc
	events  *eventbridge.Bridge // nil until deliver
}

// newPipeline calls nothing yet. ctx ends at a stop.
func newPipeline(ctx context.Context, m *machine.Machine) *pipeline {
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(stopLimit, abandon) })
	return &pipeline{machine: m, work: work, abandon: abandon}
}

// deliver starts to deliver events, and makes up for those that were not delivered before the last stop.
func (p *pipeline) deliver() {
	p.events = platform.Deliver(p.work, p.machine)
	p.reconcile()
}

// call calls a function as Cloud Scheduler does. The function logs its result.
func (p *pipeline) call(name string, query url.Values) { _ = platform.Call(p.work, name, query) }

// ingest begins to fetch the last plays of a listener.
func (p *pipeline) ingest(listener string) { go p.call("ingest", url.Values{"listener": {listener}}) }

// ingestConnected fetches the last plays of a listener who is connected. Where the secret cannot be read, ingest says so.
func (p *pipeline) ingestConnected(v vault, listener string) {
	if connected, err := v.connected(p.work, listener); err == nil && !connected {
		return
	}
	p.call("ingest", url.Values{"listener": {listener}})
}

// reconcile calls the function reconcile as Cloud Scheduler does every day, and then writes BigQuery's log into the
// warehouse's file. Until then, each load and each run of topten adds to the memory that the log needs.
func (p *pipeline) reconcile() {
	if err := platform.Call(p.work, "reconcile", nil); err != nil {
		slog.Warn("not everything in the lake is loaded; reconcile runs again tomorrow and at the next start", "error", err)
	}
	if err := p.machine.Cloud.Checkpoint(p.work); err != nil {
		slog.Warn("the log of the warehouse stays in memory until the next reconcile or stop", "error", err)
	}
}

// stop ends the delivery of events.
func (p *pipeline) stop() error {
	defer p.abandon()
	if p.events == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(p.work, stopLimit)
	defer cancel()
	return p.events.Close(limited)
}
