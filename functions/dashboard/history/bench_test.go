package history_test

import (
	"log/slog"
	"runtime"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

var asOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// BenchmarkLoad reads a snapshot of 500,000 listens of 60,000 tracks and reports the heap that stays.
func BenchmarkLoad(b *testing.B) {
	before := historytest.Heap()
	bucket := historytest.NewBucket()
	fill(bucket)
	var h *history.History
	for b.Loop() {
		var err error
		if h, err = newCache(bucket).Get(b.Context(), me); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(historytest.Heap()-before-int64(bucket.Size()))/1e6, "heap-MB")
	b.ReportMetric(float64(h.Bytes())/1e6, "estimated-MB")
	runtime.KeepAlive(h)
}

func fill(bucket *historytest.Bucket) {
	listens, tracks := historytest.Random(1, 500_000, 60_000, 5000, asOf)
	historytest.PutDocument(bucket, "me", asOf, listens, tracks)
}

var me = history.Listener{ID: "me", Zone: time.UTC}

func newCache(bucket history.Objects) *history.Cache {
	return history.NewCache(bucket, 512<<20, time.Now, slog.New(slog.DiscardHandler))
}
