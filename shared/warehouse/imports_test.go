package warehouse_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// Every row of every file is accounted for, also of two exports that overlap, of a play that is twice in one file, and of
// objects that were loaded twice.
func testImports(t *testing.T, r *rig) {
	noon := utc("2026-06-24T12:00:00Z")
	at := func(hour int, track string) lake.PlayRow {
		return machinetest.Play(noon.Add(time.Duration(hour)*time.Hour), track)
	}
	rejected := func(hour int, reason string) lake.PlayRow {
		row := at(hour, "x")
		row.RejectReason, row.Item = &reason, new(reason)
		return row
	}
	load := func(listener, zip string, imported time.Time, files ...[]lake.PlayRow) []string {
		return r.PutExport(t, listener, zip, imported, files...)
	}
	first := load("me", "0a", noon.AddDate(0, 1, 0), []lake.PlayRow{at(1, "a"), at(2, "b"), at(1, "a"), rejected(3, "no track")}, []lake.PlayRow{at(2, "b"), rejected(4, lake.NotMusic)})
	second := load("me", "0b", noon.AddDate(0, 2, 0), []lake.PlayRow{at(1, "a"), at(2, "b"), at(2, "c")})
	load("me", "0c", noon.AddDate(0, 3, 0), []lake.PlayRow{at(1, "a")}) // is not loaded
	other := load("you", "0a", noon, []lake.PlayRow{at(1, "a")})
	page := r.PutPlays(t, "me", noon.AddDate(0, 0, 1), at(1, "a"), at(2, "b"))
	r.Load(t, slices.Concat(first, first[:1], second[1:], other, []string{page})...)
	r.Load(t, first...)

	oldest, newest := noon.Add(time.Hour), noon.Add(2*time.Hour)
	file := func(number string, rows, plays, duplicates, notMusic, rejected int64) insights.ImportedFile {
		return insights.ImportedFile{Name: "Streaming_History_Audio_" + number + ".json", Rows: rows, Plays: plays, Duplicates: duplicates, NotMusic: notMusic, Rejected: rejected}
	}
	want := insights.Import{Zip: "0a", Name: "0a.zip", ImportedAt: noon.AddDate(0, 1, 0), Oldest: &oldest, Newest: &newest, Rows: 6, Loaded: 6,
		Files: []insights.ImportedFile{file("0", 4, 2, 1, 0, 1), file("1", 2, 0, 1, 1, 0)}}
	again := insights.Import{Zip: "0b", Name: "0b.zip", ImportedAt: noon.AddDate(0, 2, 0), Oldest: &oldest, Newest: &newest, Rows: 3, Files: []insights.ImportedFile{file("0", 3, 3, 0, 0, 0)}}
	check := func(what string, want []insights.Import) {
		t.Helper()
		got, err := r.Warehouse.Imports(t.Context(), []string{"me"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string][]insights.Import{"me": want}, got); diff != "" {
			t.Errorf("%s: Imports() (-want +got):\n%s", what, diff)
		}
	}
	check("an object is missing", []insights.Import{again, want})
	r.Load(t, second[0])
	again.Loaded, again.Files = 3, []insights.ImportedFile{file("0", 3, 1, 2, 0, 0)}
	check("all are loaded", []insights.Import{again, want})
}
