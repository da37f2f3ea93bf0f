package config

import (
	"strings"
	"testing"
)

var everything = map[string]string{"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "l", "UPLOADS_BUCKET": "u", "INSIGHTS_BUCKET": "i"}

func setenv(t *testing.T, environments ...map[string]string) {
	t.Helper()
	for _, name := range []string{"DATASET", "LOCATION", "TOPIC", "LISTENERS", "MAX_BYTES_BILLED", "AUDIENCE", "FEATURES_PAUSE",
		"FEATURE_PROVIDERS", "SPOTIFY_API_URL", "SPOTIFY_ACCOUNTS_URL", "GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET", "UPLOADS_BUCKET", "INSIGHTS_BUCKET"} {
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
			[]string{"GOOGLE_CLOUD_PROJECT is not set", "LAKE_BUCKET is not set", "INSIGHTS_BUCKET is not set"}},
		{"a limit of 0", topten, map[string]string{"MAX_BYTES_BILLED": "0"}, []string{`MAX_BYTES_BILLED: "0" is not a number of bytes such as`}},
		{"a negative limit", topten, map[string]string{"MAX_BYTES_BILLED": "-1"}, []string{`MAX_BYTES_BILLED: "-1"`}},
		{"a limit with its unit", topten, map[string]string{"MAX_BYTES_BILLED": "20GiB"}, []string{`MAX_BYTES_BILLED: "20GiB"`}},
		{"a limit beyond int64", topten, map[string]string{"MAX_BYTES_BILLED": "9223372036854775808"}, []string{"MAX_BYTES_BILLED: "}},
		{"a negative pause", topten, map[string]string{"FEATURES_PAUSE": "-1h"}, []string{`FEATURES_PAUSE: "-1h" is not a duration such as 3h`}},
		{"a pause without a unit", topten, map[string]string{"FEATURES_PAUSE": "3"}, []string{`FEATURES_PAUSE: "3"`}},
		{"a dataset with a quote in it", topten, map[string]string{"DATASET": "a`b"}, []string{`DATASET: "a`, "use letters"}},
		{"an unknown audience", dashboard, map[string]string{"AUDIENCE": "Public"}, []string{`AUDIENCE: "Public"`, "use public"}},
		{"a URL without a scheme", ingest, map[string]string{"SPOTIFY_API_URL": "127.0.0.1:80"}, []string{`SPOTIFY_API_URL: "127.0.0.1:80" is not a URL such as https://`}},
		{"a URL that is not encrypted", ingest, map[string]string{"SPOTIFY_ACCOUNTS_URL": "http://10.0.0.1"}, []string{`SPOTIFY_ACCOUNTS_URL: "http://10.0.0.1"`, "use https"}},
		{"a wrong zone", dashboard, map[string]string{"LISTENERS": `{"me":{"time_zone":"Mars/Olympus"}}`}, []string{"LISTENERS: ", "Mars/Olympus"}},
		{"several errors at once", topten, map[string]string{"INSIGHTS_BUCKET": "", "DATASET": "a b", "FEATURES_PAUSE": "x", "LISTENERS": "{}"},
			[]string{"INSIGHTS_BUCKET is not set", `DATASET: "a b"`, "FEATURES_PAUSE: ", "LISTENERS: it has no listener"}},
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
