package main

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/functions/local/machine/machinetest"
	"spotify-insights.internal/shared/emulator"
	"spotify-insights.internal/shared/warehouse"
)

// people are the listeners of the test. Only sister is forgotten.
var people = []string{"me", "sister", "sister-in-law"}

// kept are the objects of a listener.
func kept(id string) (lake, documents, uploads []string) {
	return []string{"plays/source=api/listener=" + id + "/date=2026-03-01/a.ndjson.gz", "plays/source=export/listener=" + id + "/0a/1/manifest.json"},
		[]string{"insights/listener=" + id + ".json", "public/insights/listener=" + id + ".json", "public/snapshots/listener=" + id + "/1/listens-0.parquet",
			"snapshots/listener=" + id + "/1/listens-0.parquet", "status/import/listener=" + id + ".json", "status/listener=" + id + ".json"},
		[]string{"listener=" + id + "/my_spotify_data.zip"}
}

// openForget is a session of forget in the project of the embedded BigQuery, which has rows of all listeners.
func openForget(t *testing.T) *rig {
	m := machinetest.Start(t)
	r := newRig(t, m.Config.Project)
	r.config = m.Config
	for _, id := range people {
		r.jobs["ingest-"+id], r.secrets["spotify-token-"+id] = job{"ENABLED", hourly}, []version{{"ENABLED", "2026-02-01T00:00:00Z"}}
		lake, documents, uploads := kept(id)
		for bucket, names := range map[string][]string{"lake-bucket/": lake, insightsBucket: documents, "uploads-bucket/": uploads} {
			for _, name := range names {
				r.put(t, bucket+name, "x")
			}
		}
		r.older = append(r.older, "lake-bucket/"+lake[1])
		machinetest.Insert(t, m.Config, warehouse.Loads, machinetest.Row{"object": lake[0], "generation": 1, "kind": "api", "listener": id, "row_version": 2, "rejected": 0, "full_page": false, "loaded_at": "2026-03-01T00:00:00Z"})
	}
	r.through(t, emulator.BigQuery)
	r.listener = "sister"
	return r
}

// Everything of the listener goes, in an order in which nothing is written again, and may go twice. Others lose nothing.
func TestForget(t *testing.T) {
	r := openForget(t)
	r.in = bufio.NewReader(strings.NewReader("sister\n"))
	if err := r.forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The steps in order: what several calls do is one step.
	steps := map[string]string{
		"POST /v1/projects/local/locations/europe-west1/jobs/ingest-sister:pause": "job", "DELETE /v1/projects/local/secrets/spotify-token-sister": "token",
		"DELETE /storage/v1/b/uploads-bucket/o/": "uploads", "DELETE /storage/v1/b/lake-bucket/o/": "plays", "POST /projects/local/jobs ": "rows",
		"DELETE /storage/v1/b/insights-bucket/o/status/": "status", "DELETE /storage/v1/b/insights-bucket/o/insights/": "document", "DELETE /storage/v1/b/insights-bucket/o/public/insights/": "public document",
		"DELETE /storage/v1/b/insights-bucket/o/snapshots/": "snapshot", "DELETE /storage/v1/b/insights-bucket/o/public/snapshots/": "public snapshot",
	}
	var got []string
	for _, call := range r.calls {
		step := call
		for beginning, name := range steps {
			if rest, found := strings.CutPrefix(call, beginning); found && name == "rows" {
				step = "rows of " + rest
			} else if found {
				step = name
			}
		}
		if len(got) == 0 || got[len(got)-1] != step {
			got = append(got, step)
		}
	}
	want := []string{"job", "token", "uploads", "plays", "rows of loads", "rows of plays", "rows of listens", "rows of top_ten", "status", "document", "public document", "snapshot", "public snapshot"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the steps (-want +got):\n%s", diff)
	}
	said := r.said.String()
	for _, want := range []string{"Type sister to continue", "the lake for 7 days", "rows for 14 days", "names and audio features of tracks stay", "remove sister from LISTENERS: make deploy PROJECT=local LISTENERS="} {
		if !strings.Contains(said, want) {
			t.Errorf("it lacks %q:\n%s", want, said)
		}
	}
	r.checkForgotten(t)

	r.calls, r.confirmed = nil, "sister"
	if err := r.forget(t.Context()); err != nil {
		t.Errorf("again, with nothing left: %v", err)
	}
	for _, call := range r.calls {
		if !strings.HasPrefix(call, "POST /projects/local/jobs") && !strings.HasPrefix(call, "DELETE /v1/projects/local/secrets/") {
			t.Errorf("again it calls %s", call)
		}
	}
	r.checkForgotten(t)
}

