package main

import (
	"context"
	"net/url"
	"time"

	"spotify-insights.internal/functions/local/embedded/eventbridge"
	"spotify-insights.internal/functions/local/framework"
	"spotify-insights.internal/functions/local/machine"
)

// stopLimit is how long work under way may take to end at a stop. The next start makes up for what
// does not end.
const stopLimit = 4 * time.Second

// pipeline is a machine whose functions are served.
type pipeline struct {
	machine   *machine.Machine
	functions *url.URL
	work      context.Context // of work that has begun: it ends stopLimit after a stop
	abandon   context.CancelFunc
	events    *eventbridge.Bridge // nil until deliver
}

// servePipeline serves the functions on a machine. ctx ends at a stop.
func servePipeline(ctx context.Context, m *machine.Machine) (*pipeline, error) {
	functions, err := framework.Serve(ctx)
	if err != nil {
		return nil, err
	}
	work, abandon := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(stopLimit, abandon) })
	return &pipeline{machine: m, functions: functions, work: work, abandon: abandon}, nil
}

// deliver starts to deliver events, and makes up for those that were not delivered before the last stop.
func (p *pipeline) deliver() {
	p.events = bridge(p.work, p.machine, p.functions)
	p.reconcile()
}

func (p *pipeline) reconcile() { reconcile(p.work, p.machine, p.functions) }

// post calls a function as Cloud Scheduler does. The function logs its result.
func (p *pipeline) post(name string, query url.Values) { _ = post(p.work, p.functions, name, query) }

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
