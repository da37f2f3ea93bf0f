package fakespotify

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValuesArePlausible(t *testing.T) {
	a := newFeaturesApp(t, 1)
	shares := "acousticness danceability energy instrumentalness liveness speechiness valence"
	ranges := map[string][2]float64{"loudness": {-30, 0}, "tempo": {60, 200}, "key": {0, 11}, "mode": {0, 1}, "time_signature": {3, 4}}
	for _, name := range strings.Fields(shares) {
		ranges[name] = [2]float64{0, 1}
	}
	seen := map[string]map[float64]bool{}
	for _, id := range simpleIDs(1_000) {
		features, known := a.FeaturesOf(AudioFeatures, id)
		if !known || len(features) != len(ranges) {
			t.Fatalf("track %s: known %v, %v", id, known, features)
		}
		for name, value := range features {
			bounds, ok := ranges[name]
			if !ok || value < bounds[0] || value > bounds[1] || math.Abs(value*1000-math.Round(value*1000)) > 1e-6 {
				t.Errorf("%s %v", name, value)
			}
			if seen[name] == nil {
				seen[name] = map[float64]bool{}
			}
			seen[name][value] = true
		}
	}
	for name, least := range map[string]int{"key": 12, "mode": 2, "time_signature": 2, "danceability": 300, "tempo": 900, "instrumentalness": 100} {
		if len(seen[name]) < least {
			t.Errorf("%d values of %s in 1,000 tracks, want %d", len(seen[name]), name, least)
		}
	}
}

func TestSeedAndTrackDecideTheValues(t *testing.T) {
	first, again, other := newFeaturesApp(t, 1), newFeaturesApp(t, 1), newFeaturesApp(t, 2)
	again.items(ReccoBeats, simpleIDs(9)...) // what was asked before makes no difference
	id := SimpleTrack(3).ID
	of := func(a *app, provider string) Features {
		features, _ := a.FeaturesOf(provider, id)
		return features
	}
	mine := of(first, AudioFeatures)
	if !maps.Equal(mine, of(again, AudioFeatures)) {
		t.Error("the same seed has other values")
	}
	if maps.Equal(mine, of(other, AudioFeatures)) {
		t.Error("another seed has the same values")
	}
	delete(mine, "time_signature")
	if !maps.Equal(mine, of(first, ReccoBeats)) {
		t.Errorf("ReccoBeats tells %v, Spotify %v", of(first, ReccoBeats), mine)
	}
}

func TestUnknownTracks(t *testing.T) {
	id := SimpleTrack(3).ID
	tests := []struct {
		name                string
		id                  string
		make                func(*app)
		spotify, reccoBeats bool // know it
	}{
		{"sound", id, func(*app) {}, true, true},
		{"UnknownTrack", id, func(a *app) { a.SetFlaw(UnknownTrack, 1) }, false, false},
		{"UnknownToSpotify", id, func(a *app) { a.SetFlaw(UnknownToSpotify, 1) }, false, true},
		{"UnknownToReccoBeats", id, func(a *app) { a.SetFlaw(UnknownToReccoBeats, 1) }, true, false},
		{"named", id, func(a *app) { a.Unknown("other", id) }, false, false},
		{"another named", id, func(a *app) { a.Unknown(SimpleTrack(4).ID) }, true, true},
		{"too short an id", id[1:], func(*app) {}, false, false},
		{"no base62", "-" + id[1:], func(*app) {}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := newFeaturesApp(t, 1)
			tt.make(a)
			for provider, want := range map[string]bool{AudioFeatures: tt.spotify, ReccoBeats: tt.reccoBeats} {
				items := a.items(provider, tt.id)
				told := len(items) == 1 && items[0] != nil
				if _, known := a.FeaturesOf(provider, tt.id); told != want || known != want {
					t.Errorf("%s: told %v, known %v, want %v", provider, told, known, want)
				}
			}
		})
	}
}

func TestFlawsOfATrack(t *testing.T) {
	honest := newFeaturesApp(t, 1)
	ids := simpleIDs(40)
	tests := []struct {
		flaw  Flaw
		most  int // values it spoils
		shows func(name string, told any) bool
	}{
		{OutOfRange, 2, func(name string, told any) bool {
			i := slices.IndexFunc(forms, func(f form) bool { return f.name == name })
			value, ok := told.(float64)
			return ok && (value < min(forms[i].from, forms[i].to) || value > max(forms[i].from, forms[i].to))
		}},
		{WrongType, 2, func(_ string, told any) bool { _, number := told.(float64); return !number && told != nil }},
		{NoKey, 1, func(name string, told any) bool { return name == "key" && told == -1.0 }},
	}
	for _, tt := range tests {
		t.Run(string(tt.flaw), func(t *testing.T) {
			a := newFeaturesApp(t, 1)
			a.SetFlaw(tt.flaw, 1)
			spoilt := map[string]map[string]any{} // by track, from Spotify: ReccoBeats tells the same
			counts := map[int]bool{}
			for _, provider := range providers {
				for _, item := range a.items(provider, ids...) {
					id := item.trackID()
					right, _ := honest.FeaturesOf(provider, id)
					usable, _ := a.FeaturesOf(provider, id)
					wrong := map[string]any{}
					for name, value := range right {
						told := item[name]
						if kept, ok := usable[name]; ok != (told == value) || ok && kept != value {
							t.Errorf("%s of %s is told as %v, and FeaturesOf has %v, %v", name, id, told, kept, ok)
						}
						if told != value {
							wrong[name] = told
							if !tt.shows(name, told) {
								t.Errorf("%s of %s is told as %v", name, id, told)
							}
						}
					}
					if len(wrong) < 1 || len(wrong) > tt.most {
						t.Errorf("wrong of %s: %v", id, wrong)
					}
					counts[len(wrong)] = true
					if provider == AudioFeatures {
						spoilt[id] = wrong
					} else if !slices.Equal(slices.Sorted(maps.Keys(spoilt[id])), slices.Sorted(maps.Keys(wrong))) {
						t.Errorf("ReccoBeats spoils %v of %s, Spotify %v", wrong, id, spoilt[id])
					}
				}
			}
			if len(counts) != tt.most {
				t.Errorf("as many values spoilt of a track: %v", counts)
			}
		})
	}
}

func TestSharesOfFlawedTracks(t *testing.T) {
	a := newFeaturesApp(t, 1)
	a.SetFlaw(UnknownTrack, 0.3)
	a.SetFlaw(NoKey, 0.3)
	unknown, noKey := 0, 0
	for _, id := range simpleIDs(500) {
		features, known := a.FeaturesOf(ReccoBeats, id)
		if _, key := features["key"]; !known {
			unknown++
		} else if !key {
			noKey++
		}
	}
	if unknown < 110 || unknown > 190 || noKey < 70 || noKey > 140 {
		t.Errorf("of 500 tracks %d are unknown and %d have no key", unknown, noKey)
	}
}

func TestFeaturesOfAnotherEndpoint(t *testing.T) {
	defer func() {
		if message, _ := recover().(string); !strings.Contains(message, "has no audio features") {
			t.Errorf("panic %q", message)
		}
	}()
	New(Options{}).FeaturesOf(Token, SimpleTrack(1).ID)
}
