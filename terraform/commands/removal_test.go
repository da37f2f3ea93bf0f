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
