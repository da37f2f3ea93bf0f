package commands

import (
	"strings"
	"testing"
)

// waits are the pauses of a deploy before it gives up: two minutes together.
var waits = []string{"sleep 5", "sleep 10", "sleep 15", "sleep 30", "sleep 30", "sleep 30"}

// What is new in a project, and is not known everywhere yet, is tried again.
func TestDeployWaitsForWhatIsNew(t *testing.T) {
	const waiting = "Google needs up to two minutes until a new service or account works. Nothing is wrong yet; it is tried again."
	off := "ERROR: (gcloud.functions.regions.list) PERMISSION_DENIED: Cloud Functions API has not been used in project 123456789012 before or it is disabled.\n  reason: SERVICE_DISABLED"
	again := join(plan+" -input=false -no-color -out=$WORK/plan "+home, apply+" -input=false -no-color $WORK/plan")
	tests := []command{
		{name: "the regions of a service that was just switched on", answers: []answer{{call: regions, says: off, fails: true, times: 2}},
			wantCalls: after(regions, first(home), waits[0], regions, waits[1], regions)},
		{name: "billing", answers: []answer{{call: "gcloud billing projects describe", says: "ERROR: API [cloudbilling.googleapis.com] not enabled on project [1].", fails: true, times: 1}}},
		{name: "the project, with the other login", answers: []answer{{call: access, says: off, fails: true, times: 1}}, wantCalls: after(access, first(home), waits[0], access)},
		{name: "an agent that was just created", answers: []answer{{call: "gcloud projects add-iam-policy-binding", says: "ERROR: INVALID_ARGUMENT: Service account service-1@gcp-sa-eventarc.iam.gserviceaccount.com does not exist.", fails: true, times: 3}}},
		{name: "a plan", answers: []answer{{call: plan, says: "Error: Error when reading Cloud Run Locations: googleapi: Error 403: Cloud Run Admin API has not been used\n│ in project 1 before", fails: true, times: 1}},
			wantCalls: after(plan, first(home), join(waits[0], again[0])...)},
		{name: "an agent without its rights yet", answers: []answer{{call: apply, says: "Error: Permission denied while using the Eventarc\n│ Service Agent. If you recently started to use Eventarc, it may take a few minutes", fails: true, times: 1}},
			wantCalls: after(apply, first(home), join(waits[0], again)...)},
		{name: "a build's account without its rights yet", answers: []answer{{call: apply, says: "Build failed: insights-build@some-project.iam.gserviceaccount.com does not have storage.objects.get access", fails: true, times: 6}},
			wantCalls: after(apply, first(home), join(waits[0], again, waits[1], again, waits[2], again, waits[3], again, waits[4], again, waits[5], again)...)},
		{name: "not for more than two minutes", answers: []answer{{call: regions, says: off, fails: true}}, wantFail: true,
			wantCalls: join(until(regions, first(home)), waits[0], regions, waits[1], regions, waits[2], regions, waits[3], regions, waits[4], regions, waits[5], regions)},
	}
	for _, tt := range tests {
		tt.make = []string{"deploy", "PROJECT=some-project"}
		tt.wantSaid = []string{waiting, "Deployed to some-project"}
		if tt.wantFail {
			tt.wantSaid = []string{waiting, "The regions of Cloud Run functions cannot be read.\nGoogle needs longer than usual. In ten minutes:\n  make deploy PROJECT=some-project\n"}
		}
		t.Run(tt.name, func(t *testing.T) {
			tt.test(t)
		})
	}
}

