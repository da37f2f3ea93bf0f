package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"spotify-insights.internal/shared/insights"
)

// The documents of a listener for whom everything works.
const (
	status   = `{"listener":"me","last_run_at":"2026-03-01T11:00:04.5Z","outcome":"written","last_ingest_at":"2026-03-01T11:00:04.5Z","failures":0,"suspect":false,"authorized_at":"2026-01-30T13:00:00Z","token_version":3}`
	document = `{"listener":"me","as_of":"2026-03-01T11:00:20Z","snapshot":{"as_of":"2026-03-01T11:00:20Z"},"previous":null,"public":false,"status":{"last_load_at":"2026-03-01T11:00:19Z","rejected":0}}`
	imported = `{"listener":"me","upload":"listener=me/my_spotify_data.zip","generation":"1772359204000000","name":"my_spotify_data.zip","started_at":"2026-03-01T10:00:04.5Z","updated_at":"2026-03-01T10:01:04.5Z","outcome":"imported","zip":"0a","size":900,"read":900,"rows":51234,"files":[{"number":1,"name":"Streaming_History_Audio_2019_1.json","rows":50000},{"number":2,"name":"Streaming_History_Audio_2020_2.json","rows":1234}],"again":false}`
	hourly   = "0 * * * *"
)

const insightsBucket = "insights-bucket/"

// with returns a change of a rig: an object with some words of its content replaced.
func with(name, content string, pairs ...string) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) { r.put(t, name, strings.NewReplacer(pairs...).Replace(content)) }
}

func withStatus(pairs ...string) func(*testing.T, *rig) {
	return with(insightsBucket+insights.StatusName("me"), status, pairs...)
}

func withImport(pairs ...string) func(*testing.T, *rig) {
	return with(insightsBucket+insights.ImportStatusName("me"), imported, pairs...)
}

func withToken(created ...string) func(*testing.T, *rig) {
	return func(_ *testing.T, r *rig) {
		r.secrets["spotify-token-me"] = nil
		for _, at := range created {
			r.secrets["spotify-token-me"] = append(r.secrets["spotify-token-me"], version{"ENABLED", at})
		}
	}
}

func both(changes ...func(*testing.T, *rig)) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) {
		for _, change := range changes {
			change(t, r)
		}
	}
}

