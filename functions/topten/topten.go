package topten

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"spotify-insights.internal/shared/events"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/handler"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/objects"
	"spotify-insights.internal/shared/settings"
	"spotify-insights.internal/shared/warehouse"
)

// Ranker makes the table top_ten and the insights document of a listener.
type Ranker struct {
	Listeners map[string]settings.Listener
	Warehouse interface {
		Standing(ctx context.Context, listener string, until time.Time) (warehouse.Standing, error)
		SumPast(ctx context.Context, listener, timeZone string, until time.Time) (warehouse.Sum, error)
		Ranking(ctx context.Context, q warehouse.Question) ([]warehouse.Standout, error)
		ReplaceTopTen(ctx context.Context, listener string, rows []warehouse.Ranked) error
	}
	Documents interface {
		ReadJSON(ctx context.Context, name string, v any) (generation int64, err error)
		WriteJSON(ctx context.Context, name string, v any, generation int64) error
	}
}

// clockStep is the precision of the warehouse's word on when a load was committed.
const clockStep = time.Millisecond

// maxRounds is how often a run begins anew because another has overtaken it.
const maxRounds = 5

// Handle ranks for one message. The insights document is written last and is the marker of a
// completed ranking: a message about a load that it covers is acknowledged without work, which makes
// one ranking of a storm of messages.
func (r *Ranker) Handle(ctx context.Context, e event.Event) (err error) {
	loaded, err := events.DecodeLoaded(e)
	if err != nil {
		return err
	}
	listener, err := settings.Find(r.Listeners, loaded.Listener)
	if err != nil {
		return err
	}
	defer faults.Wrap(&err, "ranking for %s", listener.ID)
	name := insights.DocumentName(listener.ID)
	var known []insights.Gap // as this run found them: what it tells twice is no loss, what it does not tell is
	for overtaken := 0; overtaken < maxRounds; overtaken++ {
		var before insights.Document
		generation, err := r.Documents.ReadJSON(ctx, name, &before)
		if err != nil {
			if generation == 0 {
				return err
			}
			before = insights.Document{} // a broken one: nothing of it is believed
		}
		if overtaken == 0 && before.AsOf.Sub(loaded.CommittedAt) >= clockStep {
			handler.Logger().DebugContext(ctx, "ranked already", "listener", listener.ID)
			return nil
		}
		if overtaken == 0 && loaded.Features && err == nil {
			if concerned, err := r.concerned(ctx, listener.ID, before); err != nil || !concerned {
				return err
			}
		}
		if overtaken == 0 {
			known = before.Warehouse.Gaps
		}
		document, err := r.rank(ctx, listener, &before, generation)
		if err == nil {
			err = r.Documents.WriteJSON(ctx, name, document, generation)
		}
		if errors.Is(err, objects.ErrPrecondition) || errors.Is(err, errOvertaken) {
			// Another run has ended meanwhile, and may have read less than this one or written
			// the table before it. A new round leaves table and document of one reading.
			continue
		}
		if err != nil {
			return err
		}
		reportGaps(ctx, listener.ID, known, document.Warehouse.Gaps)
		all := document.Periods[insights.PeriodAll]
		handler.Logger().InfoContext(ctx, "ranked", "listener", listener.ID, "plays", all.Totals.Plays, "tracks", all.Totals.Tracks,
			"periods", len(document.Periods), "as_of", document.AsOf)
		return nil
	}
	return fmt.Errorf("overtaken %d times by other rankings", maxRounds)
}

// concerned reports whether audio features can change anything that is told of a listener: a track waits
// for them, or plays were loaded that nothing is told of yet, in a ranking that may be under way.
func (r *Ranker) concerned(ctx context.Context, listener string, before insights.Document) (bool, error) {
	if before.Coverage.Unasked > 0 {
		return true, nil
	}
	standing, err := r.Warehouse.Standing(ctx, listener, before.Past.Until)
	return standing.LastLoadAt.Valid && standing.LastLoadAt.Timestamp.After(before.AsOf), err
}

// reportGaps logs the gaps that were not known, for a person to be told of.
func reportGaps(ctx context.Context, listener string, known, gaps []insights.Gap) {
	for _, gap := range gaps {
		if !slices.ContainsFunc(known, func(k insights.Gap) bool { return k.After.Equal(gap.After) && k.Before.Equal(gap.Before) }) {
			handler.Logger().WarnContext(ctx, "gap found", "listener", listener, "after", gap.After, "before", gap.Before)
		}
	}
}

// errOvertaken says that another ranking has ended since this one began.
var errOvertaken = errors.New("overtaken by another ranking")

// rank replaces the listener's rows of top_ten and returns the document that says the same and more.
// generation is that of the document before. The error is errOvertaken where it is another by now:
// rows that are older than the document must not take the table.
func (r *Ranker) rank(ctx context.Context, listener settings.Listener, before *insights.Document, generation int64) (*insights.Document, error) {
	past := before.Past
	standing, err := r.Warehouse.Standing(ctx, listener.ID, past.Until)
	if err != nil {
		return nil, err
	}
	firstYear := past.Until.In(listener.Zone).Year()
	var standouts []warehouse.Standout
	for summed := false; ; {
		if summed || !current(past, standing, listener) {
			if past, standing, err = r.sumPast(ctx, listener, standing); err != nil {
				return nil, err
			}
			summed, firstYear = true, 0
		}
		if standouts, err = r.Warehouse.Ranking(ctx, warehouse.Question{
			Listener: listener.ID, TimeZone: listener.TimeZone, Since: windows(standing), RecentSince: recentSince(standing),
			Until: past.Until, Sum: past.SumID, FirstYear: firstYear, Kept: keptTracks(before, firstYear),
		}); err != nil {
			return nil, err
		}
		if pastRows(standouts) == past.Rows {
			break
		}
		if summed { // and another run has put its own sum there meanwhile
			return nil, errOvertaken
		}
		summed = true // the rows were deleted: they can be made again
	}
	document := newDocument(listener.ID, standing, past)
	fill(document, standouts)
	keepYears(document, before, firstYear, standouts)
	var now insights.Document
	if current, err := r.Documents.ReadJSON(ctx, insights.DocumentName(listener.ID), &now); err == nil && current != generation {
		return nil, errOvertaken
	}
	return document, r.Warehouse.ReplaceTopTen(ctx, listener.ID, topTen(document))
}

// sumPast sums a listener's past anew, and says how the loads stood before.
func (r *Ranker) sumPast(ctx context.Context, listener settings.Listener, standing warehouse.Standing) (insights.Past, warehouse.Standing, error) {
	until := pastUntil(standing)
	// Asked before the sum is made: what is loaded meanwhile is found to be missing the next time.
	standing, err := r.Warehouse.Standing(ctx, listener.ID, until)
	if err != nil {
		return insights.Past{}, standing, err
	}
	sum, err := r.Warehouse.SumPast(ctx, listener.ID, listener.TimeZone, until)
	return insights.Past{
		Until: until, SumID: sum.ID, Rows: sum.Rows, Loads: standing.PastLoads, SummedAt: standing.AsOf.UTC(), TimeZone: listener.TimeZone,
	}, standing, err
}
