package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloud.google.com/go/bigquery"

	"spotify-insights.internal/shared/faults"
)

// The calls that have trouble.
var (
	query = call{"Receipts", "statement statements/receipts", func(ctx context.Context, w *Warehouse) error {
		receipts, err := w.Receipts(ctx, Beginning)
		if err == nil && len(receipts) != 1 {
			return errors.New("there is no receipt")
		}
		return err
	}}
	load = call{"WriteReceipts", "appending 1 rows to loads", func(ctx context.Context, w *Warehouse) error {
		return w.WriteReceipts(ctx, []Receipt{{Object: "private"}})
	}}
	merge = call{"RebuildTopTen", "statement statements/rebuild_top_ten", func(ctx context.Context, w *Warehouse) error {
		return w.RebuildTopTen(ctx, []Period{{Listener: "me", Name: "all"}})
	}}
	setup = call{"Create", "creating the dataset", func(ctx context.Context, w *Warehouse) error { return w.Create(ctx) }}
)

type call struct {
	name, context string // context is in every error
	do            func(context.Context, *Warehouse) error
}

// The results of calls.
const (
	success   = "success"
	temporary = "a transient error"
	invalid   = "rejected rows"
	deadline  = "the end of the deadline"
)

// TestTrouble has BigQuery answer each kind of request as its list of errors and networks allow. It proves what is
// sent again and how often, and what the caller gets.
// https://cloud.google.com/bigquery/docs/error-messages#errortable
func TestTrouble(t *testing.T) {
	cases := []struct {
		call  call
		at    string
		times int // requests that have trouble, 0 for all
		trouble
		want     string
		requests int // of the kind that has trouble, 0 for any number
	}{
		// A refused request is sent once.
		{query, insert, 0, trouble{status: 404, reason: "notFound"}, temporary, 1},
		{query, insert, 0, trouble{status: 400, reason: "invalid"}, temporary, 1},
		{query, insert, 0, trouble{status: 403, reason: "quotaExceeded"}, temporary, 1},
		{query, insert, 0, trouble{status: 403, reason: "accessDenied"}, temporary, 1},
		{load, upload, 0, trouble{status: 403, reason: "quotaExceeded"}, temporary, 1},
		{merge, insert, 0, trouble{status: 400, reason: "invalidQuery"}, temporary, 1},
		{setup, create, 0, trouble{status: 403, reason: "accessDenied"}, temporary, 1},

		// BigQuery or the network is too busy.
		{query, insert, 1, trouble{status: 403, reason: "rateLimitExceeded"}, success, 2},
		{query, insert, 1, trouble{status: 400, reason: "jobRateLimitExceeded"}, success, 2},
		{query, insert, 1, trouble{status: 503, reason: "backendError"}, success, 2},
		{query, insert, 1, trouble{status: 502, html: true}, success, 2},
		{query, insert, 1, trouble{cut: true}, success, 2},
		{load, upload, 1, trouble{status: 503, reason: "backendError"}, success, 2},
		{load, upload, 1, trouble{status: 403, reason: "rateLimitExceeded"}, success, 2},
		{load, upload, 1, trouble{cut: true}, success, 2},
		{query, get, 1, trouble{status: 503, reason: "backendError"}, success, 0},
		{query, results, 1, trouble{status: 503, reason: "backendError"}, success, 2},
		{query, rows, 1, trouble{status: 403, reason: "rateLimitExceeded"}, success, 2},
		{query, rows, 1, trouble{late: true, cut: true}, success, 2},

		// Where only the answer is lost, the job is found by its id, and runs once.
		{merge, insert, 1, trouble{late: true, status: 503, reason: "backendError"}, success, 2},
		{merge, insert, 1, trouble{late: true, cut: true}, success, 2},
		{load, upload, 1, trouble{late: true, status: 503, reason: "backendError"}, success, 2},
		{load, upload, 1, trouble{late: true, cut: true}, success, 2},

		// The job or its rows cannot be read.
		{query, get, 0, trouble{status: 404, reason: "notFound"}, temporary, 1},
		{query, get, 0, trouble{status: 200, html: true}, temporary, 0},
		{query, results, 0, trouble{status: 404, reason: "notFound"}, temporary, 1},
		{query, rows, 0, trouble{status: 403, reason: "quotaExceeded"}, temporary, 1},

		// A job with a transient error is sent again under another id, four times in all.
		{query, insert, 1, trouble{job: true, reason: "rateLimitExceeded"}, success, 2},
		{query, insert, 1, trouble{job: true, reason: "internalError"}, success, 2},
		{load, upload, 1, trouble{job: true, reason: "internalError"}, success, 2},
		{merge, insert, 1, trouble{job: true, reason: "backendError"}, success, 2},
		{query, insert, 0, trouble{job: true, reason: "backendError"}, temporary, 4},
		{load, upload, 0, trouble{job: true, reason: "backendError"}, temporary, 4},

		// Other errors of a job are left to the later deliveries of the platform.
		{query, insert, 0, trouble{job: true, reason: "notFound"}, temporary, 1},
		{query, insert, 0, trouble{job: true, reason: "invalidQuery"}, temporary, 1},
		{query, insert, 0, trouble{job: true, reason: "quotaExceeded"}, temporary, 1},
		{query, insert, 0, trouble{job: true, reason: "bytesBilledLimitExceeded"}, temporary, 1},
		{query, insert, 0, trouble{job: true, reason: "stopped"}, temporary, 1},
		{query, insert, 0, trouble{job: true, reason: "resourcesExceeded"}, temporary, 1},
		{query, insert, 0, trouble{job: true, reason: "invalid"}, temporary, 1},
		{load, upload, 0, trouble{job: true, reason: "duplicate"}, temporary, 1},
		{load, upload, 0, trouble{job: true, reason: "invalid"}, invalid, 1},

		// Everything ends with the deadline.
		{query, insert, 0, trouble{status: 503, reason: "backendError"}, deadline, 0},
		{query, insert, 0, trouble{hang: true}, deadline, 1},
		{query, insert, 0, trouble{job: true}, deadline, 1},
		{load, upload, 0, trouble{hang: true}, deadline, 1},
		{query, get, 0, trouble{status: 502, html: true}, deadline, 0},
		{query, rows, 0, trouble{status: 503, reason: "backendError"}, deadline, 0},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%s, %d of %s, %+v", c.call.name, c.times, c.at, c.trouble), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &scripted{at: c.at, times: c.times, trouble: c.trouble}
				err := c.call.do(t.Context(), server.open(t))
				if got := resultOf(err); got != c.want {
					t.Errorf("%v, want %s", err, c.want)
				}
				if err != nil && (!strings.Contains(err.Error(), c.call.context) || strings.Contains(err.Error(), "private")) {
					t.Errorf("the error lacks %q, or contains the rows: %v", c.call.context, err)
				}
				if c.want == deadline && strings.Count(err.Error(), "deadline exceeded") != 1 {
					t.Errorf("the error reports the deadline more than once: %v", err)
				}
				if got := server.counts[c.at]; c.requests != 0 && got != c.requests {
					t.Errorf("%d requests, want %d", got, c.requests)
				}
				if c.late && c.at != rows && len(server.jobs) != 1 {
					t.Errorf("%d jobs ran, want one", len(server.jobs))
				}
			})
		})
	}
}

