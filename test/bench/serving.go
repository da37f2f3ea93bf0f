package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/listener"
)

// viewer makes a dashboard of listeners.
func (s *shown) viewer(ids ...string) *dashboard.Viewer {
	all := config.Dashboard{Listeners: listener.Set{}, Covers: true}
	for _, id := range ids {
		l := s.listener
		l.ID = id
		all.Listeners[id] = l
	}
	return dashboard.New(all, s, time.Now)
}

// ask asks for the overview and returns how long it takes.
func ask(handler http.HandlerFunc, id, period string) (time.Duration, error) {
	start := time.Now()
	_, err := get(handler, "/?"+url.Values{"listener": {id}, "period": {period}}.Encode(), "gzip")
	return time.Since(start), err
}

// measureServing requests pages at a steady rate while new snapshots arrive. The time of a request counts from when it is
// due, also where earlier requests are not answered yet.
func (s *shown) measureServing(ctx context.Context, r *report) error {
	const (
		rate     = 200       // requests a second
		requests = 25 * rate // in all
		every    = 10 * rate // requests to the next snapshot
		settled  = 4 * rate  // requests until it is found and loaded
		news     = requests / every
	)
	periods := []string{"all", "4w", "1y", "2024"}
	handler := s.viewer(listenerID).Handler()
	for _, period := range periods {
		if _, err := ask(handler, listenerID, period); err != nil {
			return err
		}
	}
	r.progress("asking for %d pages", requests)
	took, errs := make([]float64, requests), make([]error, requests)
	loads := func() int { return s.Calls("Read", s.document.Snapshot.Listens.Names[0]) }
	before := loads()
	var wait sync.WaitGroup
	start := time.Now()
	for i := range requests {
		due := start.Add(time.Duration(i) * time.Second / rate)
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		if i > 0 && i%every == 0 {
			s.renew(listenerID)
		}
		wait.Go(func() {
			_, errs[i] = ask(handler, listenerID, periods[i%len(periods)])
			took[i] = ms(time.Since(due))
		})
	}
	wait.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return err
	}
	if loaded := loads() - before; loaded != news {
		return fmt.Errorf("%d new snapshots were loaded, %d wanted", loaded, news)
	}
	var between []float64 // of the requests that no load and no new page can have delayed
	for i := range took {
		if i < every || i%every >= settled {
			between = append(between, took[i])
		}
	}
	r.add(fmt.Sprintf("%s%d requests a second on one core, a new snapshot every 10 s: p50, p99, worst", s.what, rate), percentiles(took, reachP99, reachWorst)...)
	r.add(fmt.Sprintf("%sof these, all but those of the %d s after a new snapshot: p50, p99, worst", s.what, settled/rate), percentiles(between, reachP99, reachWorst)...)
	return nil
}

// measureFive measures the memory of a dashboard of five listeners, each of whom gets a new snapshot.
func (s *shown) measureFive(ctx context.Context, r *report) error {
	ids := []string{"a", "b", "c", "d", "e"}
	viewer := s.viewer(ids...)
	r.progress("loading the histories of %d listeners", len(ids))
	debug.FreeOSMemory() // of earlier measurements
	stop := watchHeap()
	err := s.loadTwice(ctx, viewer, ids)
	most := stop()
	if err != nil {
		return err
	}
	r.add(s.what+"five such listeners, each of whom gets a new snapshot: most heap in use", figure{mb(most), megabytes, reachFive})
	return nil
}

// loadTwice gives each listener a snapshot, and another one once all are loaded.
func (s *shown) loadTwice(ctx context.Context, viewer *dashboard.Viewer, ids []string) error {
	for range 2 {
		for _, id := range ids {
			s.renew(id)
		}
		for i, id := range ids {
			if err := await(ctx, viewer, id, s.document.AsOf.Add(time.Duration(i+1-len(ids))*time.Second)); err != nil {
				return err
			}
		}
	}
	return nil
}

// await asks for a listener's page until it shows the snapshot of a time.
func await(ctx context.Context, viewer *dashboard.Viewer, id string, asOf time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		view, err := viewer.Overview(ctx, url.Values{"listener": {id}})
		if err != nil {
			return err
		}
		if view.AsOf.Equal(asOf) {
			_, err := ask(viewer.Handler(), id, "all")
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// percentiles are the median, the 99th percentile and the maximum of milliseconds, the latter two with upper bounds.
func percentiles(took []float64, reachP99, reachWorst float64) []figure {
	took = slices.Sorted(slices.Values(took))
	return []figure{{took[len(took)/2], milliseconds, 0}, {took[len(took)*99/100], milliseconds, reachP99}, {took[len(took)-1], milliseconds, reachWorst}}
}

// watchHeap samples the heap in use until stop, which returns the maximum.
func watchHeap() (stop func() int64) {
	done, peak := make(chan struct{}), make(chan int64)
	go func() {
		samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		var most int64
		for {
			metrics.Read(samples)
			most = max(most, int64(samples[0].Value.Uint64()+samples[1].Value.Uint64()))
			select {
			case <-tick.C:
			case <-done:
				peak <- most
				return
			}
		}
	}()
	return func() int64 { close(done); return <-peak }
}
