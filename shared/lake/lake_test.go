package lake

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func row(at time.Time, track string) PlayRow {
	return PlayRow{PlayedAt: &at, TrackID: &track}
}

func rejected(at time.Time, item string) PlayRow {
	return PlayRow{PlayedAt: &at, RejectReason: new("local file"), Item: &item}
}

func TestParseName(t *testing.T) {
	const page = "plays/source=api/listener=me/date=2026-06-24/20260624T144802Z-0af1.ndjson.gz"
	tests := []struct {
		object string
		want   Name
		ok     bool
	}{
		{page, Name{Kind: "api", Listener: "me"}, true},
		{"plays/source=export/listener=me/0af1/1/Streaming_History_Audio_2023_1.json-0-4999.ndjson.gz", Name{Kind: "export", Listener: "me", Zip: "0af1"}, true},
		{"plays/source=export/listener=me/0af1/1/manifest.json", Name{Kind: KindImport, Listener: "me", Zip: "0af1"}, true},
		{"plays/source=api/listener=me/manifest.json", Name{}, false},
		{strings.Replace(page, "listener=me", "listener=Me", 1), Name{}, false},
		{strings.Replace(page, "listener=me", "listener=..", 1), Name{}, false},
		{strings.Replace(page, "listener=me", "listener=a/b", 1), Name{}, false},
		{strings.Replace(page, ".gz", ".gz.bak", 1), Name{}, false},
		{"x/" + page, Name{}, false},
		{page + "\n", Name{}, false},
		{"features/date=2026-06-24/0af1.ndjson.gz", Name{Kind: KindFeatures}, true},
		{"features/date=2026-06-24/.ndjson.gz", Name{}, false},
		{"features/date=2026-06-24/0AF1.ndjson.gz", Name{}, false},
		{"features/date=2026-06-24/a/0af1.ndjson.gz", Name{}, false},
		{"features/date=2026-6-24/0af1.ndjson.gz", Name{}, false},
		{"features/0af1.ndjson.gz", Name{}, false},
		{"features/date=2026-06-24/0af1.ndjson.gz\n", Name{}, false},
		{"features/date=2026-06-24/0af1.ndjson.gz.bak", Name{}, false},
		{"plays/features/date=2026-06-24/0af1.ndjson.gz", Name{}, false},
		{"holiday.jpg", Name{}, false},
		{"", Name{}, false},
	}
	for _, tt := range tests {
		if got, ok := ParseName(tt.object); got != tt.want || ok != tt.ok {
			t.Errorf("ParseName(%q) = %+v, %v; want %+v, %v", tt.object, got, ok, tt.want, tt.ok)
		}
	}
}

func TestPageName(t *testing.T) {
	at := time.Date(2026, 6, 24, 14, 48, 2, 110e6, time.UTC)
	a, b, c, x := row(at, "a"), row(at.Add(-4*time.Minute), "b"), row(at.Add(-8*time.Minute), "c"), rejected(at.Add(48*time.Hour), "x")
	name := PageName("me", []PlayRow{a, b, c, x})
	if _, ok := ParseName(name); !ok || !strings.HasPrefix(name, "plays/source=api/listener=me/date=2026-06-24/20260624T144802Z-") {
		t.Fatalf("PageName() = %q", name)
	}
	for what, rows := range map[string][]PlayRow{
		"a play twice":         {b, a, b, c, x},
		"a rejected row twice": {a, b, c, x, x},
		"another order":        {x, c, a, b},
		"another zone":         {row(at.In(time.FixedZone("", 7200)), "a"), b, c, x},
	} {
		if got := PageName("me", rows); got != name {
			t.Errorf("with %s the name is %q, not %q", what, got, name)
		}
	}
	for what, rows := range map[string][]PlayRow{
		"one more play":         {a, b, c, x, row(at.Add(-12*time.Minute), "e")},
		"one play less":         {a, b, x},
		"a late play":           {a, row(at.Add(-6*time.Minute), "late"), b, c, x},
		"another track":         {row(at, "z"), b, c, x},
		"another millisecond":   {row(at.Add(time.Millisecond), "a"), b, c, x},
		"another rejected row":  {a, b, c, rejected(at.Add(48*time.Hour), "y")},
		"one rejected row less": {a, b, c},
	} {
		if got := PageName("me", rows); got == name {
			t.Errorf("with %s the name is the same", what)
		}
	}
}

