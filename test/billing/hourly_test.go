package billing

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

// The queries of a run are the expected ones. Each reads what it is registered to read, and no more months than it must.
func TestHourly(t *testing.T) {
	t.Setenv("LISTENERS", "")
	if err := setListeners(2, true); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := WriteHistory(t.Context(), dir, History{Plays: 2000, Years: 10, APIYears: 3, NewOnAPage: 5}); err != nil {
		t.Fatal(err)
	}
	p, played, err := start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	sent, err := watch(t.Context(), p, played)
	if err != nil {
		t.Fatal(err)
	}
	export := []string{"export_listens", "export_tracks"}
	begin, rebuild := []string{"load_status"}, []string{"rebuild_top_ten", "gaps"}
	got, want := map[Cause][]string{}, map[Cause][]string{
		NewPlays:  slices.Concat(begin, []string{"refresh_tracks", "refresh_listens"}, rebuild, export, export),
		NewTracks: begin,
		Look:      {"missing_features"},
		Day:       slices.Concat([]string{"receipts"}, begin, rebuild, export, export, export), // of both, and of one for the public
	}
	for cause, jobs := range sent {
		for _, j := range jobs {
			got[cause] = append(got[cause], j.statement)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
	bill, err := sent.bill(sized(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range bill[NewPlays] {
		for _, table := range q.Tables {
			if old := monthOf(time.Now().AddDate(0, -3, 0)); strings.HasPrefix(q.Statement, "refresh_") && table.since != "" && table.From <= old {
				t.Errorf("%s reads %v", q.Statement, table)
			}
		}
	}

	// Statements that no hour sends: a reset, the reading of rejected items, the account of imports, and forgetting a listener.
	journal, err := openJournal(t.Context(), p.Config.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	receipt := warehouse.Receipt{Object: "o", Listener: &ids[0], Rejected: 1, LoadedAt: time.Now().Truncate(time.Second)}
	for _, do := range []func() error{
		func() error { return p.Warehouse.Reset(t.Context()) },
		func() error { return p.Warehouse.WriteReceipts(t.Context(), []warehouse.Receipt{receipt}) },
		func() error {
			status, err := p.Warehouse.LoadStatus(t.Context())
			return errors.Join(err, p.Warehouse.CountRejected(t.Context(), status))
		},
		func() error { _, err := p.Warehouse.Imports(t.Context(), ids); return err },
		func() error { return p.Warehouse.Forget(t.Context(), ids[0]) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	all, err := journal.read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkReads(t, p.Config.Dataset, all)
}
