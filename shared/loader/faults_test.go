package loader_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/warehouse"
)

var errLater = errors.New("backendError")

// brokenLake cannot read some objects for now.
type brokenLake struct {
	*bucket.Bucket
	name string
}

func (b brokenLake) Read(ctx context.Context, name string, limit int64) ([]byte, bucket.Object, error) {
	if name == b.name {
		return nil, bucket.Object{}, errLater
	}
	return b.Bucket.Read(ctx, name, limit)
}

// A passing fault is returned and nothing is recorded of what it hit; the same call later loads all.
func TestPassingFaults(t *testing.T) {
	tests := []struct {
		name   string
		faulty faulty
		lake   bool // it cannot read the first object
		want   []string
	}{
		{name: "the storage is down for one object", lake: true, want: []string{"1 of audio_features", "2 of plays"}},
		{name: "plays cannot be appended", faulty: faulty{appending: func(table string, _ int64, _ [][]byte) error {
			if table == warehouse.Plays {
				return errLater
			}
			return nil
		}}},
		{name: "features cannot be appended", faulty: faulty{appending: func(string, int64, [][]byte) error { return errLater }}},
		{name: "receipts cannot be appended", faulty: faulty{recording: func() error { return errLater }}},
	}
	r := newRig(t)
	list := []bucket.Object{r.put(t, page("me", noon, 3)), r.put(t, page("you", noon, 2)), r.putFeatures(t, noon, missed("y"))}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, table := range []string{warehouse.Plays, warehouse.AudioFeatures, warehouse.Loads} {
				r.query(t, "DELETE FROM spotify_insights."+table+" WHERE TRUE")
			}
			tt.faulty.Warehouse = r.warehouse
			r.Warehouse, r.Lake = &tt.faulty, r.lake
			if tt.lake {
				r.Lake = brokenLake{r.lake, list[0].Name}
			}
			receipts, err := r.Load(t.Context(), list)
			if !errors.Is(err, errLater) || faults.Permanent(err) {
				t.Errorf("Load() = %v", err)
			}
			wantReceipts := 0
			if tt.lake {
				wantReceipts = 2
				if !slices.Equal(tt.faulty.tables, tt.want) {
					t.Errorf("appended were %q, want %q", tt.faulty.tables, tt.want)
				}
			}
			if stored, err := r.warehouse.Receipts(t.Context()); err != nil || len(receipts) != wantReceipts || len(stored) != wantReceipts {
				t.Errorf("%d receipts were returned and %d stored, %v; want %d", len(receipts), len(stored), err, wantReceipts)
			}
			r.Warehouse, r.Lake = r.warehouse, r.lake
			r.load(t, list...)
			if got := r.query(t, "SELECT COUNT(DISTINCT track_id || listener) FROM spotify_insights.plays"); got[0] != "5" {
				t.Errorf("%s different plays, want 5", got[0])
			}
		})
	}
}

// Where BigQuery refuses the rows of several objects, only the one to blame has an error.
func TestRefusedRows(t *testing.T) {
	r := newRig(t)
	list := []bucket.Object{r.put(t, page("me", noon, 3)), r.put(t, page("me", noon.Add(1), 2)), r.put(t, page("you", noon, 2)), r.putFeatures(t, noon, missed("y"))}
	f := &faulty{Warehouse: r.warehouse, appending: func(_ string, _ int64, lines [][]byte) error {
		if bytes.Contains(bytes.Join(lines, nil), []byte(list[1].Name)) {
			return faults.New(faults.Invalid, "Report this.", "a row that BigQuery refuses")
		}
		return nil
	}}
	r.Warehouse = f
	lines := machinetest.Logs(t)
	receipts := r.load(t, list...)
	for i, o := range list {
		if got := receipts[o.Name]; (got.Error != nil) != (i == 1) || i == 1 && !strings.Contains(*got.Error, "a row that BigQuery refuses") {
			t.Errorf("the receipt of object %d is %+v", i, got)
		}
	}
	if got := lines("an object cannot be loaded"); len(got) != 1 || got[0]["object"] != list[1].Name || got[0]["severity"] != "ERROR" || got[0]["action"] != "Report this." {
		t.Errorf("logged is %v", got)
	}
	if got := r.query(t, "SELECT COUNT(DISTINCT track_id || listener) FROM spotify_insights.plays"); got[0] != "5" {
		t.Errorf("%s different plays, want 5", got[0])
	}
	// A passing fault in the middle keeps what was loaded until then.
	r.query(t, "DELETE FROM spotify_insights.loads WHERE TRUE")
	records := 0
	f.recording = func() error {
		if records++; records == 3 {
			return errLater
		}
		return nil
	}
	kept, err := r.Load(t.Context(), list)
	if !errors.Is(err, errLater) || len(kept) != 2 {
		t.Errorf("Load() = %d receipts, %v", len(kept), err)
	}
}

