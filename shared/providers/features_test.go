package providers_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/warehouse"
)

// whole is an item with every value, and more fields.
const whole = `{"danceability":0.5,"energy":0.25,"key":7,"loudness":-5.25,"mode":1,"speechiness":0.125,"acousticness":0.75,"instrumentalness":0,
	"liveness":1,"valence":0.0625,"tempo":120.5,"time_signature":4,"id":"x","isrc":null,"track_href":["a"]}`

var wholeFeatures = lake.Features{
	Danceability: new(0.5), Energy: new(0.25), Key: new(int64(7)), Loudness: new(-5.25), Mode: new(int64(1)), Speechiness: new(0.125), Acousticness: new(0.75),
	Instrumentalness: new(0.0), Liveness: new(1.0), Valence: new(0.0625), Tempo: new(120.5), TimeSignature: new(int64(4)),
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, raw string
		want      lake.Features
		refused   []string
		ok        bool
	}{
		{"all values", whole, wholeFeatures, nil, true},
		{"one value", `{"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"a whole number with a fraction of 0", `{"key":4.0}`, lake.Features{Key: new(int64(4))}, nil, true},
		{"a whole number as a power", `{"key":1e1}`, lake.Features{Key: new(int64(10))}, nil, true},
		{"key -1 is unknown", `{"key":-1,"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"tempo 0 is unknown", `{"tempo":0.0,"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"time signature 0 is unknown", `{"time_signature":0,"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"only unknown values", `{"key":-1,"tempo":0,"time_signature":0,"mode":null}`, lake.Features{}, nil, false},
		{"null is unknown", `{"energy":null,"mode":null,"valence":0}`, lake.Features{Valence: new(0.0)}, nil, true},
		{"a refused value leaves the others", `{"danceability":1.7,"valence":0.5,"tempo":-3}`, lake.Features{Valence: new(0.5)}, []string{"danceability", "tempo"}, true},
		{"only refused values", `{"danceability":1.7,"energy":"high"}`, lake.Features{}, []string{"danceability", "energy"}, false},
		{"a name in another case", `{"Energy":0.5}`, lake.Features{}, nil, false},
		{"an empty object", `{}`, lake.Features{}, nil, false},
		{"null", `null`, lake.Features{}, nil, false},
		{"a list", `[{"energy":0.5}]`, lake.Features{}, nil, false},
		{"a string", `"energy"`, lake.Features{}, nil, false},
		{"a number", `0.5`, lake.Features{}, nil, false},
		{"cut", whole[:40], lake.Features{}, nil, false},
		{"nothing", ``, lake.Features{}, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, tt.raw, tt.want, tt.refused, tt.ok) })
	}
}

func expect(t *testing.T, raw string, want lake.Features, refused []string, ok bool) {
	t.Helper()
	got, gotRefused, gotOK := providers.Parse(json.RawMessage(raw))
	if diff := cmp.Diff(want, got); diff != "" || !slices.Equal(gotRefused, refused) || gotOK != ok {
		t.Errorf("Parse(%s): refused %q, ok %v; want %q, %v; values (-want +got):\n%s", raw, gotRefused, gotOK, refused, ok, diff)
	}
}

// Every value is valid on its bounds. It is refused beyond them, and where it is not a number.
func TestBounds(t *testing.T) {
	share := [4]string{"0", "1", "-0.001", "1.001"}
	bounds := map[string][4]string{ // the least, the most, and values beyond them
		"danceability": share, "energy": share, "speechiness": share, "acousticness": share, "instrumentalness": share, "liveness": share, "valence": share,
		"loudness": {"-100", "20", "-100.001", "20.001"}, "tempo": {"1", "1000", "0.999", "1000.001"},
		"key": {"0", "11", "-2", "12"}, "mode": {"0", "1", "-1", "2"}, "time_signature": {"1", "16", "-1", "17"},
	}
	if n := reflect.TypeFor[lake.Features]().NumField(); n != len(bounds) {
		t.Errorf("%d values have bounds here, of %d", len(bounds), n)
	}
	for name, b := range bounds {
		t.Run(name, func(t *testing.T) {
			object := func(value string) string { return fmt.Sprintf(`{%q:%s}`, name, value) }
			for _, value := range b[:2] {
				var want lake.Features
				if err := json.Unmarshal([]byte(object(value)), &want); err != nil {
					t.Fatal(err)
				}
				expect(t, object(value), want, nil, true)
			}
			refused := append(b[2:], `"0.5"`, `""`, `[1]`, `[]`, `{"value":1}`, `true`, `false`, `1e400`, `-1e400`)
			if name == "key" || name == "mode" || name == "time_signature" {
				refused = append(refused, `0.5`, `1.0000001`)
			}
			for _, value := range refused {
				expect(t, object(value), lake.Features{}, []string{name}, false)
			}
			expect(t, object("null"), lake.Features{}, nil, false)
		})
	}
}

// A column of the table without a field stays empty, and with a field without a column no object can be loaded.
func TestRowHasTheTablesColumns(t *testing.T) {
	row := lake.FeaturesRow{Features: wholeFeatures, Refused: new("x"), Raw: new("x")} // no field is empty
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"raw", "refused", "row_index", "version"} // only in the lake
	for _, column := range warehouse.Schema(warehouse.AudioFeatures) {
		want = append(want, column.Name)
	}
	got := []string{}
	for name := range fields {
		got = append(got, name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns (-of the table +of a row):\n%s", diff)
	}
}
