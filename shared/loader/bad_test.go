package loader_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"spotify-insights.internal/shared/bucket"
)

// bad is an object with a permanent error, and a part of the error in its receipt.
type bad struct {
	what, object string
	content      []byte
	want         string
}

// loadBad loads bad objects between good ones in one call. Each one has a receipt with its error, and no row.
func loadBad(t *testing.T, c *cloud, tests []bad, good ...bucket.Object) {
	t.Helper()
	list := []bucket.Object{good[0]}
	for _, tt := range tests {
		list = append(list, c.put(tt.object, tt.content))
	}
	receipts, err := c.Load(t.Context(), append(list, good[1:]...))
	if err != nil || len(receipts) != len(tests)+len(good) || len(c.receipts) != len(receipts) {
		t.Fatalf("%d receipts and %d stored, %v; want %d", len(receipts), len(c.receipts), err, len(tests)+len(good))
	}
	for _, r := range receipts {
		i := slices.IndexFunc(tests, func(tt bad) bool { return tt.object == r.Object })
		if i < 0 {
			if r.Error != nil {
				t.Errorf("the good object %s: %s", r.Object, *r.Error)
			}
			continue
		}
		if tt := tests[i]; r.Error == nil || !strings.Contains(*r.Error, tt.want) || r.RowsRead != 0 || r.Generation == 0 {
			t.Errorf("%s: the receipt is %+v with the error %v, want %q", tt.what, r, r.Error, tt.want)
		} else if newer := strings.Contains(tt.want, "newer version"); strings.HasPrefix(*r.Error, "gave up for now: ") != newer {
			t.Errorf("%s: %s: reconcile retries only a newer version", tt.what, *r.Error)
		}
	}
	if rows := bytes.Join(slices.Collect(maps.Values(c.rows)), nil); bytes.Count(rows, []byte("\n")) != 3*len(good[1:]) {
		t.Errorf("the rows are %s", rows)
	}
}

