package billing

import (
	"context"

	"spotify-insights.internal/shared/config"
)

// Log collects the jobs of a running machine. It is read now and then, because the embedded BigQuery forgets old jobs.
type Log struct {
	*journal
	queries []job
}

// OpenLog opens the log of a machine.
func OpenLog(ctx context.Context, s config.Warehouse) (*Log, error) {
	j, err := openJournal(ctx, s)
	return &Log{journal: j}, err
}

// Read adds the jobs since the last call.
func (l *Log) Read(ctx context.Context) error {
	jobs, err := l.read(ctx)
	for _, j := range jobs {
		if j.statement != "" { // the query of a test has none
			l.queries = append(l.queries, job{statement: j.statement, text: j.text[:min(len(j.text), 100)], times: j.times})
		}
	}
	return err
}

// Bill returns the billed queries, computed with the sizes that the tables have in the end in the machine's folder dir. The
// machine has to be stopped.
func (l *Log) Bill(ctx context.Context, dir, dataset string) (queries []Query, err error) {
	sizes, err := measure(ctx, dir, dataset, 1)
	if err != nil {
		return nil, err
	}
	for _, j := range l.queries {
		q, err := sizes.bill(j)
		if err != nil {
			return nil, err
		}
		queries = append(queries, q)
	}
	return queries, nil
}
