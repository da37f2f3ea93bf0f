package commands

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// targets are the addresses that destroy.sh passes to Terraform.
func targets(t *testing.T) []string {
	t.Helper()
	r := newMachine(t, nil, append(deployed(), ready...)).make(t, "", "destroy", "PROJECT=some-project", "CONFIRM=some-project")
	last := r.calls[len(r.calls)-1]
	if r.failed || !strings.HasPrefix(last, "terraform -chdir=terraform destroy") {
		t.Fatalf("destroy ends with %q\n%s", last, r.said)
	}
	var targets []string
	for _, word := range strings.Fields(last) {
		if address, ok := strings.CutPrefix(word, "-target="); ok {
			targets = append(targets, address)
		}
	}
	return targets
}

func TestDestroy(t *testing.T) {
	flags := ""
	for _, target := range targets(t) {
		flags += "-target=" + target + " "
	}
	begun := join("terraform version", located, login)
	some := join(begun, opened, "terraform -chdir=terraform destroy -input=false -no-color -auto-approve "+flags+away)
	tests := []command{
		{name: "the name is typed", make: []string{"destroy", "PROJECT=some-project"}, input: "some-project\n", wantCalls: some,
			wantSaid: []string{"Type some-project to continue", "The lake, the tables and " + state + " are still there"}},
		{name: "the name is given", make: []string{"destroy", "PROJECT=some-project", "CONFIRM=some-project"}, wantCalls: some},
		{name: "given listeners change nothing", make: []string{"destroy", "PROJECT=some-project", "CONFIRM=some-project", "LISTENERS=all", "SETTINGS=none"}, wantCalls: some},
		{name: "something else is typed", make: []string{"destroy", "PROJECT=some-project"}, input: "yes\n", wantCalls: begun, wantFail: true, wantSaid: []string{"nothing was changed"}},
		{name: "nothing is typed", make: []string{"destroy", "PROJECT=some-project"}, wantCalls: begun, wantFail: true, wantSaid: []string{"nothing was changed"}},
		{name: "another name is given", make: []string{"destroy", "PROJECT=some-project", "CONFIRM=other-project"}, wantCalls: begun, wantFail: true},
		{name: "everything", make: []string{"destroy", "PROJECT=some-project", "ALL=yes"}, input: "some-project\n",
			wantCalls: join(begun, opened,
				"terraform -chdir=terraform apply -input=false -no-color -auto-approve -target=google_storage_bucket.lake -target=google_bigquery_table.table "+away+" -var deletion_protection=false",
				"terraform -chdir=terraform destroy -input=false -no-color -auto-approve "+away+" -var deletion_protection=false",
				"gcloud storage rm --recursive "+state),
			wantSaid: []string{"the lake with every play"}},
		{name: "everything, and Terraform fails", make: []string{"destroy", "PROJECT=some-project", "ALL=yes", "CONFIRM=some-project"}, wantFail: true,
			answers:  []answer{{call: "terraform -chdir=terraform destroy", says: "Error: dataset is not empty", fails: true}},
			wantSaid: []string{"dataset is not empty", "Not everything is removed.", "this continues:\n  make destroy PROJECT=some-project ALL='yes'"}},
	}
	for _, tt := range tests {
		tt.answers = append(tt.answers, deployed()...)
		t.Run(tt.name, tt.test)
	}
}

// stays are the resources that destroy leaves: the data, and what it depends on.
var stays = []string{
	"google_storage_bucket.lake", "google_bigquery_dataset.insights", "google_bigquery_table.table",
	"google_bigquery_table.view", "google_bigquery_table.view_of_views",
	"google_project_service.on", "time_sleep.services",
}

// Every resource stays, is a target, or depends on a target and is destroyed with it.
func TestDestroyCoversEveryResource(t *testing.T) {
	files, err := filepath.Glob("../*.tf")
	if err != nil || len(files) == 0 {
		t.Fatal("no configuration", err)
	}
	blocks := map[string]string{}
	resource := regexp.MustCompile(`(?ms)^resource "([a-z0-9_]+)" "([a-z0-9_]+)" \{.*?^\}`)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range resource.FindAllStringSubmatch(string(content), -1) {
			blocks[found[1]+"."+found[2]] = found[0]
		}
	}
	goes := targets(t)
	for _, address := range slices.Concat(goes, stays) {
		if blocks[address] == "" {
			t.Errorf("there is no resource %s", address)
		}
		if slices.Contains(goes, address) && slices.Contains(stays, address) {
			t.Errorf("%s has to stay", address)
		}
	}
	for address, block := range blocks {
		depends := slices.ContainsFunc(goes, func(target string) bool {
			return regexp.MustCompile(`\b` + regexp.QuoteMeta(target) + `\b`).MatchString(block)
		})
		if !depends && !slices.Contains(goes, address) && !slices.Contains(stays, address) {
			t.Errorf("destroy leaves %s: name it in destroy.sh, or in stays", address)
		}
	}
}

