package warehouse

import (
	"context"
	"crypto/rand"
	"time"
)

// TwinReach is how far apart two rows of one play can be: see counted.sql.
const TwinReach = 5 * time.Second

// before and after are the times up to which the twins of plays from until on, and before it, lie. The
// zero time has nothing before it.
func before(until time.Time) time.Time {
	if until.IsZero() {
		return until
	}
	return until.Add(-TwinReach)
}

func after(until time.Time) time.Time {
	if until.IsZero() {
		return until
	}
	return until.Add(TwinReach + time.Microsecond) // BigQuery's precision: conditions on it are "less than"
}

// Sum is a sum of a listener's past. Two that are made at once leave the rows of both, or of one: a
// ranking takes those of one sum and compares their number.
type Sum struct {
	ID   string
	Rows int64 // of past_plays
}

// SumPast sums a listener's plays from before until up by track and year, by the clock of timeZone,
// so that a ranking need not read them. It reads every one of them.
func (w *Warehouse) SumPast(ctx context.Context, listener, timeZone string, until time.Time) (Sum, error) {
	sum := Sum{ID: rand.Text()}
	n := w.names()
	n.Ranking, n.Where, n.Counts = true, "listener = @listener AND played_at < @twins", "played_at < @until"
	if _, _, err := w.run(ctx, "statements/sum_past_tracks", n, param("listener", listener), param("until", until), param("sum_id", sum.ID)); err != nil {
		return Sum{}, err
	}
	_, status, err := w.run(ctx, "statements/sum_past_plays", n, param("listener", listener), param("time_zone", timeZone),
		param("until", until), param("twins", after(until)), param("sum_id", sum.ID))
	if err != nil {
		return Sum{}, err
	}
	sum.Rows = changed(status).InsertedRowCount
	return sum, nil
}
