package bigqueryserver

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
)

func (s *Server) listJobs(r *http.Request) (any, error) {
	q := r.URL.Query()
	least, err := queryInt(r, "minCreationTime", 0)
	if err != nil {
		return nil, err
	}
	most, err := queryInt(r, "maxCreationTime", 1<<62)
	if err != nil {
		return nil, err
	}
	full := false
	switch projection := q.Get("projection"); projection {
	case "full":
		full = true
	case "", "minimal":
	default:
		return nil, invalid("Invalid value for projection: %q", projection)
	}
	var all []*jobResource
	for _, j := range s.jobs.list() {
		state := j.state.Load()
		created := state.Statistics.CreationTime
		wanted := func(filter string) bool { return strings.EqualFold(filter, state.Status.State) }
		if filter := q["stateFilter"]; created >= least && created <= most && (len(filter) == 0 || slices.ContainsFunc(filter, wanted)) {
			all = append(all, state)
		}
	}
	page, next, err := pageOf(r, all, func(j *jobResource) string {
		return fmt.Sprintf("%016x %s", math.MaxInt64-j.Statistics.CreationTime, j.JobReference.JobID) // the newest come first
	})
	if err != nil {
		return nil, err
	}
	type item struct {
		*jobResource
		State       string `json:"state"`
		ErrorResult *fault `json:"errorResult,omitempty"`
	}
	items := make([]item, len(page))
	for i, j := range page {
		items[i] = item{j, j.Status.State, j.Status.ErrorResult}
		if !full {
			short := *j
			short.Configuration, short.Status = nil, nil
			items[i].jobResource = &short
		}
	}
	return struct {
		Kind          string `json:"kind"`
		Jobs          []item `json:"jobs,omitempty"`
		NextPageToken string `json:"nextPageToken,omitempty"`
	}{"bigquery#jobList", items, next}, nil
}
