package insights

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProblemsOfAnImport(t *testing.T) {
	now := time.Date(2026, 6, 24, 15, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		status  ImportStatus
		imports []Import
		active  bool
		want    string // of the only problem
	}{
		{name: "no import yet"},
		{name: "running", status: ImportStatus{Outcome: Running, UpdatedAt: now}, active: true},
		{name: "killed", status: ImportStatus{Outcome: Running, Name: "a.zip", UpdatedAt: now.Add(-time.Hour)}, want: "The import of a.zip has been stuck since 24 June 2026 14:00 UTC."},
		{name: "failed", status: ImportStatus{Outcome: Failed, Name: "a.zip", UpdatedAt: now, Error: "no history", Action: "Ask again."}, want: "The import of a.zip failed: no history. Ask again."},
		{name: "not in the document", status: ImportStatus{Outcome: Imported, Zip: "1", UpdatedAt: now}, imports: []Import{{Zip: "2"}}, active: true},
		{name: "partly loaded", status: ImportStatus{Outcome: Imported, Zip: "1", UpdatedAt: now}, imports: []Import{{Zip: "1", Rows: 2, Loaded: 1}}, active: true},
		{name: "loading has stopped", status: ImportStatus{Outcome: Imported, Name: "a.zip", Zip: "1", UpdatedAt: now.Add(-time.Hour)}, imports: []Import{{Zip: "1", Rows: 2, Loaded: 1}},
			want: "The rows of a.zip have been stored since 24 June 2026 14:00 UTC, but not all of them are loaded."},
		{name: "loaded", status: ImportStatus{Outcome: Imported, Zip: "1", UpdatedAt: now.Add(-48 * time.Hour)}, imports: []Import{{Zip: "1", Rows: 2, Loaded: 2}}},
		{name: "a name of many characters", status: ImportStatus{Outcome: Failed, Name: strings.Repeat("é\n", 400)}, want: "é\ufffd… failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.status.Problems(now, tt.imports)
			if len(got) > 1 || (len(got) == 1) != (tt.want != "") || len(got) == 1 && !strings.Contains(got[0], tt.want) {
				t.Errorf("problems = %q, want %q", got, tt.want)
			}
			if active := tt.status.Active(now, tt.imports); active != tt.active {
				t.Errorf("active = %v", active)
			}
		})
	}
}

// A later import that was read to its end settles the files that earlier ones could not read.
func TestUnreadFiles(t *testing.T) {
	broken := Import{Name: "a.zip", Files: []ImportedFile{{Name: "1.json", Rows: 7, Error: "the JSON ends"}, {Name: "2.json"}}}
	whole := Import{Name: "b.zip", Files: []ImportedFile{{Name: "1.json"}}}
	problem := []string{"The file 1.json of the import a.zip was read up to row 7: the JSON ends."}
	for _, tt := range []struct {
		imports []Import
		want    []string
	}{
		{nil, nil},
		{[]Import{broken}, problem},
		{[]Import{broken, whole}, problem},
		{[]Import{whole, broken}, nil},
	} {
		if got := (Warehouse{Imports: tt.imports}).Problems(); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: %q, want %q", tt.imports, got, tt.want)
		}
	}
}