// A load of many objects is several jobs of bounded size, and a fault keeps those before it.
func TestBatches(t *testing.T) {
	r := newRig(t)
	var list []bucket.Object
	for n := range 3 {
		o := r.put(t, page("me", noon.AddDate(0, 0, -n), 2))
		o.Size = 5 << 20 // as it is listed; two are more than a job takes
		list = append(list, o)
	}
	f := &faulty{Warehouse: r.warehouse}
	r.Warehouse = f
	r.load(t, list...)
	if want := []string{"2 of plays", "2 of plays", "2 of plays"}; !slices.Equal(f.tables, want) {
		t.Errorf("the jobs are %q, want %q", f.tables, want)
	}
	jobs := 0
	f.appending = func(table string, rows int64, _ [][]byte) error {
		if table == warehouse.Plays && rows > 0 {
			if jobs++; jobs == 2 {
				return errLater
			}
		}
		return nil
	}
	receipts, err := r.Load(t.Context(), list)
	if !errors.Is(err, errLater) || len(receipts) != 1 || receipts[0].Object != list[0].Name {
		t.Errorf("Load() = %+v, %v", receipts, err)
	}
}

// The last receipt is written although the deadline of the work is over.
func TestGiveUp(t *testing.T) {
	r := newRig(t)
	o := r.put(t, page("me", noon, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.GiveUp(ctx, o, errLater); err != nil {
		t.Fatal(err)
	}
	receipts, err := r.warehouse.Receipts(t.Context())
	if err != nil || len(receipts) != 1 || receipts[0].Done() || receipts[0].Generation != o.Generation || receipts[0].Error.StringVal != "gave up for now: backendError" || receipts[0].Kind.StringVal != "api" {
		t.Errorf("the receipts are %+v, %v", receipts, err)
	}
	r.load(t, o)
	if err := r.GiveUp(t.Context(), o, errLater); err != nil {
		t.Fatal(err)
	}
	if receipts, err := r.warehouse.Receipts(t.Context()); err != nil || len(receipts) != 1 || !receipts[0].Done() || receipts[0].Table() != warehouse.Plays {
		t.Errorf("after a load the receipts are %+v, %v", receipts, err)
	}
}

// Loads of the same objects at once lose nothing, and the listens have each play once.
func TestTogether(t *testing.T) {
	r := newRig(t)
	var list []bucket.Object
	for n := range 4 {
		list = append(list, r.put(t, page("me", noon.AddDate(0, 0, n), 10)))
	}
	var wg sync.WaitGroup
	for range 2 {
		for _, o := range list {
			wg.Go(func() {
				if _, err := r.Load(t.Context(), []bucket.Object{o}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	if err := r.warehouse.RefreshListens(t.Context(), []string{"me"}, warehouse.Beginning); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"plays": 80, "loads": 8, "listens": 40} {
		if got := r.query(t, "SELECT COUNT(*) FROM spotify_insights."+table); got[0] != fmt.Sprint(want) {
			t.Errorf("%s has %s rows, want %d", table, got[0], want)
		}
	}
}
