package commands

import (
	"slices"
	"strings"
	"testing"
)

const (
	home  = "-var project=some-project -var region=us-central1"
	away  = "-var project=some-project -var region=europe-west1"
	plan  = "terraform -chdir=terraform plan"
	apply = "terraform -chdir=terraform apply"
)

// first are the calls of a first deployment whose plan has these variables.
func first(variables string) []string {
	_, region, _ := strings.Cut(variables, "region=")
	return join("terraform version", asked, login, "gcloud billing projects describe some-project --format=value(billingEnabled)",
		"gcloud services enable --project=some-project serviceusage.googleapis.com cloudresourcemanager.googleapis.com iam.googleapis.com storage.googleapis.com run.googleapis.com eventarc.googleapis.com",
		located[len(asked):], "gcloud run regions list --project=some-project --format=value(locationId)",
		"gcloud storage buckets create "+state+" --project=some-project --location="+region+" --uniform-bucket-level-access --public-access-prevention",
		"gcloud storage buckets update "+state+" --versioning --quiet",
		"gcloud beta services identity create --service=eventarc.googleapis.com --project=some-project",
		opened, plan+" -input=false -no-color -out=$WORK/plan "+variables, apply+" -input=false -no-color $WORK/plan",
		"terraform -chdir=terraform output -raw public_url", "terraform -chdir=terraform output -raw next_steps")
}

// again are the calls of a later deployment.
func again(variables string) []string {
	return without(without(first(variables), "gcloud run regions list"), "gcloud storage buckets create")
}

// until are the calls up to the first that begins with last.
func until(last string, calls []string) []string {
	return calls[:1+slices.IndexFunc(calls, func(call string) bool { return strings.HasPrefix(call, last) })]
}

// after are the calls with more of them inserted after the first that begins with call.
func after(call string, calls []string, more ...string) []string {
	return slices.Insert(calls, len(until(call, calls)), more...)
}

func without(calls []string, prefix string) []string {
	return slices.DeleteFunc(slices.Clone(calls), func(call string) bool { return strings.HasPrefix(call, prefix) })
}

