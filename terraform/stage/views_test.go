package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"spotify-insights.internal/shared/warehouse"
)

// Terraform makes every view, each after those it reads.
func TestViewsAreDeployed(t *testing.T) {
	out := t.TempDir()
	if err := stageViews(out); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("../views.tf")
	if err != nil {
		t.Fatal(err)
	}
	views, err := warehouse.Views(datasetPlaceholder)
	if err != nil {
		t.Fatal(err)
	}
	if len(views) == 0 {
		t.Fatal("there are no views")
	}
	for _, view := range views {
		text, err := os.ReadFile(filepath.Join(out, "views", view.Name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		resource := regexp.MustCompile(`(?s)resource "google_bigquery_table" "` + view.Name + `" \{.*?\n\}`).FindString(string(file))
		if resource == "" {
			t.Errorf("views.tf makes no view %s", view.Name)
		}
		needed := regexp.MustCompile(`depends_on = \[.*?\]`).FindString(resource)
		reads := regexp.MustCompile(datasetPlaceholder+`\.(\w+)`).FindAllStringSubmatch(string(text), -1)
		if len(reads) == 0 {
			t.Errorf("%s reads nothing: %s", view.Name, text)
		}
		for _, read := range reads {
			name := read[1]
			if warehouse.Schema(name) != nil {
				name = "table"
			}
			if !strings.Contains(needed, "google_bigquery_table."+name+",") && !strings.Contains(needed, "google_bigquery_table."+name+"]") {
				t.Errorf("%s reads %s, and is made after %q", view.Name, read[1], needed)
			}
		}
	}
}