func TestDoctor(t *testing.T) {
	failed := []string{`"outcome":"written"`, `"outcome":"failed"`, `"failures":0`}
	const nothing = "next: nothing to fix; open the page with: make open PROJECT=some-project\n"
	tests := []struct {
		name   string
		change func(*testing.T, *rig)
		want   []string
		never  string
	}{
		{name: "everything works", want: []string{"project      some-project, europe-west1, state in gs://some-project-spotify-state\n" +
			"services     all on\napp          stored since 2026-01-30\nfeatures     on schedule\nreconcile    on schedule\ningest-me    on schedule\n" +
			"me           connected 29 days ago; Spotify ends a consent after 6 months\nme           last ingest 1 hours ago: written\nme           last load 1 hours ago\n" + nothing}},
		{name: "services that are off", change: func(_ *testing.T, r *rig) { r.services = []string{"storage"}; r.secrets = nil },
			want: []string{"services     off: bigquery run\nnext: make deploy PROJECT=some-project\n"}},
		{name: "a deploy that has failed", change: with(stateFile, outputs, `"lake"`, `"no_lake"`, "PROJECT", "some-project"),
			want: []string{"services     all on\ndeployment   Terraform's state lacks outputs", "next: make deploy PROJECT=some-project\n"}},
		{name: "a deploy that has just begun", change: with(stateFile, `{"version": 4, "outputs": {}}`),
			want: []string{"gs://some-project-spotify-state\ndeployment   Terraform's state lacks outputs", "next: make deploy PROJECT=some-project\n"}},
		{name: "secrets and jobs that are gone", change: func(_ *testing.T, r *rig) { r.secrets, r.jobs = nil, nil },
			want: []string{"secrets      there is no secret spotify-client", "reconcile    there is no such job", "me           there is no secret spotify-token-me", "next: make deploy PROJECT=some-project\n"}},
		{name: "a listener who is forgotten", change: func(_ *testing.T, r *rig) {
			delete(r.secrets, "spotify-token-me")
			r.jobs["ingest-me"] = job{"PAUSED", hourly}
		},
			want: []string{"me           there is no secret spotify-token-me", "next: make deploy PROJECT=some-project restores it; after make forget add LISTENERS=... with the others\n"}},
		{name: "deployed only", change: func(_ *testing.T, r *rig) {
			r.secrets["spotify-client"] = []version{{"DESTROYED", "2026-02-01T10:00:00.1Z"}}
			r.secrets["spotify-token-me"] = nil
		},
			want: []string{"app          Spotify's client id and secret are missing", "me           not connected", "next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "one of two not connected", change: both(with(stateFile, outputs, `"spotify-token-me"`, `"spotify-token-me", "sister": "spotify-token-sister"`, "PROJECT", "some-project"),
			func(_ *testing.T, r *rig) {
				r.jobs["ingest-sister"], r.secrets["spotify-token-sister"] = job{"ENABLED", hourly}, nil
			}), want: []string{"ingest-sister on schedule", "sister       not connected", "next: make connect PROJECT=some-project LISTENER=sister\n"}},
		{name: "connected only", change: both(with(insightsBucket+insights.StatusName("me"), "{}"), with(insightsBucket+insights.DocumentName("me"), "{}")),
			want: []string{"the token was stored 28 days ago; the day of consent is unknown", "me           never ingested", "next: make trigger PROJECT=some-project LISTENER=me\n"}},
		{name: "a consent of 150 days less an hour", change: withStatus("2026-01-30T13", "2025-10-02T13"), want: []string{"connected 149 days ago", nothing}},
		{name: "a consent of 150 days", change: withStatus("2026-01-30T13", "2025-10-02T12"), want: []string{"connected 150 days ago; Spotify ends", "next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "a consent of seven months", change: withStatus("2026-01-30", "2025-08-01"), want: []string{"connected 211 days ago; Spotify has ended the consent", "next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "a token of seven months that was never used", change: both(with(insightsBucket+insights.StatusName("me"), "{}"), withToken("2025-08-01T13:00:00Z")),
			want: []string{"the token was stored 211 days ago; the day of consent is unknown\n", "next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "a consent of seven months, and connected since", change: both(withStatus("2026-01-30", "2025-08-01"), withToken("2026-03-01T12:10:00.000001Z")),
			want: []string{"connected 211 days ago; Spotify has ended the consent. A newer token is stored", "next: make trigger PROJECT=some-project LISTENER=me\n"}},
		{name: "a token in memory only", change: withStatus(`"token_version":3`, `"token_version":3,"token_unstored":"permission denied"`),
			want: []string{"me           the last refresh token cannot be stored: permission denied", "next: make deploy PROJECT=some-project\n"}},
		{name: "a failed run", change: withStatus(append(failed, `"error":"asking Spotify: \u003c\"no\"\u003e","action":"Try \u0026 wait.","failures":2`)...),
			want: []string{`last ingest 1 hours ago: failed. asking Spotify: <"no">`, "next: Try & wait.\n"}},
		{name: "a failed run without an action", change: withStatus(append(failed, `"error":"refused","failures":2`)...), want: []string{"next: make logs PROJECT=some-project LISTENER=me\n"}},
		{name: "a consent that is gone", change: withStatus(append(failed, `"error":"refused","action":"Connect again: make connect PROJECT=some-project.","failures":2`)...),
			want: []string{"next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "connected since it failed", change: both(withStatus(append(failed, `"error":"refused","action":"Connect Spotify first.","failures":2`)...), withToken("2026-03-01T12:10:00.000001Z")),
			want: []string{"next: make trigger PROJECT=some-project LISTENER=me\n"}},
		{name: "no run for hours", change: withStatus("2026-03-01T11", "2026-03-01T09"), want: []string{"last ingest 3 hours ago", "next: make logs PROJECT=some-project\n"}},
		{name: "no run for hours with a slower schedule", change: both(withStatus("2026-03-01T11", "2026-03-01T09"), func(_ *testing.T, r *rig) { r.jobs["ingest-me"] = job{"ENABLED", "0 */6 * * *"} }),
			want: []string{"last ingest 3 hours ago", nothing}},
		{name: "no run for two days with a slower schedule", change: both(withStatus("2026-03-01T11", "2026-02-27T11"), func(_ *testing.T, r *rig) { r.jobs["ingest-me"] = job{"ENABLED", "0 */6 * * *"} }),
			want: []string{"last ingest 49 hours ago", "next: make logs PROJECT=some-project\n"}},
		{name: "a paused job", change: func(_ *testing.T, r *rig) { r.jobs["ingest-me"] = job{"PAUSED", hourly} },
			want: []string{"ingest-me    the job is PAUSED", "next: gcloud scheduler jobs resume ingest-me --location=europe-west1 --project=some-project\n"}},
		{name: "one job for all listeners", change: withQueue, want: []string{"ingest       on schedule\n", nothing}, never: "ingest-me"},
		{name: "no run for hours of one job for all", change: both(withQueue, withStatus("2026-03-01T11", "2026-03-01T09")), want: []string{"last ingest 3 hours ago", "next: make logs PROJECT=some-project\n"}},
		{name: "nothing loaded", change: with(insightsBucket+insights.DocumentName("me"), "{}"), want: []string{"nothing loaded yet", "next: make logs PROJECT=some-project\n"}},
		{name: "not loaded since", change: with(insightsBucket+insights.DocumentName("me"), document, "11:00:19", "09:00:00"),
			want: []string{"last load 3 hours ago, before the last ingest", "next: gcloud scheduler jobs run reconcile --location=europe-west1 --project=some-project\n"}},
		{name: "not loaded since, because nothing was new", change: both(withStatus(`"written"`, `"unchanged"`), with(insightsBucket+insights.DocumentName("me"), document, "2026-03-01T11:00:19", "2026-02-28T09:00:19")),
			want: []string{"last load 27 hours ago\n", nothing}},
		{name: "an import", change: withImport(), want: []string{"me           last import 2 hours ago: imported, my_spotify_data.zip, 51234 rows\n", nothing}},
		{name: "an import before the consent", change: both(withImport(), withToken()), want: []string{"me           last import 2 hours ago: imported", "next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "an import with a file that could not be read", change: withImport(`"rows":1234`, `"rows":1234,"error":"row 1235: it is cut off"`),
			want: []string{"51234 rows. 1 of its files could not be read to the end; the page says why\n", nothing}},
		{name: "an import that failed", change: withImport(`"imported"`, `"failed"`, `"rows":1234`, `"rows":1234,"error":"row 7"`, `"again":false`, `"again":false,"error":"this is \"Account data\"","action":"Ask for the extended streaming history."`),
			want: []string{`last import 2 hours ago: failed, my_spotify_data.zip, 51234 rows. this is "Account data"`, "next: Ask for the extended streaming history.\n"}},
		{name: "an import that runs", change: both(withImport(`"imported"`, `"running"`, "T10:01", "T09:31"), upload("my spotify data.zip", "2026-03-01T09:30:04Z")),
			want: []string{"last import 2 hours ago: running", "me           an upload waits for 2 hours: my spotify data.zip\n", nothing}},
		{name: "an import that stopped", change: withImport(`"imported"`, `"running"`, "T10:01", "T09:01"),
			want: []string{"last import 3 hours ago: running, my_spotify_data.zip, 51234 rows, and it stopped", "next: make import PROJECT=some-project LISTENER=me FILE=...\n"}},
		{name: "an upload that nothing imports", change: both(upload("b.zip", "2026-03-01T11:00:04Z"), upload("a/b.zip", "2026-02-27T12:00:04Z")),
			want: []string{"an upload waits for 48 hours: a/b.zip", "an upload waits for 1 hours: b.zip\n", "next: make logs PROJECT=some-project\n"}},
		{name: "many uploads", change: func(t *testing.T, r *rig) {
			for n := range 12 {
				upload(fmt.Sprintf("%02d.zip", n), "2026-03-01T11:00:04Z")(t, r)
			}
		}, want: []string{"an upload waits for 1 hours: 09.zip\nme           more uploads wait\nnext: "}, never: "10.zip"},
		{name: "a bucket that is gone", change: func(t *testing.T, r *rig) { r.refused["GET /storage/v1/b/uploads-bucket/o"] = noBucket },
			want: []string{"me           there is no bucket uploads-bucket\n", "next: make deploy PROJECT=some-project\n"}},
		{name: "a status that is not JSON", change: with(insightsBucket+insights.StatusName("me"), `"last_run_at":"yesterday"`),
			want: []string{"me           a document cannot be read: gs://insights-bucket/status/listener=me.json is not valid JSON", "next: make logs PROJECT=some-project LISTENER=me\n"}},
		{name: "names that control a terminal", change: both(withImport("my_spotify_data.zip", `x\u001b[2J\nnext: rm -rf /`), upload("a\u202eb", "2026-03-01T11:00:04Z")),
			want: []string{`imported, x\x1b[2J next: rm -rf /, 51234 rows`, `an upload waits for 1 hours: a\u202eb` + "\n"}, never: "\nnext: rm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, "some-project")
			withStatus()(t, r)
			r.put(t, insightsBucket+insights.DocumentName("me"), document)
			if tt.change != nil {
				tt.change(t, r)
			}
			if err := r.doctor(t.Context()); err != nil {
				t.Fatal(err)
			}
			said := r.said.String()
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("it lacks %q", want)
				}
			}
			if tt.never != "" && strings.Contains(said, tt.never) {
				t.Errorf("it has %q", tt.never)
			}
			if diff := cmp.Diff([]string(nil), r.calls); diff != "" {
				t.Errorf("it changes something:\n%s", diff)
			}
			if t.Failed() {
				t.Log(said)
			}
		})
	}
}

// noBucket is Cloud Storage's answer about a bucket that does not exist.
var noBucket = refusal{http.StatusNotFound, `{"error":{"code":404,"message":"The specified bucket does not exist.","errors":[{"message":"The specified bucket does not exist.","domain":"global","reason":"notFound"}]}}`}

func upload(name, at string) func(*testing.T, *rig) {
	return func(t *testing.T, r *rig) { r.putAt(t, "uploads-bucket/listener=me/"+name, at) }
}
