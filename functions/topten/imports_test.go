package topten

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// The account of imports is asked for only where what is loaded of an export changed.
func TestImports(t *testing.T) {
	c := newCloud(t, "you")
	c.load("you", noon)
	set := func(listener string, exports map[string]insights.Export) func() {
		return func() { c.load(listener, noon); c.status[listener].Exports = exports }
	}
	stranger := func() { c.edit(t, func(d *insights.Document) { d.Loaded.Model = "another" }) }
	part, whole := insights.Export{Rows: 5}, insights.Export{Rows: 9, Expected: 9}
	for _, tt := range []struct {
		what  string
		do    func()
		asked string // of which listeners
		want  string // zips of "me"
	}{
		{"a play", set("me", nil), "", ""},
		{"a part of an export", set("me", map[string]insights.Export{"a/": part}), "", ""},
		{"its manifest", set("me", map[string]insights.Export{"a/": {Rows: 5, Expected: 9}}), "me", "a/"},
		{"another play", func() { c.load("me", noon) }, "", "a/"},
		{"its other part", set("me", map[string]insights.Export{"a/": whole}), "me", "a/"},
		{"a part of another export, which can have a play before it", set("me", map[string]insights.Export{"a/": whole, "b/": part}), "me", "a/"},
		{"the export of another listener", set("you", map[string]insights.Export{"a/": whole}), "you", "a/"},
		{"another model", stranger, "me", "a/"},
		{"a lost document", func() { delete(c.objects, insights.DocumentName("me")) }, "me", "a/"},
		{"both", func() {
			set("you", map[string]insights.Export{"c/": whole})()
			set("me", map[string]insights.Export{"a/": whole, "b/": whole})()
		}, "me,you", "a/ b/"},
	} {
		tt.do()
		c.run(t)
		asked := ""
		for _, call := range c.calls {
			if listeners, ok := strings.CutPrefix(call, "Imports "); ok {
				asked += listeners
			}
		}
		var zips []string
		for _, i := range c.me(t).Status.Imports {
			zips = append(zips, i.Zip)
		}
		if got := strings.Join(zips, " "); asked != tt.asked || got != tt.want {
			t.Errorf("%s: asked for %q, and the document has %q; want %q and %q", tt.what, asked, got, tt.asked, tt.want)
		}
	}
}

// On an embedded cloud: an import and the hourly plays agree in both orders of arrival, and the import closes the gap. A
// track that the API reported has its names, cover and ids also for a play of years ago, also where only another
// listener's API pages have it.
func TestImportRun(t *testing.T) {
	r := machinetest.Open(t, "you")
	f := &Refresher{Bucket: r.Config.InsightsBucket, Listeners: r.Config.Listeners, Warehouse: r.Warehouse, Objects: r.Insights, Now: time.Now}
	now := time.Now().UTC().Truncate(time.Second)
	at := func(hours int, track string) lake.PlayRow {
		row := machinetest.Play(now.Add(-time.Duration(hours)*time.Hour), track)
		row.ArtistID, row.AlbumID, row.ImageURL = new("artist"), new("album"), new("cover")
		return row
	}
	exported := func(hours int, track, name string) lake.PlayRow {
		row := machinetest.Play(now.Add(-time.Duration(hours)*time.Hour), track)
		row.TrackName, row.DurationMS, row.SpotifyURL, row.MSPlayed = &name, nil, nil, new(int64(60_000))
		return row
	}
	const years = 5 * 365 * 24
	pages := func(listener string) (names []string) {
		first, last := []lake.PlayRow{}, []lake.PlayRow{}
		for n := range lake.PageSize {
			first, last = append(first, at(300+n, "a")), append(last, at(100+n, "b"))
		}
		if listener == "you" {
			first[0] = at(300, "d")
		}
		return []string{r.PutPlays(t, listener, now.Add(-200*time.Hour), first...), r.PutPlays(t, listener, now, last...)}
	}
	export := func(listener string) []string {
		local := exported(400, "x", "x")
		local.RejectReason, local.Item = new("local file"), new("item")
		return r.PutExport(t, listener, "0a", now, []lake.PlayRow{exported(years, "a", "Old name"), exported(years, "d", "Old name"), exported(150, "c", "C"), exported(100, "b", "B"), exported(100, "b", "B"), local})
	}
	run := func() {
		if err := f.Handle(t.Context(), machinetest.Message(time.Now())); err != nil {
			t.Fatal(err)
		}
	}
	r.Load(t, append(pages("me"), export("you")...)...)
	run()
	if me, _ := r.Document(t, "me"); len(me.Status.Gaps) != 1 || len(me.Status.ClosedGaps) != 0 || len(me.Status.Imports) != 0 {
		t.Errorf("before the import the status is %+v", me.Status)
	}
	r.Load(t, append(export("me"), pages("you")...)...)
	run()
	for _, id := range []string{"me", "you"} {
		d, _ := r.Document(t, id)
		want := []insights.ImportedFile{{Name: "Streaming_History_Audio_0.json", Rows: 6, Plays: 4, Duplicates: 1, Rejected: 1}}
		if len(d.Status.Imports) != 1 || d.Status.Imports[0].Loaded != 6 || d.Status.Rejected != 1 || len(d.Status.Gaps) != 0 || len(d.Status.ClosedGaps) != 2 { // also before the first page, which has a play before it now
			t.Fatalf("%s: the status is %+v", id, d.Status)
		}
		if diff := cmp.Diff(want, d.Status.Imports[0].Files); diff != "" {
			t.Errorf("%s: the files (-want +got):\n%s", id, diff)
		}
		if d.Snapshot.Listens.Rows != 2*lake.PageSize+3 || d.Snapshot.Tracks.Rows != 4 {
			t.Errorf("%s: %d listens of %d tracks, want those of two pages and three more, of 4 tracks", id, d.Snapshot.Listens.Rows, d.Snapshot.Tracks.Rows)
		}
	}
	if got, want := r.Query(t, "SELECT track_name, artist_id, album_id, image_url FROM spotify_insights.tracks WHERE track_id IN ('a', 'd') ORDER BY 1"), []string{"Name of a | artist | album | cover", "Name of d | artist | album | cover"}; !slices.Equal(got, want) {
		t.Errorf("the tracks are %q, want %q", got, want)
	}
}
