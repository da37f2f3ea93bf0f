package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/cloudscheduler/v1"
	"google.golang.org/api/iterator"
	"google.golang.org/api/serviceusage/v1"

	"spotify-insights.internal/shared/bucket"
	"spotify-insights.internal/shared/secrets"
)

// doctor shows the state of a deployment, one line for each part, and the next step for the first problem.
type doctor struct {
	*session
	found  deployment
	now    time.Time
	status *bucket.Bucket // with the documents of the functions
	jobs   map[string]*cloudscheduler.Job
	next   string // the next step, "" where there is no problem
}

func (s *session) doctor(ctx context.Context) error {
	found, err := s.find(ctx)
	if err != nil {
		return err
	}
	d := &doctor{session: s, found: found, now: s.now()}
	d.line("project", fmt.Sprintf("%s, %s, state in gs://%s", d.project, d.found.region, d.found.state))
	if err := d.parts(ctx); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "next:", cmp.Or(d.next, "nothing to fix; open the page with: "+s.command("open", "")))
	return nil
}

// line writes a line about a part. What is from outside adds no line.
func (d *doctor) line(part, how string) {
	fmt.Fprintf(d.out, "%-12s %s\n", part, strings.ReplaceAll(how, "\n", " "))
}

// wrong writes a line about a problem, whose next step counts where it is the first.
func (d *doctor) wrong(part, how, next string) {
	d.line(part, how)
	d.next = cmp.Or(d.next, strings.ReplaceAll(next, "\n", " "))
}

// parts ends early where the later parts cannot be looked at.
func (d *doctor) parts(ctx context.Context) (err error) {
	if on, err := d.services(ctx); !on || err != nil {
		return err
	}
	if !d.found.complete() {
		d.wrong("deployment", "Terraform's state lacks outputs: it is not complete", d.command("deploy", ""))
		return nil
	}
	if d.jobs, err = d.listJobs(ctx); err != nil {
		return err
	}
	if d.status, err = bucket.Open(ctx, d.found.insights); err != nil {
		return err
	}
	if err := d.app(ctx); err != nil {
		return err
	}
	for _, name := range d.found.jobs {
		if id, found := strings.CutPrefix(name, "ingest-"); !found || d.found.tokens[id] == "" {
			d.job(name)
		}
	}
	for _, id := range d.found.listeners() {
		if err := d.listener(ctx, id); err != nil {
			return err
		}
	}
	for _, id := range d.found.listeners() { // an import needs no consent
		if err := errors.Join(d.imported(ctx, id), d.waiting(ctx, id)); err != nil {
			return err
		}
	}
	return nil
}

// services reports whether all services are on.
func (d *doctor) services(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	var enabled []string
	err := d.clients.services.Services.List("projects/"+d.project).Filter("state:ENABLED").PageSize(200).
		Pages(ctx, func(page *serviceusage.ListServicesResponse) error {
			for _, service := range page.Services {
				enabled = append(enabled, strings.TrimSuffix(path.Base(service.Name), ".googleapis.com"))
			}
			return nil
		})
	if err != nil {
		return false, d.failed("listing the services of "+d.project, err)
	}
	off := slices.DeleteFunc(slices.Clone(d.found.services), func(service string) bool { return slices.Contains(enabled, service) })
	if len(off) > 0 {
		d.wrong("services", "off: "+strings.Join(off, " "), d.command("deploy", ""))
		return false, nil
	}
	if len(d.found.services) > 0 {
		d.line("services", "all on")
	}
	return true, nil
}

// app writes whether the Spotify app's id and secret are stored.
func (d *doctor) app(ctx context.Context) error {
	switch stored, err := d.stored(ctx, secrets.ClientID); {
	case missing(err):
		d.wrong("secrets", "there is no secret "+secrets.ClientID, d.command("deploy", ""))
	case err != nil:
		return err
	case stored.IsZero():
		d.wrong("app", "Spotify's client id and secret are missing", d.command("connect", d.found.listeners()[0]))
	default:
		d.line("app", "stored since "+stored.UTC().Format(time.DateOnly))
	}
	return nil
}

// stored returns when the newest enabled version of a secret was added, the zero time where there is none.
func (d *doctor) stored(ctx context.Context, id string) (newest time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	it := d.secrets.ListSecretVersions(ctx, &secretmanagerpb.ListSecretVersionsRequest{Parent: "projects/" + d.project + "/secrets/" + id, Filter: "state:ENABLED"})
	for {
		version, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return newest, nil
		}
		if err != nil {
			return newest, d.failed("listing the versions of the secret "+id, err)
		}
		if at := version.GetCreateTime().AsTime(); at.After(newest) {
			newest = at
		}
	}
}

// listJobs returns the Scheduler jobs of the region by their names.
func (d *doctor) listJobs(ctx context.Context) (map[string]*cloudscheduler.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	jobs := map[string]*cloudscheduler.Job{}
	err := d.scheduler.Projects.Locations.Jobs.List(d.parent(d.found)).Pages(ctx, func(page *cloudscheduler.ListJobsResponse) error {
		for _, job := range page.Jobs {
			jobs[path.Base(job.Name)] = job
		}
		return nil
	})
	if err != nil {
		return nil, d.failed("listing the jobs of Cloud Scheduler", err)
	}
	return jobs, nil
}

// parent is the place of the Scheduler jobs.
func (s *session) parent(d deployment) string {
	return "projects/" + s.project + "/locations/" + d.region
}

func (d *doctor) job(name string) {
	switch job := d.jobs[name]; {
	case job == nil:
		d.wrong(name, "there is no such job", d.command("deploy", ""))
	case job.State == "ENABLED":
		d.line(name, "on schedule")
	default:
		d.wrong(name, "the job is "+job.State, "gcloud scheduler jobs resume "+name+d.place())
	}
}

func (d *doctor) place() string {
	return " --location=" + d.found.region + " --project=" + d.project
}

// ago is a time in hours before now, as it is shown.
func (d *doctor) ago(at time.Time) string { return fmt.Sprintf("%d hours ago", d.hours(at)) }

func (d *doctor) hours(at time.Time) int { return max(0, int(d.now.Sub(at)/time.Hour)) }