func (r *rig) checkForgotten(t *testing.T) {
	t.Helper()
	var lake, documents, uploads, older, objects []string
	for _, id := range []string{"me", "sister-in-law"} {
		l, d, u := kept(id)
		lake, documents, uploads = append(lake, l...), append(documents, d...), append(uploads, u...)
		older, objects = append(older, "lake-bucket/"+l[1]), append(objects, l[0])
		if r.secrets["spotify-token-"+id] == nil || r.jobs["ingest-"+id].State != "ENABLED" {
			t.Errorf("the secret or the job of %s is gone", id)
		}
	}
	if r.jobs["ingest-sister"].State != "PAUSED" || r.secrets["spotify-token-sister"] != nil {
		t.Error("the job runs on, or the secret is there")
	}
	for bucket, want := range map[string][]string{"lake-bucket": lake, "insights-bucket": documents, "uploads-bucket": uploads} {
		if diff := cmp.Diff(want, r.left(t, bucket), sorted); diff != "" {
			t.Errorf("what is left in %s (-want +got):\n%s", bucket, diff)
		}
	}
	if diff := cmp.Diff(older, r.older); diff != "" {
		t.Errorf("older versions that are left (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(objects, machinetest.Query(t, r.config, "SELECT object FROM spotify_insights.loads ORDER BY object")); diff != "" {
		t.Errorf("rows that are left (-want +got):\n%s", diff)
	}
}

// What is refused changes nothing, and what fails ends the command before the next step.
func TestForgetStops(t *testing.T) {
	tests := []struct {
		name      string
		change    func(*testing.T, *rig)
		typed     string
		wantSaid  string
		wantCalls int
	}{
		{name: "the project is typed", typed: "some-project\n", wantSaid: "the answer was not sister: nothing was changed"},
		{name: "nothing is typed", wantSaid: "nothing was changed"},
		{name: "another word is given", change: func(_ *testing.T, r *rig) { r.confirmed = "me" }, typed: "sister\n", wantSaid: "nothing was changed"},
		{name: "a deployment that is not complete", change: with(stateFile, outputs, `"lake"`, `"no_lake"`, "PROJECT", "some-project"), typed: "sister\n", wantSaid: "make deploy PROJECT=some-project"},
		{name: "another project's dataset", change: with(stateFile, outputs, "PROJECT", "other-project"), typed: "sister\n", wantSaid: "is not one of some-project"},
		{name: "objects that cannot be removed", change: both(upload("a.zip", "2026-03-01T11:00:04Z"), func(t *testing.T, r *rig) {
			r.putAt(t, "uploads-bucket/listener=sister/a.zip", "2026-03-01T11:00:04Z")
			r.refused["DELETE /storage/v1/b/uploads-bucket"] = refusal{http.StatusForbidden, `{"error":{"code":403,"message":"no storage.objects.delete access","errors":[{"message":"x","domain":"global","reason":"forbidden"}]}}`}
		}), typed: "sister\n", wantSaid: "deleting gs://uploads-bucket/listener=sister/: no storage.objects.delete access (HTTP 403)", wantCalls: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, "some-project")
			r.listener, r.in = "sister", bufio.NewReader(strings.NewReader(tt.typed))
			if tt.change != nil {
				tt.change(t, r)
			}
			err := r.forget(t.Context())
			if said := told(err); !strings.Contains(said, tt.wantSaid) || len(r.calls) != tt.wantCalls {
				t.Errorf("it says %q and calls %q, want %q and %d calls", said, r.calls, tt.wantSaid, tt.wantCalls)
			}
		})
	}
}
