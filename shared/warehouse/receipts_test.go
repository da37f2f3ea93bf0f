package warehouse_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// Every field of a receipt arrives in its column, in BigQuery's precision.
func TestRecord(t *testing.T) {
	r := newRig(t)
	at := func(n int) time.Time { return time.Date(2026, 6, 24, n, 0, 0, 123456000, time.UTC) }
	if err := r.Record(t.Context(), []warehouse.Receipt{
		{Object: "o", Generation: 7, Kind: new("api"), Listener: new("me"), RowVersion: new(int64(2)), RowsRead: 50, Plays: 45, Rejected: 3, NotMusic: 2,
			Oldest: new(at(1)), Newest: new(at(2)), FetchedAt: new(at(3)), FullPage: true, Zip: new("0a"), LoadedAt: at(4), Error: new("x")},
		{Object: "p", LoadedAt: at(4)},
	}); err != nil {
		t.Fatal(err)
	}
	const hour = " | 2026-06-24T%02d:00:00.123Z"
	want := []string{"o | 7 | api | me | 2 | 50 | 45 | 3 | 2" + fmt.Sprintf(hour+hour+hour, 1, 2, 3) + " | true | 0a" + fmt.Sprintf(hour, 4) + " | x | 123456",
		"p | 0 | <nil> | <nil> | <nil> | 0 | 0 | 0 | 0 | <nil> | <nil> | <nil> | false | <nil>" + fmt.Sprintf(hour, 4) + " | <nil> | 123456"}
	if diff := cmp.Diff(want, r.query(t, "SELECT *, MOD(UNIX_MICROS(loaded_at), 1000000) FROM spotify_insights.loads ORDER BY object")); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}
}

// Of the receipts of one generation a success counts before an error, then the latest.
func TestReceipts(t *testing.T) {
	r := newRig(t)
	at := func(day int) row { return row{"loaded_at": fmt.Sprintf("2026-06-%02dT00:00:00Z", day)} }
	r.insert(t, warehouse.Loads,
		receipt("success", "api", with(at(1), row{"rows_read": 1})), receipt("success", "api", with(at(2), row{"error": "x"})),
		receipt("latest", "api", with(at(1), row{"rows_read": 1})), receipt("latest", "api", with(at(2), row{"rows_read": 2})),
		receipt("error", "api", with(at(1), row{"error": "x"})), receipt("error", "api", with(at(2), row{"error": warehouse.GivenUp(errors.New("y"))})),
		receipt("generations", "export", with(at(1), row{"rows_read": 1})), receipt("generations", "export", with(at(1), row{"rows_read": 2, "generation": 2})),
		receipt("features", "features", with(at(1), row{"listener": nil, "row_version": nil})))
	receipts, err := r.Receipts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range receipts {
		got = append(got, fmt.Sprintf("%s %d %s %v %v %v done=%t plays=%t", l.Object, l.Generation, l.Kind.StringVal, l.RowVersion.Int64, l.RowsRead.Int64, l.Error.StringVal, l.Done(), (l.Table() == warehouse.Plays)))
	}
	slices.Sort(got)
	want := []string{
		"error 1 api 2 0 gave up for now: y done=false plays=false", "features 1 features 0 0  done=true plays=false",
		"generations 1 export 2 1  done=true plays=true", "generations 2 export 2 2  done=true plays=true",
		"latest 1 api 2 2  done=true plays=true", "success 1 api 2 1  done=true plays=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Receipts() (-want +got):\n%s", diff)
	}
}

