package main

import (
	"context"
	"fmt"

	"spotify-insights.internal/test/billing"
)

const gigabytes = "GB" // 10^9 bytes

// The upper bounds of the bill.
const (
	reachHour  = 230 // MB, in an hour with new plays of one listener with half a million
	reachMonth = billing.FreeMonthly / 1e9
)

// measureBilled computes what BigQuery bills for the queries of one listener and of five.
func measureBilled(ctx context.Context, r *report) error {
	for _, listeners := range []int{1, 5} {
		for _, plays := range []int{100_000, 500_000} {
			r.progress("computing what BigQuery bills for %d listeners of %s plays", listeners, grouped(plays))
			bill, err := billing.Compute(ctx, listeners, plays)
			if err != nil {
				return err
			}
			reportBill(r, bill, listeners, plays)
		}
	}
	return nil
}

func reportBill(r *report, b billing.Bill, listeners, plays int) {
	what := fmt.Sprintf("BigQuery, listeners: %d, plays of each in ten years: %s: ", listeners, grouped(plays))
	sum := func(queries []billing.Query) float64 { return mb(billing.Sum(queries)) }
	hour := figure{sum(b[billing.NewPlays]) + sum(b[billing.Look]), megabytes, 0}
	if listeners == 1 && plays == 500_000 {
		hour.reach = reachHour
	}
	r.add(what+"an hour with new plays, what new tracks add, an hour without new plays, once a day",
		hour, figure{sum(b[billing.NewTracks]), megabytes, 0}, figure{sum(b[billing.Look]), megabytes, 0}, figure{sum(b[billing.Day]), megabytes, 0})
	month := func(hours, features int64, together bool, reach float64) figure {
		m := billing.Month{Listeners: int64(listeners), PlayingHours: hours, FeatureRuns: features, Together: together}
		return figure{float64(m.Of(b)) / 1e9, gigabytes, reach}
	}
	r.add(what+"a month with new plays in 12 hours a day: one run an hour for all, a run for each", month(12, 4, true, reachMonth), month(12, 4, false, 0))
	r.add(what+"a month with new plays in every hour: one run an hour for all, a run for each", month(24, 8, true, 0), month(24, 8, false, 0))
	if listeners == 1 && plays == 500_000 {
		for _, q := range append(b[billing.NewPlays], b[billing.Look]...) {
			r.add(fmt.Sprintf("· `%s`: %s", q.Statement, q.Reads()), figure{mb(q.Billed), megabytes, 0})
		}
	}
}
