package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const planned = `{"variables": {"project": {"value": "some-project"}}, "resource_changes": [
  {"address": "google_service_account.function[\"ingest\"]", "type": "google_service_account", "change": {"actions": ["create"], "after": {"account_id": "insights-ingest"}}},
  {"address": "google_storage_bucket.lake", "type": "google_storage_bucket", "change": {"actions": ["create"], "after": {"name": "my-lake"}}},
  {"address": "google_cloud_scheduler_job.job[\"reconcile\"]", "type": "google_cloud_scheduler_job", "change": {"actions": ["create"], "after": {"name": "reconcile", "region": null}}},
  {"address": "google_monitoring_dashboard.insights", "type": "google_monitoring_dashboard", "change": {"actions": ["create"], "after": {}}}]}`

func TestAdopt(t *testing.T) {
	for _, tt := range []struct {
		name, plan string
		addresses  []string
		want, err  string
	}{
		{"two", planned, []string{`google_service_account.function["ingest"]`, "google_storage_bucket.lake"},
			"import {\n  to = google_service_account.function[\"ingest\"]\n  id = \"projects/some-project/serviceAccounts/insights-ingest@some-project.iam.gserviceaccount.com\"\n}\n" +
				"import {\n  to = google_storage_bucket.lake\n  id = \"some-project/my-lake\"\n}\n", ""},
		{"not in the plan", planned, []string{"google_storage_bucket.other"}, "", "resource google_storage_bucket.other: the plan does not have it"},
		{"without a name", planned, []string{"google_monitoring_dashboard.insights"}, "", "it has no fixed name"},
		{"a name that is not known", planned, []string{`google_cloud_scheduler_job.job["reconcile"]`}, "", "its region is not in the plan"},
		{"not a plan", "Error", []string{"google_storage_bucket.lake"}, "", "reading the plan"},
	} {
		var out strings.Builder
		err := adopt(strings.NewReader(tt.plan), &out, tt.addresses)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.err)
		}
		if out.String() != tt.want {
			t.Errorf("%s:\n%s", tt.name, out.String())
		}
	}
}

// Creating these again succeeds, or changes nothing.
var repeatable = []string{
	"google_billing_budget", "google_monitoring_alert_policy", "google_monitoring_dashboard", "google_monitoring_notification_channel",
	"google_project_service", "google_storage_bucket_object", "time_sleep",
}

// Every resource of the configuration has an id to import it by, or can be created again. So a new kind of resource is
// thought about once.
func TestEveryResourceCanBeAdopted(t *testing.T) {
	files, err := filepath.Glob("../*.tf")
	if err != nil || len(files) == 0 {
		t.Fatal("no configuration", err)
	}
	used := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^resource "([a-z0-9_]+)"`).FindAllStringSubmatch(string(content), -1) {
			used[found[1]] = true
		}
	}
	for kind := range used {
		if repeats := slices.Contains(repeatable, kind) || strings.HasSuffix(kind, "_iam_member"); repeats == (ids[kind] != "") {
			t.Errorf("%s: it has an id (%q) if and only if it cannot be created again (%v)", kind, ids[kind], repeats)
		}
	}
	for kind := range ids {
		if !used[kind] {
			t.Errorf("no resource is a %s", kind)
		}
	}
}
