package pages_test

import (
	"encoding/json"
	"strings"
	"testing"

	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
)

// rulesSample has an artist whose plays are stopped early, one whose plays are heard to the end, and one of which only
// the hourly reports tell.
func rulesSample() *historytest.Bucket {
	track := func(name string) historytest.Track {
		return historytest.Track{TrackID: name, TrackName: &name, ArtistName: &name, Artists: &name, DurationMS: new(int64(200_000))}
	}
	return soundBucket(
		heardTrack{track("Stopped"), 3, historytest.Listen{ToldBy: "export", MSPlayed: new(int64(60_000)), MSMeasured: true, Finished: new(false)}},
		heardTrack{track("<b>Heard"), 2, historytest.Listen{ToldBy: "both", MSPlayed: new(int64(200_000)), MSMeasured: true, Finished: new(true)}},
		heardTrack{track("Reported"), 5, historytest.Listen{ToldBy: "api", MSPlayed: new(int64(20_000))}},
	)
}

func TestRules(t *testing.T) {
	b := rulesSample()
	code, body := soundGet(t, b, "private", "/rules?period=2026")
	if code != 200 || strings.Contains(body, "<b>Heard") {
		t.Fatalf("%d %s", code, body)
	}
	for _, want := range []string{
		"plays that were reported hourly are unknown", "10 plays", "2 plays", "20\u00a0% of all plays", "40\u00a0% of the known ones", "5 unknown", "11\u00a0min", // 3*1 + 2*200/60 + 5/3
		"&lt;b&gt;Heard", "▲\u00a02", "▼\u00a02", "under the first rule: 3", `href="/artist/`, "period=2026", "5 plays reported hourly",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not contain %q", want)
		}
	}
	_, body = soundGet(t, b, "private", "/rules.json")
	var got pages.Rules
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Rules) != 4 {
		t.Fatalf("%v: %s", err, body)
	}
	for i, want := range []struct {
		name           string
		plays, unknown int
		first          string
		before         int
	}{{"spotify", 10, 0, "Reported", 1}, {"lastfm", 2, 5, "<b>Heard", 3}, {"finished", 2, 5, "<b>Heard", 3}, {"time", 10, 0, "<b>Heard", 3}} {
		if r := got.Rules[i]; r.Name != want.name || r.Plays != want.plays || r.Unknown != want.unknown || r.Artists[0].ArtistName != want.first || *r.Artists[0].RankBefore != want.before {
			t.Errorf("rule %d: %+v, want %+v", i, r, want)
		}
	}
	_, body = soundGet(t, b, "private", "/rules.csv")
	if lines := soundCSV(t, body); len(lines) != 5 || strings.Join(lines[2][:5], " ") != "lastfm 2 0.2 0.4 5" {
		t.Errorf("%s", body)
	}
	_, body = soundGet(t, b, "private", "/rules.csv?table=artists")
	if lines := soundCSV(t, body); len(lines) != 1+3+1+1+3 || strings.Join(lines[4], " ") != "lastfm 1 3 2 6.6667  <b>Heard" {
		t.Errorf("%s", body)
	}
}

// The page is linked from the overview. It is not public, and says so where nothing was played.
func TestRulesAround(t *testing.T) {
	b := rulesSample()
	for _, tt := range []struct {
		audience, target string
		code             int
		want             string
	}{
		{"private", "/?period=2026", 200, `<a href="/rules?period=2026">The same plays under other rules</a>`},
		{"private", "/rules?period=2020", 200, "Nothing was played in this period."},
		{"private", "/rules.json?period=2020", 200, `"share":null`},
		{"private", "/rules?listener=you", 200, "No plays yet"},
		{"public", "/rules", 404, "There is nothing at this path"},
	} {
		if code, body := soundGet(t, b, tt.audience, tt.target); code != tt.code || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s is %d %s", tt.audience, tt.target, code, body)
		}
	}
	if _, body := soundGet(t, b, "public", "/?period=all"); strings.Contains(body, "/rules") {
		t.Error("a public page links the rules")
	}
}
