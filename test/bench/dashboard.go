package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"syscall"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

// The upper bounds of the dashboard; the first two with most listens.
const (
	reachHistory = 0.5  // s
	reachHeap    = 60   // MB
	reachP99     = 5    // ms
	reachWorst   = 100  // ms
	reachFive    = 1074 // MB: 1 GiB
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

// renew writes a listener's document with a later time. For the dashboard it is a new snapshot.
func (s *shown) renew(id string) {
	s.document.Listener, s.document.AsOf = id, s.document.AsOf.Add(time.Second)
	s.PutJSON(insights.DocumentName(id), s.document)
}

// measureHistory measures one history: its load, its memory, and figures that are not cached.
func (s *shown) measureHistory(ctx context.Context, r *report) error {
	var load, cpu, heap, overview []float64
	var h *history.History
	for range manyLoads {
		h = nil
		before := heapInUse()
		start, used := time.Now(), processorTime()
		var err error
		cache := history.NewCache(s, 512<<20, time.Now)
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
	first, err := ask(handler, listenerID, "all")
	if err != nil {
		return err
	}
	r.add(s.what+"the first page, with the load of the snapshot", figure{ms(first) / 1000, seconds, 0})
	random := rand.New(rand.NewPCG(1, 1))
	for range manyRanges {
		period := randomDays(random, h.AsOf)
		took, err := ask(handler, listenerID, period)
		if err != nil {
			return err
		}
		overview = append(overview, ms(took))
	}
	r.add(fmt.Sprintf("%soverview of an arbitrary range as a page, not cached, median of %d", s.what, manyRanges), figure{median(overview), milliseconds, reachPage})
	if h.Len() == mostListens {
		if err := s.measurePages(h, r, handler); err != nil {
			return err
		}
	}

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

// processorTime is the processor time of this process.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a wrong argument only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
