package pipeline

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
)

// newTracks is a listener's history of n tracks that nobody has played before, the first of them most
// often: it is played again after every hundred others.
func newTracks(first, n int, end time.Time) (plays []fakespotify.Play) {
	for i := range n {
		plays = append(plays, fakespotify.Play{Track: fakespotify.SimpleTrack(first + i)})
		if i%100 == 99 {
			plays = append(plays, fakespotify.Play{Track: fakespotify.SimpleTrack(first)})
		}
	}
	for i := range plays {
		plays[i].PlayedAt = end.Add(-time.Duration(len(plays)-i) * 3 * time.Minute)
	}
	return plays
}

// play has a listener play, and ingests page by page.
func (d *deployment) play(t *testing.T, listener string, plays []fakespotify.Play) {
	t.Helper()
	d.fake.AddListener(fakespotify.Listener{Name: listener, RefreshToken: "refresh-token-of-" + listener, Plays: plays, ConsentedAt: plays[0].PlayedAt})
	for i := 49; i < len(plays)+49; i += 49 { // each page repeats the last play of the one before: no gap
		d.clock.Store(plays[min(i, len(plays)-1)].PlayedAt.UnixMilli() + 1)
		d.ingest(t, listener)
	}
	d.idle(t)
}

// features are the rows of audio features of tracks, by track: who gave it, and its danceability.
func (d *deployment) features(t *testing.T, plays []fakespotify.Play) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, line := range d.query(t, "SELECT track_id, found, provider, danceability FROM spotify_insights.audio_features") {
		id, rest, _ := strings.Cut(line, " | ")
		rows[id] = rest
	}
	of := map[string]string{}
	for _, p := range plays {
		if row, ok := rows[p.Track.ID]; ok {
			of[p.Track.ID] = row
		}
	}
	return of
}

// fetch has features run as Cloud Scheduler does, and waits until what it has written is loaded.
func (d *deployment) fetch(t *testing.T) {
	t.Helper()
	if code, body := d.post(t, "/features"); code != http.StatusOK {
		t.Fatalf("features = %d %s", code, body)
	}
	d.idle(t)
}

