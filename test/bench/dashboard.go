package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"syscall"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

// What the dashboard is to stay under; the first two with most listens.
const (
	reachHistory  = 0.5  // s
	reachHeap     = 60   // MB
	reachOverview = 15   // ms
	reachP99      = 5    // ms
	reachWorst    = 100  // ms
	reachFive     = 1074 // MB: 1 GiB
)

const (
	mostListens = 500_000
	manyLoads   = 5    // how often a load is measured
	manyRanges  = 40   // how many ranges are measured
	manySearch  = 20   // how often each search is measured
	manyDays    = 5000 // of the history
)

// randomTracks is how many tracks historytest.Random chooses from, by the number of listens, so that it takes about 60,000 of them.
var randomTracks = map[int]int{100_000: 240_000, mostListens: 88_000}

// measureDashboard measures the dashboard on one core, as it is deployed. Its bucket is in memory.
func measureDashboard(ctx context.Context, r *report) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, listens := range []int{100_000, mostListens} {
		s, err := newShown(r, listens)
		if err != nil {
			return err
		}
		if err := errors.Join(s.measureHistory(ctx, r), ctx.Err()); err != nil {
			return err
		}
		if listens == mostListens {
			return errors.Join(s.measureServing(ctx, r), s.measureFive(ctx, r))
		}
	}
	return nil
}

// shown is a bucket with the snapshot of a listener and the document that names it.
type shown struct {
	*historytest.Bucket
	document insights.Document
	listener listener.Listener
	what     string // for the table
}

func newShown(r *report, count int) (*shown, error) {
	r.progress("making a snapshot of %d listens", count)
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return nil, err
	}
	s := &shown{Bucket: historytest.NewBucket(), listener: listener.Listener{ID: listenerID, TimeZone: zone.String(), Zone: zone}}
	now := time.Now().UTC()
	listens, tracks := historytest.Random(1, count, randomTracks[count], manyDays, now)
	s.document = historytest.PutDocument(s.Bucket, listenerID, now, listens, tracks)
	s.what = fmt.Sprintf("`dashboard`, %s listens of %s tracks: ", grouped(count), grouped(len(tracks)))
	return s, nil
}

// renew writes a listener's document with a later time: a new snapshot, as far as the dashboard can tell.
func (s *shown) renew(id string) {
	s.document.Listener, s.document.AsOf = id, s.document.AsOf.Add(time.Second)
	s.PutJSON(insights.DocumentName(id), s.document)
}

// measureHistory measures one history: its load, its memory, and figures that are not kept.
func (s *shown) measureHistory(ctx context.Context, r *report) error {
	var load, cpu, heap, overview, page []float64
	var h *history.History
	for range manyLoads {
		h = nil
		before := heapInUse()
		start, used := time.Now(), processorTime()
		var err error
		cache := history.NewCache(s, 512<<20, time.Now, slog.New(slog.DiscardHandler))
		if h, err = cache.Get(ctx, history.Listener{ID: listenerID, Zone: s.listener.Zone}); err != nil {
			return err
		}
		load, cpu = append(load, time.Since(start).Seconds()), append(cpu, (processorTime()-used).Seconds())
		heap = append(heap, mb(heapInUse()-before))
	}
	soon, small := 0.0, 0.0
	if h.Len() == mostListens {
		soon, small = reachHistory, reachHeap
	}
	r.add(fmt.Sprintf("%sload of the snapshot, its processor time, heap of the history, median of %d", s.what, manyLoads),
		figure{median(load), seconds, soon}, figure{median(cpu), seconds, 0}, figure{median(heap), megabytes, small})

	handler := s.viewer(listenerID).Handler()
	if _, err := ask(handler, listenerID, "all"); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 1))
	for range manyRanges {
		period := randomDays(random, h.AsOf)
		span, err := figures.ParseRange(period, h, h.AsOf)
		if err != nil {
			return err
		}
		start := time.Now()
		overviewOf(h, span)
		overview = append(overview, ms(time.Since(start)))
		took, err := ask(handler, listenerID, period)
		if err != nil {
			return err
		}
		page = append(page, ms(took))
	}
	r.add(fmt.Sprintf("%soverview of an arbitrary range, its page of today, neither kept, median of %d", s.what, manyRanges),
		figure{median(overview), milliseconds, reachOverview}, figure{median(page), milliseconds, reachOverview})

	var slowest float64
	for _, query := range queries {
		var took []float64
		for range manySearch {
			start := time.Now()
			if _, err := figures.Search(h, query, 20); err != nil {
				return err
			}
			took = append(took, ms(time.Since(start)))
		}
		slowest = max(slowest, median(took))
	}
	r.add(fmt.Sprintf("%ssearch, the slowest of %d", s.what, len(queries)), figure{slowest, milliseconds, 0})
	return nil
}

