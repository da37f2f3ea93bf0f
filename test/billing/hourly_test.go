package billing

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/warehouse"
)

// The queries of a run are those that are expected, each reads what it is registered to read, and no more
// months than it must.
func TestHourly(t *testing.T) {
	t.Setenv("LISTENERS", "")
	const listeners = 2
	listener := setListeners(listeners, true)
	dir, now := t.TempDir(), time.Now().UTC().Truncate(time.Second)
	if err := makeHistory(t.Context(), dir, listener, 2000, now); err != nil {
		t.Fatal(err)
	}
	played := fakespotify.History(1, now.AddDate(0, 0, -30), now, time.UTC)
	p, err := startPipeline(t.Context(), dir, listener, played)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}()
	sent, err := p.watch(t.Context(), played)
	if err != nil {
		t.Fatal(err)
	}
	export := []string{"export_listens", "export_tracks"}
	begin, rebuild := []string{"load_status"}, []string{"rebuild_top_ten", "open_gaps"}
	all := slices.Concat(begin, rebuild, export, export, export) // of both, and of one for the public
	for _, part := range []struct {
		name string
		jobs []job
		want []string
	}{
		{"new plays", sent.newPlays, slices.Concat(begin, []string{"refresh_tracks", "refresh_listens"}, rebuild, export, export)},
		{"new tracks", sent.newTracks, begin},
		{"the hourly look", sent.look, []string{"missing_features"}},
		{"a new day", sent.day, slices.Concat([]string{"receipts"}, all)},
	} {
		var got []string
		for _, j := range part.jobs {
			got = append(got, j.statement)
		}
		if diff := cmp.Diff(part.want, got); diff != "" {
			t.Errorf("the statements of %s (-want +got):\n%s", part.name, diff)
		}
	}
	bill, err := sent.bill(sized(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range bill.NewPlays {
		for _, table := range q.Tables {
			// The first of the page's 50 plays may be of the month before.
			if months := monthOf(now.AddDate(0, -3, 0)); strings.HasPrefix(q.Statement, "refresh_") && table.since != "" && table.From <= months {
				t.Errorf("%s reads %v", q.Statement, table)
			}
		}
	}
	w, err := warehouse.Open(t.Context(), p.Config.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	// An item that could not be read has its own statement.
	if err := w.Record(t.Context(), []warehouse.Receipt{{Object: "o", Listener: &listener, Rejected: 1, LoadedAt: now}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.LoadStatus(t.Context()); err != nil {
		t.Fatal(err)
	}
	emptied, err := p.jobs.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkReads(t, p.Config.Dataset, slices.Concat(sent.newPlays, sent.newTracks, sent.look, sent.day, emptied))
}
