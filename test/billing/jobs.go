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

	"spotify-insights.internal/shared/config"
	"spotify-insights.internal/shared/warehouse"
)

// job is a query job.
type job struct {
	statement string // the job's label
	text      string
	times     map[string]time.Time // the parameters of type TIMESTAMP
	created   time.Time
}

// journal reads the query jobs of a project, each once, and counts the load jobs.
type journal struct {
	*bigquery.Client
	Loads map[string]int // load jobs by table
	seen  map[string]bool
}

func openJournal(ctx context.Context, s config.Warehouse) (*journal, error) {
	client, err := warehouse.Client(ctx, s)
	return &journal{client, map[string]int{}, map[string]bool{}}, err
}

// read returns the query jobs since the last call, in their order. Load jobs are free.
func (j *journal) read(ctx context.Context) (jobs []job, err error) {
	for it := j.Jobs(ctx); ; {
		found, err := it.Next()
		if errors.Is(err, iterator.Done) {
			slices.SortStableFunc(jobs, func(a, b job) int { return a.created.Compare(b.created) })
			return jobs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing the jobs: %w", err)
		}
		config, err := found.Config()
		if err != nil {
			return nil, fmt.Errorf("reading the configuration of job %s: %w", found.ID(), err)
		}
		if j.seen[found.ID()] {
			continue
		}
		j.seen[found.ID()] = true
		if load, ok := config.(*bigquery.LoadConfig); ok {
			j.Loads[load.Dst.TableID]++
		}
		query, ok := config.(*bigquery.QueryConfig)
		if !ok {
			continue
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

var changed = regexp.MustCompile(`^(?:MERGE INTO|DELETE FROM) \w+\.(\w+)`)

// target is the table that a MERGE or a DELETE changes, "" for another statement.
func (j job) target() string {
	if m := changed.FindStringSubmatch(j.text); m != nil {
		return m[1]
	}
	return ""
}
