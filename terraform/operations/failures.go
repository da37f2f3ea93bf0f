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
	"github.com/googleapis/gax-go/v2/apierror"
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
// service. code is the HTTP status, 0 where there was no answer.
func reason(err error) (why, service string, code int) {
	if e, ok := errors.AsType[*bigquery.Error](err); ok { // of a job
		return e.Reason, "", 0
	}
	answer, ok := errors.AsType[*googleapi.Error](err)
	if !ok {
		return "", "", 0
	}
	e, ok := errors.AsType[*apierror.APIError](err)
	if !ok {
		e, ok = apierror.ParseError(answer, false)
	}
	switch {
	case ok && e.Reason() != "":
		return e.Reason(), e.Metadata()["service"], answer.Code
	case len(answer.Errors) > 0: // the older form of Cloud Storage and BigQuery
		return answer.Errors[0].Reason, "", answer.Code
	}
	return "", "", answer.Code
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
		return "There is no login for programs other than gcloud, or it has ended:\n" + a.login()
	case why == "SERVICE_DISABLED" || why == "accessNotConfigured":
		return cmp.Or(service, "A service of Google's") + " is off in " + a.project + ". A deploy turns it on: " + a.command("deploy", "")
	case why == "USER_PROJECT_DENIED" || why == "CONSUMER_INVALID" || why == "RESOURCE_PROJECT_INVALID" || strings.Contains(text, "quota project"):
		return fmt.Sprintf("There is no project %s, it is being deleted, or calls of this login do not count for it, which needs the role roles/serviceusage.serviceUsageConsumer.\n", a.project) +
			"  gcloud projects list\n  gcloud projects undelete " + a.project + "\nIf it is the login of another person, which programs other than gcloud use:\n" + a.login()
	case why == "BILLING_DISABLED" || noBilling.MatchString(text):
		return "The billing account is closed or missing. Link an open one:\n  gcloud billing accounts list\n  gcloud billing projects link " + a.project + " --billing-account=ID"
	case code == http.StatusUnauthorized:
		return "The login has ended:\n" + a.login()
	case code == http.StatusForbidden || why == "accessDenied":
		return "This login lacks a role of those that terraform/README.md lists. An owner of the project grants one with:\n" +
			"  gcloud projects add-iam-policy-binding " + a.project + " --member=user:... --role=roles/..."
	case unreachable || errors.Is(err, context.DeadlineExceeded) || code == http.StatusTooManyRequests || code >= http.StatusInternalServerError:
		return "Google cannot be reached, or is busy. Check the network, and repeat the command in a minute."
	}
	return ""
}

func (a arguments) login() string {
	return "  gcloud auth application-default login\n  gcloud auth application-default set-quota-project " + a.project
}
