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

	access  = "gcloud projects describe some-project --billing-project=some-project --format=value(projectId)"
	regions = "gcloud functions regions list --gen2 --project=some-project --format=value(locationId)"
	bucket  = "gcloud storage buckets create " + state
)

// first are the calls of a first deployment whose plan has these variables.
func first(variables string) []string {
	_, region, _ := strings.Cut(variables, "region=")
	grant := "gcloud projects add-iam-policy-binding some-project --member=serviceAccount:service-123456789012@"
	return join("terraform version", asked, login, "gcloud billing projects describe some-project --format=value(billingEnabled,billingAccountName.basename())",
		"gcloud services enable --project=some-project serviceusage.googleapis.com cloudresourcemanager.googleapis.com iam.googleapis.com storage.googleapis.com run.googleapis.com eventarc.googleapis.com cloudfunctions.googleapis.com",
		access, located[len(asked):], regions, bucket+" --project=some-project --location="+region+" --uniform-bucket-level-access --public-access-prevention",
		"gcloud storage buckets update "+state+" --versioning --lifecycle-file=terraform/commands/state.json --quiet",
		number, "gcloud beta services identity create --service=eventarc.googleapis.com --project=some-project", "gcloud storage service-agent --project=some-project",
		grant+"gcp-sa-eventarc.iam.gserviceaccount.com --role=roles/eventarc.serviceAgent --condition=None",
		grant+"gs-project-accounts.iam.gserviceaccount.com --role=roles/pubsub.publisher --condition=None",
		opened, plan+" -input=false -no-color -out=$WORK/plan "+variables, apply+" -input=false -no-color $WORK/plan",
		"terraform -chdir=terraform output -raw public_url", "terraform -chdir=terraform output -raw next_steps")
}

// again are the calls of a later deployment.
func again(variables string) []string {
	return without(without(first(variables), regions), bucket)
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
	both := `LISTENERS={"me":{"time_zone":"Europe/Berlin"}, "sister": {"public": false, "time_zone": "Asia/Tokyo"}}`
	listeners := "-var-file=$WORK/listeners.tfvars.json " + away
	makes := func(text string) []answer { return deployed(answer{call: plan, says: text}) }
	fails := func(call, text string) []answer { return []answer{{call: call, says: text, fails: true}} }
	other := strings.Split(strings.ReplaceAll(strings.Join(first(home), "\n"), "some-project-spotify-state", "other-spotify-state"), "\n")
	tests := []command{
		{name: "from nothing", make: deploy, wantCalls: first(home), wantSaid: []string{"Deployed to some-project in us-central1.", "1. Connect Spotify"}},
		{name: "in another region", make: append(deploy, "REGION=europe-west1"), wantCalls: first(away)},
		{name: "to an id with a word of SQL and digits", make: []string{"deploy", "PROJECT=hash-2nd-try"}, wantSaid: []string{"Deployed to hash-2nd-try"}},
		{name: "an upgrade", make: deploy, answers: deployed(), wantCalls: again(away)},
		{name: "with listeners, stored after the plan", make: append(deploy, both), answers: deployed(),
			wantCalls: after(plan, again(listeners), "gcloud storage cp $WORK/listeners.tfvars.json "+state)},
		{name: "with settings", make: append(deploy, "SETTINGS=Makefile"), answers: deployed(),
			wantCalls: after(plan, again("-var-file=$WORK/settings.tfvars "+away), "gcloud storage cp $WORK/settings.tfvars "+state)},
		{name: "with a public page", make: deploy, answers: deployed(answer{call: "terraform -chdir=terraform output -raw public_url", says: "https://dashboard-public.example"}),
			wantSaid: []string{"The public page: https://dashboard-public.example"}},
		{name: "with another state bucket", make: append(deploy, "STATE_BUCKET=other-spotify-state"), wantCalls: other},
		{name: "a state bucket of another project", make: deploy, answers: fails(bucket, "ERROR: HTTPError 409: The requested bucket name is not available."), wantFail: true,
			wantCalls: until(bucket, first(home)),
			wantSaid:  []string{"Another project has a bucket some-project-spotify-state", "make deploy PROJECT=some-project REGION=us-central1 STATE_BUCKET=...-spotify-state"}},
		{name: "no right to create buckets", make: deploy, answers: fails(bucket, "ERROR: HTTPError 403: no storage.buckets.create"), wantFail: true,
			wantSaid: []string{"no storage.buckets.create", "This login lacks a role", "gcloud projects add-iam-policy-binding some-project --member=user:... --role=roles/..."}},
		{name: "a region without Cloud Run functions", make: append(deploy, "REGION=mars-west1"), wantFail: true,
			wantCalls: until(regions, first(home)), wantSaid: []string{"Cloud Run functions are not in mars-west1. Choose a region of theirs: make deploy PROJECT=some-project REGION=...", "us-central1"}},
		{name: "no right to enable services", make: deploy, answers: fails("gcloud services enable", "PERMISSION_DENIED"), wantFail: true,
			wantCalls: until("gcloud services enable", first(home)), wantSaid: []string{"The services cannot be enabled.", "terraform/README.md lists"}},
		{name: "no plan", make: append(deploy, both), answers: deployed(fails(plan, "Error: no time zone")...), wantFail: true,
			wantCalls: until(plan, again(listeners)),
			wantSaid:  []string{"no time zone", "nothing was changed", "After it is fixed, this continues:\n  make deploy PROJECT=some-project " + strings.Replace(both, "=", "='", 1) + "'\n"}},
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
		{name: "settings cannot be read", make: deploy, answers: deployed(fails("gcloud storage cp gs://", "HTTPError 503")...), wantFail: true,
			wantCalls: until("gcloud storage cp", again(away)), wantSaid: []string{"HTTPError 503", "The settings of the deployment cannot be read.", "this continues:\n  make deploy PROJECT=some-project\n"}},
		{name: "the state cannot be read", make: deploy, answers: deployed(fails("terraform -chdir=terraform init", "Error: querying Cloud Storage failed")...), wantFail: true,
			wantCalls: until("terraform -chdir=terraform init", again(away)), wantSaid: []string{"querying Cloud Storage failed", "this continues:\n  make deploy PROJECT=some-project\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.test)
	}
}
