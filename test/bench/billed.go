package main

import (
	"context"
	"fmt"

	"spotify-insights.internal/test/billing"
)

// reachBilled is what an hourly run is to stay under, in MB.
const reachBilled = 100

const gigabytes = "GB" // a thousand million bytes

// measureBilled reckons what BigQuery bills for the queries of a listener with half a million plays.
func measureBilled(ctx context.Context, r *report) error {
	const plays = 500_000
	r.progress("reckoning what BigQuery bills a listener of %s plays", grouped(plays))
	bill, err := billing.Hourly(ctx, plays)
	if err != nil {
		return err
	}
	total := func(what string, queries []billing.Query, reach float64) {
		r.add(fmt.Sprintf("%s: %d queries, billed", what, len(queries)), figure{mb(billing.Sum(queries)), megabytes, reach})
		for _, q := range queries {
			r.add(fmt.Sprintf("· `%s`: %s", q.Name, q.Reads()), figure{mb(q.Billed), megabytes, 0})
		}
	}
	total(fmt.Sprintf("BigQuery, %s plays in ten years: an hourly run with new plays", grouped(plays)), bill.Hour, reachBilled)
	total("BigQuery: where it brings new tracks, once their audio features are fetched", bill.NewTracks, 0)
	total("BigQuery: an hourly run without new plays", bill.Unchanged, 0)
	total("BigQuery: once a day besides (`reconcile`, and a ranking that sums up the past)", bill.Day, 0)
	r.add("BigQuery: a month with new plays and tracks in each of its 730 hours, of which 1 TiB is free", figure{float64(bill.Month(730, 730)) / 1e9, gigabytes, billing.FreeMonthly / 1e9})
	return nil
}
