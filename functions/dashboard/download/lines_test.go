package download_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard/download"
	"spotify-insights.internal/functions/dashboard/history/historytest"
)

const header = "played_at,track_id,track_name,artists,album,album_artist,isrc,ms_played,ms_measured,source,finished,follows_gap,spotify_url"

func readCSV(t *testing.T, content []byte) []fact {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != header {
		t.Fatalf("the columns are %s", got)
	}
	parsed := func(_ any, err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	facts := []fact{}
	for _, row := range rows[1:] {
		at, err := time.Parse(time.RFC3339, row[0])
		parsed(at, err)
		f := fact{
			PlayedAt: at, TrackID: row[1], TrackName: known(row[2]), Artists: known(row[3]), Album: known(row[4]), AlbumArtist: known(row[5]),
			ISRC: known(row[6]), Source: row[9], SpotifyURL: known(row[12]),
		}
		if row[7] != "" {
			ms, err := strconv.ParseInt(row[7], 10, 64)
			parsed(ms, err)
			f.MSPlayed = &ms
		}
		if row[10] != "" {
			finished, err := strconv.ParseBool(row[10])
			parsed(finished, err)
			f.Finished = &finished
		}
		f.MSMeasured, err = strconv.ParseBool(row[8])
		parsed(row, err)
		f.FollowsGap, err = strconv.ParseBool(row[11])
		parsed(row, err)
		facts = append(facts, f)
	}
	return facts
}

func known(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// formula is the beginning of a text that a spreadsheet computes.
var formula = regexp.MustCompile(`^[=+\-@\t\r]`)

// harmless are plays whose texts have an apostrophe where a spreadsheet would compute them.
func harmless(facts []fact) []fact {
	for i := range facts {
		f := &facts[i]
		f.TrackID = formula.ReplaceAllString(f.TrackID, "'$0")
		for _, text := range []**string{&f.TrackName, &f.Artists, &f.Album, &f.AlbumArtist, &f.ISRC, &f.SpotifyURL} {
			if *text != nil {
				*text = new(formula.ReplaceAllString(**text, "'$0"))
			}
		}
	}
	return facts
}

func readJSON(t *testing.T, content []byte) []fact {
	t.Helper()
	var facts []fact
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&facts); err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(content, []byte("\n")); len(facts) > 0 && lines != len(facts)+2 {
		t.Errorf("%d plays in %d lines", len(facts), lines)
	}
	return facts
}

// The bytes of a few plays.
func TestLines(t *testing.T) {
	at := time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC).UnixMicro()
	h := load(t, []historytest.Listen{
		{PlayedAt: at, TrackID: "a", ToldBy: "api", FollowsGap: true},
		{PlayedAt: at + 1_500_000, TrackID: "a", ToldBy: "export", MSPlayed: new(int64(0)), MSMeasured: true, Finished: new(false)},
		{PlayedAt: at + 2_000_001, TrackID: "b", ToldBy: "both", MSPlayed: new(int64(61_000)), MSMeasured: true, Finished: new(true)},
	}, []historytest.Track{
		{TrackID: "a"},
		{TrackID: "b", TrackName: new(`=say "hi"`), Artists: new("X, Y"), ArtistName: new("X"), Album: new("Z"), AlbumArtist: new("X"), ISRC: new("ZZ1"), SpotifyURL: new("https://x/b")},
	})
	var text, array strings.Builder
	if err := download.CSV(&text, h); err != nil {
		t.Fatal(err)
	}
	if err := download.JSON(&array, h); err != nil {
		t.Fatal(err)
	}
	if want := header + `
"2026-03-29T00:59:59Z","a",,,,,,,false,"api",,true,
"2026-03-29T01:00:00.5Z","a",,,,,,0,true,"export",false,false,
"2026-03-29T01:00:01.000001Z","b","'=say ""hi""","X, Y","Z","X","ZZ1",61000,true,"both",true,false,"https://x/b"
`; text.String() != want {
		t.Errorf("CSV is\n%s", text.String())
	}
	if want := `[
{"played_at":"2026-03-29T00:59:59Z","track_id":"a","track_name":null,"artists":null,"album":null,"album_artist":null,"isrc":null,"ms_played":null,"ms_measured":false,"source":"api","finished":null,"follows_gap":true,"spotify_url":null},
{"played_at":"2026-03-29T01:00:00.5Z","track_id":"a","track_name":null,"artists":null,"album":null,"album_artist":null,"isrc":null,"ms_played":0,"ms_measured":true,"source":"export","finished":false,"follows_gap":false,"spotify_url":null},
{"played_at":"2026-03-29T01:00:01.000001Z","track_id":"b","track_name":"=say \u0022hi\u0022","artists":"X, Y","album":"Z","album_artist":"X","isrc":"ZZ1","ms_played":61000,"ms_measured":true,"source":"both","finished":true,"follows_gap":false,"spotify_url":"https://x/b"}
]
`; array.String() != want {
		t.Errorf("JSON is\n%s", array.String())
	}
}

// Nothing is allocated for a play.
func TestAllocations(t *testing.T) {
	listens, tracks := historytest.Random(24, 5000, 700, 4000, asOf)
	h := load(t, listens, tracks)
	for _, f := range formats[:2] {
		if n := testing.AllocsPerRun(3, func() { _ = f.write(io.Discard, h) }); n > 50 {
			t.Errorf("%s of 5,000 plays allocates %.0f times", f.name, n)
		}
	}
}
