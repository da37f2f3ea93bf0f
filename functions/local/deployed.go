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

// deployedSecrets opens the secrets of a project that was deployed to, with the credentials of the person
// at this machine, and checks that the deployment knows the listener.
func deployedSecrets(ctx context.Context, project, listenerID string) (*secrets.Store, error) {
	if !listener.Valid(listenerID) {
		return nil, fmt.Errorf("%q cannot be a listener's id: it is a lower-case letter, then up to 30 lower-case letters, digits and dashes", listenerID)
	}
	if os.Getenv(quotaProject) == "" { // else one's own other project would need Secret Manager too
		os.Setenv(quotaProject, project)
	}
	store, err := secrets.Open(ctx, project)
	if err != nil {
		return nil, fmt.Errorf("%w. Sign in with: gcloud auth application-default login", err)
	}
	for _, id := range []string{secrets.ClientID, secrets.TokenID(listenerID)} {
		_, err := store.Versions(ctx, id)
		if errors.Is(err, secrets.ErrEmpty) {
			return nil, fmt.Errorf("there is no secret %s in project %s: run `make deploy PROJECT=%s` with listener %s first", id, project, project, listenerID)
		}
		if err != nil {
			return nil, fmt.Errorf("looking for the secrets of project %s: %w. Check PROJECT; sign in with: gcloud auth application-default login", project, err)
		}
	}
	return store, nil
}
