// Package commands tests the scripts beside it through make, as a person uses them. Stand-ins for gcloud, Terraform and
// others record their calls.
package commands

import (
	"slices"
	"strings"
	"testing"
)

const state = "gs://some-project-spotify-state"

// ready are the answers of a machine and a project that meet every requirement, without a deployment. Those of gcloud are
// what version 528 prints. For the members that the scripts ask for, its commands declare no transforms, which would change
// what value(...) prints.
var ready = []answer{
	{call: "gcloud auth list", says: "someone@example.com"},
	{call: number, says: "123456789012"},
	{call: "gcloud projects describe", says: "ACTIVE"},
	{call: "gcloud billing projects describe", says: "True\t012345-6789AB-CDEF01"},
	{call: "gcloud functions regions list", says: "europe-west1\nus-central1"},
	{call: "gcloud storage service-agent", says: "service-123456789012@gs-project-accounts.iam.gserviceaccount.com"},
	{call: "gcloud config get account", says: "someone@example.com"},
	{call: "gcloud storage cp gs://", says: "ERROR: The following URLs matched no objects or files:", fails: true},
	{call: "terraform version", says: "Terraform v1.11.4\non linux_amd64"},
	{call: "terraform -chdir=terraform output -raw public_url", says: "Error: Output not found", fails: true},
	{call: "terraform -chdir=terraform output -raw next_steps", says: "1. Connect Spotify"},
}

// deployed are the answers of a project with a deployment. They go before those of ready.
func deployed(more ...answer) []answer {
	return append(more, answer{call: "gcloud storage buckets list", says: "some-project-spotify-state\tEUROPE-WEST1"})
}

var (
	asked = []string{ // the first calls of every script
		"gcloud auth list --filter=status:ACTIVE --format=value(account)",
		"gcloud projects describe some-project --format=value(lifecycleState)",
	}
	located = append(slices.Clip(asked), "gcloud storage buckets list --project=some-project --filter=name~-spotify-state$ --format=value(name,location)")
	printed = "gcloud auth application-default print-access-token"
	sees    = "gcloud projects describe some-project --format=value(projectId)" // with that login
	login   = []string{printed, sees}
	number  = "gcloud projects describe some-project --format=value(projectNumber)"
	opened  = []string{
		"terraform -chdir=terraform init -input=false -no-color -reconfigure -backend-config=bucket=some-project-spotify-state",
		"go run ./terraform/stage terraform/staged",
		"gcloud storage cp " + state + "/*.tfvars* $WORK",
	}
)

// changes are the prefixes of calls that create, change or delete something.
var changes = []string{
	"gcloud services enable", "gcloud beta services identity create", "gcloud projects add-iam-policy-binding", "gcloud storage buckets create", "gcloud storage buckets update",
	"gcloud storage cp $WORK", "gcloud storage rm",
	"terraform -chdir=terraform apply", "terraform -chdir=terraform destroy", "local ",
}

// command is a test case: one `make ...`, the machine, and the expected result.
type command struct {
	name      string
	make      []string
	input     string
	without   []string // tools that are not installed
	answers   []answer // before those of ready
	wantCalls []string
	wantSaid  []string
	wantFail  bool
	untouched bool // no call may create, change or delete anything
}

func (c command) test(t *testing.T) {
	t.Parallel()
	r := newMachine(t, c.without, append(slices.Clip(c.answers), ready...)).make(t, c.input, c.make...)
	if r.failed != c.wantFail {
		t.Errorf("failed: %v, want %v", r.failed, c.wantFail)
	}
	if c.wantCalls != nil && !slices.Equal(r.calls, c.wantCalls) {
		t.Errorf("called:\n  %s\nwant:\n  %s", strings.Join(r.calls, "\n  "), strings.Join(c.wantCalls, "\n  "))
	}
	for _, want := range c.wantSaid {
		if !strings.Contains(r.said, want) {
			t.Errorf("the output lacks %q", want)
		}
	}
	for _, call := range r.calls {
		if c.untouched && slices.ContainsFunc(changes, func(change string) bool { return strings.HasPrefix(call, change) }) {
			t.Errorf("it must not call: %s", call)
		}
	}
	if t.Failed() {
		t.Logf("output:\n%s\ncalls:\n  %s", r.said, strings.Join(r.calls, "\n  "))
	}
}

func join(parts ...any) (calls []string) {
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			calls = append(calls, part)
		case []string:
			calls = append(calls, part...)
		}
	}
	return calls
}

