package fakespotify

import (
	"reflect"
	"testing"
	"time"
)

// A history is the same wherever it starts, and looks like a listener's.
func TestHistory(t *testing.T) {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 2, 20, 13, 30, 0, 0, zone) // within a day; the clocks change on March 8
	to := from.AddDate(0, 0, 90)
	whole := History(1, from, to, zone)
	for _, cut := range []time.Time{from.Add(time.Hour), from.AddDate(0, 0, 16), whole[400].PlayedAt} {
		if joined := append(History(1, from, cut, zone), History(1, cut, to, zone)...); !reflect.DeepEqual(joined, whole) {
			t.Errorf("cut at %v the history is another", cut)
		}
	}
	days, tracks, skipped := map[string]int{}, map[string]int{}, 0
	for i, p := range whole {
		days[p.PlayedAt.In(zone).Format(time.DateOnly)]++
		tracks[p.Track.ID]++
		if i == 0 {
			continue
		}
		pause, length := p.PlayedAt.Sub(whole[i-1].PlayedAt), time.Duration(p.Track.DurationMS)*time.Millisecond
		if pause <= 30*time.Second {
			t.Errorf("the play of %v ends %v after the one before", p.PlayedAt, pause)
		}
		if pause < length {
			skipped++
		}
	}
	usual, most := 0, 0
	for day, n := range days {
		if n > 48 {
			t.Errorf("%s has %d plays", day, n)
		}
		if n >= 25 {
			usual++
		}
	}
	for _, n := range tracks {
		most = max(most, n)
	}
	if usual < 70 || len(tracks) < 400 || most < 20 || skipped*20 < len(whole) {
		t.Errorf("%d usual days of 90, %d tracks, the first %d times, %d of %d plays are skipped", usual, len(tracks), most, skipped, len(whole))
	}
	if next := NextPlay(1, to, zone); !reflect.DeepEqual(next, NextPlay(1, to, zone)) || !next.PlayedAt.After(to) {
		t.Errorf("the next play is %+v", next)
	}
}