// A thousand new tracks, of which nobody knows a quarter, asked for of a provider of whose answers a tenth
// fails: each track ends with a row, and none is asked for twice.
func (d *deployment) testFeatures(t *testing.T) {
	for _, fault := range []fakespotify.Kind{fakespotify.InternalError, fakespotify.Unavailable, fakespotify.CutConnection, fakespotify.HTML} {
		d.fake.FailAtRate(fakespotify.ReccoBeats, 0.1/4, fakespotify.Fault{Kind: fault})
	}
	d.fake.FailAtRate(fakespotify.ReccoBeats, 0.1, fakespotify.Fault{Kind: fakespotify.DuplicateItems})
	defer d.fake.ClearFaults()
	d.calm.Store(true)
	defer d.calm.Store(false)
	plays := newTracks(0, 1000, d.now())
	want := map[string]string{}
	unknown := 0
	for _, p := range plays {
		values, known := d.fake.FeaturesOf(fakespotify.ReccoBeats, p.Track.ID)
		if want[p.Track.ID] == "" && !known {
			unknown++
		}
		want[p.Track.ID] = fmt.Sprintf("%t | reccobeats | <nil>", known)
		if v, ok := values["danceability"]; ok {
			want[p.Track.ID] = fmt.Sprintf("%t | reccobeats | %v", known, v)
		}
	}
	if unknown < 200 || unknown > 300 {
		t.Fatalf("nobody knows %d of %d tracks", unknown, len(want))
	}
	d.play(t, "sounds", plays)
	var got map[string]string
	for range 3 { // a provider that failed four times in a row is asked again by the next run
		d.fetch(t)
		if got = d.features(t, plays); len(got) == len(want) {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audio features (-want +got):\n%s", diff)
	}
	asked := d.fake.Asked(fakespotify.ReccoBeats)
	for id := range want {
		if asked[id] != 1 {
			t.Errorf("track %s was asked for %d times", id, asked[id])
		}
	}
	if d.fake.Faults(fakespotify.ReccoBeats, "") == 0 {
		t.Error("no answer has failed")
	}

	var view struct {
		TopTracks []struct {
			TrackID      string `json:"track_id"`
			Danceability *float64
		} `json:"top_tracks"`
		Status struct {
			Coverage struct {
				Tracks       int
				WithFeatures int `json:"tracks_with_features"`
			}
		}
	}
	body := d.shows(t, "sounds", func(body string) bool {
		return strings.Contains(body, fmt.Sprintf(`"tracks_with_features":%d,`, 1000-unknown))
	})
	if err := json.Unmarshal([]byte(body), &view); err != nil || len(view.TopTracks) != 10 {
		t.Fatalf("insights = %v %s", err, body)
	}
	if c := view.Status.Coverage; c.Tracks != 1000 || c.WithFeatures != 1000-unknown {
		t.Errorf("coverage is %+v, want %d of 1000", c, 1000-unknown)
	}
	var table []string
	for _, track := range view.TopTracks {
		values, _ := d.fake.FeaturesOf(fakespotify.ReccoBeats, track.TrackID)
		v, ok := values["danceability"]
		if ok != (track.Danceability != nil) || ok && *track.Danceability != v {
			t.Errorf("track %s has the danceability %v, want %v", track.TrackID, track.Danceability, v)
		}
		if !ok {
			table = append(table, track.TrackID+" | <nil>")
			continue
		}
		table = append(table, fmt.Sprintf("%s | %v", track.TrackID, v))
	}
	if got := d.query(t, "SELECT track_id, danceability FROM spotify_insights.top_ten WHERE listener = 'sounds' AND period = 'all' ORDER BY rank"); !cmp.Equal(got, table) {
		t.Errorf("top_ten has %v, want %v", got, table)
	}
	_, page := d.get(t, "/?listener=sounds")
	if !strings.Contains(page, "Dance <b>") || !strings.Contains(page, "of 1\u202f000 tracks") {
		t.Error("the page does not show audio features")
	}
}

// A provider that answers 500 for ever changes no figure: the ranking is what the history makes it, and no
// event is left over.
func (d *deployment) testNoFeatures(t *testing.T) {
	d.calm.Store(true)
	defer d.calm.Store(false)
	d.fake.FailAtRate(fakespotify.ReccoBeats, 1, fakespotify.Fault{Kind: fakespotify.InternalError})
	defer d.fake.ClearFaults()
	plays := newTracks(0, 100, d.now()) // known by now
	plays = append(plays, newTracks(5000, 60, d.now().Add(4*time.Hour))...)
	before := d.fake.Calls(fakespotify.ReccoBeats)
	d.play(t, "silence", plays)
	d.fetch(t)
	if d.fake.Calls(fakespotify.ReccoBeats) == before {
		t.Error("the provider was not asked")
	}
	if rows := d.features(t, plays[len(plays)-60:]); len(rows) != 0 {
		t.Errorf("there are rows of a provider that always fails: %v", rows)
	}
	const columns = "SELECT rank, track_id, times_played, ROUND(minutes_played * 60000), last_played_at FROM spotify_insights.top_ten WHERE listener = 'silence' AND period = 'all' ORDER BY rank"
	if diff := cmp.Diff(topTen(plays), d.query(t, columns)); diff != "" {
		t.Errorf("top_ten (-want +got):\n%s", diff)
	}
	if body := d.shows(t, "silence", counts(len(plays))); !strings.Contains(body, `"problems":[]`) {
		t.Errorf("insights = %s", body)
	}
	if code, _ := d.get(t, "/?listener=silence"); code != http.StatusOK {
		t.Errorf("the page is %d", code)
	}
}

// topTen are the ten tracks played most, as the table has them.
func topTen(plays []fakespotify.Play) (lines []string) {
	for i, c := range fakespotify.Ranked(plays, nil)[:10] {
		lines = append(lines, fmt.Sprintf("%d | %s | %d | %d | %s", i+1, c.Track.ID, c.Times, c.MS, c.Last.UTC().Format("2006-01-02T15:04:05.999Z")))
	}
	return lines
}
