package providers_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/providers"
	"spotify-insights.internal/shared/warehouse"
)

// whole is a provider's words with every value, and more that is not asked for.
const whole = `{"danceability":0.5,"energy":0.25,"key":7,"loudness":-5.25,"mode":1,"speechiness":0.125,"acousticness":0.75,"instrumentalness":0,
	"liveness":1,"valence":0.0625,"tempo":120.5,"time_signature":4,"id":"x","isrc":null,"track_href":["a"]}`

var wholeFeatures = lake.Features{
	Danceability: new(0.5), Energy: new(0.25), Key: new(int64(7)), Loudness: new(-5.25), Mode: new(int64(1)), Speechiness: new(0.125), Acousticness: new(0.75),
	Instrumentalness: new(0.0), Liveness: new(1.0), Valence: new(0.0625), Tempo: new(120.5), TimeSignature: new(int64(4)),
}

func TestRead(t *testing.T) {
	tests := []struct {
		name, raw string
		want      lake.Features
		refused   []string
		ok        bool
	}{
		{"all values", whole, wholeFeatures, nil, true},
		{"one value", `{"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"a whole number with a fraction of nothing", `{"key":4.0}`, lake.Features{Key: new(int64(4))}, nil, true},
		{"a whole number as a power", `{"key":1e1}`, lake.Features{Key: new(int64(10))}, nil, true},
		{"key -1 is unknown", `{"key":-1,"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"tempo 0 is unknown", `{"tempo":0.0,"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"time signature 0 is unknown", `{"time_signature":0,"energy":0.5}`, lake.Features{Energy: new(0.5)}, nil, true},
		{"nothing but unknown values", `{"key":-1,"tempo":0,"time_signature":0,"mode":null}`, lake.Features{}, nil, false},
		{"null is unknown", `{"energy":null,"mode":null,"valence":0}`, lake.Features{Valence: new(0.0)}, nil, true},
		{"a refused value leaves the others", `{"danceability":1.7,"valence":0.5,"tempo":-3}`, lake.Features{Valence: new(0.5)}, []string{"danceability", "tempo"}, true},
		{"only refused values", `{"danceability":1.7,"energy":"high"}`, lake.Features{}, []string{"danceability", "energy"}, false},
		{"another name's case", `{"Energy":0.5}`, lake.Features{}, nil, false},
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
		t.Errorf("Read(%s): refused %q, ok %v; want %q, %v; values (-want +got):\n%s", raw, gotRefused, gotOK, refused, ok, diff)
	}
}

// Every value is taken on its bounds, and refused beyond them and where it is no number.
func TestReadEveryValue(t *testing.T) {
	share := [4]string{"0", "1", "-0.001", "1.001"}
	bounds := map[string][4]string{ // the least, the most, and what is beyond them
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

// What is kept of a track goes into the table: a column that has no field stays empty, and a field
// without a column makes every object one that cannot be loaded.
func TestRowHasTheTablesColumns(t *testing.T) {
	row := lake.FeaturesRow{Features: wholeFeatures, Refused: new("x"), Raw: new("x")} // nothing that is left out
	text, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	want := []string{"raw", "refused", "row_index", "version"} // are in the lake only
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

func TestProviders(t *testing.T) {
	tests := []struct {
		list string
		want []string // nil: an error
	}{
		{"", nil},
		{"spotify,reccobeats", []string{"spotify", "reccobeats"}},
		{"reccobeats,spotify", []string{"reccobeats", "spotify"}},
		{" reccobeats ,\tspotify ", []string{"reccobeats", "spotify"}},
		{"spotify", []string{"spotify"}},
		{"reccobeats", []string{"reccobeats"}},
		{"none", []string{}},
		{"somebody", nil},
		{"spotify,somebody", nil},
		{"Spotify", nil},
		{"spotify,spotify", nil},
		{"spotify,reccobeats, spotify", nil},
		{"none,spotify", nil},
		{"spotify,", nil},
		{",", nil},
		{" ", nil},
		{"spotify reccobeats", nil},
	}
	for _, tt := range tests {
		made, err := providers.New(config.Providers{Names: tt.list}, nil)
		if (err != nil) != (tt.want == nil) {
			t.Errorf("Providers(%q): error %v", tt.list, err)
			continue
		}
		if err != nil {
			for _, part := range []string{fmt.Sprintf("FEATURE_PROVIDERS=%q", tt.list), "reccobeats, spotify", providers.None} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("Providers(%q): the error %q does not say %q", tt.list, err, part)
				}
			}
			continue
		}
		got := []string{}
		for _, p := range made {
			got = append(got, p.Name())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Providers(%q) = %q, want %q", tt.list, got, tt.want)
		}
	}
}

func TestAskable(t *testing.T) {
	for id, want := range map[string]bool{
		"4uLU6hMCjMI75M1A2tKUQC": true, "a": true, "a-b_c": true, strings.Repeat("z", 64): true,
		"": false, strings.Repeat("z", 65): false, "a,b": false, "a b": false, "a&ids=b": false, "a/b": false, "a%2Cb": false, "ä": false, "a\n": false, "a\x00": false,
		"spotify:track:a": false,
	} {
		if got := providers.Askable(id); got != want {
			t.Errorf("Askable(%q) = %v", id, got)
		}
	}
}
