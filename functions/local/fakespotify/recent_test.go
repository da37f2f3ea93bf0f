package fakespotify

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestBodyIsSpotifys(t *testing.T) {
	track := SimpleTrack(7)
	track.Album.Images = []Image{{Height: 640, URL: "https://images.example/7", Width: 640}}
	a := newApp(t, Options{}, listenerWith(
		Play{Track: track, PlayedAt: time.Date(2026, 6, 24, 11, 48, 2, 110e6, time.UTC), Context: &Context{"playlist", "37"}},
		Play{Track: SimpleTrack(8), PlayedAt: time.Date(2026, 6, 24, 11, 40, 0, 0, time.UTC)},
	))
	got := a.recent("refresh-me", "?limit=50").body

	artist := func(of Track) string {
		id, name := of.Artists[0].ID, of.Artists[0].Name
		return `{"external_urls":{"spotify":"https://open.spotify.com/artist/` + id + `"},"href":"https://api.spotify.com/v1/artists/` + id +
			`","id":"` + id + `","name":"` + name + `","type":"artist","uri":"spotify:artist:` + id + `"}`
	}
	item := func(of Track, n int, images, rest string) string {
		return `{"track":{"album":{"album_type":"album","artists":[` + artist(of) + `],"external_urls":{"spotify":"https://open.spotify.com/album/` + of.Album.ID +
			`"},"href":"https://api.spotify.com/v1/albums/` + of.Album.ID + `","id":"` + of.Album.ID + `","images":` + images +
			`,"name":"Album 0","release_date":"2020-02-20","release_date_precision":"day","total_tracks":10,"type":"album","uri":"spotify:album:` + of.Album.ID +
			`"},"artists":[` + artist(of) + `],"disc_number":1,"duration_ms":` + fmt.Sprint(of.DurationMS) + `,"explicit":false,"external_ids":{"isrc":"` + of.ISRC +
			`"},"external_urls":{"spotify":"https://open.spotify.com/track/` + of.ID + `"},"href":"https://api.spotify.com/v1/tracks/` + of.ID + `","id":"` + of.ID +
			`","is_local":false,"name":"Track ` + fmt.Sprint(n) + `","preview_url":null,"track_number":` + fmt.Sprint(n+1) + `,"type":"track","uri":"spotify:track:` + of.ID + `"},` + rest + `}`
	}
	want := `{"items":[` +
		item(track, 7, `[{"height":640,"url":"https://images.example/7","width":640}]`, `"played_at":"2026-06-24T11:48:02.110Z","context":{"type":"playlist","external_urls":{"spotify":"https://open.spotify.com/playlist/37"},"href":"https://api.spotify.com/v1/playlists/37","uri":"spotify:playlist:37"}`) + "," +
		item(SimpleTrack(8), 8, `[]`, `"played_at":"2026-06-24T11:40:00Z","context":null`) +
		`],"next":"http://api.fake/v1/me/player/recently-played?before=1782301200000&limit=50","cursors":{"after":"1782301682110","before":"1782301200000"},"limit":50,"href":"http://api.fake/v1/me/player/recently-played?limit=50"}`
	if got != want {
		t.Errorf("body\n%s\nwant\n%s", got, want)
	}
}

func TestEmptyForm(t *testing.T) {
	a := newApp(t, Options{}, listenerWith())
	if got, want := a.recent("refresh-me", "?limit=50").body, `{"items":[],"next":null,"cursors":null,"limit":50,"href":""}`; got != want {
		t.Errorf("body %s, want %s", got, want)
	}
}

func TestPages(t *testing.T) {
	plays := minutesAgo(60) // newest first
	ms := func(i int) string { return fmt.Sprint(plays[i].PlayedAt.UnixMilli()) }
	tests := []struct {
		query    string
		from, to int // of plays
		next     string
	}{
		{"", 0, 20, "before=" + ms(19) + "&limit=20"},
		{"?limit=1", 0, 1, "before=" + ms(0) + "&limit=1"},
		{"?limit=50", 0, 50, "before=" + ms(49) + "&limit=50"},
		{"?limit=5&before=" + ms(10), 11, 16, "before=" + ms(15) + "&limit=5"},
		{"?limit=50&after=" + ms(10), 0, 10, "after=" + ms(0) + "&limit=50"},
		{"?limit=3&after=" + ms(10), 0, 3, "after=" + ms(0) + "&limit=3"},
		{"?limit=50&before=" + ms(49), 0, 0, ""}, // there are more plays, but none that Spotify knows
		{"?limit=50&after=" + ms(0), 0, 0, ""},
	}
	a := newApp(t, Options{}, listenerWith(plays...))
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			page := a.page("refresh-me", tt.query)
			if got, want := page.keys(t), keysOf(plays[tt.from:tt.to]); !slices.Equal(got, want) {
				t.Errorf("plays %v, want %v", got, want)
			}
			if next := page.str("next"); next != "" && !strings.HasSuffix(next, "?"+tt.next) || (next == "") != (tt.next == "") {
				t.Errorf("next %q, want %q", next, tt.next)
			}
			if _, ok := page["total"]; ok {
				t.Error("total came, which it never does")
			}
		})
	}
}