func TestForget(t *testing.T) {
	forget := []string{"forget", "PROJECT=some-project", "LISTENER=sister"}
	begun := join("terraform version", located, login)
	steps := join(begun, opened[:1], "terraform -chdir=terraform output -raw lake", "terraform -chdir=terraform output -raw dataset",
		"gcloud scheduler jobs list --location=europe-west1 --project=some-project --format=value(name.basename(),state)",
		"gcloud scheduler jobs pause ingest-sister --location=europe-west1 --project=some-project",
		"gcloud secrets list --project=some-project --format=value(name.basename())",
		"gcloud secrets delete spotify-token-sister --project=some-project --quiet",
		"gcloud storage rm --recursive gs://some-project-spotify-uploads/listener=sister/",
		"gcloud storage rm --recursive gs://some-project-spotify-lake/plays/source=api/listener=sister/",
		"gcloud storage rm --recursive gs://some-project-spotify-lake/plays/source=export/listener=sister/",
		"bq --headless --quiet --project_id=some-project --location=europe-west1 query --use_legacy_sql=false --maximum_bytes_billed=100000000000 --parameter=listener::sister"+
			" 'DELETE FROM `some-project.spotify_insights.loads` WHERE listener = @listener OR STRPOS(object, CONCAT('/listener=', @listener, '/')) > 0;"+
			" DELETE FROM `some-project.spotify_insights.listens` WHERE listener = @listener;"+
			" DELETE FROM `some-project.spotify_insights.plays` WHERE listener = @listener;"+
			" DELETE FROM `some-project.spotify_insights.top_ten` WHERE listener = @listener;'",
		"gcloud storage rm --recursive gs://some-project-spotify-insights/status/listener=sister.json",
		"gcloud storage rm --recursive gs://some-project-spotify-insights/status/import/listener=sister.json",
		"gcloud storage rm --recursive gs://some-project-spotify-insights/insights/listener=sister.json",
		"gcloud storage rm --recursive gs://some-project-spotify-insights/public/insights/listener=sister.json",
		"gcloud storage rm --recursive gs://some-project-spotify-insights/snapshots/listener=sister/",
		"gcloud storage rm --recursive gs://some-project-spotify-insights/public/snapshots/listener=sister/")
	job := answer{call: "gcloud scheduler jobs list", says: "ingest-me\tENABLED\ningest-sister\tENABLED\nreconcile\tENABLED"}
	secret := answer{call: "gcloud secrets list", says: "spotify-client\nspotify-token-me\nspotify-token-sister"}
	gone := []answer{{call: "gcloud secrets delete", says: "NOT_FOUND", fails: true}, {call: "gcloud scheduler jobs pause", says: "the job must be ENABLED", fails: true}}
	tests := []command{
		{name: "the id is typed", make: forget, input: "sister\n", answers: []answer{job}, wantCalls: steps,
			wantSaid: []string{"Type sister to continue", "for 7 days", "names and audio features of tracks stay", "remove sister from LISTENERS: make deploy PROJECT=some-project LISTENERS="}},
		{name: "the id is given", make: append(forget, "CONFIRM=sister"), answers: []answer{job}, wantCalls: steps},
		{name: "again, with nothing left", make: append(forget, "CONFIRM=sister"), wantCalls: without(without(steps, "gcloud scheduler jobs pause"), "gcloud secrets delete"),
			answers: []answer{gone[0], gone[1], {call: "gcloud secrets list", says: "spotify-client\nspotify-token-sister-in-law"}, {call: "gcloud storage rm", says: "ERROR: (gcloud.storage.rm) The following URLs matched no objects or files:", fails: true}, {call: "gcloud scheduler jobs list", says: "ingest-me\tENABLED\ningest-sister\tPAUSED\ningest-sister-in-law\tENABLED"}}},
		{name: "the project is typed instead", make: forget, input: "some-project\n", answers: []answer{job}, wantCalls: begun, wantFail: true, wantSaid: []string{"nothing was changed"}},
		{name: "objects that cannot be removed", make: append(forget, "CONFIRM=sister"), answers: []answer{job, {call: "gcloud storage rm", says: "HTTPError 403", fails: true}}, wantFail: true,
			wantCalls: steps[:slices.Index(steps, "gcloud storage rm --recursive gs://some-project-spotify-uploads/listener=sister/")+1], wantSaid: []string{"HTTPError 403", "could not be removed"}},
		{name: "rows that cannot be deleted", make: append(forget, "CONFIRM=sister"), answers: []answer{job, {call: "bq", says: "Access Denied", fails: true}}, wantFail: true, wantSaid: []string{"Access Denied"}},
		{name: "a deployment that is not complete", make: append(forget, "CONFIRM=sister"), answers: []answer{{call: "terraform -chdir=terraform output", says: "Warning: No outputs found"}}, wantFail: true, untouched: true,
			wantSaid: []string{"make deploy PROJECT=some-project"}},
	}
	for _, tt := range tests {
		tt.answers = append(append(tt.answers, secret), deployed()...)
		t.Run(tt.name, tt.test)
	}
}
