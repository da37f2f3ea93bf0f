package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"spotify-insights.internal/shared/faults"
)

var sorted = cmpopts.SortSlices(func(a, b string) bool { return a < b })

// told is what a person reads of an error.
func told(err error) string { return fmt.Sprint(err, "\n", faults.Action(err)) }

func TestArguments(t *testing.T) {
	const listener = "small letters, digits and dashes: LISTENER=me"
	tests := []struct {
		name, command string
		variables     map[string]string
		want          string // what the error says, "" for none
	}{
		{name: "no project", command: "doctor", variables: map[string]string{"PROJECT": ""}, want: "PROJECT='' is not valid: give the id of a project, as 'gcloud projects list' shows it: make doctor PROJECT=my-project"},
		{name: "a project's number", command: "doctor", variables: map[string]string{"PROJECT": "123456789012"},
			want: "PROJECT=123456789012 is a project's number\nThis prints its id: gcloud projects describe 123456789012 --format='value(projectId)'"},
		{name: "a project's name", command: "doctor", variables: map[string]string{"PROJECT": "My Project"}, want: "PROJECT='My Project' is not valid"},
		{name: "a project of two lines", command: "logs", variables: map[string]string{"PROJECT": "some-project\nx"}, want: "is not valid"},
		{name: "a project with a dash and digits", command: "doctor", variables: map[string]string{"PROJECT": "music-4f3a"}},
		{name: "a zone", command: "doctor", variables: map[string]string{"REGION": "us-central1-a"}, want: "REGION='us-central1-a' is not valid: give a region such as us-central1 or europe-west1, not a zone"},
		{name: "a multi-region", command: "trigger", variables: map[string]string{"REGION": "EU"}, want: "REGION='EU' is not valid"},
		{name: "a region", command: "trigger", variables: map[string]string{"REGION": "europe-west1"}},
		{name: "a listener in capitals", command: "trigger", variables: map[string]string{"LISTENER": "Me"}, want: listener},
		{name: "a listener of 32 letters", command: "trigger", variables: map[string]string{"LISTENER": strings.Repeat("a", 32)}, want: listener},
		{name: "no listener to trigger", command: "trigger"},
		{name: "no listener to forget", command: "forget", want: listener},
		{name: "a listener with a path", command: "forget", variables: map[string]string{"LISTENER": "../me", "CONFIRM": "../me"}, want: listener},
		{name: "a listener with SQL in it", command: "forget", variables: map[string]string{"LISTENER": "me' OR '1'='1"}, want: listener},
		{name: "a log's listener", command: "logs", variables: map[string]string{"LISTENER": `"`}, want: listener},
		{name: "a word for a time", command: "logs", variables: map[string]string{"SINCE": "yesterday"}, want: "SINCE='yesterday' is not valid: give how far back, such as 3h or 7d"},
		{name: "two weeks", command: "logs", variables: map[string]string{"SINCE": "2w"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"REGION", "LISTENER", "SINCE", "CONFIRM"} {
				t.Setenv(name, "")
			}
			t.Setenv("PROJECT", "some-project")
			for name, value := range tt.variables {
				t.Setenv(name, value)
			}
			a, err := readArguments(tt.command)
			if said := told(err); (err != nil) != (tt.want != "") || !strings.Contains(said, tt.want) {
				t.Errorf("it says %q, want %q", said, tt.want)
			}
			if tt.command == "trigger" && err == nil && a.listener != "me" {
				t.Errorf("the listener is %q", a.listener)
			}
		})
	}
}

// Without a login no API is called, and the error names the command that logs in.
func TestNoLogin(t *testing.T) {
	t.Setenv("PROJECT", "some-project")
	t.Setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "") // is set by the command, and restored after the test
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "missing.json"))
	err := (&session{}).run(t.Context(), []string{"doctor"})
	if said := told(err); err == nil || !strings.Contains(said, "gcloud auth application-default login\n  gcloud auth application-default set-quota-project some-project") {
		t.Errorf("it says %q", said)
	}
	if got := os.Getenv("GOOGLE_CLOUD_QUOTA_PROJECT"); got != "some-project" {
		t.Errorf("calls count for %q", got)
	}
	if err := (&session{}).run(t.Context(), []string{"destroy"}); err == nil {
		t.Error("destroy is a command")
	}
}

// refused is an answer of an API that refuses a call, in the form of https://google.aip.dev/193 and in the older one.
func refused(status int, message, why string) refusal {
	return refusal{status, fmt.Sprintf(`{"error":{"code":%d,"message":%q,"errors":[{"message":"x","domain":"global","reason":"forbidden"}],"status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",
		"reason":%q,"domain":"googleapis.com","metadata":{"service":"cloudscheduler.googleapis.com","consumer":"projects/some-project"}}]}}`, status, message, why)}
}