func TestDeploy(t *testing.T) {
	deploy := []string{"deploy", "PROJECT=some-project"}
	both := `LISTENERS={"me":{"time_zone":"Europe/Berlin"}, "sister": {"public": true, "time_zone": "Asia/Tokyo"}}`
	listeners := "-var-file=$WORK/listeners.tfvars.json " + away
	denied := "Error: Permission denied while using the Eventarc Service Agent. If you recently started to use Eventarc, it may take a few minutes"
	makes := func(text string) []answer { return deployed(answer{call: plan, says: text}) }
	fails := func(call, text string) []answer { return []answer{{call: call, says: text, fails: true}} }
	other := strings.Split(strings.ReplaceAll(strings.Join(first(home), "\n"), "some-project-spotify-state", "other-spotify-state"), "\n")
	tests := []command{
		{name: "from nothing", make: deploy, wantCalls: first(home), wantSaid: []string{"Deployed to some-project in us-central1.", "1. Connect Spotify"}},
		{name: "in another region", make: append(deploy, "REGION=europe-west1"), wantCalls: first(away)},
		{name: "an upgrade", make: deploy, answers: deployed(), wantCalls: again(away)},
		{name: "with listeners, stored after the plan", make: append(deploy, both), answers: deployed(),
			wantCalls: after(plan, again(listeners), "gcloud storage cp $WORK/listeners.tfvars.json "+state)},
		{name: "with settings", make: append(deploy, "SETTINGS=Makefile"), answers: deployed(),
			wantCalls: after(plan, again("-var-file=$WORK/settings.tfvars "+away), "gcloud storage cp $WORK/settings.tfvars "+state)},
		{name: "with a public page", make: deploy, answers: deployed(answer{call: "terraform -chdir=terraform output -raw public_url", says: "https://dashboard-public.example"}),
			wantSaid: []string{"The public page: https://dashboard-public.example"}},
		{name: "with another state bucket", make: append(deploy, "STATE_BUCKET=other-spotify-state"), wantCalls: other},
		{name: "Eventarc's agent has no rights once", make: deploy, answers: []answer{{call: apply, says: denied, fails: true, times: 1}},
			wantCalls: after(apply, first(home), "sleep 120", apply+" -input=false -no-color -auto-approve "+home),
			wantSaid:  []string{"In a new project", "Deployed to some-project"}},
		{name: "Eventarc's agent has no rights twice", make: deploy, answers: []answer{{call: apply, says: denied, fails: true, times: 2}}, wantFail: true,
			wantSaid: []string{"the same command continues"}},
		{name: "another error is not retried", make: deploy, answers: fails(apply, "Error 403: Permission denied on project"), wantFail: true,
			wantCalls: until(apply, first(home)), wantSaid: []string{"Error 403", "Terraform's reason is above"}},
		{name: "a state bucket of another project", make: deploy, answers: fails("gcloud storage buckets create", "ERROR: HTTPError 409: The requested bucket name is not available."), wantFail: true,
			wantCalls: until("gcloud storage buckets create", first(home)),
			wantSaid:  []string{"Another project has a bucket some-project-spotify-state", "make deploy PROJECT=some-project REGION=us-central1 STATE_BUCKET=...-spotify-state"}},
		{name: "no right to create buckets", make: deploy, answers: fails("gcloud storage buckets create", "ERROR: HTTPError 403: no storage.buckets.create"), wantFail: true,
			wantSaid: []string{"no storage.buckets.create"}},
		{name: "an unknown region", make: append(deploy, "REGION=mars-west1"), wantFail: true,
			wantCalls: until("gcloud run regions list", first(home)), wantSaid: []string{"There is no region mars-west1.", "us-central1"}},
		{name: "no right to enable services", make: deploy, answers: fails("gcloud services enable", "PERMISSION_DENIED"), wantFail: true,
			wantCalls: until("gcloud services enable", first(home)), wantSaid: []string{"terraform/README.md lists the roles"}},
		{name: "no plan", make: append(deploy, both), answers: deployed(fails(plan, "Error: no time zone")...), wantFail: true,
			wantCalls: until(plan, again(listeners)), wantSaid: []string{"no time zone", "nothing was changed"}},
		{name: "a listener was left out", make: append(deploy, `LISTENERS={"me":{"time_zone":"UTC"}}`), wantFail: true,
			answers:   makes("  # google_secret_manager_secret.token[\"sister\"] will be destroyed\n  # (because key [\"sister\"] is not in for_each map)"),
			wantCalls: until(plan, again(listeners)),
			wantSaid:  []string{`token["sister"] will be destroyed`, "make forget PROJECT=some-project LISTENER=", "Nothing was changed"}},
		{name: "the plan deletes the lake", make: deploy, answers: makes("  # google_storage_bucket.lake must be replaced"), wantFail: true,
			wantCalls: until(plan, again(away)), wantSaid: []string{"This would delete the lake or a table"}},
		{name: "the plan deletes a table", make: deploy, answers: makes("  # google_bigquery_table.table[\"plays\"] must be replaced"), wantFail: true,
			wantSaid: []string{"This would delete the lake or a table"}},
		{name: "the plan replaces a view and a source", make: deploy, answers: makes("  # google_bigquery_table.view[\"gaps\"] must be replaced\n  # google_storage_bucket_object.source[\"load\"] must be replaced\n" +
			"  # google_bigquery_table.table[\"plays\"] will be updated in-place\n  # google_secret_manager_secret.token[\"me\"] will be created"),
			wantSaid: []string{"Deployed"}},
		{name: "a lake bucket of another project", make: deploy, answers: fails(apply, "Error: googleapi: Error 409: The requested bucket name is not available., conflict"), wantFail: true,
			wantSaid: []string{"lake_bucket =", "SETTINGS=FILE"}},
		{name: "a policy forbids a public page", make: deploy, answers: fails(apply, "Error 400: One or more users named in the policy do not belong to a permitted customer."), wantFail: true,
			wantSaid: []string{"Domain Restricted Sharing"}},
		{name: "settings cannot be read", make: deploy, answers: deployed(fails("gcloud storage cp gs://", "HTTPError 503")...), wantFail: true,
			wantCalls: until("gcloud storage cp", again(away)), wantSaid: []string{"HTTPError 503"}},
		{name: "the state cannot be read", make: deploy, answers: deployed(fails("terraform -chdir=terraform init", "Error: querying Cloud Storage failed")...), wantFail: true,
			wantCalls: until("terraform -chdir=terraform init", again(away)), wantSaid: []string{"querying Cloud Storage failed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.test)
	}
}
