package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"

	"cloud.google.com/go/auth"
	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"spotify-insights.internal/shared/faults"
)

// failed is the error of a call of Google's, with what to do about it.
func (a arguments) failed(doing string, err error) error {
	return faults.New(faults.Transient, a.action(err), "%s: %w", doing, brief{err})
}

// brief shortens the text of an API's error to its message: the rest is JSON for programs.
type brief struct{ error }

func (b brief) Unwrap() error { return b.error }

func (b brief) Error() string {
	if e, ok := errors.AsType[*bigquery.Error](b.error); ok && e.Message != "" { // of a job
		return e.Message
	}
	e, ok := errors.AsType[*googleapi.Error](b.error)
	switch {
	case !ok:
		return b.error.Error()
	case e.Message == "": // an answer of something between, such as a proxy
		return fmt.Sprintf("the answer is HTTP %d", e.Code)
	}
	return fmt.Sprintf("%s (HTTP %d)", strings.TrimSuffix(e.Message, "."), e.Code)
}

// reason is why an API has refused a call, as https://google.aip.dev/193 defines it: such as SERVICE_DISABLED, and of which
// service. code is the HTTP status, 0 where there was no answer. Package apierror refuses answers that have the older form
// too.
func reason(err error) (why, service string, code int) {
	if e, ok := errors.AsType[*bigquery.Error](err); ok { // of a job
		return e.Reason, "", 0
	}
	e, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return "", "", 0
	}
	for _, detail := range e.Details {
		if info, _ := detail.(map[string]any); info["@type"] == "type.googleapis.com/google.rpc.ErrorInfo" {
			why, _ = info["reason"].(string)
			metadata, _ := info["metadata"].(map[string]any)
			service, _ = metadata["service"].(string)
			return why, service, e.Code
		}
	}
	if len(e.Errors) > 0 { // the older form, of Cloud Storage and BigQuery
		why = e.Errors[0].Reason
	}
	return why, "", e.Code
}

// missing reports whether an API has answered that a thing does not exist.
func missing(err error) bool {
	_, _, code := reason(err)
	return code == http.StatusNotFound || errors.Is(err, storage.ErrBucketNotExist) || errors.Is(err, storage.ErrObjectNotExist)
}

var (
	noCredentials = regexp.MustCompile(`default credentials|invalid_grant|invalid_rapt|[Rr]eauth|GOOGLE_APPLICATION_CREDENTIALS|no such file`)
	noBilling     = regexp.MustCompile(`accountDisabled|billing to be enabled|[Bb]illing (account for|must be enabled)`)
)

// action says what to do about an error of a call. terraform/commands/failures.sh does the same for a deploy.
func (a arguments) action(err error) string {
	why, service, code := reason(err)
	_, refused := errors.AsType[*auth.Error](err)
	_, unreachable := errors.AsType[net.Error](err)
	switch text := err.Error(); {
	case refused || noCredentials.MatchString(text):
		return lines("There is no login for programs other than gcloud, or it has ended:", a.login())
	case why == "SERVICE_DISABLED" || why == "accessNotConfigured":
		return cmp.Or(service, "A service of Google's") + " is off in " + a.project + ". A deploy turns it on: " + a.command("deploy", "")
	case why == "USER_PROJECT_DENIED" || why == "CONSUMER_INVALID" || why == "RESOURCE_PROJECT_INVALID" || strings.Contains(text, "quota project"):
		return lines("There is no project "+a.project+", it is being deleted, or calls of this login do not count for it.",
			"These show the projects, restore a deleted one, and grant the role for calls that count:",
			"  gcloud projects list", "  gcloud projects undelete "+a.project,
			"  gcloud projects add-iam-policy-binding "+a.project+" --member=user:... --role=roles/serviceusage.serviceUsageConsumer",
			"If the application default login is of another person:", a.login())
	case why == "BILLING_DISABLED" || noBilling.MatchString(text):
		return lines("The billing account is closed or missing. Link an open one:",
			"  gcloud billing accounts list", "  gcloud billing projects link "+a.project+" --billing-account=ID")
	case code == http.StatusUnauthorized:
		return lines("The login has ended:", a.login())
	case code == http.StatusForbidden || why == "accessDenied":
		return lines("This login lacks a role of those that terraform/README.md lists. An owner of the project grants one with:",
			"  gcloud projects add-iam-policy-binding "+a.project+" --member=user:... --role=roles/...")
	case unreachable || errors.Is(err, context.DeadlineExceeded) || code == http.StatusTooManyRequests || code >= http.StatusInternalServerError:
		return "Google cannot be reached, or is busy. Check the network, and repeat the command in a minute."
	}
	return ""
}

// login is how a person logs in, in two lines.
func (a arguments) login() string {
	return lines("  gcloud auth application-default login", "  gcloud auth application-default set-quota-project "+a.project)
}

func lines(list ...string) string { return strings.Join(list, "\n") }
