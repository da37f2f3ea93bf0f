package billing

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"
)

// job is a query job as it was sent.
type job struct {
	statement string // the job's label
	text      string
	times     map[string]time.Time // the parameters that are a time
	created   time.Time
}

// journal reads the query jobs of a project, each once.
type journal struct {
	client *bigquery.Client
	seen   map[string]bool
}

// read returns the query jobs since the last call, in their order.
func (j *journal) read(ctx context.Context) ([]job, error) {
	var jobs []job
	for it := j.client.Jobs(ctx); ; {
		found, err := it.Next()
		if errors.Is(err, iterator.Done) {
			slices.SortStableFunc(jobs, func(a, b job) int { return a.created.Compare(b.created) })
			return jobs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing the jobs: %w", err)
		}
		if j.seen[found.ID()] {
			continue
		}
		j.seen[found.ID()] = true
		config, err := found.Config()
		if err != nil {
			return nil, fmt.Errorf("reading the configuration of job %s: %w", found.ID(), err)
		}
		query, ok := config.(*bigquery.QueryConfig)
		if !ok {
			continue // load jobs are free
		}
		sent := job{statement: query.Labels["statement"], text: query.Q, times: map[string]time.Time{}, created: found.LastStatus().Statistics.CreationTime}
		for _, p := range query.Parameters {
			if t, ok := p.Value.(time.Time); ok {
				sent.times[p.Name] = t
			}
		}
		jobs = append(jobs, sent)
	}
}

var deletion = regexp.MustCompile(`^DELETE FROM \w+\.(\w+)`)

// target is the table that a DELETE names, "" for another statement.
func (j job) target() string {
	if m := deletion.FindStringSubmatch(j.text); m != nil {
		return m[1]
	}
	return ""
}