// The name has the day of the newest rejected row where there is no play, and 1970 where there is no time.
func TestPageNameWithoutPlays(t *testing.T) {
	at := time.Date(2026, 6, 24, 14, 48, 2, 0, time.UTC)
	for day, page := range map[string][]PlayRow{
		"2026-06-26": {rejected(at, "y"), rejected(at.Add(48*time.Hour), "x")},
		"1970-01-01": {{RejectReason: new("no played_at"), Item: new("z")}},
	} {
		name := PageName("me", page)
		if _, ok := ParseName(name); !ok || !strings.Contains(name, "date="+day+"/") {
			t.Errorf("PageName() = %q, want the day %s", name, day)
		}
	}
}

func TestFeaturesName(t *testing.T) {
	at := time.Date(2026, 6, 24, 23, 30, 0, 123456000, time.UTC)
	rows := []string{"a p true", "b p false", "c q true"}
	name := FeaturesName(at, rows)
	if got, ok := ParseName(name); !ok || got != (Name{Kind: KindFeatures}) || !strings.HasPrefix(name, "features/date=2026-06-24/") {
		t.Fatalf("FeaturesName() = %q, which is read as %+v, %v", name, got, ok)
	}
	same := map[string]string{
		"another order": FeaturesName(at, []string{rows[2], rows[0], rows[1]}),
		"another zone":  FeaturesName(at.In(time.FixedZone("", 7200)), rows),
	}
	for what, got := range same {
		if got != name {
			t.Errorf("with %s the name is %q, not %q", what, got, name)
		}
	}
	if rows[0] != "a p true" {
		t.Errorf("the rows were sorted in place: %q", rows)
	}
	other := map[string]string{
		"a microsecond later":  FeaturesName(at.Add(time.Microsecond), rows),
		"one more row":         FeaturesName(at, append([]string{"d q true"}, rows...)),
		"one row less":         FeaturesName(at, rows[:2]),
		"another row":          FeaturesName(at, []string{"a p false", rows[1], rows[2]}),
		"a row twice":          FeaturesName(at, append([]string{rows[0]}, rows...)),
		"rows split elsewhere": FeaturesName(at, []string{"a p", " trueb p false", rows[2]}),
		"no row":               FeaturesName(at, nil),
	}
	for what, got := range other {
		if got == name {
			t.Errorf("with %s the name is the same", what)
		}
	}
}

func TestEncode(t *testing.T) {
	rows := []PlayRow{row(time.Date(2026, 6, 24, 14, 48, 2, 0, time.UTC), "a<b"), {Raw: `{"track":null}`, RowIndex: 1}}
	content, err := Encode(rows)
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(unzipped); lines.Scan(); n++ {
		var got PlayRow
		if err := json.Unmarshal(lines.Bytes(), &got); err != nil || got.Raw != rows[n].Raw || got.RowIndex != rows[n].RowIndex {
			t.Errorf("line %d = %s (%v)", n, lines.Bytes(), err)
		}
	}
	if n != len(rows) {
		t.Errorf("%d lines for %d rows", n, len(rows))
	}
}

// The names of an export's objects are read as what they were made from.
func TestExportNames(t *testing.T) {
	name := ExportName("me", "0af1", 12, 50_000, 99_999)
	if got, ok := ParseName(name); !ok || got != (Name{Kind: SourceExport, Listener: "me", Zip: "0af1"}) {
		t.Errorf("ParseName(%q) = %+v, %v", name, got, ok)
	}
	for object, want := range map[string]int{name: 12, ExportName("me", "0af1", 0, 0, 0): 0, ManifestName("me", "0af1"): -1, name + ".bak": -1,
		ExportPrefix("me", "0af1") + "99999999999999999999-0-1.ndjson.gz": -1} {
		if file, ok := ExportFile(object); ok != (want >= 0) || ok && file != want {
			t.Errorf("ExportFile(%q) = %d, %v; want %d", object, file, ok, want)
		}
	}
}
