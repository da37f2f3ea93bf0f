package pages_test

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"spotify-insights.internal/functions/dashboard"
	"spotify-insights.internal/functions/dashboard/history/historytest"
	"spotify-insights.internal/functions/dashboard/pages"
	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/insights"
	"spotify-insights.internal/shared/listener"
)

var soundAsOf = time.Date(2026, 6, 24, 20, 0, 0, 0, time.UTC)

// heardTrack is a track and when it was played.
type heardTrack struct {
	historytest.Track
	plays  int                // each an hour before the previous one
	listen historytest.Listen // what the plays have in common
}

// soundBucket returns a bucket with the history of "me", private and public, and nothing of "you".
func soundBucket(tracks ...heardTrack) *historytest.Bucket {
	b := historytest.NewBucket()
	var list []historytest.Track
	var listens []historytest.Listen
	var days []historytest.Day
	for _, t := range tracks {
		list = append(list, t.Track)
		for range t.plays {
			l := t.listen
			if l.ToldBy == "" {
				l.ToldBy = "api"
			}
			l.TrackID, l.PlayedAt = t.TrackID, soundAsOf.Add(-time.Hour*time.Duration(len(listens)+1)).UnixMicro()
			listens = append([]historytest.Listen{l}, listens...)
			days = append(days, historytest.Day{Day: 20260601, TrackID: t.TrackID, MSPlayed: l.MSPlayed})
		}
	}
	historytest.PutDocument(b, "me", soundAsOf, listens, list)
	s := historytest.Put(b, insights.PublicPrefix+insights.SnapshotPrefix("me")+"1/", soundAsOf, days, list)
	b.PutJSON(insights.PublicPrefix+insights.DocumentName("me"), insights.Document{Listener: "me", AsOf: soundAsOf, Snapshot: s})
	return b
}

// soundGet returns the status and the body of an answer about a bucket.
func soundGet(t *testing.T, b *historytest.Bucket, audience, target string) (int, string) {
	t.Helper()
	all := listener.Set{}
	for _, id := range []string{"me", "you"} {
		all[id] = listener.Listener{ID: id, TimeZone: "UTC", Zone: time.UTC, Public: true}
	}
	w := httptest.NewRecorder()
	v := dashboard.New(config.Dashboard{Listeners: all, Audience: audience}, b, func() time.Time { return soundAsOf.Add(time.Hour) })
	v.Handler()(w, httptest.NewRequest("GET", target, nil))
	return w.Code, w.Body.String()
}

// soundCSV returns the lines of a table.
func soundCSV(t *testing.T, body string) [][]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return lines
}

// soundSample has two tracks with a sound on one line, and a third one that no provider knows.
func soundSample(names ...string) *historytest.Bucket {
	name := func(i int) *string { return &names[i%len(names)] }
	track := func(id string, i int) historytest.Track {
		return historytest.Track{TrackID: id, TrackName: name(i), Artists: name(i), ArtistName: name(i), FeaturesFound: new(false)}
	}
	quick, slow, unknown := track("quick", 0), track("slow", 1), track("unknown", 2)
	for i, t := range []*historytest.Track{&quick, &slow} {
		x := []float64{0.2, 0.6}[i]
		t.FeaturesFound, t.Mode, t.Tempo = new(true), new(int64(i)), new([]float64{158, 92}[i])
		t.Danceability, t.Energy, t.Valence, t.Acousticness, t.Speechiness, t.Instrumental, t.Liveness = new(x), new(x), new(x), new(x), new(x), new(1-x), new(x)
	}
	return soundBucket(heardTrack{Track: quick, plays: 3}, heardTrack{Track: slow, plays: 1}, heardTrack{Track: unknown, plays: 4})
}

