package main

import (
	"fmt"
	"os"
	"path/filepath"

	"spotify-insights.internal/shared/warehouse"
)

// datasetPlaceholder stands for PROJECT.DATASET. Terraform replaces it (views.tf).
const datasetPlaceholder = "DATASET_PLACEHOLDER"

// stageViews writes the text of every view to a folder below out.
func stageViews(out string) error {
	views, err := warehouse.Views(datasetPlaceholder)
	if err != nil {
		return fmt.Errorf("staging the views: %w", err)
	}
	folder := filepath.Join(out, "views")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("creating the folder for the views: %w", err)
	}
	for _, view := range views {
		if err := os.WriteFile(filepath.Join(folder, view.Name+".sql"), []byte(view.Query), 0o644); err != nil {
			return fmt.Errorf("staging view %s: %w", view.Name, err)
		}
	}
	return nil
}
