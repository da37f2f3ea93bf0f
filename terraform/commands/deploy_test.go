package commands

import (
	"slices"
	"strings"
	"testing"
)

var (
	checked = join("terraform version", asked, login, "gcloud billing projects describe some-project --format=value(billingEnabled)")
	enabled = "gcloud services enable --project=some-project serviceusage.googleapis.com cloudresourcemanager.googleapis.com iam.googleapis.com storage.googleapis.com run.googleapis.com eventarc.googleapis.com"
	listed  = "gcloud storage buckets list --project=some-project --filter=name~-spotify-state$ --format=value(name,location)"
	regions = "gcloud run regions list --project=some-project --format=value(locationId)"
	agent   = "gcloud beta services identity create --service=eventarc.googleapis.com --project=some-project"
	version = "gcloud storage buckets update " + state + " --versioning --quiet"
	applied = "terraform -chdir=terraform apply -input=false -no-color $WORK/plan"
	told    = []string{"terraform -chdir=terraform output -raw public_url", "terraform -chdir=terraform output -raw next_steps"}
)

func created(region string) string {
	return "gcloud storage buckets create " + state + " --project=some-project --location=" + region + " --uniform-bucket-level-access --public-access-prevention"
}

func planned(variables string) string {
	return "terraform -chdir=terraform plan -input=false -no-color -out=$WORK/plan " + variables
}

const (
	home = "-var project=some-project -var region=us-central1"
	away = "-var project=some-project -var region=europe-west1"
)

