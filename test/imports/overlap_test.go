package imports

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/test/inprocess"
)

const (
	apiFirst    = "me"
	exportFirst = "sister"
	missed      = 30 // plays that are more than an API page has
)

// A play counts once, whether the API, an export or both report it, and whichever comes first. Two listeners have the
// same plays: of one the API's come first, of the other the export. The API's last plays are newer than the export, and
// the export's first ones are older than the API's. An import closes the gap that it spans, and another import of the same
// or a newer export changes nothing that was right.
func TestOverlap(t *testing.T) {
	end := time.Now().Truncate(time.Second)
	plays := fakespotify.History(5, end.AddDate(0, 0, -24), end, time.UTC)
	firstOfAPI, firstExported, endOfExport, gap := len(plays)/2, 0, len(plays)*4/5, len(plays)*3/5
	m := machinetest.Start(t, exportFirst)
	clock, fake := inprocess.Connect(t, m, apiFirst, plays)
	fake.AddListener(fakespotify.Listener{Name: exportFirst, RefreshToken: "the-sisters", Plays: plays, ConsentedAt: end})
	if err := m.Connect(t.Context(), exportFirst, inprocess.App, spotify.Token{RefreshToken: "the-sisters"}); err != nil {
		t.Fatal(err)
	}
	p, err := start(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.events.Close(context.WithoutCancel(t.Context())) })

	ingest := func(listener string) {
		t.Helper()
		for i := firstOfAPI + lake.PageSize; ; i += lake.PageSize - 1 {
			if i >= gap && i < gap+lake.PageSize {
				i += missed
			}
			i = min(i, len(plays)-1)
			clock.Set(plays[i].PlayedAt.Add(time.Millisecond))
			if err := p.call(t.Context(), http.MethodPost, "/ingest?listener="+listener, nil); err != nil {
				t.Fatal(err)
			}
			if i == len(plays)-1 {
				break
			}
		}
		if err := p.events.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	upload := func(listener, name string, content []byte) {
		t.Helper()
		if err := p.upload(t.Context(), listener, name, content); err != nil {
			t.Fatal(err)
		}
	}
	older, counts := exportOf(t, plays[firstExported:endOfExport])

	ingest(apiFirst)
	if d, err := p.document(t.Context(), apiFirst); err != nil || len(d.Status.Gaps) != 1 {
		t.Fatalf("before the import there is not one gap: %+v, %v", d.Status, err)
	}
	upload(apiFirst, "my_spotify_data.zip", older)
	upload(exportFirst, "my_spotify_data.zip", older)
	ingest(exportFirst)

	wanted := func(exported int) map[string]int {
		served := fake.Served(apiFirst)
		want := map[string]int{}
		for i, play := range plays {
			at, told := play.PlayedAt.UTC(), "api"
			inExport := i < exported
			if inExport {
				at, told = at.Truncate(time.Second), "export"
			}
			if served[play.Key()] {
				if inExport {
					told = "both"
				}
			} else if !inExport {
				continue
			}
			want[fmt.Sprint(at.UnixMilli(), " | ", play.Track.ID, " | ", told)] = 1
		}
		return want
	}
	check := func(what string, exported int) {
		t.Helper()
		want := wanted(exported)
		for _, listener := range []string{apiFirst, exportFirst} {
			got := map[string]int{}
			for _, line := range machinetest.Query(t, m.Config, "SELECT UNIX_MILLIS(played_at), track_id, told_by FROM spotify_insights.listens WHERE listener = '"+listener+"'") {
				got[line]++
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: listens of %s (-want +got):\n%s", what, listener, diff)
			}
			var page struct {
				Totals struct{ Plays int }
				Status struct{ Gaps []any }
			}
			answer(t, p, "/insights.json?listener="+listener, &page)
			if page.Totals.Plays != len(want) || len(page.Status.Gaps) != 0 {
				t.Errorf("%s: the page of %s has %d plays, want %d, and the gaps %v", what, listener, page.Totals.Plays, len(want), page.Status.Gaps)
			}
		}
	}
	check("after the first export", endOfExport)

	d, err := p.document(t.Context(), exportFirst)
	if err != nil || len(d.Status.Imports) != 1 {
		t.Fatalf("the imports are %+v, %v", d.Status.Imports, err)
	}
	sum := checkAccount(t, d.Status.Imports[0])
	if sum.Rows != int64(counts.Rows) || sum.Plays != int64(counts.Plays) || sum.Duplicates != int64(counts.Repeated) ||
		sum.NotMusic != int64(counts.NotMusic) || sum.Rejected != int64(counts.Rejected) {
		t.Errorf("the account is %+v, want %+v", sum, counts)
	}
	type recorded struct{ Closed bool }
	var record struct {
		Gaps    []recorded
		Sources struct {
			API, Export struct{ Plays int }
			Both        int
		}
	}
	answer(t, p, "/record.json?listener="+apiFirst, &record)
	told := map[string]int{}
	for line := range wanted(endOfExport) {
		told[line[len(line)-3:]]++
	}
	open := slices.ContainsFunc(record.Gaps, func(g recorded) bool { return !g.Closed })
	from := record.Sources
	if len(record.Gaps) == 0 || open || from.API.Plays != told["api"]+told["oth"] || from.Export.Plays != told["ort"]+told["oth"] || from.Both != told["oth"] {
		t.Errorf("the record is %+v, want %v", record, told)
	}

	before := listens(t, p)
	upload(apiFirst, "again.zip", older)
	if diff := cmp.Diff(before, listens(t, p)); diff != "" {
		t.Errorf("the same export again (-before +after):\n%s", diff)
	}
	newer, _ := exportOf(t, plays)
	for _, listener := range []string{apiFirst, exportFirst} {
		upload(listener, "newer.zip", newer)
	}
	check("after the newer export", len(plays))
	if d, err = p.document(t.Context(), apiFirst); err != nil || len(d.Status.Imports) != 2 || d.Status.Imports[0].Name != "newer.zip" {
		t.Fatalf("the imports are %+v, %v", d.Status.Imports, err)
	}
	if sum := checkAccount(t, d.Status.Imports[0]); sum.Duplicates < int64(endOfExport) {
		t.Errorf("the newer export repeats %d plays, and has %d duplicates", endOfExport, sum.Duplicates)
	}
}

// listens are all listens as text.
func listens(t *testing.T, p *pipeline) []string {
	t.Helper()
	return machinetest.Query(t, p.Config, "SELECT listener, UNIX_MILLIS(played_at), track_id, told_by, ms_played, follows_gap FROM spotify_insights.listens ORDER BY 1, 2, 3")
}

// answer decodes the answer of a page.
func answer(t *testing.T, p *pipeline, path string, v any) {
	t.Helper()
	var body bytes.Buffer
	err := p.call(t.Context(), http.MethodGet, path, &body)
	if err == nil {
		err = json.Unmarshal(body.Bytes(), v)
	}
	if err != nil {
		t.Fatal(err)
	}
}
