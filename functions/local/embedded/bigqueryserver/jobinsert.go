package bigqueryserver

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"time"
)

// defaultLocation is where datasets and jobs are that name no other place.
const defaultLocation = "US"

// insertWait is how long jobs.insert waits for the job before it answers RUNNING.
const insertWait = 10 * time.Second

func (s *Server) insertJob(r *http.Request) (any, error) {
	var in jobResource
	if err := decode(r.Body, &in); err != nil {
		return nil, err
	}
	return s.insert(r.Context(), &in, nil)
}

// insert takes on a job and waits for it a while. uploaded is the data of a load job that came with it.
func (s *Server) insert(ctx context.Context, in *jobResource, uploaded *uploadedFile) (any, error) {
	c := in.Configuration
	if c == nil {
		return nil, newFault("required", "Required parameter is missing: configuration")
	}
	ref := jobReference{}
	if in.JobReference != nil {
		ref = *in.JobReference
	}
	if ref.ProjectID != "" && ref.ProjectID != s.project {
		return nil, invalid("Value %q of projectId in the job reference does not agree with the path", ref.ProjectID)
	}
	if ref.JobID == "" {
		ref.JobID = "job_" + rand.Text()
	}
	if !validName(dashedName, ref.JobID) {
		return nil, invalid("Invalid job ID %q", ref.JobID)
	}
	if c.Copy != nil || c.Extract != nil {
		return nil, notImplemented("copy and extract jobs")
	}
	if (c.Query == nil) == (c.Load == nil) {
		return nil, newFault("required", "Required parameter is missing: exactly one of configuration.query and configuration.load")
	}
	var j *job
	var err error
	var known bool
	if c.Query != nil {
		j, known, err = s.insertQuery(ref, c)
	} else {
		j, known, err = s.insertLoad(ref, c, uploaded)
	}
	if err != nil {
		return nil, err
	}
	if known {
		return nil, duplicate("Already Exists: Job %s", j.state.Load().ID)
	}
	if !s.prompt {
		wait(ctx, j, insertWait)
	}
	return j.state.Load(), nil
}

// wait returns when the job is done, the time is over or the request has gone away.
func wait(ctx context.Context, j *job, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-j.done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// insertQuery takes on a query job; known says that its id was taken already, and by which job. A statement
// that cannot be read makes no job. One that names what is not there makes one that fails.
func (s *Server) insertQuery(ref jobReference, c *jobConfiguration) (_ *job, known bool, err error) {
	c.JobType = "QUERY"
	q, problem := s.prepareQuery(c.Query)
	if q == nil {
		return nil, false, problem
	}
	if e := s.locate(&ref, slices.Concat(q.reads, []tableID{q.target})); e != nil && problem == nil {
		problem = e
	}
	if c.DryRun && problem != nil {
		return nil, false, problem
	}
	j := s.newJob(ref, c)
	if c.DryRun {
		return s.dryRun(j, q)
	}
	j.readOnly = q.kind == kindSelect
	return s.take(j, func(ctx context.Context) error {
		if problem != nil {
			return problem
		}
		return s.runQuery(ctx, j, q)
	})
}

// locate gives a job the location of the datasets it uses, if it names none, and
// checks that all are there. A job that uses none is in the US.
func (s *Server) locate(ref *jobReference, ids []tableID) error {
	for _, id := range ids {
		d, err := s.dataset(id.dataset)
		if err != nil {
			continue // others complain of it
		}
		if ref.Location == "" {
			ref.Location = d.Location
		}
		if !strings.EqualFold(ref.Location, d.Location) {
			return notFound("Not found: Dataset %s:%s was not found in location %s", s.project, id.dataset, ref.Location)
		}
	}
	if ref.Location == "" {
		ref.Location = defaultLocation
	}
	return nil
}

// take reserves the job's id and starts it, unless the id is taken.
func (s *Server) take(j *job, run func(context.Context) error) (*job, bool, error) {
	mine, first, err := s.jobs.take(j)
	if err != nil || !first {
		return mine, !first, err
	}
	s.start(j, run)
	return j, false, nil
}

// pathJob finds the job a request names. Outside of the two multi-regions a job is not found without its location.
// https://cloud.google.com/bigquery/docs/locations#specify_locations
func (s *Server) pathJob(r *http.Request) (*job, error) {
	id := r.PathValue("job")
	j := s.jobs.get(id)
	if j == nil {
		return nil, notFound("Not found: Job %s:%s", s.project, id)
	}
	want, have := r.URL.Query().Get("location"), j.state.Load().JobReference.Location
	anywhere := strings.EqualFold(have, "US") || strings.EqualFold(have, "EU")
	if want == "" && !anywhere || want != "" && !strings.EqualFold(want, have) {
		return nil, notFound("Not found: Job %s:%s; it is in location %s, the request names %q", s.project, id, have, want)
	}
	return j, nil
}

func (s *Server) getJob(r *http.Request) (any, error) {
	j, err := s.pathJob(r)
	if err != nil {
		return nil, err
	}
	return j.state.Load(), nil
}

func (s *Server) cancelJob(r *http.Request) (any, error) {
	j, err := s.pathJob(r)
	if err != nil {
		return nil, err
	}
	j.cancel(newFault("stopped", "Job execution was cancelled: User requested cancellation"))
	return struct {
		Kind string       `json:"kind"`
		Job  *jobResource `json:"job"`
	}{"bigquery#jobCancelResponse", j.state.Load()}, nil
}
