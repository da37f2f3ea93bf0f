package dashboard

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/settings"
)

// BenchmarkView computes the answer of an arbitrary range, which is not kept.
func BenchmarkView(b *testing.B) {
	bucket, _ := largeBucket()
	v := New(settings.Settings{Listeners: listeners(b)}, bucket, time.Now)
	for _, period := range []string{"all", "1y", "2015-03-02..2025-10-11"} {
		b.Run(period, func(b *testing.B) {
			for b.Loop() {
				if _, err := v.View(b.Context(), map[string][]string{"period": {period}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkServing sends 200 requests a second for the page, while a new snapshot arrives every other second,
// and reports how long answers take. The clock that lookups go by runs five times too fast.
func BenchmarkServing(b *testing.B) {
	start := time.Now()
	bucket, document := largeBucket()
	v := New(settings.Settings{Listeners: listeners(b)}, bucket, func() time.Time { return start.Add(5 * time.Since(start)) })
	v.ask(b, "/")
	var took []time.Duration
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for b.Loop() {
		<-tick.C
		if len(took)%400 == 399 {
			document.AsOf = document.AsOf.Add(time.Hour)
			bucket.PutJSON(insights.DocumentName("me"), document)
		}
		period := []string{"all", "4w", "1y", "2024"}[len(took)%4]
		begun := time.Now()
		if w := v.ask(b, fmt.Sprintf("/?period=%s", period)); w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	for name, at := range map[string]int{"p50-ms": len(took) / 2, "p99-ms": len(took) * 99 / 100, "max-ms": len(took) - 1} {
		b.ReportMetric(float64(took[at].Microseconds())/1000, name)
	}
}

func largeBucket() (*historytest.Bucket, insights.Document) {
	bucket := historytest.NewBucket()
	listens, tracks := historytest.Random(1, 500_000, 60_000, 5000, asOf)
	return bucket, historytest.PutDocument(bucket, "me", asOf, listens, tracks)
}