func TestBadPages(t *testing.T) {
	a := newApp(t, Options{}, listenerWith(minutesAgo(1)...))
	for _, query := range []string{"?limit=0", "?limit=51", "?limit=-1", "?limit=ten", "?limit=", "?after=1&before=2", "?after=soon", "?before=1.5"} {
		r := a.recent("refresh-me", query)
		if status := a.must(r, 400).object("error")["status"]; status != 400.0 {
			t.Errorf("%s: body %s", query, r.body)
		}
	}
}

func TestAccessTokens(t *testing.T) {
	a := newApp(t, Options{}, Listener{Name: "me", RefreshToken: "refresh-me", TokenLife: time.Minute})
	good := a.bearer("refresh-me")
	want := func(authorization string, status int, message string) {
		t.Helper()
		r := a.get("/v1/me/player/recently-played", authorization)
		if r.status != status {
			t.Fatalf("%d %s, want %d", r.status, r.body, status)
		}
		body, _ := json.Marshal(message)
		if form := fmt.Sprintf(`{"error":{"status":%d,"message":%s}}`, status, body); status != 200 && r.body != form {
			t.Errorf("body %s, want %s", r.body, form)
		}
		if (r.header.Get("WWW-Authenticate") != "") != (status == 401) {
			t.Errorf("WWW-Authenticate %q with status %d", r.header.Get("WWW-Authenticate"), status)
		}
	}
	want("", 401, "No token provided")
	want("Bearer nobody", 401, "Invalid access token")
	want("Basic abc", 400, "Only valid bearer authentication supported")
	want(good, 200, "")
	a.clock.advance(time.Minute - time.Millisecond)
	want(good, 200, "")
	a.clock.advance(time.Millisecond)
	want(good, 401, "The access token expired")

	good = a.bearer("refresh-me")
	a.ExpireAccess("me")
	want(good, 401, "The access token expired")
}

func TestPlaysAppearWhenTheyEnd(t *testing.T) {
	a := newApp(t, Options{}, listenerWith(Play{Track: SimpleTrack(1), PlayedAt: noon.Add(time.Hour)}))
	a.Play("me", Play{Track: SimpleTrack(2), PlayedAt: noon})
	a.Play("me", Play{Track: SimpleTrack(3), PlayedAt: noon.Add(-time.Hour), AppearsAt: noon.Add(2 * time.Hour)}) // late
	a.Play("me", Play{Track: SimpleTrack(4), PlayedAt: noon})                                                     // in the same millisecond
	for _, step := range []struct {
		wait time.Duration
		want []int
	}{{0, []int{4, 2}}, {time.Hour, []int{1, 4, 2}}, {time.Hour, []int{1, 4, 2, 3}}} {
		a.clock.advance(step.wait)
		var ids, want []string
		for _, key := range a.page("refresh-me", "").keys(t) {
			ids = append(ids, key.TrackID)
		}
		for _, n := range step.want {
			want = append(want, SimpleTrack(n).ID)
		}
		if !slices.Equal(ids, want) {
			t.Errorf("at %v: tracks %v, want those of %v", a.clock.now(), ids, step.want)
		}
	}
}

func TestPlaysAreAddedInAnyOrder(t *testing.T) {
	plays := minutesAgo(120)
	a := newApp(t, Options{}, listenerWith(plays[40:60]...))
	for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(plays)) {
		if i < 40 || i >= 60 {
			a.Play("me", plays[i])
		}
	}
	if got := a.page("refresh-me", "?limit=50").keys(t); !slices.Equal(got, keysOf(plays[:50])) {
		t.Errorf("plays %v, want the last 50", got)
	}
}

func TestListenersAreApart(t *testing.T) {
	a := newApp(t, Options{}, listenerWith(minutesAgo(2)...), Listener{Name: "other", RefreshToken: "refresh-other", Plays: minutesAgo(3)})
	if n := len(a.page("refresh-other", "").keys(t)); n != 3 {
		t.Errorf("%d plays, want 3", n)
	}
	if mine := a.Served("me"); len(mine) != 0 {
		t.Errorf("another's answer was recorded as mine: %v", mine)
	}
}
