package property

import (
	"fmt"
	"time"

	"spotify-insights.internal/shared/lake"
)

// tracks is the number of tracks. All listeners share them, and some are played far more often than others.
const tracks = 24

func trackID(track int) string { return fmt.Sprintf("track%02d", track) }

// track chooses a track; one in three choices is among the first three.
func (d dice) track() int {
	if d.chance(33) {
		return d.IntN(3)
	}
	return d.IntN(tracks)
}

// length is the length of a track in milliseconds. Some tracks are too short to count in an export.
func length(track int) int64 { return int64(20_000 + track*9_137) }

// inAPI is the API's row of a track at an instant: names change with the years, and any value can be
// missing.
func (d dice) inAPI(track int, at time.Time) lake.PlayRow {
	row := lake.PlayRow{TrackID: new(trackID(track)), DurationMS: d.duration(track)}
	row.TrackName = maybe(d, 6, fmt.Sprintf("Song %d of %d", track, at.Year()))
	row.Artists = maybe(d, 5, fmt.Sprintf("Artist %d, Guest %d", track%7, at.Month()%3))
	row.ArtistName = maybe(d, 5, fmt.Sprintf("Artist %d", track%7))
	row.ArtistID = maybe(d, 5, fmt.Sprintf("artist%d", track%7))
	if !d.chance(10) {
		row.Album, row.AlbumID = new(fmt.Sprintf("Album %d", track%9)), new(fmt.Sprintf("album%d", track%9))
		row.AlbumArtist = maybe(d, 10, fmt.Sprintf("Artist %d", track%7))
	}
	row.ISRC = maybe(d, 20, fmt.Sprintf("ISRC%02d", track))
	row.SpotifyURL = maybe(d, 5, "https://open.spotify.com/track/"+trackID(track))
	row.ImageURL = maybe(d, 10, fmt.Sprintf("https://i.scdn.co/image/%d-%d", track, at.Year()))
	row.ContextURI = maybe(d, 40, fmt.Sprintf("spotify:playlist:%d", d.IntN(5)))
	return row
}

// duration is the length that the API reports: usually the right one.
func (d dice) duration(track int) *int64 {
	switch d.IntN(40) {
	case 0, 1:
		return nil
	case 2:
		return new(int64(0))
	case 3:
		return new(int64(86_400_000)) // the longest valid one
	case 4:
		return new(int64(86_400_001))
	case 5, 6:
		return new(length(track) + int64(d.from(-5000, 5000)))
	}
	return new(length(track))
}

// inExport is the export's row of a track: it has only names, and the artist is the album's.
func (d dice) inExport(track int, at time.Time) lake.PlayRow {
	return lake.PlayRow{
		TrackID:     new(trackID(track)),
		TrackName:   maybe(d, 5, fmt.Sprintf("Song %d (export of %d)", track, at.Year())),
		Artists:     maybe(d, 5, fmt.Sprintf("Artist %d", track%7)),
		ArtistName:  maybe(d, 5, fmt.Sprintf("Artist %d", track%7)),
		Album:       maybe(d, 5, fmt.Sprintf("Album %d", track%9)),
		AlbumArtist: maybe(d, 5, fmt.Sprintf("Artist %d", track%7)),
		DurationMS:  maybe(d, 95, length(track)), // not in today's exports
		SpotifyURL:  maybe(d, 5, "https://open.spotify.com/track/"+trackID(track)),
		ContextURI:  maybe(d, 80, fmt.Sprintf("spotify:album:%d", d.IntN(5))),
		ReasonStart: maybe(d, 20, pick(d, "trackdone", "clickrow")),
		ReasonEnd:   maybe(d, 20, pick(d, "trackdone", "fwdbtn", "endplay")),
		Shuffle:     d.flag(), Skipped: d.flag(), Offline: d.flag(), Incognito: d.flag(),
	}
}
