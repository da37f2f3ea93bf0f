package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"spotify-insights.internal/shared/warehouse"
	"spotify-insights.internal/test/billing"
	"spotify-insights.internal/test/proc"
)

// Report is what was simulated.
type Report struct {
	Listeners, Hours        int
	Plays, Ingests, Objects int
	Loaded                  int // objects
	Stages                  map[string]*Stage
	Loads                   map[string]int // load jobs by table
	Statements              map[string]int // queries by statement
	Billed                  int64          // bytes
	Took                    time.Duration
}

// Stage is how long the runs of a stage took.
type Stage struct {
	Runs               int
	Sum, Longest, Last time.Duration
}

func newReport(listeners int) *Report {
	return &Report{Listeners: listeners, Stages: map[string]*Stage{"ingest": {}, "load": {}, "rank": {}}}
}

// time runs a stage and adds its time.
func (r *Report) time(stage string, do func() error) error {
	s := r.Stages[stage]
	begin := time.Now()
	err := do()
	s.Last = time.Since(begin)
	s.Runs, s.Sum, s.Longest = s.Runs+1, s.Sum+s.Last, max(s.Longest, s.Last)
	return err
}

// count adds the jobs.
func (r *Report) count(queries []billing.Query, loads map[string]int) {
	r.Loads, r.Statements = loads, map[string]int{}
	for _, q := range queries {
		r.Statements[q.Statement]++
	}
	r.Billed = billing.Sum(queries)
}

// exports is the number of EXPORT DATA jobs.
func (r *Report) exports() (sum int) {
	for statement, n := range r.Statements {
		if strings.HasPrefix(statement, "export_") {
			sum += n
		}
	}
	return sum
}

// Print writes the report as a table, with the limits of Google that terraform/README.md names.
func (r *Report) Print(w io.Writer) {
	row := func(what string, value any, limit string) { fmt.Fprintf(w, "| %s | %v | %s |\n", what, value, limit) }
	fmt.Fprintf(w, "| %d hours of %d listeners | | limit |\n|---|---:|---:|\n", r.Hours, r.Listeners)
	row("plays, each exactly one listen", r.Plays, "")
	row("ingests, objects written", fmt.Sprintf("%d, %d", r.Ingests, r.Objects), "")
	for _, table := range []string{warehouse.Plays, warehouse.Loads} {
		row("load jobs into `"+table+"`, which is partitioned: partition modifications", r.Loads[table], "30,000 a day")
	}
	row("load jobs of the project", r.Loads[warehouse.Plays]+r.Loads[warehouse.Loads]+r.Loads[warehouse.AudioFeatures], "100,000 a day")
	var merges int
	for _, statement := range []string{"refresh_tracks", "refresh_listens", "rebuild_top_ten"} {
		merges = max(merges, r.Statements[statement])
	}
	row("MERGE statements into one table", merges, "none a day; 2 at once")
	row("EXPORT DATA jobs", r.exports(), "100,000 exports a day")
	var all int
	for _, n := range r.Statements {
		all += n
	}
	row("queries", all, "")
	row("bytes billed, computed with the tables of the end", fmt.Sprintf("%.1f GB", float64(r.Billed)/1e9), "1 TiB a month is free")
	for _, stage := range []string{"ingest", "load", "rank"} {
		if s := r.Stages[stage]; s.Runs > 0 {
			row(map[string]string{
				"ingest": "all ingests of an hour, through the queue: mean, longest", "load": "`reconcile`: mean, longest", "rank": "`topten`: mean, longest",
			}[stage], fmt.Sprintf("%.1f s, %.1f s", s.Sum.Seconds()/float64(s.Runs), s.Longest.Seconds()), map[string]string{"load": "28 min", "rank": "480 s"}[stage])
		}
	}
	row("the whole simulation, most memory of the process", fmt.Sprintf("%s, %d MB", r.Took.Round(time.Second), peak()>>20), "")
}

// peak is the most memory that this process has used, in bytes; 0 where the system does not say.
func peak() int64 {
	kibibytes, _ := strconv.ParseInt(strings.TrimSuffix(proc.Field("/proc/self/status", "VmHWM"), " kB"), 10, 64)
	return kibibytes << 10
}

// processor names the machine, as far as the system says it.
func processor() string {
	return cmp.Or(proc.Field("/proc/cpuinfo", "model name"), "an unknown processor")
}