func TestAppend(t *testing.T) {
	r := newRig(t)
	line := func(track string) []byte { return []byte(`{"track_id":"` + track + `","precedence":1}` + "\n") }
	tests := []struct {
		name  string
		rows  int64
		lines [][]byte
		kind  faults.Kind
		says  string
		want  []string // tracks by then
	}{
		{name: "nothing", want: nil},
		{name: "several parts", rows: 3, lines: [][]byte{append(line("a"), line("b")...), line("c")}, want: []string{"a", "b", "c"}},
		{name: "the same again", rows: 1, lines: [][]byte{line("a")}, want: []string{"a", "a", "b", "c"}},
		{name: "a row with an unknown column", rows: 2, lines: [][]byte{line("d"), []byte(`{"track_id":"e","precedence":1,"surprise":1}` + "\n")}, kind: faults.Invalid, says: "surprise", want: []string{"a", "a", "b", "c"}},
		{name: "a row that lacks a column", rows: 1, lines: [][]byte{[]byte(`{"track_id":"e"}` + "\n")}, kind: faults.Invalid, says: "appending 1 rows to tracks", want: []string{"a", "a", "b", "c"}},
		{name: "another number of rows than was sent", rows: 2, lines: [][]byte{line("d")}, says: "another number of rows", want: []string{"a", "a", "b", "c", "d"}},
	}
	for _, tt := range tests {
		err := r.Append(t.Context(), warehouse.Tracks, tt.rows, tt.lines...)
		if faults.Of(err) != tt.kind || (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if got := r.query(t, "SELECT track_id FROM spotify_insights.tracks ORDER BY track_id"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: the tracks are %q, want %q", tt.name, got, tt.want)
		}
	}
}

// A reset empties what comes from the lake's plays, and the receipts last.
func TestReset(t *testing.T) {
	r := newRig(t)
	r.insert(t, warehouse.Plays, play("api", "2026-01-01T00:00:00Z", "a", nil), play("api", "2026-01-01T00:00:00Z", "b", row{"played_at": nil}))
	r.insert(t, warehouse.Listens, listen("2026-01-01T00:00:00Z", "a", nil))
	r.insert(t, warehouse.Loads, receipt("o", "api", nil))
	if rows, err := r.Rows(t.Context(), warehouse.Plays); err != nil || rows != 2 {
		t.Errorf("Rows() = %d, %v", rows, err)
	}
	if err := r.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{warehouse.Plays, warehouse.Listens, warehouse.Loads} {
		if rows, err := r.Rows(t.Context(), table); err != nil || rows != 0 {
			t.Errorf("%s has %d rows, %v", table, rows, err)
		}
	}
	if _, err := r.Rows(t.Context(), "nothing"); err == nil {
		t.Error("a table that is not there has rows")
	}
	// The receipts stay where the reset ends early.
	cloud := newPromptCloud(t, nil)
	direct := cloud.open(&faultyLine{})
	if err := direct.Record(t.Context(), []warehouse.Receipt{{Object: "o", LoadedAt: utc("2026-01-01T00:00:00Z")}}); err != nil {
		t.Fatal(err)
	}
	refused := trouble{code: 403, reason: "accessDenied", message: "Access Denied"}
	if err := cloud.open(&faultyLine{at: atInsert, trouble: refused}).Reset(t.Context()); err == nil || !strings.Contains(err.Error(), "emptying "+warehouse.Plays) {
		t.Errorf("Reset() = %v", err)
	}
	if rows, err := direct.Rows(t.Context(), warehouse.Loads); err != nil || rows != 1 {
		t.Errorf("%d receipts, %v", rows, err)
	}
}

func TestLoadStatus(t *testing.T) {
	r := newRig(t)
	before, err := r.LoadStatus(t.Context())
	if err != nil || before.AsOf.IsZero() || before.Features != 0 || len(before.Listeners) != 0 {
		t.Errorf("before everything: %+v, %v", before, err)
	}
	plain := func(object, oldest string, more row) row {
		return receipt(object, "api", with(row{"oldest": oldest, "newest": oldest, "fetched_at": oldest}, more))
	}
	r.insert(t, warehouse.Loads,
		plain("1", "2026-02-01T00:00:06Z", nil), plain("1", "2026-02-01T00:00:06Z", row{"loaded_at": "2026-06-02T00:00:00Z"}), // twice
		plain("2", "2026-02-01T00:00:05.999Z", row{"rejected": 3}), // it can decide on a listen of January
		receipt("3", "api", row{"fetched_at": "2026-03-01T00:00:00Z"}),
		receipt("4", "api", row{"error": "x"}), receipt("4", "api", row{"error": warehouse.GivenUp(errors.New("y"))}),
		receipt("5", "export", row{"oldest": "2020-06-01T00:00:00Z", "zip": "0a"}), receipt("5", "export", row{"error": "x"}), // loaded in the end
		receipt("m", "import", row{"oldest": "2020-06-01T00:00:00Z", "newest": "2025-01-01T00:00:00Z", "zip": "0a", "rows_read": 9}),
		receipt("n", "import", row{"oldest": "2020-01-01T00:00:00Z", "newest": "2024-01-01T00:00:00Z", "zip": "0a", "rows_read": 8, "loaded_at": "2026-06-03T00:00:00Z"}),
		receipt("f", "features", row{"listener": nil}), receipt("f", "features", row{"listener": nil, "error": "x"}),
		receipt("1", "api", row{"listener": "you", "error": "x"}))
	unreadable := func(object, item, reason string) row {
		return play("api", "2026-01-01T00:00:00Z", "a", row{"object": object, "reject_reason": reason, "item": item})
	}
	r.insert(t, warehouse.Plays, unreadable("1", "i", "no track"), unreadable("2", "i", "no track"), unreadable("2", "j", "local file"), unreadable("2", "k", lake.NotMusic),
		play("api", "2026-01-01T00:00:00Z", "a", nil))
	got, err := r.LoadStatus(t.Context())
	if err != nil || got.AsOf.Before(before.AsOf) {
		t.Fatal(got, err)
	}
	got.AsOf = time.Time{}
	receipts := func(number int64, last string) warehouse.Receipts {
		return warehouse.Receipts{Number: number, LastAt: utc(last)}
	}
	const first, third = "2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z"
	want := warehouse.Status{Features: 1, Listeners: map[string]*warehouse.ListenerStatus{
		"me": {
			Receipts: map[warehouse.Month]warehouse.Receipts{202602: receipts(2, "2026-06-02T00:00:00Z"), 202601: receipts(1, first),
				warehouse.NoMonth: receipts(4, first), 202005: receipts(2, first), 201912: receipts(1, third)},
			LastLoadAt: utc(third), Objects: 6, FetchedAt: utc("2026-03-01T00:00:00Z"), Rejected: 2, Failed: 1,
			Imports: []warehouse.ImportStatus{{Zip: "0a", LoadedAt: utc(third), Oldest: utc("2020-01-01T00:00:00Z"), Newest: utc("2025-01-01T00:00:00Z"), Rows: 9}},
		},
		"you": {Receipts: map[warehouse.Month]warehouse.Receipts{warehouse.NoMonth: receipts(1, first)}, Failed: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("LoadStatus() (-want +got):\n%s", diff)
	}
	if at := warehouse.Month(202611).Begins(); !at.Equal(utc("2026-11-01T00:00:00Z")) {
		t.Errorf("November begins at %v", at)
	}
}