// queries are searches that find much, little and nothing in a history of historytest.Random.
var queries = []string{"u", "unicode", "song 123", "artist 77", "zzz"}

// overviewOf computes everything that an overview of a range shows: totals, three rankings with movement,
// calendar, months, clock and streaks.
func overviewOf(h *history.History, r figures.Range) {
	slice := figures.Cut(h, r)
	counts, before := figures.CountAll(slice), figures.CountAll(slice.Before())
	counts.Totals()
	before.Totals()
	for _, kind := range []figures.Kind{figures.Tracks, figures.Artists, figures.Albums} {
		counts.Ranking(kind, figures.ByPlays, before, 0, 10)
	}
	calendar := figures.Calendar(slice)
	figures.Months(calendar)
	figures.Streaks(calendar)
	figures.ClockOf(slice)
}

// heapInUse returns the bytes of the heap that are in use after garbage collection.
func heapInUse() int64 {
	for range 3 {
		runtime.GC() // memory in a sync.Pool takes two collections
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// randomDays is a range of days in the years before asOf.
func randomDays(random *rand.Rand, asOf time.Time) string {
	a, b := random.IntN(manyDays), random.IntN(manyDays)
	return asOf.AddDate(0, 0, -max(a, b)).Format(time.DateOnly) + ".." + asOf.AddDate(0, 0, -min(a, b)).Format(time.DateOnly)
}

// viewer makes a dashboard of listeners.
func (s *shown) viewer(ids ...string) *dashboard.Viewer {
	all := config.Dashboard{Listeners: listener.Set{}}
	for _, id := range ids {
		l := s.listener
		l.ID = id
		all.Listeners[id] = l
	}
	return dashboard.New(all, s, time.Now)
}

// ask asks for a page and returns how long it takes.
func ask(handler http.HandlerFunc, id, period string) (time.Duration, error) {
	request := httptest.NewRequest(http.MethodGet, "/?"+url.Values{"listener": {id}, "period": {period}}.Encode(), nil)
	request.Header.Set("Accept-Encoding", "gzip")
	answer := httptest.NewRecorder()
	start := time.Now()
	handler(answer, request)
	if answer.Code != http.StatusOK {
		return 0, fmt.Errorf("the page of %s answers %d: %.200s", period, answer.Code, answer.Body)
	}
	return time.Since(start), nil
}

// measureServing asks for pages at a steady rate while new snapshots arrive. A request is due at its time, whether or not those before it have
// been answered, and how long it takes is counted from there.
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
	reads := s.Calls("Read", s.document.Snapshot.Listens.Names[0])
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
	if loads := s.Calls("Read", s.document.Snapshot.Listens.Names[0]) - reads; loads != news {
		return fmt.Errorf("%d new snapshots were loaded, %d wanted", loads, news)
	}
	var between []float64 // of the requests that no load and no page of new figures can have held up
	for i := range took {
		if i < every || i%every >= settled {
			between = append(between, took[i])
		}
	}
	slices.Sort(between)
	slices.Sort(took)
	r.add(fmt.Sprintf("%s%d requests a second on one core, a new snapshot every 10 s: p50, p99, worst", s.what, rate),
		figure{took[requests/2], milliseconds, 0}, figure{took[requests*99/100], milliseconds, reachP99}, figure{took[requests-1], milliseconds, reachWorst})
	r.add(fmt.Sprintf("%sof these, all but those of the %d s after a new snapshot: p50, p99, worst", s.what, settled/rate),
		figure{between[len(between)/2], milliseconds, 0}, figure{between[len(between)*99/100], milliseconds, reachP99}, figure{between[len(between)-1], milliseconds, reachWorst})
	return nil
}

// measureFive measures the memory of a dashboard of five listeners, each of whom gets a new snapshot.
func (s *shown) measureFive(ctx context.Context, r *report) error {
	ids := []string{"a", "b", "c", "d", "e"}
	viewer := s.viewer(ids...)
	r.progress("loading the histories of %d listeners", len(ids))
	debug.FreeOSMemory() // of what came before
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
		view, err := viewer.View(ctx, url.Values{"listener": {id}})
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

// processorTime is what this process has used of the processor.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a wrong argument only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// watchHeap looks at the heap in use until stop, which returns the most that it was.
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