func TestArguments(t *testing.T) {
	const listener = "small letters, digits and dashes: LISTENER=me"
	project := "PROJECT=some-project"
	tests := []command{
		{name: "no project", make: []string{"deploy"}, wantSaid: []string{"make deploy PROJECT=my-project"}},
		{name: "a project's number", make: []string{"deploy", "PROJECT=123456789012"}, wantSaid: []string{"PROJECT=123456789012 is a project's number", "gcloud projects describe 123456789012 --format='value(projectId)'"}},
		{name: "a project with a command in it", make: []string{"open", "PROJECT=a;touch hacked"}, wantSaid: []string{"is not valid"}},
		{name: "a project of two lines", make: []string{"open", "PROJECT=some-project\nx"}, wantSaid: []string{"is not valid"}},
		{name: "a zone", make: []string{"deploy", project, "REGION=us-central1-a"}, wantSaid: []string{"REGION='us-central1-a' is not valid", "not a zone"}},
		{name: "a multi-region", make: []string{"open", project, "REGION=EU"}, wantSaid: []string{"REGION='EU' is not valid"}},
		{name: "a listener to connect", make: []string{"connect", project, "LISTENER=a_b"}, wantSaid: []string{listener}},
		{name: "a listener to import for", make: []string{"import", project, "LISTENER=../me", "FILE=Makefile"}, wantSaid: []string{listener}},
		{name: "a missing file to import", make: []string{"import", project, "FILE=nowhere.zip"}, wantSaid: []string{"/nowhere.zip is not a readable file", "make import PROJECT=some-project FILE=my_spotify_data.zip"}},
		{name: "a folder to import", make: []string{"import", project, "FILE=terraform"}, wantSaid: []string{"/terraform is not a readable file"}},
		{name: "a page's listener", make: []string{"open", project, "LISTENER=A"}, wantSaid: []string{listener}},
		{name: "a port", make: []string{"open", project, "PORT=http"}, wantSaid: []string{"a port such as 8080"}},
		{name: "a word for ALL", make: []string{"destroy", project, "ALL=lake"}, wantSaid: []string{"ALL='lake' is not valid"}},
		{name: "a word for ADOPT", make: []string{"deploy", project, "ADOPT=everything"}, wantSaid: []string{"ADOPT='everything' is not valid"}},
		{name: "a word for DRIFT", make: []string{"plan", project, "DRIFT=no"}, wantSaid: []string{"DRIFT='no' is not valid"}},
		{name: "listeners that are not JSON", make: []string{"deploy", project, "LISTENERS=me"}, wantSaid: []string{"all listeners as JSON"}},
		{name: "a listener with an invalid id", make: []string{"deploy", project, `LISTENERS={"Me":{"time_zone":"UTC"}}`}, wantSaid: []string{"all listeners as JSON"}},
		{name: "one of two with an invalid id", make: []string{"deploy", project, `LISTENERS={"me":{"time_zone":"UTC"},"a b":{"time_zone":"UTC"}}`}, wantSaid: []string{"all listeners as JSON"}},
		{name: "a misspelt field", make: []string{"deploy", project, `LISTENERS={"me":{"timezone":"UTC"}}`}, wantSaid: []string{`"time_zone"`}},
		{name: "listeners of a plan that are not JSON", make: []string{"plan", project, "LISTENERS=me"}, wantSaid: []string{"all listeners as JSON"}},
		{name: "a missing file of settings", make: []string{"deploy", project, "SETTINGS=nowhere.tfvars"}, wantSaid: []string{"nowhere.tfvars is not a readable file"}},
		{name: "a folder of settings", make: []string{"deploy", project, "SETTINGS=terraform"}, wantSaid: []string{"terraform is not a readable file"}},
		{name: "a state bucket with a wrong name", make: []string{"deploy", project, "STATE_BUCKET=mine"}, wantSaid: []string{"ends in -spotify-state"}},
	}
	for _, tt := range tests {
		tt.wantFail, tt.wantCalls = true, []string{}
		if tt.make[0] == "connect" || tt.make[0] == "import" {
			tt.wantCalls = []string{"go build -o bin/local ./functions/local"}
		}
		t.Run(tt.name, func(t *testing.T) {
			tt.test(t)
		})
	}
}