// Every end of a deploy names the next command, and a fault that stays is not tried again.
func TestDeployEndsWithTheNextStep(t *testing.T) {
	public := `LISTENERS={"me":{"time_zone":"UTC","public":true}}`
	const locked = `Error: Error acquiring the state lock

Error message: writing "gs://some-project-spotify-state/spotify-insights/default.tflock" failed: googleapi: Error 412: At least one of the pre-conditions you specified did not hold.
Lock Info:
  ID:        1764185200123456
  Path:      gs://some-project-spotify-state/spotify-insights/default.tflock
  Who:       someone@laptop
  Created:   2026-11-26 19:26:40 UTC`
	tests := []struct {
		name, call, says string
		more             []string // arguments
		want             string
	}{
		{name: "a deploy that was killed", call: plan, says: locked, want: "If it was killed, remove its lock and continue:\n  terraform -chdir=terraform force-unlock -force 1764185200123456\n  make deploy PROJECT=some-project\n"},
		{name: "a public page that a policy forbids, found by Terraform", call: apply, says: "Error 400: One or more users named in the policy do not belong to a permitted customer.", more: []string{public},
			want: "(Domain Restricted Sharing) forbids a public page: see terraform/README.md. Without \"public\":true:\n  make deploy PROJECT=some-project LISTENERS=...\n"},
		{name: "a region that a policy forbids", call: bucket, says: "ERROR: HTTPError 412: 'us-central1' violates constraint 'constraints/gcp.resourceLocations'",
			want: "A policy of your organisation, gcp.resourceLocations, forbids this. This shows it, and its administrator has to allow it in some-project:\n  gcloud org-policies describe gcp.resourceLocations --effective --project=some-project\n"},
		{name: "an account that a policy forbids, at the end of a sentence", call: apply, says: "Error 400: Service account creation is not allowed: constraints/iam.managed.disableServiceAccountCreation2.",
			want: "A policy of your organisation, iam.managed.disableServiceAccountCreation2, forbids this."},
		{name: "a lake bucket of another project", call: apply, says: "Error: googleapi: Error 409: The requested bucket name is not available., conflict",
			want: "write lake_bucket = \"...\" into a file, and:\n  make deploy PROJECT=some-project SETTINGS=FILE\n"},
		{name: "no quota project", call: access, says: "ERROR: PERMISSION_DENIED: Caller does not have required permission to use project some-project. reason: USER_PROJECT_DENIED",
			want: "  gcloud projects add-iam-policy-binding some-project --member=user:... --role=roles/serviceusage.serviceUsageConsumer\n  gcloud auth application-default set-quota-project some-project\n"},
		{name: "no quota project, found by Terraform", call: plan, says: "Error 403: The API requires a quota project, which is not set by default",
			want: "gcloud auth application-default set-quota-project some-project"},
		{name: "a billing account that was closed in the meantime", call: apply, says: "Error 403: The billing account for the owning project is disabled in state closed, accountDisabled",
			want: "gcloud billing projects link some-project --billing-account=ID"},
		{name: "a login that has ended", call: plan, says: "Error: oauth2: \"invalid_grant\" \"reauth related error (invalid_rapt)\"",
			want: "A login has ended:\n  gcloud auth login\n  gcloud auth application-default login\n  make deploy PROJECT=some-project\n"},
		{name: "a role is missing", call: apply, says: "Error 403: Permission denied on project", want: "gcloud projects add-iam-policy-binding some-project --member=user:..."},
		{name: "anything else", call: apply, says: "Error: provider crashed", more: []string{"REGION=europe-west1"}, want: "Not everything is deployed.\nThe reason is above. After it is fixed, this continues:\n  make deploy PROJECT=some-project REGION='europe-west1'\n"},
	}
	for _, tt := range tests {
		region := home
		if len(tt.more) > 0 && tt.more[0] == public {
			region = "-var-file=$WORK/listeners.tfvars.json " + home
		}
		c := command{name: tt.name, make: append([]string{"deploy", "PROJECT=some-project"}, tt.more...), wantFail: true,
			answers: []answer{{call: tt.call, says: tt.says, fails: true}}, wantSaid: []string{strings.Split(tt.says, "\n")[0], tt.want}}
		if len(tt.more) == 0 && tt.call != access {
			c.wantCalls = until(tt.call, first(region))
		}
		t.Run(tt.name, c.test)
	}
	const exist = `Error: Error creating Metric: googleapi: Error 409: Resource 'metrics/spotify_insights_loads' already exists., conflict

  with google_logging_metric.counter["loads"],
  on absences.tf line 36, in resource "google_logging_metric" "counter":

Error: Error creating Topic: googleapi: Error 500: try again

  with google_pubsub_topic.loaded,

Error: googleapi: Error 409: Your previous request to create the named bucket succeeded and you already own it., conflict

  with google_storage_bucket.lake,`
	killed := command{make: []string{"deploy", "PROJECT=some-project"}, answers: []answer{{call: apply, says: exist, fails: true}}, wantFail: true, wantCalls: until(apply, first(home)),
		wantSaid: []string{"not in Terraform's state: a killed deploy has made them in its last seconds, or they belong to something else.\n" +
			"google_logging_metric.counter[\"loads\"]\ngoogle_storage_bucket.lake\nIf it was a killed deploy:\n  make deploy PROJECT=some-project ADOPT=yes\n"}}
	adopted := command{make: []string{"deploy", "PROJECT=some-project", "ADOPT=yes"}, answers: []answer{{call: apply, says: exist, fails: true, times: 1}},
		wantCalls: after(apply, first(home), "terraform -chdir=terraform show -json $WORK/plan", `go run ./terraform/adopt google_logging_metric.counter["loads"] google_storage_bucket.lake`,
			plan+" -input=false -no-color -out=$WORK/plan "+home, apply+" -input=false -no-color $WORK/plan"),
		wantSaid: []string{"Deployed to some-project"}}
	more := strings.ReplaceAll(exist, "counter[\"loads\"]", "counter[\"rankings\"]")
	again := command{make: adopted.make, answers: []answer{{call: apply, says: exist, fails: true, times: 1}, {call: apply, says: more, fails: true, times: 1}}, wantSaid: adopted.wantSaid}
	kept := command{make: adopted.make, answers: []answer{{call: apply, says: exist, fails: true, times: 2}}, wantFail: true,
		wantSaid: []string{"Not everything is deployed.\nThe reason is above. After it is fixed, this continues:\n  make deploy PROJECT=some-project ADOPT='yes'\n"}}
	for name, c := range map[string]command{"what a killed deploy has made": killed, "what a killed deploy has made is adopted": adopted, "in two parts": again, "what cannot be adopted": kept} {
		t.Run(name, c.test)
	}

	// Terraform ends by itself after a Ctrl-C. What it says then is shown, and it is not killed.
	stopped := command{make: []string{"deploy", "PROJECT=some-project"}, wantFail: true,
		answers:   []answer{{call: apply, says: "Error: execution halted; the state was stored", fails: true, stops: true}},
		wantCalls: until(apply, first(home)),
		wantSaid:  []string{"the state was stored", "Not everything is deployed.\nThe reason is above. After it is fixed, this continues:\n  make deploy PROJECT=some-project\n"}}
	t.Run("Ctrl-C", func(t *testing.T) {
		stopped.test(t)
	})
	policy := "gcloud resource-manager org-policies describe iam.allowedPolicyMemberDomains --effective --project=some-project --format=value(listPolicy.allowedValues)"
	forbidden := command{make: []string{"deploy", "PROJECT=some-project", public}, wantFail: true,
		answers:   []answer{{call: policy, says: "C01abcdef"}},
		wantCalls: join(until("gcloud billing projects describe", first(home)), policy),
		wantSaid:  []string{"Nothing was changed.", "(Domain Restricted Sharing) forbids a public page"}}
	t.Run("a public page that a policy forbids, found before anything is made", func(t *testing.T) {
		forbidden.test(t)
	})
}
