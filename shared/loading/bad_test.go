package loading_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"spotify-insights.internal/shared/loading"
	"spotify-insights.internal/shared/warehouse"
)

// bad is an object that no retry mends, and a part of the ledger's error.
type bad struct {
	what, object string
	content      []byte
	want         string
}

// loadBad loads bad objects between good ones in one call, and looks whether each has its error.
func (r *rig) loadBad(t *testing.T, tests []bad, good ...loading.Object) {
	t.Helper()
	batch := []loading.Object{good[0]}
	for _, tt := range tests {
		batch = append(batch, r.putContent(t, tt.object, tt.content))
	}
	batch = append(batch, good[1:]...)
	loads, err := r.Load(t.Context(), batch)
	if err != nil || len(loads) != len(batch) {
		t.Fatalf("Load() = %d loads, %v", len(loads), err)
	}
	byObject := map[string]warehouse.Load{}
	for _, load := range loads {
		byObject[load.Object] = load
	}
	for _, tt := range tests {
		load := byObject[tt.object]
		if load.Error == nil || !strings.Contains(*load.Error, tt.want) {
			t.Errorf("%s: the ledger says %v, want %q", tt.what, load.Error, tt.want)
		}
		if lines := r.query(t, "SELECT error IS NOT NULL FROM spotify_insights.loads WHERE object = '"+tt.object+"'"); len(lines) != 1 || lines[0] != "true" {
			t.Errorf("%s: the table loads has %v", tt.what, lines)
		}
	}
}

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.Bytes()
}

// An object that no retry mends is named in the ledger with what is wrong, and holds up nobody.
func TestBadObjects(t *testing.T) {
	good := page("me", noon, 3)
	name := func(n int) string {
		return fmt.Sprintf("plays/source=api/listener=me/date=2026-06-24/20260624T120000Z-%04x.ndjson.gz", n)
	}
	line := func(object, listener, extra string) string {
		return fmt.Sprintf(`{"listener":%q,"source":"api","played_at":"2026-06-24T12:00:00Z","track_id":"a","ingested_at":"2026-06-24T12:01:00Z","object":%q,"raw":"{}"%s}`+"\n", listener, object, extra)
	}
	whole := zipped(line(name(0), "me", ""))
	tests := []bad{
		{"somebody's picture", "holiday.jpg", []byte("JFIF"), "its name is not one"},
		{"a name with dots", "plays/source=api/listener=a..b/date=2026-06-24/1-0a.ndjson.gz", whole, "its name is not one"},
		{"an empty object", name(1), nil, "empty"},
		{"a gzip of nothing", name(2), zipped(""), "no row of its own"},
		{"a gzip that ends early", name(3), whole[:len(whole)/2], ""},
		{"a gzip without its end", name(4), whole[:len(whole)-4], ""},
		{"HTML", name(5), zipped("<html></html>"), ""},
		{"not gzip and not JSON", name(6), []byte("hello"), ""},
		{"an unknown field", name(7), zipped(line(name(7), "me", `,"surprise":1`)), "surprise"},
		{"a missing field", name(8), zipped(strings.Replace(line(name(8), "me", ""), `"listener":"me",`, "", 1)), "listener"},
		{"a time that is none", name(9), zipped(strings.Replace(line(name(9), "me", ""), "2026-06-24T12:00:00Z", "yesterday", 1)), ""},
		{"a row of another listener", name(10), zipped(line(name(10), "you", "")), "another listener"},
		{"rows of another object", name(11), zipped(line(name(11), "me", "") + line(name(12), "me", "")), "another object"},
		{"only rows of another object", name(13), zipped(line(name(12), "me", "")), "no row of its own"},
		{"a play without a key", name(14), zipped(strings.Replace(line(name(14), "me", ""), `"track_id":"a",`, "", 1)), "without a key"},
		{"JSON cut in the middle of a line", name(15), zipped(line(name(15), "me", "")[:60]), ""},
	}
	r := newRig(t)
	r.loadBad(t, tests, r.put(t, "me", good), r.put(t, "you", page("you", noon, 3)))
	if got := r.query(t, "SELECT listener, COUNT(*) FROM spotify_insights.plays GROUP BY listener ORDER BY listener"); !slices.Equal(got, []string{"me | 3", "you | 3"}) {
		t.Errorf("plays by listener: %v", got)
	}
	settled, err := r.ledger.Ledger(t.Context())
	if err != nil || len(settled) != len(tests)+2 || slices.ContainsFunc(settled, func(s warehouse.Settled) bool { return !s.Done() }) {
		t.Errorf("not everything is settled: %+v, %v", settled, err)
	}
}

