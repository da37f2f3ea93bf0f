package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
)

// writers is how many objects are written at once while a lake is filled.
const writers = 8

// steady is so many plays up to an end, one every interval, of the tracks of an invented listener.
func steady(n int, interval time.Duration, end time.Time) []fakespotify.Play {
	var history []fakespotify.Play
	for days := 60; len(history) < min(n, 20_000); days *= 2 { // enough to have tracks that come back
		history = fakespotify.History(2, end.AddDate(0, 0, -days), end, time.UTC)
	}
	steady := make([]fakespotify.Play, n)
	for i := range steady {
		steady[i] = history[i%len(history)]
		steady[i].PlayedAt = end.Add(-time.Duration(n-i) * interval).Truncate(time.Millisecond)
	}
	return steady
}

// item is a play as recently-played tells it, with the keys and about the length of a real one.
func item(p fakespotify.Play) json.RawMessage {
	type named = map[string]any
	page := func(kind, id string) named {
		return named{"spotify": "https://open.spotify.com/" + kind + "/" + id}
	}
	artists := make([]named, len(p.Track.Artists))
	for i, a := range p.Track.Artists {
		artists[i] = named{"external_urls": page("artist", a.ID), "href": "https://api.spotify.com/v1/artists/" + a.ID, "id": a.ID,
			"name": a.Name, "type": "artist", "uri": "spotify:artist:" + a.ID}
	}
	var images []named
	for _, size := range []int{640, 300, 64} {
		images = append(images, named{"height": size, "width": size, "url": "https://i.scdn.co/image/ab67616d0000b273" + p.Track.Album.ID})
	}
	text, err := json.Marshal(named{"played_at": p.PlayedAt.UTC().Format("2006-01-02T15:04:05.000Z"), "context": nil, "track": named{
		"album": named{"album_type": "album", "artists": artists, "external_urls": page("album", p.Track.Album.ID), "id": p.Track.Album.ID,
			"href": "https://api.spotify.com/v1/albums/" + p.Track.Album.ID, "images": images, "name": p.Track.Album.Name,
			"release_date": p.Track.Album.ReleaseDate, "release_date_precision": "day", "total_tracks": 10, "type": "album"},
		"artists": artists, "disc_number": 1, "duration_ms": p.Track.DurationMS, "explicit": false,
		"external_ids": named{"isrc": p.Track.ISRC}, "external_urls": page("track", p.Track.ID), "id": p.Track.ID,
		"href": "https://api.spotify.com/v1/tracks/" + p.Track.ID, "is_local": false, "name": p.Track.Name, "preview_url": nil,
		"track_number": 1, "type": "track", "uri": "spotify:track:" + p.Track.ID,
	}})
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return text
}

// writePages writes the pages that hourly ingests of so many hours would have written, and returns
// how many distinct plays they hold.
func writePages(ctx context.Context, bucket *bucket.Bucket, hours, playsAnHour int) (distinct int, err error) {
	all := steady(hours*playsAnHour+lake.PageSize, time.Hour/time.Duration(playsAnHour), time.Now().Add(-time.Hour))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(writers)
	for hour := range hours {
		work.Go(func() error {
			last := (hour+1)*playsAnHour + lake.PageSize
			_, err := writePage(ctx, bucket, all[last-lake.PageSize:last])
			return err
		})
	}
	return len(all) - playsAnHour, work.Wait()
}

// writePage writes a page of plays, oldest first, as it is fetched a minute after the last, and returns the
// name of its object.
func writePage(ctx context.Context, bucket *bucket.Bucket, window []fakespotify.Play) (name string, err error) {
	items := make([]json.RawMessage, len(window))
	for i, p := range window {
		items[len(window)-1-i] = item(p) // the newest first
	}
	rows := spotify.PlayRows(listenerID, items, window[len(window)-1].PlayedAt.Add(time.Minute))
	name = lake.PageName(listenerID, rows)
	return name, writeRows(ctx, bucket, name, rows)
}

// writeExport writes one object of so many rows of a privacy export.
func writeExport(ctx context.Context, bucket *bucket.Bucket, name string, n int) error {
	rows := make([]lake.PlayRow, n)
	for i, p := range steady(n, 4*time.Minute, time.Now().AddDate(-1, 0, 0)) {
		track, file := p.Track, "Streaming_History_Audio_2019-2020_1.json"
		raw := fmt.Sprintf(`{"ts":%q,"platform":"ios","ms_played":%d,"conn_country":"US","master_metadata_track_name":%q,"master_metadata_album_artist_name":%q,`+
			`"master_metadata_album_album_name":%q,"spotify_track_uri":"spotify:track:%s","episode_name":null,"episode_show_name":null,"spotify_episode_uri":null,`+
			`"audiobook_title":null,"audiobook_uri":null,"audiobook_chapter_uri":null,"audiobook_chapter_title":null,"reason_start":"trackdone",`+
			`"reason_end":"trackdone","shuffle":false,"skipped":false,"offline":false,"offline_timestamp":null,"incognito_mode":false}`,
			p.PlayedAt.Format(time.RFC3339), p.Track.DurationMS, track.Name, track.Artists[0].Name, track.Album.Name, track.ID)
		rows[i] = lake.PlayRow{Listener: listenerID, Source: lake.SourceExport, PlayedAt: &p.PlayedAt, TrackID: &track.ID, TrackName: &track.Name,
			Artists: &track.Artists[0].Name, ArtistName: &track.Artists[0].Name, Album: &track.Album.Name, MSPlayed: new(int64(track.DurationMS)),
			IngestedAt: time.Now().UTC().Truncate(time.Microsecond), File: &file, RowIndex: i, Version: lake.PlayVersion, Raw: raw}
	}
	return writeRows(ctx, bucket, name, rows)
}

func writeRows(ctx context.Context, bucket *bucket.Bucket, name string, rows []lake.PlayRow) error {
	for i := range rows {
		rows[i].Object = name
	}
	content, err := lake.Encode(rows)
	if err != nil {
		return err
	}
	_, err = bucket.Create(ctx, name, lake.ContentType, content)
	return err
}