func TestBadPlays(t *testing.T) {
	line := func(n int, more string) string {
		return fmt.Sprintf(`{"version":2,"listener":"me","source":"api","played_at":"2026-06-24T12:00:00Z","track_id":"a","ingested_at":"2026-06-24T12:01:00Z","object":%q,"row_index":0,"raw":"{}"%s}`+"\n", pageName(n), more)
	}
	tests := []bad{
		{"a picture", "holiday.jpg", []byte("JFIF"), "its name is not that"},
		{"a name with dots", "plays/source=api/listener=a..b/date=2026-06-24/1-0a.ndjson.gz", zipped(line(0, "")), "its name is not that"},
	}
	add := func(what string, content func(n int) []byte, want string) {
		n := len(tests)
		tests = append(tests, bad{what, pageName(n), content(n), want})
	}
	changed := func(what, from, to, want string) {
		add(what, func(n int) []byte {
			before := line(n, "")
			after := strings.Replace(before, from, to, 1)
			if before == after {
				t.Fatalf("%s: nothing was changed", what)
			}
			return zipped(line(n, "") + after)
		}, want)
	}
	add("an empty object", func(int) []byte { return nil }, "empty")
	add("a gzip of nothing", func(int) []byte { return zipped("") }, "no row")
	add("a gzip that ends early", func(n int) []byte { whole := zipped(line(n, "")); return whole[:len(whole)/2] }, "unexpected EOF")
	add("a gzip without its checksum", func(n int) []byte { whole := zipped(line(n, "")); return whole[:len(whole)-4] }, "cannot be read to its end")
	add("a gzip with another checksum", func(n int) []byte { whole := zipped(line(n, "")); whole[len(whole)-8] ^= 1; return whole }, "cannot be read to its end")
	add("HTML", func(int) []byte { return zipped("<html></html>") }, "line 1")
	add("not gzip", func(n int) []byte { return []byte(line(n, "")) }, "not a gzip file")
	add("a truncated line", func(n int) []byte { return zipped(line(n, "") + line(n, "")[:60]) }, "line 2")
	add("an empty line", func(n int) []byte { return zipped(line(n, "") + "\n" + line(n, "")) }, "line 2")
	add("a line that is too long", func(n int) []byte { return zipped(line(n, `,"track_name":"`+strings.Repeat("x", 5<<20)+`"`)) }, "too long")
	add("an unknown field", func(n int) []byte { return zipped(line(n, `,"surprise":1`)) }, "surprise")
	add("a field twice", func(n int) []byte { return zipped(line(n, `,"track_id":"b"`)) }, "duplicate")
	add("a negative length", func(n int) []byte { return zipped(line(n, `,"duration_ms":-1`)) }, "negative")
	add("a negative time", func(n int) []byte { return zipped(line(n, `,"ms_played":-1`)) }, "negative")
	add("a length that is not whole", func(n int) []byte { return zipped(line(n, `,"duration_ms":1.5`)) }, "duration_ms")
	add("a rejected row without an item", func(n int) []byte { return zipped(line(n, `,"reject_reason":"no track"`)) }, "without an item")
	changed("a newer version", `"version":2`, `"version":3`, "a newer version")
	changed("a version below all", `"version":2`, `"version":-1`, "row version -1 is unknown")
	add("a row of version 1 without its raw text", func(n int) []byte {
		return zipped(strings.NewReplacer(`"version":2,`, "", `"raw":"{}"`, `"raw":""`).Replace(line(n, "")))
	}, "no raw item")
	changed("another listener", `"me"`, `"you"`, "another listener")
	changed("no listener", `"listener":"me",`, "", "another listener")
	changed("another source", `"api"`, `"export"`, "another listener or source")
	changed("another object", "20260624T120000Z-", "20260624T120001Z-", "another object")
	changed("no object", `"object"`, `"context_uri"`, "another object")
	changed("no time of fetching", `"ingested_at":"2026-06-24T12:01:00Z",`, "", "ingested_at or row_index")
	changed("a negative place", `"row_index":0`, `"row_index":-1`, "ingested_at or row_index")
	changed("a play without a track", `"track_id":"a",`, "", "without a time or a track")
	changed("a play with an empty track", `"track_id":"a",`, `"track_id":"",`, "without a time or a track")
	changed("a play without a time", `"played_at":"2026-06-24T12:00:00Z",`, "", "without a time or a track")
	changed("an invalid time", "2026-06-24T12:00:00Z", "yesterday", "played_at")
	changed("a play from the future", "2026-06-24T12:00:00Z", "2026-06-24T12:06:00.001Z", "impossible")
	changed("a play before 2006", "2026-06-24T12:00:00Z", "2005-12-31T23:59:59Z", "impossible")
	c := newCloud()
	loadBad(t, c, tests, c.put(manifestName(0), []byte(goodManifest)), c.page(t, "me", noon, 3), c.page(t, "you", noon, 3))
}

const goodManifest = `{"version":1,"zip":"0a","imported_at":"2026-06-24T12:00:00Z","rows":3,"not_music":1,"rejected":1,"files":[
	{"number":4,"name":"a.json","rows":2,"not_music":0,"rejected":1,"rejected_rows":[{"index":1,"reason":"no track"}]},
	{"number":7,"name":"a.json","rows":1,"not_music":1,"rejected":0}]}`

func manifestName(n int) string {
	return fmt.Sprintf("plays/source=export/listener=me/0a/%d/manifest.json", n)
}