// An object of audio features that no retry mends is named in the ledger with what is wrong, and holds up
// nobody.
func TestBadFeatures(t *testing.T) {
	name := func(n int) string { return fmt.Sprintf("features/date=2026-06-24/%04x.ndjson.gz", n) }
	line := func(object, track, extra string) string {
		return fmt.Sprintf(`{"track_id":%q,"found":true,"provider":"p","fetched_at":"2026-06-24T12:00:00Z","object":%q,"index":0%s}`+"\n", track, object, extra)
	}
	without := func(n int, field string) []byte { return zipped(strings.Replace(line(name(n), "a", ""), field, "", 1)) }
	whole := zipped(line(name(0), "a", ""))
	tests := []bad{
		{"no date", "features/0a.ndjson.gz", whole, "its name is not one"},
		{"another ending", "features/date=2026-06-24/0a.json", whole, "its name is not one"},
		{"no hash", "features/date=2026-06-24/me.ndjson.gz", whole, "its name is not one"},
		{"an empty object", name(1), nil, "empty"},
		{"a gzip of nothing", name(2), zipped(""), "no row of its own"},
		{"a gzip that ends early", name(3), whole[:len(whole)/2], ""},
		{"not gzip and not JSON", name(4), []byte("hello"), ""},
		{"HTML", name(5), zipped("<html></html>"), ""},
		{"an unknown field", name(6), zipped(line(name(6), "a", `,"surprise":1`)), "surprise"},
		{"a value of another type", name(7), zipped(line(name(7), "a", `,"energy":"high"`)), "energy"},
		{"a key that is not whole", name(8), zipped(line(name(8), "a", `,"key":0.5`)), "key"},
		{"a row without a track", name(9), without(9, `"track_id":"a",`), "track_id"},
		{"a row of no track", name(10), zipped(line(name(10), "", "")), "without a key"},
		{"a row that does not say when", name(11), without(11, `"fetched_at":"2026-06-24T12:00:00Z",`), "fetched_at"},
		{"a row that does not say whether", name(12), without(12, `"found":true,`), "found"},
		{"rows of another object", name(13), zipped(line(name(13), "a", "") + line(name(14), "b", "")), "another object"},
		{"only rows of another object", name(15), zipped(line(name(14), "a", "")), "no row of its own"},
		{"a row that claims to be a play's", name(16), zipped(line(name(16), "a", "") + line("plays/source=api/x", "b", "")), "kind"},
		{"a play", name(17), zipped(fmt.Sprintf(`{"listener":"me","source":"api","played_at":"2026-06-24T12:00:00Z","track_id":"a","object":%q}`, name(17))), ""},
	}
	r := newRig(t)
	r.loadBad(t, tests, r.putFeatures(t, noon, told("x", 100)), r.putFeatures(t, noon, missed("y")), r.put(t, "me", page("me", noon, 3)))
	if got := r.query(t, "SELECT track_id FROM spotify_insights.audio_features ORDER BY track_id"); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("audio features of %q", got)
	}
	if got := r.query(t, "SELECT COUNT(*) FROM spotify_insights.plays"); got[0] != "3" {
		t.Errorf("%s plays", got[0])
	}
}