func TestDeploy(t *testing.T) {
	deploy := []string{"deploy", "PROJECT=some-project"}
	both := `{"me":{"time_zone":"Europe/Berlin"}, "sister": {"public": true, "time_zone": "Asia/Tokyo"}}`
	denied := "Error: Permission denied while using the Eventarc Service Agent. If you recently started to use Eventarc, it may take a few minutes"
	tests := []command{
		{name: "from nothing", make: deploy,
			wantCalls: join(checked, enabled, listed, regions, created("us-central1"), version, agent, opened, planned(home), applied, told),
			wantSaid:  []string{"Deployed to some-project in us-central1.", "1. Connect Spotify"}},
		{name: "in another region", make: append(deploy, "REGION=europe-west1"),
			wantCalls: join(checked, enabled, listed, regions, created("europe-west1"), version, agent, opened, planned(away), applied, told)},
		{name: "once more, as an upgrade", make: deploy, answers: deployed(),
			wantCalls: join(checked, enabled, listed, version, agent, opened, planned(away), applied, told)},
		{name: "with listeners, which are kept once there is a plan", make: append(deploy, "LISTENERS="+both), answers: deployed(),
			wantCalls: join(checked, enabled, listed, version, agent, opened, planned("-var-file=$WORK/listeners.tfvars.json "+away),
				"gcloud storage cp $WORK/listeners.tfvars.json "+state, applied, told)},
		{name: "with settings", make: append(deploy, "SETTINGS=Makefile"), answers: deployed(),
			wantCalls: join(checked, enabled, listed, version, agent, opened, planned("-var-file=$WORK/settings.tfvars "+away),
				"gcloud storage cp $WORK/settings.tfvars "+state, applied, told)},
		{name: "with a page for everybody", make: deploy, answers: deployed(answer{call: told[0], says: "https://dashboard-public.example"}), wantSaid: []string{"The public page: https://dashboard-public.example"}},
		{name: "Eventarc's first time", make: deploy, answers: []answer{{call: applied[:40], says: denied, fails: true, times: 1}},
			wantCalls: join(checked, enabled, listed, regions, created("us-central1"), version, agent, opened, planned(home), applied,
				"sleep 120", "terraform -chdir=terraform apply -input=false -no-color -auto-approve "+home, told),
			wantSaid: []string{"In a new project", "Deployed to some-project"}},
		{name: "Eventarc's second time", make: deploy, answers: []answer{{call: applied[:40], says: denied, fails: true, times: 2}}, wantFail: true,
			wantSaid: []string{"the same command continues"}},
		{name: "another fault is not tried again", make: deploy, answers: []answer{{call: applied[:40], says: "Error 403: Permission denied on project", fails: true}}, wantFail: true,
			wantCalls: join(checked, enabled, listed, regions, created("us-central1"), version, agent, opened, planned(home), applied),
			wantSaid:  []string{"Error 403", "Terraform's reason is above"}},
		{name: "a state bucket somebody else has", make: deploy, answers: []answer{{call: "gcloud storage buckets create", says: "ERROR: HTTPError 409: The requested bucket name is not available.", fails: true}}, wantFail: true,
			wantCalls: join(checked, enabled, listed, regions, created("us-central1")),
			wantSaid:  []string{"Another project has a bucket some-project-spotify-state", "make deploy PROJECT=some-project REGION=us-central1 STATE_BUCKET=...-spotify-state"}},
		{name: "a state bucket by another name", make: append(deploy, "STATE_BUCKET=other-spotify-state"),
			wantCalls: join(checked, enabled, listed, regions, strings.Replace(created("us-central1"), state, "gs://other-spotify-state", 1),
				strings.Replace(version, state, "gs://other-spotify-state", 1), agent, replaced(opened, "some-project-spotify-state", "other-spotify-state"), planned(home), applied, told)},
		{name: "a bucket that must not be made", make: deploy, answers: []answer{{call: "gcloud storage buckets create", says: "ERROR: HTTPError 403: no storage.buckets.create", fails: true}}, wantFail: true,
			wantSaid: []string{"no storage.buckets.create"}},
		{name: "a region there is not", make: append(deploy, "REGION=mars-west1"), wantFail: true,
			wantCalls: join(checked, enabled, listed, regions), wantSaid: []string{"There is no region mars-west1.", "us-central1"}},
		{name: "services that must not be switched on", make: deploy, answers: []answer{{call: "gcloud services enable", says: "PERMISSION_DENIED", fails: true}}, wantFail: true,
			wantCalls: join(checked, enabled), wantSaid: []string{"terraform/README.md lists the roles"}},
		{name: "a plan that is refused", make: append(deploy, "LISTENERS="+both), answers: deployed(answer{call: planned("")[:30], says: "Error: no time zone", fails: true}), wantFail: true,
			wantCalls: join(checked, enabled, listed, version, agent, opened, planned("-var-file=$WORK/listeners.tfvars.json "+away)), wantSaid: []string{"no time zone", "nothing was changed"}},
		{name: "a listener who was left out", make: append(deploy, `LISTENERS={"me":{"time_zone":"UTC"}}`), wantFail: true,
			answers:   deployed(answer{call: planned("")[:30], says: "  # google_secret_manager_secret.token[\"sister\"] will be destroyed\n  # (because key [\"sister\"] is not in for_each map)"}),
			wantCalls: join(checked, enabled, listed, version, agent, opened, planned("-var-file=$WORK/listeners.tfvars.json "+away)),
			wantSaid:  []string{`token["sister"] will be destroyed`, "make forget PROJECT=some-project LISTENER=", "Nothing was changed"}},
		{name: "a lake that would go", make: deploy, answers: deployed(answer{call: planned("")[:30], says: "  # google_storage_bucket.lake must be replaced"}), wantFail: true,
			wantCalls: join(checked, enabled, listed, version, agent, opened, planned(away)), wantSaid: []string{"This would delete the lake or a table"}},
		{name: "a table that would go", make: deploy, answers: deployed(answer{call: planned("")[:30], says: "  # google_bigquery_table.table[\"plays\"] must be replaced"}), wantFail: true,
			wantSaid: []string{"This would delete the lake or a table"}},
		{name: "what may go and come again", make: deploy, answers: deployed(answer{call: planned("")[:30],
			says: "  # google_bigquery_table.tracks must be replaced\n  # google_storage_bucket_object.source[\"load\"] must be replaced\n  # google_bigquery_table.table[\"plays\"] will be updated in-place\n  # google_secret_manager_secret.token[\"me\"] will be created"}),
			wantSaid: []string{"Deployed"}},
		{name: "a lake bucket somebody else has", make: deploy, answers: []answer{{call: applied[:40], says: "Error: googleapi: Error 409: The requested bucket name is not available., conflict", fails: true}}, wantFail: true,
			wantSaid: []string{"lake_bucket =", "SETTINGS=FILE"}},
		{name: "a page that must not be public", make: deploy, answers: []answer{{call: applied[:40], says: "Error 400: One or more users named in the policy do not belong to a permitted customer.", fails: true}}, wantFail: true,
			wantSaid: []string{"Domain Restricted Sharing"}},
		{name: "settings that cannot be read", make: deploy, answers: deployed(answer{call: "gcloud storage cp gs://", says: "HTTPError 503", fails: true}), wantFail: true,
			wantCalls: join(checked, enabled, listed, version, agent, opened), wantSaid: []string{"HTTPError 503"}},
		{name: "no way to the state", make: deploy, answers: deployed(answer{call: "terraform -chdir=terraform init", says: "Error: querying Cloud Storage failed", fails: true}), wantFail: true,
			wantCalls: join(checked, enabled, listed, version, agent, opened[:1]), wantSaid: []string{"querying Cloud Storage failed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.test)
	}
}

func replaced(lines []string, what, with string) []string {
	lines = slices.Clone(lines)
	for i, line := range lines {
		lines[i] = strings.Replace(line, what, with, 1)
	}
	return lines
}
