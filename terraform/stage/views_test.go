package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"spotify-insights.internal/shared/warehouse"
)

// Terraform creates every view, each after the views that it reads: those of views after those of tables.
func TestViewsAreDeployed(t *testing.T) {
	out := t.TempDir()
	if err := stageViews(out); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile("../views.tf")
	if err != nil {
		t.Fatal(err)
	}
	deployed := func(list, view string) bool {
		return regexp.MustCompile(`(?s)  ` + list + ` = \{[^}]*\b` + view + ` +=`).Match(config)
	}
	views, err := warehouse.Views(datasetPlaceholder)
	if err != nil || len(views) == 0 {
		t.Fatal("no views", err)
	}
	for _, view := range views {
		text, err := os.ReadFile(filepath.Join(out, "views", view.Name+".sql"))
		if err != nil {
			t.Fatal(err)
		}
		list := "views"
		for _, read := range regexp.MustCompile(datasetPlaceholder+`\.(\w+)`).FindAllStringSubmatch(string(text), -1) {
			switch {
			case warehouse.Schema(read[1]) != nil: // a table
			case deployed("views", read[1]):
				list = "views_of_views"
			default:
				t.Errorf("%s reads %s, which is neither a table nor a view of tables", view.Name, read[1])
			}
		}
		if !deployed(list, view.Name) {
			t.Errorf("views.tf does not have %s in local.%s", view.Name, list)
		}
	}
}