func TestChecks(t *testing.T) {
	deploy := []string{"deploy", "PROJECT=some-project"}
	tests := []command{
		{name: "no gcloud", make: deploy, without: []string{"gcloud"}, wantSaid: []string{"gcloud is not installed: https://cloud.google.com/sdk/docs/install"}},
		{name: "no Terraform", make: deploy, without: []string{"terraform"}, wantSaid: []string{"terraform is not installed: version 1.11 or later: https://"}, wantCalls: []string{}},
		{name: "no Go", make: deploy, without: []string{"go"}, wantSaid: []string{"go is not installed: Go 1.26"}, wantCalls: []string{}},
		{name: "an old Terraform", make: deploy, answers: []answer{{call: "terraform version", says: "Terraform v1.9.8\non linux_amd64"}}, wantSaid: []string{"This is Terraform v1.9.8, and 1.11 or later is needed"}},
		{name: "no Go for smoke", make: []string{"smoke", "PROJECT=some-project"}, without: []string{"go"}, wantSaid: []string{"go is not installed: Go 1.26"}, wantCalls: []string{}},
		{name: "no login for smoke", make: []string{"smoke", "PROJECT=some-project"}, answers: []answer{{call: printed, fails: true}},
			wantSaid: []string{"gcloud auth application-default login"}, wantCalls: join(asked, printed)},
		{name: "no login", make: deploy, answers: []answer{{call: "gcloud auth list"}}, wantSaid: []string{"gcloud auth login"}},
		{name: "no login for other programs", make: deploy, answers: []answer{{call: printed, fails: true}},
			wantSaid: []string{"gcloud auth application-default login", "gcloud auth application-default set-quota-project some-project"}},
		{name: "a login of another person for other programs, before anything is changed", make: deploy, untouched: true,
			answers:  []answer{{call: sees, says: "ERROR: (gcloud.projects.describe) [someone@example.com] does not have permission to access projects instance [some-project] (or it may not exist)", fails: true}},
			wantSaid: []string{"The application default login is of another person, who cannot see some-project. Log in as someone@example.com:\n  gcloud auth application-default login\n"}},
		{name: "no project", make: deploy, answers: []answer{{call: "gcloud projects describe", says: "ERROR: it may not exist", fails: true}},
			wantSaid: []string{"ERROR: it may not exist", "There is no project some-project", "gcloud projects create some-project"}},
		{name: "a project that is being deleted", make: deploy, answers: []answer{{call: "gcloud projects describe", says: "DELETE_REQUESTED"}}, wantSaid: []string{"gcloud projects undelete some-project"}},
		{name: "no billing", make: deploy, answers: []answer{{call: "gcloud billing projects describe", says: "False\t"}},
			wantSaid:  []string{"some-project has no open billing account. Link one", "gcloud billing accounts list", "gcloud billing projects link some-project --billing-account=ID"},
			wantCalls: join("terraform version", asked, login, "gcloud billing projects describe some-project --format=value(billingEnabled,billingAccountName.basename())")},
		{name: "a closed billing account", make: deploy, answers: []answer{{call: "gcloud billing projects describe", says: "False\t012345-6789AB-CDEF01"}},
			wantSaid: []string{"some-project has no open billing account: 012345-6789AB-CDEF01 is closed, and can be reopened at https://console.cloud.google.com/billing. Link one", "gcloud billing projects link some-project --billing-account=ID"}},
		{name: "no right to read billing", make: deploy, answers: []answer{{call: "gcloud billing projects describe", says: "ERROR: PERMISSION_DENIED", fails: true}}, wantSaid: []string{"PERMISSION_DENIED", "Cannot read whether"}},
		{name: "nothing to open", make: []string{"open", "PROJECT=some-project"}, wantSaid: []string{"Nothing is deployed in some-project: make deploy PROJECT=some-project"}, wantCalls: located},
		{name: "nothing to destroy", make: []string{"destroy", "PROJECT=some-project", "CONFIRM=some-project"}, wantSaid: []string{"Nothing is deployed"}},
		{name: "another region", make: []string{"open", "PROJECT=some-project", "REGION=us-central1"}, answers: deployed(), wantSaid: []string{"deployed in europe-west1 and cannot move to us-central1"}, wantCalls: located},
		{name: "an import for another listener", make: []string{"import", "PROJECT=some-project", "LISTENER=sister", "FILE=Makefile"}, answers: deployed(answer{call: "gcloud secrets describe", says: "ERROR: NOT_FOUND", fails: true}),
			wantSaid: []string{"some-project has no listener sister: make deploy PROJECT=some-project LISTENERS="}},
		{name: "an import without a login for other programs", make: []string{"import", "PROJECT=some-project", "FILE=Makefile"}, answers: deployed(answer{call: printed, fails: true}),
			wantSaid: []string{"gcloud auth application-default login"}},
	}
	for _, tt := range tests {
		tt.wantFail, tt.untouched = true, true
		t.Run(tt.name, tt.test)
	}
}

