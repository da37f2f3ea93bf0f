package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/lake"
)

// answer is a Spotify that always answers these items.
type answer []json.RawMessage

func (a answer) RecentlyPlayed(context.Context, string) ([]json.RawMessage, error) { return a, nil }

// items are n items, four minutes apart, of a form with places for the time and a number.
func items(n int, form string) (list answer) {
	newest := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	for i := range n {
		list = append(list, json.RawMessage(fmt.Sprintf(form, newest.Add(-time.Duration(i)*4*time.Minute).Format(time.RFC3339), i)))
	}
	return list
}

const (
	song    = `{"played_at":%q,"track":{"id":"track%d","type":"track"}}`
	renamed = `{"ended_at":%q,"track":{"id":"track%d","type":"track"}}`
	episode = `{"played_at":%q,"track":{"id":"episode%d","type":"episode"}}`
	local   = `{"played_at":%q,"track":{"id":null,"is_local":true,"uri":"spotify:local:::%d:1"}}`
	noTrack = `{"played_at":%q,"item":{"id":"track%d","type":"track"}}`
)

// A full page in which nothing can be read is kept, and each run that meets it fails. Every other page
// is kept like any page, however long it is.
func TestPages(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	tests := []struct {
		name  string
		page  answer
		plays int
		fails string // a text of the error
	}{
		{"60 songs", items(60, song), 60, ""},
		{"time renamed", items(50, renamed), 0, "no played_at"},
		{"track renamed", items(55, noTrack), 0, "no track"},
		{"track renamed, and a local file", append(items(49, noTrack), items(1, local)...), 0, "no track"},
		{"a short page that cannot be read", items(49, renamed), 0, ""},
		{"one song among unreadable items", append(items(49, noTrack), items(1, song)...), 1, ""},
		{"one episode among unreadable items", append(items(49, noTrack), items(1, episode)...), 0, ""},
		{"nothing but episodes", items(50, episode), 0, ""},
		{"nothing but local files", items(50, local), 0, ""},
	}
	for n, tt := range tests {
		r.Spotify = tt.page
		var writes []time.Time
		for run := range 2 {
			result, err := r.Run(t.Context(), "me")
			status := r.status(t)
			if r.objects(t) != n+1 {
				t.Errorf("%s: %d objects after run %d, want %d", tt.name, r.objects(t), run+1, n+1)
			}
			if run == 1 && !slices.Equal(status.Writes, writes) {
				t.Errorf("%s: a run that wrote nothing changed the writes from %v to %v", tt.name, writes, status.Writes)
			}
			writes = status.Writes
			if tt.fails == "" {
				if err != nil || result.Plays != tt.plays || status.Outcome != []string{insights.Written, insights.Unchanged}[run] {
					t.Errorf("%s: run %d = %+v, %v, status %+v", tt.name, run+1, result, err, status)
				}
				continue
			}
			if faults.Of(err) != faults.Upstream || faults.Action(err) == "" || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("%s: run %d = %v of kind %v", tt.name, run+1, err, faults.Of(err))
			}
			if status.Outcome != insights.Failed || status.Failures == 0 || len(status.Problems(time.Now(), nil)) != 1 {
				t.Errorf("%s: after run %d the status is %+v", tt.name, run+1, status)
			}
		}
		if len(writes) != n+1 {
			t.Errorf("%s: %d writes, want %d", tt.name, len(writes), n+1)
		}
	}
}

// The times of the writes are those of the rows, and no more than the last ones are kept.
func TestWrites(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	clock := time.Now().Add(-time.Hour)
	r.Now = func() time.Time { clock = clock.Add(time.Second + time.Nanosecond); return clock }
	r.Tokens.Now = r.Now
	var want []time.Time
	for n := range insights.KeptWrites + 2 {
		r.Spotify = items(n+1, song)
		result, err := r.Run(t.Context(), "me")
		if err != nil {
			t.Fatal(err)
		}
		rows := r.rows(t, result.Object)
		want = append(want, rows[0].IngestedAt)
		if rows[0].Version != lake.PlayVersion || rows[0].Object != result.Object {
			t.Errorf("the row is %+v", rows[0])
		}
	}
	if got := r.status(t).Writes; !slices.EqualFunc(got, want[2:], time.Time.Equal) {
		t.Errorf("writes = %v, want %v", got, want[2:])
	}
}

// An item that is not a play is kept when it appears, also without anything else that is new.
func TestOnlyAnItemIsNew(t *testing.T) {
	r := newRig(t, fakespotify.Listener{})
	r.connect(t)
	page := items(2, song)
	for run, status := range []string{insights.Written, insights.Written, insights.Unchanged} {
		if run == 1 {
			page = append(page, items(1, local)...)
		}
		r.Spotify = page
		if result, err := r.Run(t.Context(), "me"); err != nil || result.Status != status || result.Plays != 2 {
			t.Errorf("run %d = %+v, %v; want %s", run+1, result, err, status)
		}
	}
}
