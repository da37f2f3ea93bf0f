package property

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"spotify-insights.internal/shared/lake"
)

// precedence is the first part of the order of a track's rows.
func precedence(row lake.PlayRow) int64 {
	order := row.PlayedAt.UnixMicro()
	if row.TrackName != nil {
		order += 4e16
	}
	if row.ArtistName != nil && row.Album != nil && row.DurationMS != nil {
		order += 2e16
	}
	if row.Source == lake.SourceAPI {
		order += 1e16
	}
	return order
}

// counts reports whether a row can describe its track.
func counts(row lake.PlayRow) bool {
	return row.IsPlay() && (row.Source == lake.SourceAPI || row.MSPlayed != nil && *row.MSPlayed >= countedMS)
}

// tracksOf computes the table tracks, by track: the last row, in the order of [later], of all listeners.
func tracksOf(objects []object) map[string]lake.PlayRow {
	best := map[string]lake.PlayRow{}
	for _, o := range objects {
		for _, row := range o.plays {
			if !counts(row) {
				continue
			}
			if old, ok := best[*row.TrackID]; !ok || later(row, old) {
				best[*row.TrackID] = row
			}
		}
	}
	return best
}

func later(a, b lake.PlayRow) bool {
	return cmp.Or(cmp.Compare(precedence(a), precedence(b)), a.IngestedAt.Compare(b.IngestedAt), cmp.Compare(a.Listener, b.Listener),
		cmp.Compare(a.RowIndex, b.RowIndex), cmp.Compare(value(a.File), value(b.File))) > 0
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// featuresOf computes the view features, by track: a found row before a miss, then the latest row.
func featuresOf(objects []object) map[string]lake.FeaturesRow {
	best := map[string]lake.FeaturesRow{}
	for _, o := range objects {
		for _, row := range o.features {
			old, ok := best[row.TrackID]
			if !ok || row.Found && !old.Found || row.Found == old.Found && row.FetchedAt.After(old.FetchedAt) {
				best[row.TrackID] = row
			}
		}
	}
	return best
}

// listener is the id of the object's listener, "" for features.
func (o object) listener() string {
	_, rest, _ := strings.Cut(o.name, "/listener=")
	id, _, _ := strings.Cut(rest, "/")
	return id
}

// rejectedOf counts a listener's distinct rejected items.
func rejectedOf(listener string, objects []object) int {
	items := map[string]bool{}
	for _, o := range objects {
		for _, row := range o.plays {
			if row.Listener == listener && !row.IsPlay() && *row.RejectReason != lake.NotMusic {
				items[*row.Item] = true
			}
		}
	}
	return len(items)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
