package fakespotify

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestFlawsOfAPlay(t *testing.T) {
	missing := func(key string) func(object) bool {
		return func(o object) bool { _, ok := o[key]; return !ok }
	}
	null := func(key string) func(object) bool {
		return func(o object) bool { v, ok := o[key]; return ok && v == nil }
	}
	track := func(check func(object) bool) func(object) bool {
		return func(item object) bool { return check(item.object("track")) }
	}
	all := func(checks ...func(object) bool) func(object) bool {
		return func(o object) bool {
			return !slices.ContainsFunc(checks, func(c func(object) bool) bool { return !c(o) })
		}
	}
	tests := []struct {
		flaw     Flaw
		shows    func(item object) bool
		readable bool
	}{
		{NullTrack, null("track"), false},
		{NullTrackID, track(null("id")), false},
		{NoPlayedAt, missing("played_at"), false},
		{LocalTrack, track(all(null("id"), func(o object) bool {
			return o["is_local"] == true && strings.HasPrefix(o.str("uri"), "spotify:local:Artist%200:") && o.object("album")["id"] == nil && o.objects("artists")[0]["id"] == nil
		})), false},
		{NoAlbum, track(missing("album")), true},
		{NoExternalIDs, track(missing("external_ids")), true},
		{NoDuration, track(missing("duration_ms")), true},
		{NoImages, track(func(o object) bool {
			return missing("images")(o.object("album")) && o.object("album").str("name") == "Album 0"
		}), true},
		{BareTrack, track(all(missing("album"), missing("external_ids"), missing("duration_ms"), func(o object) bool { return o.str("name") == "Track 3" })), true},
		{NoFraction, func(o object) bool { return o.str("played_at") == "2026-06-24T11:00:00Z" }, true},
		{OddName, track(func(o object) bool { return slices.Contains(oddNames, o.str("name")) && len(o.objects("artists")) > 1 }), true},
	}
	for _, tt := range tests {
		t.Run(string(tt.flaw), func(t *testing.T) {
			odd := Play{Track: SimpleTrack(3), PlayedAt: noon.Add(-time.Hour + 250*time.Millisecond), Flaws: []Flaw{tt.flaw}}
			a := newApp(t, Options{}, listenerWith(odd, Play{Track: SimpleTrack(4), PlayedAt: noon.Add(-2 * time.Hour)}))
			page := a.page("refresh-me", "")
			items := page.objects("items")
			if len(items) != 2 || !tt.shows(items[0]) {
				t.Errorf("items %v", items)
			}
			if tt.shows(items[1]) && tt.flaw != NoFraction {
				t.Errorf("the sound play has the flaw too: %v", items[1])
			}
			keys := page.keys(t)
			if served := a.Served("me"); len(served) != len(keys) || (len(keys) == 2) != tt.readable {
				t.Errorf("readable %v, served %v; the flawed one should be readable: %v", keys, served, tt.readable)
			}
			for _, key := range keys {
				if !a.Served("me")[key] {
					t.Errorf("%v was not recorded as served", key)
				}
			}
		})
	}
}

func TestFlawShares(t *testing.T) {
	// A flaw at a share of 0.3 has about so many plays, and the same in every answer, on every server of the seed.
	plays := minutesAgo(50)
	flawed := func(seed uint64) []string {
		a := newApp(t, Options{Seed: seed}, listenerWith(plays...))
		a.SetFlaw(NullTrackID, 0.3)
		a.SetFlaw(NoDuration, 0.3)
		first, second := a.recent("refresh-me", "?limit=50").body, a.recent("refresh-me", "?limit=50").body
		if first != second {
			t.Error("one play was told in two ways")
		}
		var signs []string
		for _, item := range a.page("refresh-me", "?limit=50").objects("items") {
			sign := ""
			if item.object("track")["id"] == nil {
				sign = "id"
			}
			if item.object("track")["duration_ms"] == nil {
				sign += "duration"
			}
			signs = append(signs, sign)
		}
		return signs
	}
	first := flawed(1)
	for sign, most := range map[string]int{"": 35, "id": 20, "duration": 20} {
		n := 0
		for _, s := range first {
			if s == sign {
				n++
			}
		}
		if n < 5 || n > most {
			t.Errorf("%d of 50 plays with flaw %q", n, sign)
		}
	}
	if !slices.Equal(first, flawed(1)) {
		t.Error("the same seed had other flaws")
	}
	if slices.Equal(first, flawed(2)) {
		t.Error("another seed had the same flaws")
	}
}

func TestLatePlays(t *testing.T) {
	t.Parallel()
	plays := minutesAgo(48)
	a := newApp(t, Options{Seed: 5}, listenerWith(plays...))
	a.SetFlaw(Late, 0.5)
	seen := map[PlayKey]bool{}
	behind := 0
	for hour := 0; hour <= 32; hour++ {
		newest := int64(0)
		for key := range seen {
			newest = max(newest, key.PlayedAt)
		}
		for _, key := range a.page("refresh-me", "?limit=50").keys(t) {
			if !seen[key] && hour > 0 && key.PlayedAt < newest {
				behind++
			}
			seen[key] = true
		}
		if hour == 0 && (len(seen) < 12 || len(seen) > 36) {
			t.Errorf("%d of 48 plays were there at once", len(seen))
		}
		a.clock.advance(time.Hour)
	}
	if len(seen) != 48 || behind < 12 {
		t.Errorf("%d of 48 plays came, %d of them behind newer ones", len(seen), behind)
	}
}

func TestTwoTracksInOneMillisecond(t *testing.T) {
	play := Play{Track: SimpleTrack(3), PlayedAt: noon.Add(-time.Hour), Flaws: []Flaw{SameMillisecond}}
	a := newApp(t, Options{}, listenerWith(play))
	keys := a.page("refresh-me", "").keys(t)
	if len(keys) != 2 || keys[0].PlayedAt != keys[1].PlayedAt || keys[0].TrackID == keys[1].TrackID || !slices.Contains(keys, play.Key()) {
		t.Errorf("plays %v", keys)
	}
	if served := a.Served("me"); !served[keys[0]] || !served[keys[1]] {
		t.Errorf("served %v", served)
	}
}

func TestOddTracks(t *testing.T) {
	// Every odd name goes out and comes back as it was.
	var plays []Play
	for i, track := range OddTracks() {
		plays = append(plays, Play{Track: track, PlayedAt: noon.Add(-time.Duration(i) * time.Minute)})
	}
	a := newApp(t, Options{}, listenerWith(plays...))
	r := a.recent("refresh-me", "?limit=50")
	for i, item := range a.must(r, 200).objects("items") {
		track := item.object("track")
		if track.str("name") != oddNames[i] || len(track.objects("artists")) != len(plays[i].Track.Artists) || len(plays[i].Track.Artists) < 2 {
			t.Errorf("track %v, want %q", track, oddNames[i])
		}
	}
	for _, want := range []string{`<script>`, `\"wait\"`, `Line one\nLine two`, `👩‍👩‍👧‍👦`} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the body has no %s", want)
		}
	}
}
