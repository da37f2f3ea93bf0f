package pages_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/figures"
	"spotify-insights.internal/functions/dashboard/history"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

var itemsAsOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// itemHistory loads a history; a public one where the rows are days.
func itemHistory[L historytest.Listen | historytest.Day](t *testing.T, rows []L, tracks []historytest.Track) *history.History {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	b := historytest.NewBucket()
	_, public := any(rows).([]historytest.Day)
	prefix := ""
	if public {
		prefix = insights.PublicPrefix
	}
	s := historytest.Put(b, prefix+insights.SnapshotPrefix("me")+"1/", itemsAsOf, rows, tracks)
	b.PutJSON(prefix+insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: itemsAsOf, Snapshot: s, Status: &insights.Warehouse{}})
	h, err := history.NewCache(b, 1<<28, func() time.Time { return itemsAsOf }).Get(t.Context(), history.Listener{ID: "me", Zone: zone, Public: public})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// itemRequest is a request for an address of a history.
func itemRequest(t *testing.T, h *history.History, path, period string) pages.Request {
	t.Helper()
	span, err := figures.ParseRange(period, h, itemsAsOf)
	if err != nil {
		t.Fatal(err)
	}
	_, path, id, _ := pages.Find(path)
	return pages.Request{
		Site:     &pages.Site{Listeners: []string{"me"}, Default: "me", Public: h.Daily, Covers: true},
		Listener: listener.Listener{ID: "me", Zone: h.Zone}, Period: span, ID: id, Path: path, Query: url.Values{}, Now: itemsAsOf, History: h,
	}
}

