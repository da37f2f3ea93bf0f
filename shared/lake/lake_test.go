package lake

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"math/rand/v2"
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
		{"features/date=2026-06-24/me.ndjson.gz", Name{}, false},
		{"features/date=2026-06-24/a/0af1.ndjson.gz", Name{}, false},
		{"features/date=2026-06-24/../0af1.ndjson.gz", Name{}, false},
		{"features/date=2026-6-24/0af1.ndjson.gz", Name{}, false},
		{"features/listener=me/date=2026-06-24/0af1.ndjson.gz", Name{}, false},
		{"features/0af1.ndjson.gz", Name{}, false},
		{"features/date=2026-06-24/0af1.ndjson.gz\n", Name{}, false},
		{"features/date=2026-06-24/0af1.ndjson.gz.bak", Name{}, false},
		{"features/date=2026-06-24/0af1.ndjson", Name{}, false},
		{"/features/date=2026-06-24/0af1.ndjson.gz", Name{}, false},
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
	page := []PlayRow{row(at, "a"), row(at.Add(-4*time.Minute), "b"), row(at.Add(-8*time.Minute), "c")}
	name := PageName("me", page)
	if _, ok := ParseName(name); !ok || !strings.HasPrefix(name, "plays/source=api/listener=me/date=2026-06-24/20260624T144802Z-") {
		t.Fatalf("PageName() = %q", name)
	}
	same := map[string][]PlayRow{
		"a play twice": append([]PlayRow{page[1]}, page...),
		"another zone": {row(at.In(time.FixedZone("", 7200)), "a"), page[1], page[2]},
	}
	shuffled := append([]PlayRow{}, page...)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	same["another order"] = shuffled
	for what, rows := range same {
		if got := PageName("me", rows); got != name {
			t.Errorf("with %s the name is %q, not %q", what, got, name)
		}
	}
	other := map[string][]PlayRow{
		"a play more":      append([]PlayRow{row(at.Add(-12*time.Minute), "e")}, page...),
		"a play less":      page[:2],
		"a late play":      {page[0], row(at.Add(-6*time.Minute), "late"), page[1], page[2]},
		"another track":    {row(at, "z"), page[1], page[2]},
		"a millisecond on": {row(at.Add(time.Millisecond), "a"), page[1], page[2]},
		"a local file":     append([]PlayRow{rejected(at.Add(time.Hour), "d")}, page...),
	}
	for what, rows := range other {
		if got := PageName("me", rows); got == name {
			t.Errorf("with %s the name is the same", what)
		}
	}
}

// Items that are not plays count in the name as plays do, and do not move its date where there is a play.
func TestPageNameOfUnreadableItems(t *testing.T) {
	at := time.Date(2026, 6, 24, 14, 48, 2, 0, time.UTC)
	page := []PlayRow{row(at, "a"), rejected(at.Add(48*time.Hour), "x"), rejected(at, "y")}
	name := PageName("me", page)
	if !strings.HasPrefix(name, "plays/source=api/listener=me/date=2026-06-24/20260624T144802Z-") {
		t.Errorf("PageName() = %q", name)
	}
	if again := PageName("me", []PlayRow{page[2], page[1], page[2], page[0]}); again != name {
		t.Errorf("in another order, one of them twice, the name is %q, not %q", again, name)
	}
	if PageName("me", page[:2]) == name {
		t.Error("with an item less the name is the same")
	}
	x, y := PageName("me", page[1:2]), PageName("me", page[2:])
	if x == y || !strings.Contains(x, "date=2026-06-26/") {
		t.Errorf("two pages without plays are %q and %q", x, y)
	}
	if name := PageName("me", []PlayRow{{RejectReason: new("no played_at"), Item: new("z")}}); !strings.Contains(name, "date=1970-01-01/") {
		t.Errorf("a page without any time is %q", name)
	} else if _, ok := ParseName(name); !ok {
		t.Errorf("ParseName(%q) fails", name)
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
		"a microsecond on":      FeaturesName(at.Add(time.Microsecond), rows),
		"a row more":            FeaturesName(at, append([]string{"d q true"}, rows...)),
		"a row less":            FeaturesName(at, rows[:2]),
		"another row":           FeaturesName(at, []string{"a p false", rows[1], rows[2]}),
		"a row twice":           FeaturesName(at, append([]string{rows[0]}, rows...)),
		"rows parted otherwise": FeaturesName(at, []string{"a p", " trueb p false", rows[2]}),
		"no row":                FeaturesName(at, nil),
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
