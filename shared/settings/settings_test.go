package settings

import (
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name    string
		env     map[string]string
		check   func(Settings) bool
		wantErr []string // each has to be named
	}{
		{
			name: "defaults",
			env:  map[string]string{"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "l", "INSIGHTS_BUCKET": "i"},
			check: func(s Settings) bool {
				return s.Dataset == "spotify_insights" &&
					s.Topic == "plays-loaded" && s.Listeners["me"].TimeZone == "UTC" && s.MaxBytesBilled == 20<<30 && !s.Public
			},
		},
		{
			name: "two listeners",
			env: map[string]string{"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "l", "INSIGHTS_BUCKET": "i",
				"LISTENERS": `{"me":{"time_zone":"America/Los_Angeles"},"my-sister":{"time_zone":"Europe/Berlin","public":true}}`},
			check: func(s Settings) bool {
				return s.Listeners["me"].Zone.String() == "America/Los_Angeles" && s.Listeners["my-sister"].Public &&
					s.Listeners["my-sister"].ID == "my-sister"
			},
		},
		{
			name: "a limit and everybody",
			env: map[string]string{"GOOGLE_CLOUD_PROJECT": "p", "LAKE_BUCKET": "l", "INSIGHTS_BUCKET": "i",
				"MAX_BYTES_BILLED": "1073741824", "AUDIENCE": "public"},
			check: func(s Settings) bool { return s.MaxBytesBilled == 1<<30 && s.Public },
		},
		{name: "a limit of nothing", env: map[string]string{"MAX_BYTES_BILLED": "0"}, wantErr: []string{`MAX_BYTES_BILLED="0"`}},
		{name: "a limit below nothing", env: map[string]string{"MAX_BYTES_BILLED": "-1"}, wantErr: []string{`MAX_BYTES_BILLED="-1"`}},
		{name: "a limit with its unit", env: map[string]string{"MAX_BYTES_BILLED": "20GiB"}, wantErr: []string{`MAX_BYTES_BILLED="20GiB"`}},
		{name: "a limit beyond any number", env: map[string]string{"MAX_BYTES_BILLED": "9223372036854775808"}, wantErr: []string{"MAX_BYTES_BILLED"}},
		{name: "an audience nobody knows", env: map[string]string{"AUDIENCE": "Public"}, wantErr: []string{`AUDIENCE="Public"`}},
		{name: "everything that is missing is said at once", wantErr: []string{"GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET", "INSIGHTS_BUCKET"}},
		{name: "not JSON", env: map[string]string{"LISTENERS": "me"}, wantErr: []string{"LISTENERS is not JSON"}},
		{name: "a misspelt field", env: map[string]string{"LISTENERS": `{"me":{"timezone":"UTC"}}`}, wantErr: []string{"timezone"}},
		{name: "nobody", env: map[string]string{"LISTENERS": "{}"}, wantErr: []string{"names nobody"}},
		{name: "a name with a path in it", env: map[string]string{"LISTENERS": `{"../me":{}}`}, wantErr: []string{`listener "../me"`}},
		{name: "no such zone", env: map[string]string{"LISTENERS": `{"me":{"time_zone":"Mars/Olympus"}}`}, wantErr: []string{"Mars/Olympus"}},
		{name: "a dataset with a quote in it", env: map[string]string{"DATASET": "a`b"}, wantErr: []string{"is not a dataset's name"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"GOOGLE_CLOUD_PROJECT", "LAKE_BUCKET", "INSIGHTS_BUCKET", "DATASET", "LOCATION", "TOPIC", "LISTENERS", "MAX_BYTES_BILLED", "AUDIENCE"} {
				t.Setenv(name, tt.env[name])
			}
			s, err := Read(Project, LakeBucket, InsightsBucket)
			if len(tt.wantErr) == 0 && err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.wantErr {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Read() error %v does not say %q", err, want)
				}
			}
			if tt.check != nil && !tt.check(s) {
				t.Errorf("Read() = %+v", s)
			}
		})
	}
}

func TestValidListener(t *testing.T) {
	for id, want := range map[string]bool{
		"me": true, "a-1": true, "m" + strings.Repeat("e", 30): true,
		"": false, "Me": false, "1a": false, "a/b": false, "..": false, "a\n": false, "m" + strings.Repeat("e", 31): false, "mé": false,
	} {
		if got := ValidListener(id); got != want {
			t.Errorf("ValidListener(%q) = %v", id, got)
		}
	}
}
