package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/api/iterator"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/listener"
	"spotify-insights.internal/shared/secrets"
)

// deployment is what Terraform has made in a project, according to the outputs of its state.
type deployment struct {
	region string
	state  string // the bucket of Terraform's state

	services  []string // without .googleapis.com
	functions []string
	lake      string
	insights  string
	uploads   string
	dataset   string
	jobs      []string
	tokens    map[string]string // the secrets of the listeners' tokens
}

// queue is the topic of the listeners to ingest for, and the job that fills it, where the deployment has one for all.
const (
	queue    = "ingests"
	queueJob = "ingest"
)

// queued reports whether one job ingests for all listeners.
func (d deployment) queued() bool { return slices.Contains(d.jobs, queueJob) }

// job is the name of the job that ingests for a listener.
func (d deployment) job(listener string) string {
	if d.queued() {
		return queueJob
	}
	return "ingest-" + listener
}

// listeners are the ids of the deployment's listeners, sorted.
func (d deployment) listeners() []string { return slices.Sorted(maps.Keys(d.tokens)) }

// complete reports whether the last deploy has come to its end.
func (d deployment) complete() bool {
	return len(d.services) > 0 && len(d.functions) > 0 && d.lake != "" && d.insights != "" && d.uploads != "" && d.dataset != "" && len(d.jobs) > 0 && len(d.tokens) > 0
}

// find returns the project's deployment, which may be incomplete.
func (s *session) find(ctx context.Context) (d deployment, err error) {
	if err := s.checkProject(ctx); err != nil {
		return d, err
	}
	if d.state, d.region, err = s.stateBucket(ctx); err != nil {
		return d, err
	}
	if d.state == "" {
		return d, faults.New(faults.Missing, "Deploy first: "+s.command("deploy", ""), "nothing is deployed in %s", s.project)
	}
	if s.region != "" && s.region != d.region {
		return d, faults.New(faults.Invalid, "Leave REGION out. If the first deployment failed and nothing is deployed, remove its bucket: gcloud storage rm --recursive gs://"+d.state,
			"%s is deployed in %s and cannot move to %s", s.project, d.region, s.region)
	}
	err = s.readOutputs(ctx, &d)
	return d, err
}

// findComplete returns the project's deployment.
func (s *session) findComplete(ctx context.Context) (deployment, error) {
	d, err := s.find(ctx)
	if err == nil && !d.complete() {
		err = s.incomplete(d)
	}
	return d, err
}

func (s *session) incomplete(d deployment) error {
	return faults.New(faults.Missing, "Deploy again, which continues: "+s.command("deploy", ""), "the deployment is not complete: outputs are missing in Terraform's state in gs://%s", d.state)
}

// checkProject checks that there is the project, and that the login may see it.
func (s *session) checkProject(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	project, err := s.projects.Projects.Get("projects/" + s.project).Context(ctx).Do()
	if why, _, code := reason(err); err != nil && (code == http.StatusNotFound || code == http.StatusForbidden && (why == "" || why == "forbidden" || why == "IAM_PERMISSION_DENIED")) {
		return faults.New(faults.Missing, lines("These list the projects, and create this one:", "  gcloud projects list", "  gcloud projects create "+s.project,
			"If the application default login is of another person:", s.login()), "there is no project %s, or this login cannot see it: %w", s.project, brief{err})
	}
	if err != nil {
		return s.failed("looking at the project "+s.project, err)
	}
	if project.State != "ACTIVE" {
		return faults.New(faults.Missing, "To restore it: gcloud projects undelete "+s.project, "the project %s is being deleted (%s)", s.project, project.State)
	}
	return nil
}

// stateBucket returns the bucket of Terraform's state and its region, "" where nothing is deployed.
func (s *session) stateBucket(ctx context.Context) (name, region string, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	for it := s.storage.Buckets(ctx, s.project); ; {
		b, err := it.Next()
		switch {
		case errors.Is(err, iterator.Done):
			return "", "", nil
		case err != nil:
			return "", "", s.failed("listing the buckets of "+s.project, err)
		case strings.HasSuffix(b.Name, "-spotify-state"):
			return b.Name, strings.ToLower(b.Location), nil
		}
	}
}

// stateObject is where Terraform's backend (versions.tf) has the state.
const stateObject = "spotify-insights/default.tfstate"

// output is one of Terraform's outputs in its state.
type output[T any] struct {
	Value T `json:"value"`
}

var dataset = regexp.MustCompile(`^[A-Za-z0-9_]{1,100}$`)

// readOutputs reads the outputs of Terraform's state. Those that a deploy has not come to stay empty.
func (s *session) readOutputs(ctx context.Context, d *deployment) error {
	var state struct {
		Outputs struct {
			Services  output[[]string] `json:"services"`
			Functions output[[]string] `json:"functions"`
			Lake      output[string]   `json:"lake"`
			Insights  output[string]   `json:"insights"`
			Uploads   output[string]   `json:"uploads"`
			Dataset   output[string]   `json:"dataset"`
			Jobs      output[[]string] `json:"jobs"`
			Secrets   output[struct {
				Tokens map[string]string `json:"tokens"`
			}] `json:"secrets"`
		} `json:"outputs"`
	}
	b, err := bucket.Open(ctx, d.state)
	if err == nil {
		_, err = b.ReadJSON(ctx, stateObject, &state)
	}
	if err != nil {
		return s.failed("reading Terraform's state", err)
	}
	o := state.Outputs
	d.services, d.functions, d.jobs = o.Services.Value, o.Functions.Value, o.Jobs.Value
	d.lake, d.insights, d.uploads, d.tokens = o.Lake.Value, o.Insights.Value, o.Uploads.Value, o.Secrets.Value.Tokens
	project, name, _ := strings.Cut(o.Dataset.Value, ".")
	if o.Dataset.Value != "" && (project != s.project || !dataset.MatchString(name)) {
		return fmt.Errorf("the dataset %s of Terraform's state in gs://%s is not one of %s", faults.Quote(o.Dataset.Value), d.state, s.project)
	}
	d.dataset = name
	for id, secret := range d.tokens {
		if !listener.Valid(id) || secret != secrets.TokenID(id) {
			return fmt.Errorf("the secret %s of Terraform's state in gs://%s is not that of a listener", faults.Quote(secret), d.state)
		}
	}
	return nil
}
