package billing

import (
	"testing"
	"time"

	"spotify-insights.internal/shared/warehouse"
)

// sized are tables of which each column has so many bytes in each of three months, or once in a table without
// partitions.
func sized(bytes int64) Sizes {
	all := Sizes{}
	for _, table := range warehouse.Tables() {
		all[table] = map[string]map[warehouse.Month]int64{}
		for _, column := range columnsOf(table) {
			all[table][column] = map[warehouse.Month]int64{warehouse.NoMonth: bytes}
			if table == warehouse.Plays || table == warehouse.Listens {
				all[table][column] = map[warehouse.Month]int64{202609: bytes, 202610: bytes, 202611: bytes}
			}
		}
	}
	return all
}

func TestBill(t *testing.T) {
	since := map[string]time.Time{"from": time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), "read_from": time.Date(2026, 10, 30, 23, 59, 54, 0, time.UTC)}
	tests := []struct {
		name  string
		job   job
		bytes int64  // of a column and month
		want  string // the query's tables
	}{
		{"the least", job{statement: "missing_features"}, 1,
			"audio_features 10 MB (track_id found fetched_at); tracks 10 MB (track_id)"},
		{"whole MB", job{statement: "missing_features"}, 5*mebibyte + 1,
			"audio_features 16 MB (track_id found fetched_at); tracks 10 MB (track_id)"},
		{"all months", job{statement: "gaps"}, 2 * mebibyte,
			"listens 18 MB (listener played_at follows_gap); loads 14 MB (object kind listener rows_read oldest newest error)"},
		{"months and a target", job{statement: "refresh_listens", times: since}, mebibyte,
			"listens 14 MB (listener played_at and all columns to rewrite from 202611); loads 10 MB (listener kind oldest fetched_at full_page error); " +
				"plays 26 MB (listener played_at track_id duration_ms ms_played context_uri source reason_end shuffle skipped offline ingested_at reject_reason from 202610)"},
		{"a deletion", job{statement: "empty", text: "DELETE FROM d.plays WHERE TRUE"}, mebibyte,
			"plays 87 MB (and all columns to rewrite)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := sized(tt.bytes).bill(tt.job)
			if err != nil {
				t.Fatal(err)
			}
			if got := q.Reads(); got != tt.want {
				t.Errorf("%s, want\n%s", got, tt.want)
			}
			var sum int64
			for _, table := range q.Tables {
				sum += table.Billed
			}
			if q.Billed != sum || Sum([]Query{q, q}) != 2*sum {
				t.Errorf("the query is billed %d, and its tables %d", q.Billed, sum)
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	for _, j := range []job{{statement: "", text: "SELECT 1"}, {statement: "new"}, {statement: "refresh_tracks"}} {
		if q, err := sized(1).bill(j); err == nil {
			t.Errorf("%q is billed %s", j.statement, q.Reads())
		}
	}
}

func TestMonth(t *testing.T) {
	query := func(bytes int64) []Query { return []Query{{Billed: bytes}} }
	b := Bill{
		NewPlays:  {{Statement: "load_status", Billed: 100}, {Statement: "export_listens", Billed: 10}},
		NewTracks: query(1), Look: query(2), Day: query(1000),
	}
	for together, hour := range map[bool]int64{true: 100 + 3*10, false: 3 * (100 + 10)} {
		m := Month{Listeners: 3, PlayingHours: 12, Together: together, FeatureRuns: 4}
		if got, want := m.Of(b), 30*(12*hour+5*1000)+730*3; got != want {
			t.Errorf("together %t: a month is billed %d, want %d", together, got, want)
		}
	}
}
