package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
)

// Every end of a call that a person can do something about says what.
func TestFailed(t *testing.T) {
	older := func(code int, message, why string) error {
		return &googleapi.Error{Code: code, Message: message, Errors: []googleapi.ErrorItem{{Reason: why}}}
	}
	newer := func(code int, message, why string) error {
		return &googleapi.Error{Code: code, Message: message, Details: []any{map[string]any{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": why,
			"metadata": map[string]any{"service": "run.googleapis.com"}}}}
	}
	const (
		login, deploy, quota, billing = "gcloud auth application-default login", "make deploy PROJECT=some-project", "roles/serviceusage.serviceUsageConsumer", "gcloud billing projects link some-project"
		role, again                   = "gcloud projects add-iam-policy-binding some-project", "repeat the command in a minute"
	)
	for _, tt := range []struct {
		name       string
		err        error
		text, want string
	}{
		{"a service that is off", newer(403, "It is disabled.", "SERVICE_DISABLED"), "It is disabled (HTTP 403)", "run.googleapis.com is off in some-project. A deploy turns it on: " + deploy},
		{"a service that is off, in the older form", older(403, "It is disabled.", "accessNotConfigured"), "It is disabled (HTTP 403)", "A service of Google's is off in some-project. A deploy turns it on: " + deploy},
		{"another project's quota", newer(403, "x", "USER_PROJECT_DENIED"), "x (HTTP 403)", quota},
		{"no quota project", older(403, "The API requires a quota project.", "forbidden"), "requires a quota project (HTTP 403)", quota},
		{"no billing", newer(403, "x", "BILLING_DISABLED"), "x (HTTP 403)", billing},
		{"a closed billing account", older(403, "x", "accountDisabled"), "x (HTTP 403)", billing},
		{"no billing, according to the text only", older(403, "This API method requires billing to be enabled.", "forbidden"), "enabled (HTTP 403)", billing},
		{"a login that has ended", older(401, "x", "authError"), "x (HTTP 401)", login},
		{"a login that Google refuses", errors.New(`auth: cannot fetch token: 400 invalid_grant`), "invalid_grant", login},
		{"a missing role", older(403, "x", "forbidden"), "x (HTTP 403)", role},
		{"a missing role of a job", &bigquery.Error{Reason: "accessDenied", Message: "Access denied"}, "asking: Access denied", role},
		{"too many calls", older(429, "x", "rateLimitExceeded"), "x (HTTP 429)", again},
		{"no answer in time", fmt.Errorf("asking: %w", context.DeadlineExceeded), "deadline", again},
		{"a proxy's answer", &googleapi.Error{Code: 502, Body: "<html>"}, "the answer is HTTP 502", again},
		{"another error", errors.New("x"), "x", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			said, action, _ := strings.Cut(told(arguments{project: "some-project"}.failed("asking", fmt.Errorf("calling: %w", tt.err))), "\n")
			if !strings.HasPrefix(said, "asking: ") || !strings.Contains(said, tt.text) || strings.ContainsAny(said, "{<") {
				t.Errorf("it says %q, want %q", said, tt.text)
			}
			if !strings.Contains(action, tt.want) || (action == "") != (tt.want == "") {
				t.Errorf("it says to do %q, want %q", action, tt.want)
			}
		})
	}
	for err, want := range map[error]bool{storage.ErrBucketNotExist: true, storage.ErrObjectNotExist: true, older(http.StatusNotFound, "x", "notFound"): true, older(403, "x", "forbidden"): false, errors.New("x"): false} {
		if got := missing(fmt.Errorf("asking: %w", err)); got != want {
			t.Errorf("%v means missing: %v", err, got)
		}
	}
}
