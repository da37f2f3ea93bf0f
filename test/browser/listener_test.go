package browser

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/insights"
)

const years = 3 // of the history

// hostile are names that come from Spotify. Each is the name of a track, its artist and its album.
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(2)>`,
	strings.Repeat("Endless", 4000/len("Endless")),
	"שלום عالم \u202egnp.exe",
	"🎛️👩‍👩‍👧‍👦🏴‍☠️",
	" \u2800 ",
	"\u0301",
	`{{.}} ${7*7} javascript:alert(3)`,
}

// putHistory writes the listener "me": a history with an open and a closed gap, of plays from an export, then from both
// sources, then from the API. The hostile names are among the most played of the last weeks. The longest one is new
// today.
func putHistory(b *historytest.Bucket, now time.Time, zone *time.Location) {
	listens, tracks := invented(now, zone)
	for i, name := range hostile {
		id := fmt.Sprintf("hostile%015d", i)
		tracks[id] = historytest.Track{
			TrackID: id, TrackName: &name, Artists: &name, ArtistName: &name, Album: &name, AlbumArtist: &name, DurationMS: new(int64(200_000)),
			SpotifyURL: new("javascript:alert(4)"), ImageURL: new("https://i.scdn.co/image/" + id),
		}
		plays, step := 60-i, 9*time.Hour
		if len(name) > 1000 {
			plays, step = 12, time.Hour
		}
		for n := range plays {
			listens = append(listens, listen(now.Add(-time.Duration(n)*step-time.Duration(i)*time.Minute), id, 200_000))
		}
	}
	slices.SortFunc(listens, func(a, b historytest.Listen) int {
		return cmp.Or(cmp.Compare(a.PlayedAt, b.PlayedAt), cmp.Compare(a.TrackID, b.TrackID))
	})
	var list []historytest.Track
	for _, l := range listens {
		if t, ok := tracks[l.TrackID]; ok {
			list = append(list, t)
			delete(tracks, l.TrackID)
		}
	}
	putPrivate(b, now, listens, list)
	putPublic(b, now, zone, listens, list)
}

func openGap(now time.Time) insights.Gap {
	return insights.Gap{After: now.AddDate(0, -2, -3), Before: now.AddDate(0, -2, 0)}
}

// invented returns plays without those of the open gap, and their tracks by id.
func invented(now time.Time, zone *time.Location) ([]historytest.Listen, map[string]historytest.Track) {
	var listens []historytest.Listen
	tracks := map[string]historytest.Track{}
	gap := openGap(now)
	for i, p := range fakespotify.History(1, now.AddDate(-years, 0, 0), now, zone) {
		if p.PlayedAt.After(gap.After) && p.PlayedAt.Before(gap.Before) {
			continue
		}
		l := listen(p.PlayedAt, p.Track.ID, int64(p.Track.DurationMS))
		if last := len(listens) - 1; last >= 0 && p.PlayedAt.After(gap.Before) && listens[last].PlayedAt < gap.Before.UnixMicro() {
			l.FollowsGap = true
		}
		if p.PlayedAt.Before(now.AddDate(0, -7, 0)) {
			l.ToldBy, l.MSMeasured, l.Finished = "both", true, new(i%5 > 0)
		}
		if p.PlayedAt.Before(now.AddDate(0, -8, 0)) {
			l.ToldBy = "export"
		}
		listens = append(listens, l)
		if _, ok := tracks[p.Track.ID]; !ok {
			tracks[p.Track.ID] = track(p.Track, len(tracks))
		}
	}
	return listens, tracks
}

func listen(at time.Time, id string, ms int64) historytest.Listen {
	return historytest.Listen{PlayedAt: at.UnixMicro(), TrackID: id, MSPlayed: &ms, ToldBy: "api"}
}

// track returns a track. Some have no ids but a track's own, as in an export, and some have no features or no cover.
func track(t fakespotify.Track, n int) historytest.Track {
	artist := &t.Artists[0]
	x := historytest.Track{
		TrackID: t.ID, TrackName: &t.Name, Artists: &artist.Name, ArtistName: &artist.Name, ArtistID: &artist.ID,
		Album: &t.Album.Name, AlbumID: &t.Album.ID, AlbumArtist: &artist.Name, DurationMS: new(int64(t.DurationMS)),
		SpotifyURL: new("https://open.spotify.com/track/" + t.ID), FeaturesFound: new(n%12 > 0),
	}
	if n%8 == 0 {
		x.ArtistID, x.AlbumID = nil, nil
	}
	if n%3 > 0 {
		x.ImageURL = new(fmt.Sprintf("https://i.scdn.co/image/%040x", n))
	}
	if n%12 > 0 {
		share := func(prime int) *float64 { return new(float64(n*prime%101) / 100) }
		x.Danceability, x.Energy, x.Valence, x.Speechiness, x.Acousticness = share(7), share(13), share(29), share(31), share(37)
		x.Instrumental, x.Liveness, x.Loudness, x.Tempo = share(41), share(43), new(-float64(n%20)), new(float64(70+n%110))
		x.Key, x.Mode, x.TimeSignature = new(int64(n%12)), new(int64(n%2)), new(int64(4))
	}
	return x
}

func putPrivate(b *historytest.Bucket, now time.Time, listens []historytest.Listen, tracks []historytest.Track) {
	d := historytest.PutDocument(b, "me", now, listens, tracks)
	imported := now.AddDate(0, -7, 0)
	d.Status = &insights.Warehouse{
		LastLoadAt: &now, FetchedAt: &now, Rejected: 2, Gaps: []insights.Gap{openGap(now)},
		ClosedGaps: []insights.Gap{{After: now.AddDate(-1, -2, -3), Before: now.AddDate(-1, -2, 0)}},
		Imports: []insights.Import{{
			Zip: "b2", Name: hostile[0] + ".zip", ImportedAt: imported, Oldest: new(now.AddDate(-years, 0, 0)), Newest: &imported, Rows: 61_200, Loaded: 61_200,
			Files: []insights.ImportedFile{
				{Name: "Streaming_History_Audio_2024_0.json", Rows: 60_115, Plays: 58_911, Duplicates: 1_202, Rejected: 2},
				{Name: "Streaming_History_Video_2024.json", Rows: 1_085, NotMusic: 1_085},
			},
		}},
	}
	b.PutJSON(insights.DocumentName("me"), d)
	b.PutJSON(insights.StatusName("me"), insights.Status{
		Listener: "me", Outcome: insights.Written, LastRunAt: now, LastIngestAt: &now, AuthorizedAt: new(now.AddDate(0, -1, 0)),
	})
}

func putPublic(b *historytest.Bucket, now time.Time, zone *time.Location, listens []historytest.Listen, tracks []historytest.Track) {
	days := make([]historytest.Day, len(listens))
	for i, l := range listens {
		year, month, day := time.UnixMicro(l.PlayedAt).In(zone).Date()
		days[i] = historytest.Day{Day: int64(year*10_000 + int(month)*100 + day), TrackID: l.TrackID, MSPlayed: l.MSPlayed}
	}
	slices.SortStableFunc(days, func(a, b historytest.Day) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.TrackID, b.TrackID))
	})
	s := historytest.Put(b, insights.PublicPrefix+insights.SnapshotPrefix("me")+"1/", now, days, tracks)
	b.PutJSON(insights.PublicPrefix+insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: now, Snapshot: s})
}