func TestSound(t *testing.T) {
	b := soundSample("Quick", "Slow", "Nobody's")
	for _, audience := range []string{"private", "public"} {
		code, body := soundGet(t, b, audience, "/sound?period=all")
		if code != 200 {
			t.Fatalf("%s: %d %s", audience, code, body)
		}
		for _, want := range []string{
			"The sound of 2 of 3 tracks is known.", "50\u00a0%", "2 tracks, 4 plays", "142\u00a0bpm", "mean 142", "median 158", "75\u00a0%", // 4 of 8 plays; (3*158+92)/4; 3 of 4 in minor
			"150 to 160: 3", "how loud, fast and dense it is", "<dd title=\"mean of 2 tracks, 4 plays\">30</dd>", // (3*0.2+0.6)/4
			"slope −1.00, R² 1.00", "Quick, Quick: 0.2, 0.8", `href="/track/quick"`, "4 plays, 0\u00a0min", "Nobody&#39;s", "The sound of 2 of 3 tracks",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the page does not contain %q", audience, want)
			}
		}
	}
	_, body := soundGet(t, b, "private", "/sound.json?period=2026-06")
	var got pages.Sound
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	near := func(p *float64, want float64) bool { return p != nil && math.Abs(*p-want) < 1e-9 }
	if got.Plays != 8 || got.Tracks != 3 || got.Known != (pages.Heard{Tracks: 2, Plays: 4}) || got.TopArtist.ArtistName != "Nobody's" || !near(got.Minor.Share, 0.75) || !near(got.Tempo.Mean, 141.5) ||
		!near(got.Speech.Slope, -1) || !near(got.Speech.Intercept, 1) || len(got.Means) != 7 || !near(got.Means[1].Mean, 0.3) || len(got.Top) != 3 || got.Top[0].Energy != nil || !near(got.Top[1].Liveness, 0.2) {
		t.Errorf("%s", body)
	}
	for table, want := range map[string]struct {
		lines int
		first string
	}{"": {19, "40,50,0"}, "tempo": {19, "40,50,0"}, "points": {3, "quick,Quick,Quick,0.2,0.8,3"}, "top": {4, "1,4,unknown,Nobody's,Nobody's,,,,,,,"}} {
		_, body := soundGet(t, b, "private", "/sound.csv?table="+table)
		if lines := soundCSV(t, body); len(lines) != want.lines || strings.Join(lines[1], ",") != want.first {
			t.Errorf("%s: %s", table, body)
		}
	}
}

// Without a sound, without plays in the period and without any plays, the page says so, and the numbers are null.
func TestSoundUnknown(t *testing.T) {
	b := soundBucket(heardTrack{Track: historytest.Track{TrackID: "a"}, plays: 1})
	for target, want := range map[string]string{
		"/sound":              "<strong>The sound of 0 of 1 track is known. New tracks are looked up every hour",
		"/sound?period=2020":  "Nothing was played in this period.",
		"/sound?listener=you": "No plays yet",
	} {
		code, body := soundGet(t, b, "private", target)
		if code != 200 || !strings.Contains(body, want) || strings.Contains(body, "NaN") || strings.Contains(body, `class="chart`) {
			t.Errorf("%s is %d %s", target, code, body)
		}
		code, body = soundGet(t, b, "private", strings.Replace(target, "/sound", "/sound.json", 1))
		if code != 200 || !strings.Contains(body, `"share":null`) || !strings.Contains(body, `"slope":null`) || !strings.Contains(body, `"points":[]`) {
			t.Errorf("the numbers of %s are %d %s", target, code, body)
		}
	}
}

// Names are text, however long they are.
func TestSoundNames(t *testing.T) {
	for _, name := range []string{`<script>alert(1)</script>"'`, strings.Repeat("ü", 4000), " ", "\u202eevil", "👩‍👩‍👧"} {
		code, body := soundGet(t, soundSample(name), "private", "/sound")
		if code != 200 || strings.Contains(body, "<script>") || len(body) > 150_000 {
			t.Errorf("%.20s: %d with %d bytes", name, code, len(body))
		}
	}
}
