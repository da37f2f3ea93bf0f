package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
)

// quotaProject is the variable that says which project a person's calls are counted against.
const quotaProject = "GOOGLE_CLOUD_QUOTA_PROJECT"

// useProject checks the id of a listener of a deployed project, and has the calls of this process counted against that
// project: the person's default project would be charged, and would need the same services.
func useProject(project, listenerID string) error {
	if !listener.Valid(listenerID) {
		return fmt.Errorf("%q cannot be a listener's id: it is a lower-case letter, then up to 30 lower-case letters, digits and dashes", listenerID)
	}
	if os.Getenv(quotaProject) == "" {
		os.Setenv(quotaProject, project)
	}
	return nil
}

// deployedSecrets opens the secrets of a project that was deployed to, with the credentials of the person
// at this machine, and checks that the deployment has such a listener.
func deployedSecrets(ctx context.Context, project, listenerID string) (*secrets.Store, error) {
	if err := useProject(project, listenerID); err != nil {
		return nil, err
	}
	store, err := secrets.Open(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("there is no login for project %s. Sign in with `gcloud auth application-default login`: %w", project, err)
	}
	for _, id := range []string{secrets.ClientID, secrets.TokenID(listenerID)} {
		_, err := store.Versions(ctx, id)
		if errors.Is(err, secrets.ErrEmpty) {
			return nil, fmt.Errorf("project %s has no secret %s: run `make deploy PROJECT=%s` with listener %s first", project, id, project, listenerID)
		}
		if err != nil {
			return nil, fmt.Errorf("the secrets of project %s cannot be read. Check PROJECT, and sign in as somebody who deploys it, with `gcloud auth application-default login`: %w", project, err)
		}
	}
	return store, nil
}
