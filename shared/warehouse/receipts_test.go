package warehouse_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// sorted compares lists of lines in any order.
var sorted = cmpopts.SortSlices(func(a, b string) bool { return a < b })

// Of the receipts of one generation a success counts before an error, then the latest.
func testReceipts(t *testing.T, r *rig) {
	at := func(day int) row { return row{"loaded_at": fmt.Sprintf("2026-06-%02dT00:00:00Z", day)} }
	r.insert(t, warehouse.Loads,
		receipt("success", "api", with(at(1), row{"rows_read": 1})), receipt("success", "api", with(at(2), row{"error": "x"})),
		receipt("latest", "api", with(at(1), row{"rows_read": 1})), receipt("latest", "api", with(at(2), row{"rows_read": 2})),
		receipt("error", "api", with(at(1), row{"error": "x"})), receipt("error", "api", with(at(2), row{"error": warehouse.GivenUp(errors.New("y"))})),
		receipt("generations", "export", with(at(1), row{"rows_read": 1})), receipt("generations", "export", with(at(1), row{"rows_read": 2, "generation": 2})),
		receipt("features", "features", with(at(1), row{"listener": nil, "row_version": nil})),
		receipt("wrong clock", "api", row{"loaded_at": "1970-01-01T00:00:00Z"}))
	recent, err := r.Warehouse.Receipts(t.Context(), time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC))
	if err != nil || len(recent) != 3 {
		t.Errorf("since the second day there are receipts of %v, %v", recent, err)
	}
	receipts, err := r.Warehouse.Receipts(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range receipts {
		got = append(got, fmt.Sprintf("%s %d %s %v %v %v done=%t plays=%t", l.Object, l.Generation, l.Kind.StringVal, l.RowVersion.Int64, l.RowsRead.Int64, l.Error.StringVal, l.Done(), (l.Table() == warehouse.Plays)))
	}
	want := []string{
		"error 1 api 2 0 gave up for now: y done=false plays=false", "features 1 features 0 0  done=true plays=false",
		"generations 1 export 2 1  done=true plays=true", "generations 2 export 2 2  done=true plays=true",
		"latest 1 api 2 2  done=true plays=true", "success 1 api 2 1  done=true plays=true",
		"wrong clock 1 api 2 0  done=true plays=true",
	}
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("Receipts() (-want +got):\n%s", diff)
	}
}

// A receipt counts in the month of its oldest play less six seconds. Rejected items are counted in plays.
func testLoadStatus(t *testing.T, r *rig) {
	before, err := r.Warehouse.LoadStatus(t.Context())
	if err != nil || before.AsOf.IsZero() || before.Features != 0 || len(before.Listeners) != 0 {
		t.Errorf("before everything: %+v, %v", before, err)
	}
	plain := func(object, oldest string, more row) row {
		return receipt(object, "api", with(row{"oldest": oldest, "newest": oldest, "fetched_at": oldest}, more))
	}
	r.insert(t, warehouse.Loads,
		plain("1", "2026-02-01T00:00:06Z", nil), plain("1", "2026-02-01T00:00:06Z", row{"loaded_at": "2026-06-02T00:00:00Z", "fetched_at": "2999-01-01T00:00:00Z"}), // again, with a wrong clock
		plain("2", "2026-02-01T00:00:05.999Z", row{"rejected": 3}), // it can decide on a listen of January
		receipt("3", "api", row{"fetched_at": "2026-03-01T00:00:00Z"}),
		receipt("4", "api", row{"error": "x"}), receipt("4", "api", row{"error": warehouse.GivenUp(errors.New("y"))}),
		receipt("a/1/5", "export", row{"oldest": "2020-06-01T00:00:00Z", "rows_read": 7}), receipt("a/1/5", "export", row{"error": "x"}), // loaded in the end
		receipt("a/1/m", "import", row{"oldest": "2020-06-01T00:00:00Z", "newest": "2025-01-01T00:00:00Z", "rows_read": 9}),
		receipt("b/1/n", "export", row{"oldest": "2020-01-01T00:00:00Z", "rows_read": 8, "loaded_at": "2026-06-03T00:00:00Z"}),
		receipt("f", "features", row{"listener": nil}), receipt("f", "features", row{"listener": nil, "error": "x"}),
		receipt("1", "api", row{"listener": "you", "error": "x"}))
	rejected := func(object, item, reason string) row {
		return play("api", "2026-01-01T00:00:00Z", "a", row{"object": object, "reject_reason": reason, "item": item})
	}
	r.insert(t, warehouse.Plays, rejected("1", "i", "no track"), rejected("2", "i", "no track"), rejected("2", "j", "local file"), rejected("2", "k", lake.NotMusic),
		play("api", "2026-01-01T00:00:00Z", "a", nil))
	got, err := r.Warehouse.LoadStatus(t.Context())
	if err == nil {
		err = r.Warehouse.CountRejected(t.Context(), got)
	}
	if err != nil || got.AsOf.Before(before.AsOf) {
		t.Fatal(got, err)
	}
	got.AsOf = time.Time{}
	receipts := func(number int64, last string) insights.Receipts {
		return insights.Receipts{Number: number, LastAt: utc(last)}
	}
	const first, third = "2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z"
	want := warehouse.Status{Features: 1, Listeners: map[string]*warehouse.ListenerStatus{
		"me": {
			Receipts: map[warehouse.Month]insights.Receipts{202602: receipts(2, "2026-06-02T00:00:00Z"), 202601: receipts(1, first),
				warehouse.NoMonth: receipts(4, first), 202005: receipts(2, first), 201912: receipts(1, third)},
			LastLoadAt: new(utc(third)), Objects: 6, FetchedAt: new(utc("2026-03-01T00:00:00Z")), Rejected: 2, Failed: 1,
			Exports: map[string]insights.Export{"a/1/": {Rows: 7, Expected: 9}, "b/1/": {Rows: 8}}, LastExportAt: new(utc(third)),
		},
		"you": {Receipts: map[warehouse.Month]insights.Receipts{warehouse.NoMonth: receipts(1, first)}, Failed: 1, Exports: map[string]insights.Export{}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("LoadStatus() (-want +got):\n%s", diff)
	}
	if at := warehouse.Month(202611).Begins(); !at.Equal(utc("2026-11-01T00:00:00Z")) {
		t.Errorf("November begins at %v", at)
	}
}
