package ingest

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/fakespotify"
	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/spotify"
	"spotify-insights.internal/shared/upstream"
)

var soak = flag.Bool("soak", false, "simulate all six months")

// had is how many plays Spotify still has in this test. Fewer than the real 50 are faster.
const had = 10

// smallWindow makes a Spotify have no more plays than that.
type smallWindow struct{ http.RoundTripper }

func (s smallWindow) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/recently-played") {
		r = r.Clone(r.Context())
		r.URL.RawQuery = "limit=10"
	}
	return s.RoundTripper.RoundTrip(r)
}

// Hourly runs across the end of a consent and its renewal, for all six months with -soak. Refresh tokens rotate, and cannot
// be stored in some hours. The page warns a month before and says when it has ended. Nothing is lost but what Spotify no longer
// had when the listener connected again.
func TestSixMonths(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		given, end := time.Date(2026, 9, 3, 12, 30, 0, 0, time.UTC), time.Date(2027, 3, 3, 12, 30, 0, 0, time.UTC)
		renewal, stop := end.Add(60*time.Hour), end.AddDate(0, 0, 5)
		begin, pause, goOn := given, end, end
		if !*soak { // nobody listens in the months in which nothing changes
			begin, pause, goOn = given.AddDate(0, 0, 148), given.AddDate(0, 0, 152), end.AddDate(0, 0, -3)
		}
		time.Sleep(time.Until(begin))
		dice := rand.New(rand.NewPCG(1, 1))
		var plays []fakespotify.Play
		for at := begin; at.Before(stop); at = at.Add(10*time.Minute + time.Duration(dice.Int64N(int64(time.Hour)))) {
			if at.After(pause) && at.Before(goOn) {
				at = goOn
			}
			plays = append(plays, fakespotify.Play{Track: fakespotify.SimpleTrack(len(plays) % 500), PlayedAt: at.Truncate(time.Millisecond)})
		}
		r := newRig(t, fakespotify.Listener{Rotate: 5, Plays: plays, ConsentedAt: given})
		r.fake.SetFlaw(fakespotify.BareTrack, 1)
		client := spotify.New(apis, upstream.WithoutPauses, func(c *upstream.Client) { c.HTTP.Transport = smallWindow{direct{r.fake}} })
		r.Spotify, r.Tokens.Spotify = client, client
		r.connect(t)
		r.consent(t, "me", firstToken, given)
		machinetest.Logs(t) // keeps the output short

		var warned, good, refused, again time.Time
		inMemory, connected := 0, false
		for ; time.Now().Before(stop); time.Sleep(time.Hour) {
			if now := time.Now(); now.After(pause) && now.Before(goOn) {
				time.Sleep(time.Until(goOn))
			}
			if !connected && !time.Now().Before(renewal) {
				connected = true
				r.fake.AddListener(fakespotify.Listener{Name: "me", RefreshToken: "second-refresh-token", Rotate: 5, Plays: plays})
				r.consent(t, "me", "second-refresh-token", time.Now())
			}
			r.secrets.readOnly = dice.IntN(6) == 0
			if dice.IntN(20) == 0 && r.Tokens.of("me").unstored == nil {
				r.restart()
			}
			_, err := r.Run(t.Context(), "me")
			now, status := time.Now(), r.status(t)
			if status.TokenUnstored != "" {
				inMemory++
			}
			switch {
			case err == nil && !connected:
				good = now
			case err == nil && again.IsZero():
				again = now
			case err != nil && refused.IsZero():
				refused = now
			}
			if err != nil && (now.Before(end) || connected || faults.Of(err) != faults.Reconnect) {
				t.Fatalf("%v: %v", now, err)
			}
			problems := status.Problems(now, &now)
			soon := len(problems) > 0 && strings.HasPrefix(problems[len(problems)-1], "Spotify's consent ends on 3 March 2027. Connect again before that day: make connect")
			ended := len(problems) == 1 && strings.HasPrefix(problems[0], "Spotify's consent ended on 3 March 2027: no new plays are fetched. Connect again: make connect")
			if soon && warned.IsZero() {
				warned = now
			}
			if soon != (!warned.IsZero() && err == nil && !connected) || ended != (err != nil) {
				t.Fatalf("%v: after %v the problems are %q", now, err, problems)
			}
		}
		if before := end.Sub(warned); before < 30*24*time.Hour || before > 35*24*time.Hour {
			t.Errorf("the first warning is of %v", warned)
		}
		if end.Sub(good) > 61*time.Minute || refused.Sub(end) > 61*time.Minute || again.Sub(renewal) > 61*time.Minute || again.IsZero() {
			t.Errorf("the last good run is of %v, the first refusal of %v, the next good run of %v", good, refused, again)
		}
		if inMemory < 10 {
			t.Errorf("only %d runs had a token in memory", inMemory)
		}

		want, got := map[fakespotify.PlayKey]bool{}, map[fakespotify.PlayKey]bool{}
		lost := 0
		for i, play := range plays {
			if play.PlayedAt.After(r.status(t).LastRunAt) {
				break
			}
			gone := i+had < len(plays) && !plays[i+had].PlayedAt.After(again) // ten newer ones were there
			if play.PlayedAt.After(good) && gone {
				lost++
				continue
			}
			want[play.Key()] = true
		}
		for name := range r.bucket.objects {
			if strings.HasPrefix(name, lake.PlaysPrefix) {
				for _, row := range r.rows(t, name) {
					got[fakespotify.PlayKey{PlayedAt: row.PlayedAt.UnixMilli(), TrackID: *row.TrackID}] = true
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || lost < 30 || lost > 150 {
			t.Errorf("%d plays were lost while the consent had ended; the lake differs (-want +got):\n%s", lost, diff)
		}
	})
}
