package main

import (
	"context"
	"fmt"

	"spotify-insights.internal/test/billing"
)

const gigabytes = "GB" // a thousand million bytes

// What BigQuery is to bill less than.
const (
	reachHour  = 230 // MB, in an hour with new plays of one listener with half a million
	reachMonth = billing.FreeMonthly / 1e9
)

// How many hours of a month have new plays of a listener, and how many new tracks: 12 and 6 of a day.
const (
	playingHours   = 365
	newTracksHours = 182
	hoursAMonth    = 730
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
	hour := figure{sum(b.NewPlays) + sum(b.Look), megabytes, 0}
	if listeners == 1 && plays == 500_000 {
		hour.reach = reachHour
	}
	r.add(what+"an hour with new plays, what new tracks add, an hour without new plays, once a day",
		hour, figure{sum(b.NewTracks), megabytes, 0}, figure{sum(b.Look), megabytes, 0}, figure{sum(b.Day), megabytes, 0})
	month := func(playing, newTracks int, reach float64) figure {
		n := int64(listeners)
		// One run of features fetches the tracks of all listeners, so there is at most one load an hour.
		bytes := b.Month(n*int64(playing), min(hoursAMonth, n*int64(newTracks)))
		return figure{float64(bytes) / 1e9, gigabytes, reach}
	}
	r.add(what+"a month with new plays in 12 hours a day and new tracks in 6", month(playingHours, newTracksHours, reachMonth))
	r.add(what+"a month with new plays and tracks in every hour", month(hoursAMonth, hoursAMonth, 0))
	if listeners == 1 && plays == 500_000 {
		for _, q := range append(b.NewPlays, b.Look...) {
			r.add(fmt.Sprintf("· `%s`: %s", q.Statement, q.Reads()), figure{mb(q.Billed), megabytes, 0})
		}
	}
}