func TestBadManifests(t *testing.T) {
	var tests []bad
	add := func(what, content, want string) {
		tests = append(tests, bad{what, manifestName(1 + len(tests)), []byte(content), want})
	}
	changed := func(what, from, to, want string) {
		content := strings.Replace(goodManifest, from, to, 1)
		if content == goodManifest {
			t.Fatalf("%s: nothing was changed", what)
		}
		add(what, content, want)
	}
	span := func(oldest, newest string) string {
		return fmt.Sprintf(`"oldest":%q,"newest":%q,"rows":3`, oldest, newest)
	}
	add("an empty object", "", "not a manifest")
	add("not JSON", "hello", "not a manifest")
	add("too large", goodManifest+strings.Repeat(" ", 4<<20), "more than the 4194304 of a manifest")
	changed("another export", "0a", "0b", "another export")
	changed("a newer version", `"version":1`, `"version":9`, "newer version")
	changed("no time of the import", `"imported_at":"2026-06-24T12:00:00Z",`, "", "lacks the time")
	changed("one end of a span", `"rows":3`, `"oldest":"2020-01-01T00:00:00Z","rows":3`, "one end")
	changed("a span that ends before it begins", `"rows":3`, span("2020-01-02T00:00:00Z", "2020-01-01T00:00:00Z"), "impossible")
	changed("a span that ends after the import", `"rows":3`, span("2020-01-01T00:00:00Z", "2026-06-25T00:00:00Z"), "impossible")
	changed("a row that is in no file", `"rows":3`, `"rows":4`, "those of its files")
	changed("a rejected row that is in no file", `"rejected":1`, `"rejected":2`, "those of its files")
	changed("a row that is not music in no file", `"not_music":1`, `"not_music":0`, "those of its files")
	changed("more rejected rows than rows", `"rows":1,"not_music":1,"rejected":0`, `"rows":1,"not_music":1,"rejected":1`, "file number 7 do not add up")
	changed("a negative count", `"rows":1,"not_music":1,"rejected":0`, `"rows":1,"not_music":2,"rejected":-1`, "file number 7 do not add up")
	changed("a count that is too large", `"rows":1,"not_music":1`, `"rows":9223372036854775807,"not_music":1`, "file number 7 do not add up")
	changed("a number that is not whole", `"number":7`, `"number":7.5`, "not a manifest")
	changed("a number twice", `"number":7`, `"number":4`, "file number 4 is negative or occurs twice")
	changed("a negative number", `"number":7`, `"number":-7`, "file number -7")
	changed("more named rejected rows than there are", `"not_music":1,"rejected":0}`, `"not_music":1,"rejected":0,"rejected_rows":[{"index":0,"reason":"x"}]}`, "names 1 rejected rows")
	add("too many files", strings.TrimSuffix(goodManifest, "]}")+strings.Repeat(`,{"number":8}`, 1000)+"]}", "1002 files")
	c := newCloud()
	loadBad(t, c, tests, c.put(manifestName(0), []byte(goodManifest)))
}

func TestBadFeatures(t *testing.T) {
	name := func(n int) string { return fmt.Sprintf("features/date=2026-06-24/%04x.ndjson.gz", n) }
	line := func(n int, more string) string {
		return fmt.Sprintf(`{"version":2,"track_id":"a","found":true,"provider":"p","fetched_at":"2026-06-24T12:00:00Z","object":%q,"row_index":0%s}`+"\n", name(n), more)
	}
	whole := zipped(line(0, ""))
	tests := []bad{
		{"no date", "features/0a.ndjson.gz", whole, "its name is not that"},
		{"another ending", "features/date=2026-06-24/0a.json", whole, "its name is not that"},
		{"no hash", "features/date=2026-06-24/me.ndjson.gz", whole, "its name is not that"},
	}
	changed := func(what, from, to, want string) {
		n := len(tests)
		tests = append(tests, bad{what, name(n), zipped(strings.Replace(line(n, ""), from, to, 1)), want})
	}
	changed("an unknown field", `"track_id"`, `"surprise":1,"track_id"`, "surprise")
	changed("a value of another type", `"track_id"`, `"energy":"high","track_id"`, "energy")
	changed("a key that is not whole", `"track_id"`, `"key":0.5,"track_id"`, "key")
	changed("no track", `"track_id":"a",`, "", "lacks its track")
	changed("an empty track", `"a"`, `""`, "lacks its track")
	changed("no time", `"fetched_at":"2026-06-24T12:00:00Z",`, "", "answer or time")
	changed("no answer", `"found":true,`, "", "provider, answer")
	changed("no provider", `"provider":"p",`, "", "provider, answer")
	changed("another object", "2026-06-24/0", "2026-06-24/1", "another object")
	changed("a newer version", `"version":2`, `"version":3`, "a newer version")
	changed("a row of plays", `"found"`, `"source"`, "source")
	c := newCloud()
	loadBad(t, c, tests, c.put(manifestName(0), []byte(goodManifest)), c.page(t, "me", noon, 3))
}