// askItem returns the page at an address, and its HTML.
func askItem(t *testing.T, h *history.History, path, period string) (*pages.Item, *pages.Page, string) {
	t.Helper()
	route, _, _, _ := pages.Find(path)
	if route == nil {
		t.Fatalf("%s is no page", path)
	}
	r := itemRequest(t, h, path, period)
	page, err := route.Make(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	html, err := page.HTML(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return page.Data.(*pages.Item), page, string(html)
}

// The numbers of every kind and range are those of a loop over the plays.
func TestItemNumbers(t *testing.T) {
	h := itemHistory(t, itemListens(historytest.Random(7, 3000, 150, 900, itemsAsOf)), itemTracks(historytest.Random(7, 3000, 150, 900, itemsAsOf)))
	kinds := map[string]func(track history.Track, n int) int32{
		"artist": func(track history.Track, _ int) int32 { return track.Artist },
		"album":  func(track history.Track, _ int) int32 { return track.Album },
		"track":  func(_ history.Track, n int) int32 { return int32(n) },
	}
	for kind, of := range kinds {
		for _, period := range []string{"all", "1y", "4w", "2025", "2026-05"} {
			for _, number := range []int32{0, 3, 11} {
				r := itemRequest(t, h, "/", period)
				figureKind := map[string]figures.Kind{"artist": figures.Artists, "album": figures.Albums, "track": figures.Tracks}[kind]
				item, page, html := askItem(t, h, strings.Split(r.ItemLink(figureKind, int(number)), "?")[0], period)
				name := fmt.Sprintf("%s %d of %s", kind, number, period)

				plays, ms, ever, months, tracks, hours := 0, int64(0), 0, map[string]int{}, map[string]int64{}, 0
				others := map[int32]int{}
				for i := range h.Len() {
					n := int(h.Number[i])
					inside := h.At[i] >= r.Period.From && h.At[i] < r.Period.To
					if inside {
						others[of(h.Tracks[n], n)]++
					}
					if of(h.Tracks[n], n) != number {
						continue
					}
					ever++
					if inside {
						plays, ms = plays+1, ms+int64(h.MS[i])
						months[h.Time(i).In(h.Zone).Format("2006-01")]++
						tracks[h.Tracks[n].ID]++
					}
				}
				count := item.AllTime
				var got pages.Count
				switch {
				case item.Artist != nil:
					got = item.Artist.Count
				case item.Album != nil:
					got = item.Album.Count
				default:
					got = item.Track.Count
				}
				delete(others, history.None)
				ahead := 0
				for _, n := range others {
					if n > plays {
						ahead++
					}
				}
				if int(got.TimesPlayed) != plays || math.Abs(got.MinutesPlayed-float64(ms)/60_000) > 1e-6 || count.TimesPlayed != ever || item.Places != len(others) || plays > 0 && got.Rank <= ahead || plays == 0 && got.Rank != 0 {
					t.Errorf("%s: %+v of %d, all time %+v; want %d plays, %d ms, %d ever, behind %d of %d", name, got, item.Places, count, plays, ms, ever, ahead, len(others))
				}
				for _, m := range item.Months {
					if m.Plays != months[m.Month] {
						t.Errorf("%s: %+v, want %d", name, m, months[m.Month])
					}
					delete(months, m.Month)
				}
				for _, day := range item.Clock {
					for _, n := range day {
						hours += n
					}
				}
				if len(months) > 0 || hours != plays {
					t.Errorf("%s: the months %v are missing, the clock has %d of %d plays", name, months, hours, plays)
				}
				if kind != "track" {
					if len(item.Tracks) != len(tracks) {
						t.Errorf("%s has %d tracks, want %d", name, len(item.Tracks), len(tracks))
					}
					for _, track := range item.Tracks {
						if track.TimesPlayed != tracks[track.TrackID] {
							t.Errorf("%s: %+v, want %d", name, track, tracks[track.TrackID])
						}
					}
				}
				checkItemTables(t, name, page, plays, len(item.Months))
				if quiet := strings.Contains(html, "Nothing was played in this period."); quiet != (plays == 0) || len(html) > 150_000 {
					t.Errorf("%s with %d plays is quiet: %v, %d bytes", name, plays, quiet, len(html))
				}
			}
		}
	}
}

func itemListens[A, B any](a A, _ B) A { return a }
func itemTracks[A, B any](_ A, b B) B  { return b }

// checkItemTables checks the answers of a page: JSON is read back, and a table has a row of each play and month.
func checkItemTables(t *testing.T, name string, page *pages.Page, plays, months int) {
	t.Helper()
	body, err := page.JSON()
	var back pages.Item
	if err != nil || json.Unmarshal(body, &back) != nil || len(back.Months) != months {
		t.Errorf("%s: %v, JSON %s", name, err, body)
	}
	for table, want := range map[string]int{"plays": plays, "months": months} {
		body, err := page.CSV(table)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
		if err != nil || len(rows) != want+1 {
			t.Errorf("%s: %s has %d rows with its header, %v; want %d", name, table, len(rows), err, want+1)
		}
		for _, row := range rows[1:] {
			if _, err := time.Parse(time.RFC3339, row[0]); table == "plays" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// itemSample has a track with hostile names, one with two releases, and one with a name of 4,000 letters.
func itemSample() (listens []historytest.Listen, tracks []historytest.Track) {
	evil, huge := `<script>alert("x")</script>`, strings.Repeat("ø", 4000)
	isrc := new("ZZ0000000001")
	tracks = []historytest.Track{
		{TrackID: "one", TrackName: new("First"), Artists: new("Ann, Bob"), ArtistName: new("Ann"), ArtistID: new("idAnn"), Album: new("Single"), AlbumID: new("idSingle"), AlbumArtist: new("Ann"), DurationMS: new(int64(222_400)), ISRC: isrc,
			SpotifyURL: new("https://open.spotify.com/track/one"), FeaturesFound: new(true), Danceability: new(0.617), Tempo: new(119.6), Key: new(int64(1)), Mode: new(int64(0))},
		{TrackID: "two", TrackName: new("First"), Artists: new("Ann"), ArtistName: new("Ann"), ArtistID: new("idAnn"), Album: new("Album"), AlbumID: new("idAlbum"), AlbumArtist: new("Ann"), ISRC: isrc},
		{TrackID: "evil", TrackName: &evil, Artists: &evil, ArtistName: &evil, Album: &evil, SpotifyURL: new("javascript:alert(1)")},
		{TrackID: "huge", TrackName: &huge, Artists: &huge, ArtistName: &huge, Album: &huge},
		{TrackID: "blank", TrackName: new("\u2800")},
	}
	for i, id := range []string{"evil", "huge", "blank", "one", "two", "one", "one"} {
		at := itemsAsOf.Add(time.Duration(i-8) * time.Hour)
		if i == 3 {
			at = time.Date(2017, 11, 2, 12, 0, 0, 0, time.UTC)
		}
		listens = append(listens, historytest.Listen{PlayedAt: at.UnixMicro(), TrackID: id, MSPlayed: new(int64(600_000)), ToldBy: "export", Finished: new(i%2 == 0)})
	}
	slices.SortFunc(listens, func(a, b historytest.Listen) int { return int(a.PlayedAt - b.PlayedAt) })
	return listens, tracks
}

// A page has its numbers and links. Names are text, also hostile, huge and blank ones.
func TestItemPage(t *testing.T) {
	h := itemHistory(t, itemListens(itemSample()), itemTracks(itemSample()))
	link := func(kind figures.Kind, name string) string {
		for n := range figures.Size(h, kind) {
			if kind == figures.Artists && h.Artists[n].Name == name || kind == figures.Albums && h.Albums[n].Name == name {
				return itemRequest(t, h, "/", "all").ItemLink(kind, n)
			}
		}
		t.Fatalf("%.40s is missing", name)
		return ""
	}
	evil, huge := `<script>alert("x")</script>`, strings.Repeat("ø", 4000)
	for _, tt := range []struct {
		path, period string
		want, not    []string
	}{
		{"/track/one", "all", []string{"<h1 title=\"First\">", `href="/artist/idAnn"`, ", Bob", `href="/album/idSingle"`, "3:42", `href="https://open.spotify.com/track/one" rel="noreferrer"`, "3 plays, 30", "2 November 2017", "120\u00a0bpm", "C♯\u00a0minor", "62\u00a0%", "Also released as", `href="/track/two"`, "4 plays together", `datetime="2026-06-24T18:00:00Z"`, "20:00"}, nil},
		{"/track/two", "2017", []string{"Nothing was played in this period.", "1 play and 10\u00a0min of all time.", "24 Jun 2026", `href="/track/two?period=4w"`, "Show 4 weeks", "Plays a month, since June 2026"}, []string{"Last plays"}},
		{"/artist/idAnn", "all", []string{"Your no. 1 of 3.", "4 plays, 40\u00a0min, 2 tracks", "2 of their 2 tracks heard in the last year.", `href="/album/idAlbum"`, "When you listen to them", `class="spark"`, "Finished"}, nil},
		{"/artist/idAnn", "4w", []string{"Your no. 1 of 3 in 4 weeks", "2 Nov 2017", "Best day"}, []string{"since <a"}},
		{"/album/idSingle", "all", []string{"When you listen to it", `href="/artist/idAnn"`}, []string{"Albums</h2>"}},
		{"/track/evil", "all", []string{"&lt;script&gt;"}, []string{"<script>", "javascript:"}},
		{link(figures.Artists, evil), "all", []string{"&lt;script&gt;"}, []string{"<script>"}},
		{link(figures.Albums, huge), "all", []string{strings.Repeat("ø", 4000) + "</bdi></h1>"}, []string{strings.Repeat("ø", 4001)}},
		{"/track/huge", "all", []string{strings.Repeat("ø", 4000) + "</bdi></h1>"}, []string{strings.Repeat("ø", 4001)}},
		{"/track/blank", "all", []string{`<h1 title="–">`}, nil},
	} {
		_, _, html := askItem(t, h, tt.path, tt.period)
		for _, want := range tt.want {
			if !strings.Contains(html, want) {
				t.Errorf("%s of %s does not contain %q", tt.path, tt.period, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(html, not) {
				t.Errorf("%s of %s contains %.60q", tt.path, tt.period, not)
			}
		}
	}
}

// A public page has days, and nothing finer.
func TestPublicItem(t *testing.T) {
	days := []historytest.Day{{Day: 20171102, TrackID: "one", MSPlayed: new(int64(600_000))}, {Day: 20260623, TrackID: "one"}, {Day: 20260624, TrackID: "two"}}
	h := itemHistory(t, days, itemTracks(itemSample())[:2])
	for _, path := range []string{"/track/one", "/artist/idAnn", "/album/idSingle"} {
		item, page, html := askItem(t, h, path, "all")
		for _, want := range []string{"2 November 2017", "First heard"} {
			if !strings.Contains(html, want) {
				t.Errorf("%s does not contain %q", path, want)
			}
		}
		for _, not := range []string{"Your", "Last plays", "When you", "/history", "Finished", "datetime", "Where this comes from"} {
			if strings.Contains(html, not) {
				t.Errorf("%s contains %q", path, not)
			}
		}
		if _, err := page.CSV("plays"); err == nil || item.Clock != nil || item.AllTime.FirstPlayedAt != nil || len(item.LastPlays) > 0 || *item.AllTime.FirstDay != "2017-11-02" {
			t.Errorf("%s: %+v, %v", path, item, err)
		}
		if last := map[string]string{"/track/one": "yesterday", "/artist/idAnn": "today", "/album/idSingle": "yesterday"}[path]; !strings.Contains(html, "<dt>Last heard</dt><dd>"+last) {
			t.Errorf("%s was not last heard %s", path, last)
		}
	}
}

// An id is an id of Spotify, or the hash of names. The hash of names that have an id by now leads to the id.
func TestItemIDs(t *testing.T) {
	listens, tracks := itemSample()
	named := slices.Clone(tracks)
	for n := range 2 {
		named[n].ArtistID, named[n].AlbumID = nil, nil
	}
	before, after := itemHistory(t, listens, named), itemHistory(t, listens, tracks)
	moved := 0
	for _, kind := range []figures.Kind{figures.Artists, figures.Albums, figures.Tracks} {
		for n := range figures.Size(before, kind) {
			path := itemRequest(t, before, "/", "all").ItemLink(kind, n)
			askItem(t, before, path, "all")
			route, _, _, _ := pages.Find(path)
			_, err := route.Make(itemRequest(t, after, path, "4w"))
			if to, ok := errors.AsType[*pages.Redirect](err); ok {
				moved++
				if !slices.Contains([]string{"/artist/idAnn?period=4w", "/album/idSingle?period=4w", "/album/idAlbum?period=4w"}, to.To) {
					t.Errorf("%s has moved to %s", path, to.To)
				}
			} else if err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if moved != 3 {
		t.Errorf("%d pages have moved, want 3", moved)
	}
	for _, id := range []string{"", "nobody", "idann", "name:Ann", "..", "0123456789abcdef", "0123456789ABCDEF", "ffffffffffffffff", "\x00", "<script>", strings.Repeat("x", 4000), "~", "zzz"} {
		for _, path := range []string{"/artist/", "/album/", "/track/"} {
			route, _, _, _ := pages.Find(path + id)
			_, err := route.Make(itemRequest(t, after, path+id, "all"))
			if faults.Of(err) != faults.Missing || len(err.Error()) > 300 || faults.Action(err) == "" {
				t.Errorf("%.40q: %v", id, err)
			}
		}
	}
	for _, path := range []string{"/artist", "/artist/../x", "/artist/a/b"} {
		if route, _, _, _ := pages.Find(path); route != nil {
			t.Errorf("%s is a page", path)
		}
	}
}
