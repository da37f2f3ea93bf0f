package loader_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/warehouse"
)

var errLater = errors.New("backendError")

// A transient error is returned, and nothing is stored of the batch that it hits, except where one object cannot be
// read. A deleted object has no receipt, and does not stop the others.
func TestTransientErrors(t *testing.T) {
	tests := []struct {
		call string // that fails
		jobs string
	}{
		{"", "1 of audio_features, 5 of plays"},
		{"read plays/source=api/listener=me/", "1 of audio_features, 2 of plays"},
		{"append to audio_features", ""},
		{"append to plays", "1 of audio_features"},
		{"write receipts", "1 of audio_features, 5 of plays"},
	}
	for _, tt := range tests {
		c := newCloud()
		list := []bucket.Object{c.page(t, "me", noon, 3), {Name: pageName(1)}, c.page(t, "you", noon, 2), c.features(t, "a")}
		c.fail = func(call string, _ []byte) error {
			if tt.call != "" && strings.HasPrefix(call, tt.call) {
				return errLater
			}
			return nil
		}
		receipts, err := c.Load(t.Context(), list)
		if errors.Is(err, errLater) != (tt.call != "") || faults.Permanent(err) {
			t.Errorf("%s fails: %v", tt.call, err)
		}
		want := map[bool]int{true: strings.Count(tt.jobs, " of ")}[strings.HasPrefix(tt.call, "read")]
		if tt.call == "" {
			want = 3
		}
		if got := strings.Join(c.jobs, ", "); got != tt.jobs || len(receipts) != want || len(c.receipts) != want {
			t.Errorf("%s fails: the jobs are %q, with %d receipts of which %d are stored; want %q, %d", tt.call, got, len(receipts), len(c.receipts), tt.jobs, want)
		}
	}
}

// Where BigQuery rejects the rows of several objects, only the object with those rows fails. A transient error among
// them leaves the receipts that were written before it.
func TestRejectedRows(t *testing.T) {
	c := newCloud()
	list := []bucket.Object{c.page(t, "me", noon, 3), c.page(t, "me", noon.Add(1e9), 2), c.page(t, "you", noon, 2), c.features(t, "a")}
	writes, failing := 0, 0
	c.fail = func(call string, content []byte) error {
		if writes++; call != "write receipts" {
			writes--
		} else if writes == failing {
			return errLater
		}
		if bytes.Contains(content, []byte(list[1].Name)) {
			return faults.New(faults.Invalid, "Report this.", "a row that BigQuery rejects")
		}
		return nil
	}
	lines := machinetest.Logs(t)
	receipts, err := c.Load(t.Context(), list)
	if err != nil || len(receipts) != len(list) {
		t.Fatalf("%d receipts, %v", len(receipts), err)
	}
	for i, r := range receipts {
		if r.Object != list[i].Name || (r.Error != nil) != (i == 1) || i == 1 && !strings.Contains(*r.Error, "a row that BigQuery rejects") {
			t.Errorf("receipt %d is %+v", i, r)
		}
	}
	if got := lines("an object cannot be loaded"); len(got) != 1 || got[0]["object"] != list[1].Name || got[0]["severity"] != "ERROR" || got[0]["action"] != "Report this." {
		t.Errorf("logged is %v", got)
	}
	if n := bytes.Count(c.rows[warehouse.Plays], []byte("\n")); n != 5 {
		t.Errorf("%d plays, want 5", n)
	}
	writes, failing = 0, 3
	if receipts, err := c.Load(t.Context(), list); !errors.Is(err, errLater) || len(receipts) != 2 {
		t.Errorf("Load() = %d receipts, %v", len(receipts), err)
	}
}

// A load of many objects is several jobs of limited size. An error leaves the jobs before it.
func TestBatches(t *testing.T) {
	c := newCloud()
	var list []bucket.Object
	for n := range 3 {
		o := c.page(t, "me", noon.AddDate(0, 0, -n), 2)
		o.Size = 5 << 20 // two are too large for one job
		list = append(list, o)
	}
	c.fail = func(call string, _ []byte) error {
		if len(c.jobs) == 4 && strings.HasPrefix(call, "append") {
			return errLater
		}
		return nil
	}
	for _, want := range []int{3, 1} {
		if receipts, err := c.Load(t.Context(), list); errors.Is(err, errLater) != (want == 1) || len(receipts) != want {
			t.Errorf("Load() = %d receipts, %v; want %d", len(receipts), err, want)
		}
	}
	if want := slices.Repeat([]string{"2 of plays"}, 4); !slices.Equal(c.jobs, want) {
		t.Errorf("the jobs are %q, want %q", c.jobs, want)
	}
}

// The receipt of a transient error is written although the deadline of the load is over.
func TestGiveUp(t *testing.T) {
	c := newCloud()
	o := c.page(t, "me", noon, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.GiveUp(ctx, o, errLater); err != nil {
		t.Fatal(err)
	}
	if r := c.receipts[0]; r.Object != o.Name || r.Generation != 1 || *r.Kind != "api" || *r.Error != "gave up for now: backendError" || r.LoadedAt.IsZero() {
		t.Errorf("the receipt is %+v", r)
	}
}

// One log line for each listener reports what a load added. Alerts read its fields.
func TestLoadIsLogged(t *testing.T) {
	c := newCloud()
	lines := machinetest.Logs(t)
	o := c.page(t, "me", noon, 3)
	for _, tt := range []struct {
		list []bucket.Object
		want []map[string]any
	}{
		{[]bucket.Object{o}, []map[string]any{{"object": o.Name, "listener": "me", "plays": 3.0}}},
		{[]bucket.Object{o, c.page(t, "you", noon, 2), c.features(t, "a"), c.page(t, "you", noon.Add(time.Hour), 2)}, []map[string]any{
			{"objects": 1.0, "rows_read": 1.0, "kind": "features", "listener": nil},
			{"objects": 1.0, "plays": 3.0, "listener": "me"},
			{"objects": 2.0, "plays": 4.0, "rows_read": 4.0, "object": nil, "listener": "you"},
		}},
	} {
		if _, err := c.Load(t.Context(), tt.list); err != nil {
			t.Fatal(err)
		}
		got := lines("loaded")
		if len(got) != len(tt.want) {
			t.Errorf("logged is %v, want %v", got, tt.want)
			continue
		}
		for i, fields := range tt.want {
			for field, want := range fields {
				if got[i][field] != want {
					t.Errorf("logged is %v, want %s %v", got[i], field, want)
				}
			}
		}
	}
}
