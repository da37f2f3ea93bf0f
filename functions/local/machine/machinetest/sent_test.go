package machinetest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/warehouse"
)

func TestUnregistered(t *testing.T) {
	m := start(t)
	w, err := warehouse.Open(t.Context(), m.Config.Warehouse)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Receipts(t.Context()); err != nil {
		t.Fatal(err)
	}
	Query(t, m.Config, "SELECT 1 AS own")
	client, _ := Dataset(t, m.Config)
	want := []string{"SELECT 1 AS of_no_file", "SELECT 1 AS without_labels"}
	for i, labels := range []map[string]string{{"statement": "no_such_file"}, nil} {
		query := client.Query(want[i])
		query.Labels = labels
		if _, err := query.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, jobs, err := jobsOf(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	got := unregistered(jobs)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the queries that are not registered (-want +got):\n%s", diff)
	}
}
