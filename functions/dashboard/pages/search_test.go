package pages_test

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

func searchSample() ([]historytest.Listen, []historytest.Track) {
	evil := `<script>alert("x")</script>`
	tracks := []historytest.Track{
		{TrackID: "a", TrackName: new("Jóga"), Artists: new("Björk"), ArtistName: new("Björk"), ArtistID: new("bjork"), Album: new("Homogenic"), AlbumID: new("homogenic"), AlbumArtist: new("Björk")},
		{TrackID: "b", TrackName: new("Hunter"), Artists: new("Björk"), ArtistName: new("Björk"), ArtistID: new("bjork"), Album: new("Homogenic"), AlbumID: new("homogenic"), AlbumArtist: new("Björk")},
		{TrackID: "c", TrackName: &evil, Artists: &evil, ArtistName: &evil},
	}
	var listens []historytest.Listen
	for i, id := range []string{"a", "a", "b", "c"} {
		listens = append(listens, historytest.Listen{PlayedAt: snapshotAt.AddDate(-1, 0, -i).UnixMicro(), TrackID: id, MSPlayed: new(int64(60_000)), ToldBy: "api"})
	}
	return listens, tracks
}

// The results are of the whole history, whatever the period of the address, and it travels.
func TestSearch(t *testing.T) {
	listens, tracks := searchSample()
	d := newDiary(t, "Europe/Berlin", listens, tracks)
	d.contains("/search?q=BJORK&period=4w", `href="/artist/bjork?period=4w"`, `href="/album/homogenic?period=4w"`, `href="/track/a?period=4w"`, `>3<`, `value="BJORK"`, `name="period" value="4w"`, "!not played in")
	d.contains("/search?q=%3Cscript&listener=sister", "&lt;script&gt;", "!<script>alert", `name="listener" value="sister"`)
	d.contains("/search?q=jogga", "No name contains", "These names are similar", "Jóga")
	d.contains("/search?q=nothing+like+this", "No name contains", "Try a shorter part")
	for _, query := range []string{"", "?q=", "?q=+%09", "?period=4w"} {
		d.contains("/search"+query, "Most played artists", "Björk", "!No name contains")
	}
	d.contains("/search?listener=you", "No plays yet")

	var s pages.Search
	d.read("/search.json?q=homogenic+bjork", &s)
	if len(s.Albums) != 1 || s.Albums[0].TimesPlayed != 3 || len(s.Artists)+len(s.Tracks) != 0 || s.Near != nil {
		t.Errorf("%+v", s)
	}
	d.read("/search.json?q=jogga", &s)
	if s.Near == nil || len(s.Near.Tracks) != 1 || s.Near.Tracks[0].TrackID != "a" {
		t.Errorf("%+v", s)
	}
	if rows := d.rows("/search.csv?q=bj%C3%B6rk"); len(rows) != 4 || !slices.Equal(rows[0], []string{"artist", "bjork", "Björk", "", "3", "3"}) || rows[1][0] != "album" || !slices.Equal(rows[2][:4], []string{"track", "a", "Jóga", "Björk"}) {
		t.Errorf("%q", rows)
	}
}

// A page repeats the beginning of a long query at most.
func TestLongQuery(t *testing.T) {
	listens, tracks := searchSample()
	d := newDiary(t, "Europe/Berlin", listens, tracks)
	long := strings.Repeat("%C3%BC", 450_000)
	for _, path := range []string{"/search", "/search.json"} {
		if body := d.page(path+"?q="+long, 400); !strings.Contains(body, "is too long") || len(body) > 3000 {
			t.Errorf("%s: %d bytes", path, len(body))
		}
	}
	for _, target := range []string{"/history?q=", "/?q=", "/artists?by=", "/tracks?date="} {
		if body := d.page(target+long, 200); len(body) > 60_000 || strings.Contains(body, strings.Repeat("ü", 129)) {
			t.Errorf("%s: %d bytes", target, len(body))
		}
	}
	d.contains("/search?q=%FF%00x", "No name contains")
}

// A public page has a search, and no history.
func TestPublicSearch(t *testing.T) {
	_, tracks := searchSample()
	b := historytest.NewBucket()
	days := []historytest.Day{{Day: 20260501, TrackID: "a"}, {Day: 20260502, TrackID: "b"}, {Day: 20260503, TrackID: "c"}}
	snapshot := historytest.Put(b, insights.PublicPrefix+insights.SnapshotPrefix("me")+"1/", snapshotAt, days, tracks)
	b.PutJSON(insights.PublicPrefix+insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: snapshotAt, Snapshot: snapshot})
	all := listener.Set{"me": {ID: "me", TimeZone: "UTC", Zone: time.UTC, Public: true}}
	handler := dashboard.New(config.Dashboard{Listeners: all, Audience: "public"}, b, func() time.Time { return snapshotAt }).Handler()
	for target, code := range map[string]int{
		"/search?q=bjork": 200, "/search?q=jogga": 200, "/search": 200, "/search.json?q=bjork": 200,
		"/history": 404, "/history/2026-05": 404, "/history/2026-05-01": 404, "/history.csv": 404, "/history?date=2026-05-01": 404,
	} {
		w := httptest.NewRecorder()
		handler(w, httptest.NewRequest("GET", target, nil))
		if body := w.Body.String(); w.Code != code || code == 200 && !strings.Contains(body, "Björk") || strings.Contains(body, "May 2026") || strings.Contains(body, `href="/history`) {
			t.Errorf("%s is %d %.200s", target, w.Code, body)
		}
	}
}
