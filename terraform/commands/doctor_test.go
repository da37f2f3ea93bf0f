package commands

import (
	"slices"
	"strings"
	"testing"
)

func TestDoctor(t *testing.T) {
	const (
		versions = "gcloud secrets versions list spotify-"
		objects  = "gcloud storage cat gs://some-project-spotify-insights/"
		good     = `{"listener":"me","last_run_at":"2026-03-01T11:00:04.5Z","outcome":"written","last_ingest_at":"2026-03-01T11:00:04.5Z","failures":0,"suspect":false,"authorized_at":"2026-01-30T13:00:00Z","token_version":3}`
		document = `{"listener":"me","as_of":"2026-03-01T11:00:20Z","snapshot":{"as_of":"2026-03-01T11:00:20Z","listens":{"names":["snapshots/listener=me/1/listens-0.parquet"],"rows":7},"tracks":{"names":["snapshots/listener=me/1/tracks-0.parquet"],"rows":3}},"previous":null,"public":false,"status":{"last_load_at":"2026-03-01T11:00:19Z","rejected":0}}`
	)
	services := strings.Fields(strings.ReplaceAll(`artifactregistry@ bigquery@ cloudbuild@ cloudfunctions@ cloudresourcemanager@ cloudscheduler@ eventarc@
		iam@ logging@ monitoring@ pubsub@ run@ secretmanager@ storage@`, "@", ".googleapis.com"))
	healthy := []answer{
		{call: "date -u", says: "2026-03-01T12:30:00Z"},
		{call: "gcloud services list", says: strings.Join(append(services, "translate.googleapis.com"), "\n")},
		{call: "gcloud secrets list", says: "spotify-client\nspotify-token-me\nsomething-else"},
		{call: "gcloud scheduler jobs list", says: "ingest-me\tENABLED\t0 * * * *\nreconcile\tENABLED\t30 4 * * *\nfeatures\tENABLED\t20 * * * *"},
		{call: versions + "client", says: "DESTROYED\t2026-02-01T10:00:00.1Z\nENABLED\t2026-01-30T10:00:00.1Z\nENABLED\t2026-01-02T10:00:00.1Z"},
		{call: versions + "token-me", says: "DISABLED\t2026-02-02T00:00:00Z\nENABLED\t2026-02-01T00:00:00.000001Z"},
		{call: objects + "status/listener=me.json", says: good},
		{call: objects + "insights/listener=me.json", says: document},
	}
	const (
		read = `{"listener":"me","upload":"listener=me/my_spotify_data.zip","generation":"1772359204000000","name":"my_spotify_data.zip","started_at":"2026-03-01T10:00:04.5Z","updated_at":"2026-03-01T10:01:04.5Z","outcome":"imported","zip":"0a","size":900,"read":900,"rows":51234,"files":[{"number":1,"name":"Streaming_History_Audio_2019_1.json","rows":50000,"not_music":0,"rejected":0},{"number":2,"name":"Streaming_History_Audio_2020_2.json","rows":1234,"not_music":0,"rejected":0}],"again":false}`
		none = "ERROR: (gcloud.storage.ls) One or more URLs matched no objects."
	)
	imported := func(pairs ...string) answer {
		return answer{call: objects + "status/import/listener=me.json", says: strings.NewReplacer(pairs...).Replace(read)}
	}
	uploads := func(lines ...string) answer {
		return answer{call: "gcloud storage ls --long gs://some-project-spotify-uploads/listener=me/**", says: strings.Join(lines, "\n")}
	}
	// Most deployments have no imports.
	healthy = append(healthy, answer{call: objects + "status/import/", says: "ERROR: matched no objects", fails: true}, answer{call: "gcloud storage ls", says: none, fails: true})
	status := func(pairs ...string) answer {
		return answer{call: objects + "status/", says: strings.NewReplacer(pairs...).Replace(good)}
	}
	tests := []command{
		{name: "everything works", wantSaid: []string{
			"project      some-project, europe-west1, state in " + state, "services     all on", "app          stored since 2026-01-30", "reconcile    on schedule", "features     on schedule",
			"ingest-me    on schedule", "me           connected 29 days ago", "me           last ingest 1 hours ago: written", "me           last load 1 hours ago",
			"next: nothing to fix; open the page with: make open PROJECT=some-project"},
			wantCalls: join(located, "date -u +%Y-%m-%dT%H:%M:%SZ", "gcloud services list --enabled --format=value(config.name) --project=some-project",
				"gcloud secrets list --format=value(name.basename()) --project=some-project", "gcloud scheduler jobs list --location=europe-west1 --format=value(name.basename(),state,schedule) --project=some-project",
				versions+"client --format=value(state,createTime) --project=some-project", versions+"token-me --format=value(state,createTime) --project=some-project",
				objects+"status/listener=me.json", objects+"insights/listener=me.json", objects+"status/import/listener=me.json", "gcloud storage ls --long gs://some-project-spotify-uploads/listener=me/**")},
		{name: "services that are off", answers: []answer{{call: "gcloud services list", says: strings.Join(services[2:], "\n")}, {call: "gcloud secrets list", says: "has not been used", fails: true}},
			wantSaid: []string{"services     off: artifactregistry bigquery\n", "next: make deploy PROJECT=some-project"}},
		{name: "half a deployment", answers: []answer{{call: "gcloud secrets list"}, {call: "gcloud scheduler jobs list"}},
			wantSaid: []string{"secrets      some are missing", "reconcile    there is no such job", "next: make deploy PROJECT=some-project"}},
		{name: "deployed only", answers: []answer{{call: versions}},
			wantSaid: []string{"app          Spotify's client id and secret are missing", "me           not connected", "next: make connect PROJECT=some-project LISTENER=me"}},
		{name: "one of two not connected", answers: []answer{{call: "gcloud secrets list", says: "spotify-client\nspotify-token-me\nspotify-token-sister"},
			{call: "gcloud scheduler jobs list", says: "ingest-me\tENABLED\t0 * * * *\ningest-sister\tENABLED\t0 * * * *\nreconcile\tENABLED\t30 4 * * *\nfeatures\tENABLED\t20 * * * *"}},
			wantSaid: []string{"sister       not connected", "next: make connect PROJECT=some-project LISTENER=sister"}},
		{name: "connected only", answers: []answer{{call: objects, says: "ERROR: matched no objects", fails: true}},
			wantSaid: []string{"the token was stored 28 days ago; the day of consent is unknown", "me           never ingested", "next: make trigger PROJECT=some-project LISTENER=me"}},
		{name: "a consent of 150 days", answers: []answer{status("2026-01-30", "2025-10-02")}, wantSaid: []string{"connected 149 days ago", "next: nothing to fix"}},
		{name: "a consent of 151 days", answers: []answer{status("2026-01-30T13", "2025-10-02T12")}, wantSaid: []string{"connected 150 days ago", "next: make connect PROJECT=some-project LISTENER=me"}},
		{name: "a consent of seven months", answers: []answer{status("2026-01-30", "2025-08-01")}, wantSaid: []string{"connected 211 days ago; Spotify has ended the consent", "next: make connect PROJECT=some-project LISTENER=me"}},
		{name: "a token in memory only", answers: []answer{status(`"token_version":3`, `"token_version":3,"token_unstored":"permission denied"`)},
			wantSaid: []string{"me           the last refresh token cannot be stored: permission denied", "next: make deploy PROJECT=some-project\n"}},
		{name: "the end of a year", answers: []answer{status("2026-01-30T13", "2025-12-31T12")}, wantSaid: []string{"connected 60 days ago"}},
		{name: "a leap day", answers: []answer{{call: "date -u", says: "2028-03-01T00:30:00Z"}, status("2026-01-30T13", "2028-02-28T00")}, wantSaid: []string{"connected 2 days ago"}},
		{name: "a failed run", answers: []answer{status(`"outcome":"written"`, `"outcome":"failed"`, `"failures":0`, `"error":"asking Spotify: \u003c\"no\"\u003e","action":"Try \u0026 wait.","failures":2`)},
			wantSaid: []string{`last ingest 1 hours ago: failed. asking Spotify: <"no">`, "next: Try & wait."}},
		{name: "a consent that is gone", answers: []answer{status(`"outcome":"written"`, `"outcome":"failed"`, `"failures":0`, `"error":"refused","action":"Connect again: make connect PROJECT=some-project.","failures":2`)},
			wantSaid: []string{"next: make connect PROJECT=some-project LISTENER=me\n"}},
		{name: "connected since it failed", answers: []answer{status(`"outcome":"written"`, `"outcome":"failed"`, `"failures":0`, `"error":"refused","action":"Connect Spotify first.","failures":2`), {call: versions + "token-me", says: "ENABLED\t2026-03-01T12:10:00.000001Z"}},
			wantSaid: []string{"next: make trigger PROJECT=some-project LISTENER=me\n"}},
		{name: "no run for hours", answers: []answer{status("2026-03-01T11", "2026-03-01T09")}, wantSaid: []string{"last ingest 3 hours ago", "next: make logs PROJECT=some-project"}},
		{name: "no run for hours with a slower schedule", answers: []answer{status("2026-03-01T11", "2026-03-01T09"), {call: "gcloud scheduler jobs list", says: "ingest-me\tENABLED\t0 */6 * * *\nreconcile\tENABLED\t30 4 * * *\nfeatures\tENABLED\t20 * * * *"}},
			wantSaid: []string{"last ingest 3 hours ago", "next: nothing to fix"}},
		{name: "a paused job", answers: []answer{{call: "gcloud scheduler jobs list", says: "ingest-me\tPAUSED\t0 * * * *\nreconcile\tENABLED\t30 4 * * *\nfeatures\tENABLED\t20 * * * *"}},
			wantSaid: []string{"ingest-me    the job is PAUSED", "next: gcloud scheduler jobs resume ingest-me --location=europe-west1 --project=some-project"}},
		{name: "nothing loaded", answers: []answer{{call: objects + "insights/", fails: true}}, wantSaid: []string{"nothing loaded yet", "next: make logs PROJECT=some-project"}},
		{name: "not loaded since", answers: []answer{{call: objects + "insights/", says: `{"status":{"last_load_at":"2026-03-01T09:00:19Z"}}`}},
			wantSaid: []string{"last load 3 hours ago, before the last ingest", "next: gcloud scheduler jobs run reconcile --location=europe-west1 --project=some-project"}},
		{name: "not loaded since, because nothing was new", answers: []answer{status(`"written"`, `"unchanged"`), {call: objects + "insights/", says: `{"status":{"last_load_at":"2026-02-28T09:00:19Z"}}`}},
			wantSaid: []string{"last load 27 hours ago\n", "next: nothing to fix"}},
		{name: "an import", answers: []answer{imported()}, wantSaid: []string{"me           last import 2 hours ago: imported, my_spotify_data.zip, 51234 rows\n", "next: nothing to fix"}},
		{name: "an import before the consent", answers: []answer{imported(), {call: versions + "token-me"}}, wantSaid: []string{"me           last import 2 hours ago: imported", "next: make connect PROJECT=some-project LISTENER=me"}},
		{name: "an import with a file that could not be read", answers: []answer{imported(`"rows":1234,"not_music":0,"rejected":0`, `"rows":1234,"not_music":0,"rejected":0,"error":"row 1235: it is cut off"`)},
			wantSaid: []string{"51234 rows. 1 of its files could not be read to the end; the page says why\n", "next: nothing to fix"}},
		{name: "an import that failed", answers: []answer{imported(`"outcome":"imported"`, `"outcome":"failed"`, `"rejected":0}]`, `"rejected":0,"error":"row 7"}]`, `"again":false`, `"again":false,"error":"this is \"Account data\"","action":"Ask for the extended streaming history."`)},
			wantSaid: []string{`last import 2 hours ago: failed, my_spotify_data.zip, 51234 rows. this is "Account data"`, "next: Ask for the extended streaming history.\n"}},
		{name: "an import that runs", answers: []answer{imported(`"outcome":"imported"`, `"outcome":"running"`, "T10:01", "T11:01"), uploads("   2276224  2026-03-01T11:00:04Z  gs://some-project-spotify-uploads/listener=me/my spotify data.zip", "TOTAL: 1 objects, 2276224 bytes (2.17MiB)")},
			wantSaid: []string{"last import 1 hours ago: running", "me           an upload waits for 1 hours: my spotify data.zip\n", "next: nothing to fix"}},
		{name: "an import that stopped", answers: []answer{imported(`"outcome":"imported"`, `"outcome":"running"`, "T10:01", "T09:01")},
			wantSaid: []string{"last import 3 hours ago: running, my_spotify_data.zip, 51234 rows, and it stopped", "next: make import PROJECT=some-project LISTENER=me FILE=...\n"}},
		{name: "an upload that nothing imports", answers: []answer{uploads("     99  2026-03-01T11:00:04Z  gs://some-project-spotify-uploads/listener=me/b.zip", "2276224  2026-02-27T12:00:04Z  gs://some-project-spotify-uploads/listener=me/a/b.zip", "TOTAL: 2 objects")},
			wantSaid: []string{"an upload waits for 48 hours: a/b.zip", "an upload waits for 1 hours: b.zip\n", "next: make logs PROJECT=some-project\n"}},
		{name: "a status that is not JSON", answers: []answer{{call: objects + "status/", says: `"last_run_at":"yesterday"`}}, wantFail: true, wantSaid: []string{"'yesterday' is not a time"}},
	}
	for _, tt := range tests {
		tt.make, tt.untouched = []string{"doctor", "PROJECT=some-project"}, true
		tt.answers = slices.Concat(tt.answers, healthy, deployed())
		t.Run(tt.name, tt.test)
	}
}