// Each end of the ways to a deployment says what to do next. Nothing is changed.
func TestFindStops(t *testing.T) {
	const project, buckets, jobs = "GET /v3/projects/", "GET /storage/v1/b", "GET /v1/projects/some-project/locations"
	plain := refusal{http.StatusForbidden, `{"error":{"code":403,"message":"The caller does not have permission","status":"PERMISSION_DENIED"}}`}
	refuse := func(call string, r refusal) func(*testing.T, *rig) {
		return func(_ *testing.T, rig *rig) { rig.refused[call] = r }
	}
	tests := []struct {
		name   string
		change func(*testing.T, *rig)
		want   []string
	}{
		{name: "no such project", change: refuse(project, plain), want: []string{"there is no project some-project, or this login cannot see it: The caller does not have permission (HTTP 403)", "gcloud projects create some-project"}},
		{name: "a project that is being deleted", change: func(_ *testing.T, r *rig) { r.state = "DELETE_REQUESTED" }, want: []string{"gcloud projects undelete some-project"}},
		{name: "another project's quota", change: refuse(project, refused(403, "Caller does not have required permission to use project some-project.", "USER_PROJECT_DENIED")),
			want: []string{"gcloud projects add-iam-policy-binding some-project --member=user:... --role=roles/serviceusage.serviceUsageConsumer", "gcloud projects list", "gcloud auth application-default login"}},
		{name: "a service that is off", change: refuse(project, refused(403, "Cloud Resource Manager API has not been used in project 1 before or it is disabled.", "SERVICE_DISABLED")),
			want: []string{"has not been used in project 1", "cloudscheduler.googleapis.com is off in some-project. A deploy turns it on: make deploy PROJECT=some-project"}},
		{name: "a login that has ended", change: refuse(project, refusal{http.StatusUnauthorized, `{"error":{"code":401,"message":"Request had invalid authentication credentials.","status":"UNAUTHENTICATED"}}`}), want: []string{"gcloud auth application-default login"}},
		{name: "a closed billing account", change: refuse(buckets, refusal{http.StatusForbidden, `{"error":{"code":403,"message":"The billing account for the owning project is disabled in state closed","errors":[{"message":"x","domain":"global","reason":"accountDisabled"}]}}`}),
			want: []string{"listing the buckets of some-project", "gcloud billing projects link some-project --billing-account=ID"}},
		{name: "a missing role", change: refuse(jobs, plain), want: []string{"listing the jobs of Cloud Scheduler", "gcloud projects add-iam-policy-binding some-project"}},
		{name: "a fault of Google's", change: refuse(jobs, refusal{http.StatusServiceUnavailable, "no JSON"}), want: []string{"repeat the command in a minute"}},
		{name: "nothing is deployed", change: refuse(buckets, refusal{http.StatusOK, `{"kind":"storage#buckets","items":[{"name":"x-spotify-lake","location":"US"}]}`}), want: []string{"nothing is deployed in some-project", "make deploy PROJECT=some-project"}},
		{name: "another region", change: func(_ *testing.T, r *rig) { r.region = "us-central1" }, want: []string{"deployed in europe-west1 and cannot move to us-central1", "gcloud storage rm --recursive gs://some-project-spotify-state"}},
		{name: "a state that is not JSON", change: with(stateFile, "version 4"), want: []string{"reading Terraform's state: gs://some-project-spotify-state/spotify-insights/default.tfstate is not valid JSON"}},
		{name: "a dataset with SQL in it", change: with(stateFile, outputs, "PROJECT.spotify_insights", "some-project.x` WHERE TRUE --"), want: []string{`the dataset "some-project.x` + "`" + ` WHERE TRUE --" of Terraform's state`}},
		{name: "a secret of somebody else", change: with(stateFile, outputs, "spotify-token-me", "password", "PROJECT", "some-project"), want: []string{`the secret "password" of Terraform's state`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, "some-project")
			tt.change(t, r)
			err := r.doctor(t.Context())
			for _, want := range tt.want {
				if said := told(err); err == nil || !strings.Contains(said, want) {
					t.Errorf("it says %q, want %q", said, want)
				}
			}
			if r.calls != nil {
				t.Errorf("it calls %v", r.calls)
			}
		})
	}
}

// A deployment lacks something where any output is missing.
func TestIncomplete(t *testing.T) {
	for _, name := range []string{"services", "functions", "lake", "insights", "uploads", "dataset", "jobs", "secrets"} {
		r := newRig(t, "some-project")
		with(stateFile, outputs, `"`+name+`":`, `"no":`, "PROJECT", "some-project")(t, r)
		if _, err := r.findComplete(t.Context()); err == nil || !strings.Contains(told(err), "Deploy again, which continues: make deploy PROJECT=some-project") {
			t.Errorf("without %s it says %q", name, told(err))
		}
	}
}

func TestTrigger(t *testing.T) {
	tests := []struct {
		name, listener string
		queue          bool
		change         func(*rig)
		want           string
		wantCalls      []string
	}{
		{name: "a listener", listener: "me", want: "In a minute: make doctor PROJECT=some-project, or make logs PROJECT=some-project\n",
			wantCalls: []string{"POST /v1/projects/some-project/locations/europe-west1/jobs/ingest-me:run"}},
		{name: "another listener", listener: "sister", want: "some-project has no listener sister\nDeploy with all listeners: make deploy PROJECT=some-project LISTENERS="},
		{name: "a job that is gone", listener: "me", change: func(r *rig) { r.jobs = nil }, want: "there is no job ingest-me\nDeploy again, which restores it: make deploy PROJECT=some-project",
			wantCalls: []string{"POST /v1/projects/some-project/locations/europe-west1/jobs/ingest-me:run"}},
		{name: "a queue", listener: "me", queue: true, want: "In a minute: make doctor PROJECT=some-project",
			wantCalls: []string{`POST /v1/projects/some-project/topics/ingests:publish`}},
		{name: "a queue that is gone", listener: "me", queue: true, change: func(r *rig) { r.refused["POST /v1/projects/some-project/topics/"] = refusal{http.StatusNotFound, "{}"} },
			want: "there is no topic ingests\nDeploy again, which restores it: make deploy PROJECT=some-project"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, "some-project")
			r.listener = tt.listener
			if tt.queue {
				withQueue(t, r)
			}
			if tt.change != nil {
				tt.change(r)
			}
			err := r.trigger(t.Context())
			if said := r.said.String() + told(err); !strings.Contains(said, tt.want) {
				t.Errorf("it says %q, want %q", said, tt.want)
			}
			if diff := cmp.Diff(tt.wantCalls, r.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}