// resultOf names an error for its callers.
func resultOf(err error) string {
	switch {
	case err == nil:
		return success
	case errors.Is(err, context.DeadlineExceeded):
		return deadline
	case faults.Of(err) == faults.Invalid && faults.Action(err) != "":
		return invalid
	case faults.Permanent(err):
		return "a permanent error"
	}
	return temporary
}

// Every query is labelled with its statement, and limits the bytes that it bills. A reset deletes the receipts last.
func TestQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &scripted{}
		w := server.open(t)
		if _, err := w.Receipts(t.Context(), Beginning); err != nil {
			t.Fatal(err)
		}
		if err := w.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []string{"receipts", "empty plays", "empty audio_features", "empty listens", "empty loads"}
		if len(server.queries) != len(want) {
			t.Fatalf("%d queries, want %d", len(server.queries), len(want))
		}
		for i, q := range server.queries {
			statement, table, _ := strings.Cut(want[i], " ")
			if q.Labels["statement"] != statement || q.MaxBytesBilled != 1<<30 || !strings.HasPrefix(q.Q, "DELETE FROM d."+table+" ") && table != "" {
				t.Errorf("query %d is %+v, want %s", i, q, want[i])
			}
		}
	})
	synctest.Test(t, func(t *testing.T) {
		server := &scripted{at: insert, times: 1, trouble: trouble{status: 403, reason: "accessDenied"}}
		if err := server.open(t).Reset(t.Context()); err == nil || !strings.Contains(err.Error(), "emptying plays") || len(server.queries) != 0 {
			t.Errorf("after an error the reset has sent %d statements: %v", len(server.queries), err)
		}
	})
}

