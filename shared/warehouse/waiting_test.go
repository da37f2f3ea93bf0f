package warehouse_test

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"spotify-insights.internal/shared/warehouse"
)

var stateOf = regexp.MustCompile(`"state":\s*"([A-Z]+)"`)

// An export waits for a job that is running: its files are finished only after it was seen so.
func TestWaiting(t *testing.T) {
	letIn := make(chan struct{})
	kept := &exports{files: map[string]string{}, before: func(ctx context.Context) error {
		select {
		case <-letIn:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	var mu sync.Mutex
	var states []string
	line := &faultyLine{jobs: func(job string) string {
		mu.Lock()
		defer mu.Unlock()
		state := stateOf.FindStringSubmatch(job)[1]
		if !slices.Contains(states, state) {
			states = append(states, state)
			if state == "RUNNING" {
				close(letIn)
			}
		}
		return job
	}}
	w := newPromptCloud(t, kept).open(line)
	prefix, rows, err := w.ExportTracks(t.Context(), warehouse.Export{Listener: "me", Prefix: func(attempt string) string { return "gs://b/" + attempt + "/" }})
	if err != nil || rows != 0 || kept.files[strings.TrimPrefix(prefix, "gs://")+"tracks-000000000000.parquet"] == "" {
		t.Errorf("ExportTracks() = %q, %d, %v; files %d", prefix, rows, err, len(kept.files))
	}
	if got := strings.Join(states, " "); !strings.HasSuffix(got, "RUNNING DONE") {
		t.Errorf("the job was seen %s", got)
	}
}

// An export that fails after it has written leaves files. The next try writes to another folder, so that
// nobody reads them.
func TestExportAgain(t *testing.T) {
	var attempts []string
	kept := &exports{files: map[string]string{}}
	kept.before = func(context.Context) error {
		if len(attempts) == 1 {
			return errors.New("the storage is overloaded")
		}
		return nil
	}
	w := newPromptCloud(t, kept).open(&faultyLine{})
	e := warehouse.Export{Listener: "me", Since: warehouse.Beginning, Until: utc("2027-01-01T00:00:00Z"), Prefix: func(attempt string) string {
		attempts = append(attempts, attempt)
		return "gs://b/" + attempt + "/"
	}}
	prefix, rows, err := w.ExportListens(t.Context(), e)
	if err != nil || rows != 0 || len(attempts) != 2 || attempts[0] == attempts[1] || prefix != "gs://b/"+attempts[1]+"/" || len(kept.files) != 2 {
		t.Errorf("ExportListens() = %q, %d, %v; attempts %q, %d files", prefix, rows, err, attempts, len(kept.files))
	}
}

// An export of which the job does not say how many rows it has, and one whose folder is taken, are errors.
func TestExportFails(t *testing.T) {
	kept := &exports{files: map[string]string{"b/x/tracks-000000000000.parquet": "there"}}
	cloud := newPromptCloud(t, kept)
	e := warehouse.Export{Listener: "me", Prefix: func(string) string { return "gs://b/x/" }}
	if _, _, err := cloud.open(&faultyLine{}).ExportTracks(t.Context(), e); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("to a folder with files: %v", err)
	}
	e.Prefix = func(attempt string) string { return "gs://b/" + attempt + "/" }
	mute := &faultyLine{jobs: func(job string) string {
		return strings.ReplaceAll(job, `"exportDataStatistics"`, `"somethingElse"`)
	}}
	if _, _, err := cloud.open(mute).ExportTracks(t.Context(), e); err == nil || !strings.Contains(err.Error(), "how many rows") {
		t.Errorf("without the number of rows: %v", err)
	}
}
