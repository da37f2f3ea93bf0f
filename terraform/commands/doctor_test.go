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
				objects+"status/listener=me.json", objects+"insights/listener=me.json")},
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
		{name: "the end of a year", answers: []answer{status("2026-01-30T13", "2025-12-31T12")}, wantSaid: []string{"connected 60 days ago"}},
		{name: "a leap day", answers: []answer{{call: "date -u", says: "2028-03-01T00:30:00Z"}, status("2026-01-30T13", "2028-02-28T00")}, wantSaid: []string{"connected 2 days ago"}},
		{name: "a failed run", answers: []answer{status(`"outcome":"written"`, `"outcome":"failed"`, `"failures":0`, `"error":"asking Spotify: \u003c\"no\"\u003e","action":"Try \u0026 wait.","failures":2`)},
			wantSaid: []string{`last ingest 1 hours ago: failed. asking Spotify: <"no">`, "next: Try & wait."}},
		{name: "a consent that is gone", answers: []answer{status(`"outcome":"written"`, `"outcome":"failed"`, `"failures":0`, `"error":"refused","action":"Connect again: make connect (with PROJECT=... where it is deployed).","failures":2`)},
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
		{name: "a status that is not JSON", answers: []answer{{call: objects + "status/", says: `"last_run_at":"yesterday"`}}, wantFail: true, wantSaid: []string{"'yesterday' is not a time"}},
	}
	for _, tt := range tests {
		tt.make, tt.untouched = []string{"doctor", "PROJECT=some-project"}, true
		tt.answers = slices.Concat(tt.answers, healthy, deployed())
		t.Run(tt.name, tt.test)
	}
}
