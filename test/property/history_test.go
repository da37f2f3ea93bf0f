package property

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/listener"
)

// object is an object of the lake: plays, the manifest of an export, or audio features.
type object struct {
	name     string
	arrives  time.Time // in the history
	plays    []lake.PlayRow
	manifest *lake.Manifest
	features []lake.FeaturesRow
}

// content is the stored content of the object.
func (o object) content(t *testing.T) []byte {
	t.Helper()
	var content []byte
	var err error
	switch {
	case o.manifest != nil:
		content, err = json.Marshal(o.manifest)
	case o.features != nil:
		content, err = lake.Encode(o.features)
	default:
		content, err = lake.Encode(o.plays)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// history is every object of the lake in one case, in the order of arrival.
type history struct {
	listeners []listener.Listener
	objects   []object
}

// zones are time zones with and without summer time, on both halves of the earth.
var zones = []string{"America/Los_Angeles", "Europe/Berlin", "Pacific/Auckland", "Asia/Kolkata", "UTC", "America/St_Johns"}

// newHistory makes the history of two listeners until end. Their ids begin with prefix.
func (d dice) newHistory(t *testing.T, prefix string, end time.Time) (h history) {
	t.Helper()
	for i, id := range []string{"a", "b"} {
		name := zones[d.from(i, len(zones)-1)]
		if i == 0 {
			name = zones[d.IntN(3)] // one that changes its clocks
		}
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		l := listener.Listener{ID: prefix + id, TimeZone: name, Zone: zone, Public: i == 1}
		all := d.listening(zone, end)
		h.listeners = append(h.listeners, l)
		h.objects = append(h.objects, d.pages(l.ID, d.reports(all), end)...)
		h.objects = append(h.objects, d.exports(l.ID, all, end)...)
	}
	h.objects = append(h.objects, d.featureObjects(end)...)
	slices.SortStableFunc(h.objects, func(a, b object) int { return a.arrives.Compare(b.arrives) })
	return h
}

// featureObjects makes answers of providers: a track is found, found after a miss, or never found.
func (d dice) featureObjects(end time.Time) (list []object) {
	for i := range 4 {
		at := end.Add(-d.within(0, years*365*24*time.Hour, time.Second)).Add(time.Duration(i) * time.Microsecond)
		var rows []lake.FeaturesRow
		for track := range tracks {
			if !d.chance(30) {
				continue
			}
			row := lake.FeaturesRow{Version: lake.FeaturesVersion, TrackID: trackID(track), Found: d.chance(60), Provider: "reccobeats", FetchedAt: at, RowIndex: len(rows)}
			if row.Found {
				row.Danceability, row.Energy = maybe(d, 10, float64(d.IntN(1000))/1000), maybe(d, 10, float64(d.IntN(1000))/1000)
				row.Valence, row.Tempo = maybe(d, 10, float64(d.IntN(1000))/1000), maybe(d, 10, float64(d.from(60, 200)))
				row.Key = maybe(d, 10, int64(d.IntN(12)))
			}
			rows = append(rows, row)
		}
		name := lake.FeaturesName(at, []string{fmt.Sprint(d.Uint64())})
		for i := range rows {
			rows[i].Object = name
		}
		if len(rows) > 0 {
			list = append(list, object{name: name, features: rows, arrives: at})
		}
	}
	return list
}
