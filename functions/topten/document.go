package topten

import (
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/warehouse"
)

// newDocument is a document without figures: the periods everybody has, all empty.
func newDocument(listener string, standing warehouse.Standing, past insights.Past) *insights.Document {
	d := &insights.Document{
		Listener: listener,
		AsOf:     standing.AsOf.UTC(),
		Past:     past,
		Recent:   []insights.Recent{},
		Periods:  map[string]*insights.Period{insights.PeriodAll: insights.NewPeriod()},
		Warehouse: insights.Warehouse{
			Rejected:      standing.Rejected,
			FailedObjects: standing.FailedObjects,
			Gaps:          []insights.Gap{},
		},
	}
	for _, w := range insights.Windows {
		d.Periods[w.Period] = insights.NewPeriod()
	}
	if standing.LastLoadAt.Valid {
		d.Warehouse.LastLoadAt = new(standing.LastLoadAt.Timestamp.UTC())
	}
	for _, g := range standing.Gaps {
		d.Warehouse.Gaps = append(d.Warehouse.Gaps, insights.Gap{After: g.After.UTC(), Before: g.Before.UTC()})
	}
	return d
}

// fill puts the rows of a ranking, which are in the order of their ranks, into their places.
func fill(d *insights.Document, standouts []warehouse.Standout) {
	for _, s := range standouts {
		if s.Kind == warehouse.KindKept {
			continue
		}
		if strings.HasPrefix(s.Period, warehouse.PeriodRecent) {
			d.Recent = append(d.Recent, recentOf(s))
			continue
		}
		p := d.Periods[s.Period]
		if p == nil {
			p = insights.NewPeriod()
			d.Periods[s.Period] = p
		}
		count := insights.Count{Rank: int(s.Rank), TimesPlayed: s.Plays, MinutesPlayed: minutes(s.MS), LastPlayedAt: new(s.LastPlayedAt.UTC())}
		switch s.Kind {
		case warehouse.KindTotal:
			p.Totals.Plays, p.Totals.Minutes, p.Totals.Tracks = s.Plays, minutes(s.MS), s.Tracks
			if s.Period == insights.PeriodAll {
				d.Coverage = insights.Coverage{Tracks: s.Tracks, WithFeatures: s.Featured, Unasked: s.Unasked}
			}
		case warehouse.KindTrack:
			p.TopTracks = append(p.TopTracks, trackOf(s, count))
		case warehouse.KindArtist:
			p.Totals.Artists = s.Peers
			p.TopArtists = append(p.TopArtists, insights.Artist{Count: count, ArtistName: s.ArtistName.StringVal, ImageURL: text(s.ImageURL)})
		case warehouse.KindAlbum:
			p.TopAlbums = append(p.TopAlbums, insights.Album{Count: count, Album: s.Album.StringVal, ArtistName: text(s.ArtistName), ImageURL: text(s.ImageURL)})
		}
	}
	slices.SortStableFunc(d.Recent, func(a, b insights.Recent) int { return b.PlayedAt.Compare(a.PlayedAt) })
	d.Recent = d.Recent[:min(len(d.Recent), warehouse.RecentPlays)]
}

// topTen makes the rows of the table of a document's tracks.
func topTen(d *insights.Document) []warehouse.Ranked {
	var rows []warehouse.Ranked
	for _, period := range slices.Sorted(maps.Keys(d.Periods)) {
		for _, t := range d.Periods[period].TopTracks {
			rows = append(rows, warehouse.Ranked{
				Listener: d.Listener, Period: period, Rank: t.Rank, TrackID: t.TrackID, TrackName: t.TrackName, Artists: t.Artists,
				TimesPlayed: t.TimesPlayed, MinutesPlayed: t.MinutesPlayed, LastPlayedAt: t.LastPlayedAt,
				SpotifyURL: t.SpotifyURL, ImageURL: t.ImageURL, Danceability: t.Danceability, Energy: t.Energy, Valence: t.Valence,
			})
		}
	}
	return rows
}

func trackOf(s warehouse.Standout, count insights.Count) insights.Track {
	return insights.Track{
		Count: count, TrackID: s.TrackID.StringVal, TrackName: text(s.TrackName), Artists: text(s.Artists),
		SpotifyURL: text(s.SpotifyURL), ImageURL: text(s.ImageURL),
		Danceability: number(s.Danceability), Energy: number(s.Energy), Valence: number(s.Valence),
	}
}

func recentOf(s warehouse.Standout) insights.Recent {
	recent := insights.Recent{
		PlayedAt: s.LastPlayedAt.UTC(), TrackID: s.TrackID.StringVal, TrackName: text(s.TrackName), Artists: text(s.Artists),
		SpotifyURL: text(s.SpotifyURL), ImageURL: text(s.ImageURL),
	}
	if s.DurationMS.Valid {
		recent.DurationMS = &s.DurationMS.Int64
	}
	return recent
}

func minutes(ms int64) float64 { return float64(ms) / 60000 }

func text(s bigquery.NullString) *string {
	if !s.Valid {
		return nil
	}
	return &s.StringVal
}

func number(f bigquery.NullFloat64) *float64 {
	if !f.Valid {
		return nil
	}
	return &f.Float64
}
