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

// stopLimit is how long work under way may take to end at a stop. The next start makes up for what does not end. With the
// end of the cloud after it, a stop takes less than 5 s.
const stopLimit = 3 * time.Second

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

// deliver starts to deliver events.
func (p *pipeline) deliver() {
	p.events = platform.Deliver(p.work, p.machine)
	go p.restore()
}

// restore loads the lake again whenever the warehouse was damaged and is empty now.
func (p *pipeline) restore() {
	for {
		select {
		case <-p.work.Done():
			return
		case <-p.machine.Cloud.Replaced():
		}
		if err := p.machine.DeclareTables(p.work); err != nil {
			slog.Error("the tables cannot be made again; stop the server and start it again", "error", err)
			continue
		}
		p.reconcile()
	}
}

// call calls a function as Cloud Scheduler does. The function logs its result.
func (p *pipeline) call(name string, query url.Values) { _ = platform.Call(p.work, name, query) }

// ingest begins to fetch the last plays of a listener.
func (p *pipeline) ingest(listener string) { go p.call("ingest", url.Values{"listener": {listener}}) }

// ingestConnected fetches the last plays of a listener who is or was connected: where the token is lost or cannot be read,
// ingest says so on the page.
func (p *pipeline) ingestConnected(v vault, listener string) {
	if connected, err := v.connected(p.work, listener); err == nil && !connected && !hasFetched(p.machine.Dir(), listener) {
		return
	}
	p.call("ingest", url.Values{"listener": {listener}})
}

// reconcile calls the function reconcile as Cloud Scheduler does every day, and then writes BigQuery's log into the
// warehouse's file. Until then, each load and each run of topten adds to the memory that the log needs. At the start it
// makes up for events that were not delivered before the last stop.
func (p *pipeline) reconcile() {
	err := platform.Call(p.work, "reconcile", nil)
	if p.work.Err() != nil { // a stop has broken it off
		return
	}
	if err != nil {
		slog.Warn("not everything in the lake is loaded; reconcile runs again tomorrow and at the next start", "error", err)
	}
	if err := p.machine.Cloud.Checkpoint(p.work); err != nil {
		slog.Warn("the log of the warehouse stays in memory until the next reconcile or stop", "error", err)
	}
}

// stop ends the delivery of events. What is broken off is not an error: the bridge logs it, and the next start makes up for it.
func (p *pipeline) stop() {
	defer p.abandon()
	if p.events == nil {
		return
	}
	limited, cancel := context.WithTimeout(p.work, stopLimit)
	defer cancel()
	_ = p.events.Close(limited)
}
