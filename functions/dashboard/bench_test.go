package dashboard

import (
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/shared/config"
)

// BenchmarkView computes the answer of an arbitrary range, which is not kept.
func BenchmarkView(b *testing.B) {
	v := New(config.Dashboard{Listeners: listeners(b)}, largeBucket(), time.Now)
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

func largeBucket() *historytest.Bucket {
	bucket := historytest.NewBucket()
	listens, tracks := historytest.Random(1, 500_000, 60_000, 5000, asOf)
	historytest.PutDocument(bucket, "me", asOf, listens, tracks)
	return bucket
}
