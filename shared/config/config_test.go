package config

import (
	"strings"
	"testing"
)

var everything = map[string]string{"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "l", "INSIGHTS_BUCKET": "i"}

func setenv(t *testing.T, environments ...map[string]string) {
	t.Helper()
	for _, name := range []string{"DATASET", "LOCATION", "TOPIC", "LISTENERS", "MAX_BYTES_BILLED", "AUDIENCE", "FEATURES_PAUSE",
		"FEATURE_PROVIDERS", "GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET", "INSIGHTS_BUCKET"} {
		t.Setenv(name, "")
	}
	for _, environment := range environments {
		for name, value := range environment {
			t.Setenv(name, value)
		}
	}
}

func TestDefaults(t *testing.T) {
	setenv(t, everything)
	c, err := Read[All]()
	if err != nil {
		t.Fatal(err)
	}
	if c.Dataset != "spotify_insights" || c.Topic != "plays-loaded" || c.MaxBytesBilled != 20<<30 || c.FeaturesPause.Hours() != 3 ||
		len(c.Listeners) != 1 || c.Listeners["me"].TimeZone != "UTC" {
		t.Errorf("Read() = %+v", c)
	}
	f, err := Read[Features]()
	if err != nil || f.Names != "spotify,reccobeats" {
		t.Errorf("Read() = %+v, %v", f, err)
	}
}

func TestErrors(t *testing.T) {
	ingest := func() error { _, err := Read[Ingest](); return err }
	topten := func() error { _, err := Read[TopTen](); return err }
	dashboard := func() error { _, err := Read[Dashboard](); return err }
	tests := []struct {
		name string
		read func() error
		env  map[string]string
		want []string // each has to be in the error
	}{
		{"all missing variables", ingest, map[string]string{"GOOGLE_CLOUD_PROJECT": "", "LAKE_BUCKET": "", "INSIGHTS_BUCKET": ""},
			[]string{"GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET", "INSIGHTS_BUCKET"}},
		{"a limit of 0", topten, map[string]string{"MAX_BYTES_BILLED": "0"}, []string{"MAX_BYTES_BILLED=0"}},
		{"a negative limit", topten, map[string]string{"MAX_BYTES_BILLED": "-1"}, []string{"MAX_BYTES_BILLED=-1"}},
		{"a limit with its unit", topten, map[string]string{"MAX_BYTES_BILLED": "20GiB"}, []string{"MaxBytesBilled", "20GiB"}},
		{"a limit beyond int64", topten, map[string]string{"MAX_BYTES_BILLED": "9223372036854775808"}, []string{"MaxBytesBilled"}},
		{"a negative pause", topten, map[string]string{"FEATURES_PAUSE": "-1h"}, []string{"FEATURES_PAUSE=-1h"}},
		{"a dataset with a quote in it", topten, map[string]string{"DATASET": "a`b"}, []string{`DATASET="a`}},
		{"an unknown audience", dashboard, map[string]string{"AUDIENCE": "Public"}, []string{"AUDIENCE"}},
		{"a wrong zone", dashboard, map[string]string{"LISTENERS": `{"me":{"time_zone":"Mars/Olympus"}}`}, []string{"Mars/Olympus"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			setenv(t, everything, tt.env)
			err := tt.read()
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("the error %v does not contain %q", err, want)
				}
			}
		})
	}
}
