package warehouse

import (
	"context"
	"time"
)

// TwinReach is how far apart two rows of one play can be: see counted.sql.
const TwinReach = 5 * time.Second

// beside is a time next to until: the zero time, before which nothing is, has nothing beside it.
func beside(until time.Time, reach time.Duration) time.Time {
	if until.IsZero() {
		return until
	}
	return until.Add(reach)
}

// SumPast sums a listener's plays from before until up by track and year, by the clock of timeZone,
// so that a ranking need not read them. It reads every one of them.
func (w *Warehouse) SumPast(ctx context.Context, listener, timeZone string, until time.Time) error {
	n := w.names()
	if _, _, err := w.run(ctx, "statements/sum_past_tracks", n, param("listener", listener), param("until", until)); err != nil {
		return err
	}
	n.Where, n.Counts = "listener = @listener AND played_at < @twins", "played_at < @until"
	_, _, err := w.run(ctx, "statements/sum_past_plays", n, param("listener", listener), param("time_zone", timeZone),
		param("until", until), param("twins", beside(until, TwinReach+time.Microsecond)))
	return err
}