func TestSmallCommands(t *testing.T) {
	describe := "gcloud secrets describe spotify-token-sister --project=some-project --format=value(name)"
	tests := []command{
		{name: "connect locally", make: []string{"connect"}, wantCalls: []string{"go build -o bin/local ./functions/local", "local connect GOOGLE_CLOUD_PROJECT="}},
		{name: "connect a listener locally", make: []string{"connect", "LISTENER=sister"}, wantCalls: []string{"go build -o bin/local ./functions/local", "local connect sister GOOGLE_CLOUD_PROJECT="}},
		{name: "connect in a project", make: []string{"connect", "PROJECT=some-project", "LISTENER=sister"},
			wantCalls: []string{"go build -o bin/local ./functions/local", "local connect sister GOOGLE_CLOUD_PROJECT=some-project"}},
		{name: "import in a project", make: []string{"import", "PROJECT=some-project", "FILE=Makefile"}, answers: deployed(),
			wantCalls: join("go build -o bin/local ./functions/local", located, strings.Replace(describe, "sister", "me", 1), login, "local import $ROOT/Makefile LISTENER=me GOOGLE_CLOUD_PROJECT=some-project")},
		{name: "import for a listener, a file at home", make: []string{"import", "PROJECT=some-project", "LISTENER=sister", "FILE=~/it's my data.zip"}, answers: deployed(),
			wantCalls: join("go build -o bin/local ./functions/local", located, describe, login, "local import '$ROOT/it's my data.zip' LISTENER=sister GOOGLE_CLOUD_PROJECT=some-project")},
		{name: "commands of operations", make: []string{"doctor", "trigger", "logs", "forget", "PROJECT=some-project", "REGION=europe-west1", "LISTENER=it's me", "SINCE=7d", "CONFIRM=me"},
			wantCalls: []string{"go build -o bin/operations ./terraform/operations",
				"operations doctor some-project europe-west1 'it's me' 7d me", "operations trigger some-project europe-west1 'it's me' 7d me",
				"operations logs some-project europe-west1 'it's me' 7d me", "operations forget some-project europe-west1 'it's me' 7d me"}},
		{name: "open", make: []string{"open", "PROJECT=some-project"}, answers: deployed(),
			wantCalls: join(located, "gcloud run services proxy dashboard --port=8080 --region=europe-west1 --project=some-project"),
			wantSaid:  []string{"http://127.0.0.1:8080/ "}},
		{name: "open on another port", make: []string{"open", "PROJECT=some-project", "PORT=9000", "LISTENER=sister"}, answers: deployed(),
			wantCalls: join(located, "gcloud run services proxy dashboard --port=9000 --region=europe-west1 --project=some-project"),
			wantSaid:  []string{"http://127.0.0.1:9000/?listener=sister"}},
		{name: "smoke", make: []string{"smoke", "PROJECT=some-project", "REGION=europe-west1"},
			wantCalls: join(asked, login, "go test -count=1 -v -timeout=45m -run=^TestSmoke$ ./test/smoke SMOKE_PROJECT=some-project")},
		{name: "test-terraform", make: []string{"test-terraform"}, wantCalls: []string{
			"go run ./terraform/stage terraform/staged", "terraform fmt -check -diff -recursive terraform", "terraform init -backend=false -upgrade -input=false -no-color",
			"terraform validate -no-color", "terraform test -no-color"}},
		{name: "test-terraform without Terraform", make: []string{"test-terraform"}, without: []string{"terraform"}, wantCalls: []string{}, wantSaid: []string{"SKIPPED: Terraform", "were not checked"}},
		{name: "test-terraform without the registry", make: []string{"test-terraform"}, answers: []answer{{call: "terraform init", says: "Error: could not connect to registry.terraform.io", fails: true}},
			wantSaid: []string{"SKIPPED: Terraform's registry cannot be reached"}},
		{name: "test-terraform with a mistake", make: []string{"test-terraform"}, answers: []answer{{call: "terraform init", says: "Error: Unsupported block type", fails: true}}, wantFail: true, wantSaid: []string{"Unsupported block type"}},
		{name: "test-terraform with a broken promise", make: []string{"test-terraform"}, answers: []answer{{call: "terraform test", says: "Failure! 1 failed.", fails: true}}, wantFail: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, tt.test)
	}
}
