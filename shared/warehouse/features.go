package warehouse

import (
	"context"
	"time"
)

// StageFeatures loads 1 to 10,000 objects of audio features into a new staging table in one job: see
// [Stage].
func (w *Warehouse) StageFeatures(ctx context.Context, uris []string) (*Stage, error) {
	return w.stageObjects(ctx, AudioFeatures, stagedFeatures(), "statements/stage_features_summary", uris, (*Stage).mergeFeatures)
}

// mergeFeatures leaves TookOver as it is: which object a track's row came from moves whenever a miss is
// asked for again, and the daily recount is soon enough for a ledger that no figure is made of.
func (s *Stage) mergeFeatures(ctx context.Context) (map[string]int64, error) {
	_, status, err := s.w.run(ctx, "statements/merge_features", s.names())
	if err != nil {
		return nil, err
	}
	if changed(status).InsertedRowCount < s.readable() { // of some tracks there were rows
		if _, _, err := s.w.run(ctx, "statements/update_features", s.names()); err != nil {
			return nil, err
		}
	}
	return s.count(ctx, "statements/inserted_features")
}

// MissLife is for how long a track that no provider knew is not asked for again.
const MissLife = 90 * 24 * time.Hour

// MaxMissing is how many tracks [Warehouse.MissingFeatures] returns at most.
const MaxMissing = 100_000

// Missing is a track that is to be asked for.
type Missing struct {
	TrackID string `bigquery:"track_id"`
	Missed  bool   `bigquery:"missed"` // nobody knew it when it was asked for
}

// MissingFeatures are the tracks that count, played at or after since, of which there is no row of audio
// features, or one from before now less [MissLife] that says that nobody knows the track. With a zero
// since it reads every play.
func (w *Warehouse) MissingFeatures(ctx context.Context, since, now time.Time) ([]Missing, error) {
	return read[Missing](ctx, w, "statements/missing_features", w.names(), param("since", since), param("forgotten", now.Add(-MissLife)))
}