// An append is one job with all parts. It fails where the job reports another number of rows.
func TestAppend(t *testing.T) {
	line := []byte(`{"loaded_at":"2026-01-01T00:00:00Z"}` + "\n")
	for _, tt := range []struct {
		rows int64
		jobs int
		fail bool
	}{{0, 0, false}, {2, 1, false}, {3, 1, true}} {
		synctest.Test(t, func(t *testing.T) {
			server := &scripted{}
			err := server.open(t).Append(t.Context(), Loads, tt.rows, line, line)
			if (err != nil) != tt.fail || tt.fail && !strings.Contains(err.Error(), "another number of rows") || faults.Permanent(err) || len(server.jobs) != tt.jobs {
				t.Errorf("%d rows: %v after %d jobs", tt.rows, err, len(server.jobs))
			}
		})
	}
}

// An export waits until its job is done. Each try of it has its own folder, because a failed one may leave files.
func TestExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &scripted{at: insert, times: 1, trouble: trouble{job: true, reason: "backendError"}, statistics: `"query":{"statementType":"EXPORT_DATA","exportDataStatistics":{"rowCount":"7"}}`}
		var attempts []string
		e := Export{Listener: "me", Since: time.Now(), Until: time.Now(), Prefix: func(attempt string) string {
			attempts = append(attempts, attempt)
			return "gs://b/" + attempt + "/"
		}}
		prefix, n, err := server.open(t).ExportListens(t.Context(), e)
		if err != nil || n != 7 || len(attempts) != 2 || attempts[0] == attempts[1] || prefix != "gs://b/"+attempts[1]+"/" ||
			!strings.Contains(server.queries[1].Q, "'"+prefix+"listens-*.parquet'") {
			t.Errorf("ExportListens() = %q, %d, %v; attempts %q", prefix, n, err, attempts)
		}
		if job := server.jobs[attempts[1]]; job == nil || job.polled < 3 {
			t.Errorf("the job was not polled until it was done: %+v", job)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		server := &scripted{statistics: `"query":{"statementType":"EXPORT_DATA"}`}
		if _, _, err := server.open(t).ExportTracks(t.Context(), Export{Prefix: func(string) string { return "gs://b/" }}); err == nil || !strings.Contains(err.Error(), "how many rows") {
			t.Errorf("without the number of rows: %v", err)
		}
	})
}

// The client leaves a field empty where the answer lacks its column. That is an error here.
func TestMissingColumn(t *testing.T) {
	type row struct {
		Listener string `bigquery:"listener"`
		Track    string `bigquery:"track"`
	}
	answer := bigquery.Schema{{Name: "listener"}, {Name: "more"}}
	if err := complete[row](answer); err == nil || err.Error() != "the answer has no column track" {
		t.Errorf("without a column: %v", err)
	}
	if err := complete[row](append(answer, &bigquery.FieldSchema{Name: "track"})); err != nil {
		t.Errorf("with another column: %v", err)
	}
}
