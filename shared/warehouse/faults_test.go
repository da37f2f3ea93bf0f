package warehouse_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/warehouse"
)

// The work that faults are tried on.
const (
	workAsk    = "a query"
	workLoad   = "a load of an object"
	workRecord = "a load of rows and a MERGE"
	workCreate = "the making of the tables"
)

// What comes of it.
const (
	wantSuccess  = "success"
	wantPassing  = "a passing error"
	wantInvalid  = "an object to blame"
	wantGone     = "an object that is gone"
	wantDeadline = "the end of the deadline"
)

// goodObject is an object that can be loaded, with one play in it.
const (
	goodObject = "plays/source=api/listener=me/date=2026-06-24/a.ndjson.gz"
	playLine   = `{"listener":"me","source":"api","played_at":"2026-06-24T12:00:00Z","track_id":"a","ingested_at":"2026-06-24T12:01:00Z","object":"` + goodObject + `","raw":"{}"}`
)

// TestFaults has BigQuery answer at each of its requests as its list of errors says it may, and the
// network as networks do: what is tried again and how often, who is blamed, and what is left.
// https://cloud.google.com/bigquery/docs/error-messages#errortable
func TestFaults(t *testing.T) {
	const uri = "gs://lake/plays/x"
	cases := []struct {
		work, at string
		times    int // how many requests have trouble, 0 for all
		trouble  trouble
		want     string
		says     string         // in the error
		requests map[string]int // how many were made, of those that matter
	}{
		// A request that is refused for good is made once.
		{workAsk, atInsert, 0, trouble{code: 404, reason: "notFound", message: "Not found: Dataset p:d"}, wantPassing, "statement statements/ledger", map[string]int{atInsert: 1, atGet: 0}},
		{workAsk, atInsert, 0, trouble{code: 400, reason: "invalid", message: "Invalid value"}, wantPassing, "statement statements/ledger", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{code: 400, reason: "invalidQuery", message: "Syntax error"}, wantPassing, "Syntax error", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{code: 403, reason: "quotaExceeded", message: "Quota exceeded: queries"}, wantPassing, "Quota exceeded", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied: Project p"}, wantPassing, "Access Denied", map[string]int{atInsert: 1}},
		{workLoad, atInsert, 0, trouble{code: 400, reason: "invalid", message: "Invalid schema"}, wantPassing, "loading into plays_", map[string]int{atInsert: 1, atDrop: 1}},
		{workRecord, atUpload, 0, trouble{code: 403, reason: "quotaExceeded", message: "Quota exceeded: load jobs"}, wantPassing, "loading into loads_", map[string]int{atUpload: 1, atInsert: 0, atDrop: 1}},
		{workRecord, atInsert, 0, trouble{code: 400, reason: "invalidQuery", message: "Unrecognized name"}, wantPassing, "statement statements/merge_loads", map[string]int{atUpload: 1, atInsert: 1, atDrop: 1}},
		{workCreate, atMaking, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied"}, wantPassing, "making the datasets", map[string]int{atMaking: 1}},
		{workCreate, atMaking, 0, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantPassing, "making the datasets", map[string]int{atMaking: 1}}, // the client has no second try for these

		// One that BigQuery or the way there is too busy for is made again.
		{workAsk, atInsert, 1, trouble{code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 400, reason: "jobRateLimitExceeded", message: "Job exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 500, reason: "internalError", message: "Internal error"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 502, html: true}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{cut: true}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workLoad, atInsert, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 3}}, // with stage_summary
		{workRecord, atUpload, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atUpload: 2, atInsert: 1}},
		{workRecord, atUpload, 1, trouble{code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workRecord, atUpload, 1, trouble{code: 502, html: true}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workRecord, atUpload, 1, trouble{cut: true}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workAsk, atGet, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 1}},
		{workAsk, atResults, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 1, atResults: 2}},
		{workAsk, atRows, 1, trouble{code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 1, atRows: 2}},
		{workAsk, atRows, 1, trouble{code: 502, html: true}, wantSuccess, "", map[string]int{atRows: 2}},
		{workAsk, atRows, 1, trouble{late: true, cut: true}, wantSuccess, "", map[string]int{atInsert: 1, atRows: 2}},

		// Where only the answer was lost, the job that was made is found by its id, and nothing is done twice.
		{workRecord, atInsert, 1, trouble{late: true, code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atUpload: 1, atInsert: 2}},
		{workRecord, atInsert, 1, trouble{late: true, cut: true}, wantSuccess, "", map[string]int{atUpload: 1, atInsert: 2}},
		{workRecord, atUpload, 1, trouble{late: true, code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atUpload: 2, atInsert: 1}},
		{workRecord, atUpload, 1, trouble{late: true, cut: true}, wantSuccess, "", map[string]int{atUpload: 2, atInsert: 1}},
		{workLoad, atInsert, 1, trouble{late: true, code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 3}},

		// A job or its rows that cannot be asked for.
		{workAsk, atGet, 0, trouble{code: 404, reason: "notFound", message: "Not found: Job p:x"}, wantPassing, "statement statements/ledger", map[string]int{atInsert: 1, atGet: 1}},
		{workAsk, atGet, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied: Job p:x"}, wantPassing, "statement statements/ledger", map[string]int{atInsert: 1, atGet: 1}},
		{workAsk, atResults, 0, trouble{code: 404, reason: "notFound", message: "Not found: Table p:_anon"}, wantPassing, "reading the rows of statement statements/ledger", map[string]int{atResults: 1}},
		{workAsk, atRows, 0, trouble{code: 404, reason: "notFound", message: "Not found: Table p:_anon"}, wantPassing, "reading the rows of statement statements/ledger", map[string]int{atRows: 1}},
		{workAsk, atRows, 0, trouble{code: 403, reason: "quotaExceeded", message: "Quota exceeded"}, wantPassing, "reading the rows of statement statements/ledger", map[string]int{atRows: 1}},
		{workAsk, atGet, 0, trouble{code: 200, html: true}, wantPassing, "statement statements/ledger", map[string]int{atGet: 1}},
		{workLoad, atRows, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied"}, wantPassing, "statements/stage_summary", map[string]int{atDrop: 1}},

		// A job that fails for a reason of the moment is tried again as another one, four times at most.
		{workAsk, atInsert, 1, trouble{job: true, reason: "rateLimitExceeded", message: "Exceeded rate limits: too many table update operations"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{job: true, reason: "backendError", message: "Error encountered during execution. Retrying may solve the problem."}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{job: true, reason: "internalError", message: "An internal error occurred"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workLoad, atInsert, 1, trouble{job: true, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 3}},
		{workRecord, atUpload, 1, trouble{job: true, reason: "internalError", message: "An internal error occurred"}, wantSuccess, "", map[string]int{atUpload: 2, atInsert: 1}},
		{workRecord, atInsert, 1, trouble{job: true, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atUpload: 1, atInsert: 2}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "backendError", message: "Backend error"}, wantPassing, "Backend error", map[string]int{atInsert: 4}},

		// One that fails for any other is left to the platform's later deliveries.
		{workAsk, atInsert, 0, trouble{job: true, reason: "notFound", message: "Not found: Table p:d.loads"}, wantPassing, "statement statements/ledger", map[string]int{atInsert: 1, atResults: 0}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "invalidQuery", message: "Could not serialize access to table"}, wantPassing, "Could not serialize", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "quotaExceeded", message: "Quota exceeded: imports"}, wantPassing, "Quota exceeded", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "bytesBilledLimitExceeded", message: "Query exceeded limit for bytes billed"}, wantPassing, "bytes billed", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "stopped", message: "Job execution was cancelled"}, wantPassing, "cancelled", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "resourcesExceeded", message: "Resources exceeded"}, wantPassing, "Resources exceeded", map[string]int{atInsert: 1}},
		{workRecord, atUpload, 0, trouble{job: true, reason: "duplicate", message: "Already Exists: Table p:s.loads_x"}, wantPassing, "Already Exists", map[string]int{atUpload: 1, atInsert: 0}},

		// Only an object that BigQuery names is to blame, and only for what is in it or that it is not there.
		{workLoad, atInsert, 0, trouble{job: true, reason: "invalid", message: "Error while reading data, error message: JSON parsing error. File: " + uri}, wantInvalid, uri, map[string]int{atInsert: 1, atDrop: 1}},
		{workLoad, atInsert, 0, trouble{job: true, reason: "notFound", message: "Not found: URI " + uri}, wantGone, uri, map[string]int{atInsert: 1, atDrop: 1}},
		{workLoad, atInsert, 0, trouble{job: true, reason: "accessDenied", message: "Access Denied: File " + uri}, wantPassing, uri, map[string]int{atInsert: 1, atDrop: 1}},
		{workLoad, atInsert, 0, trouble{job: true, reason: "notFound", message: "Not found: Dataset p:s"}, wantPassing, "loading into plays_", map[string]int{atInsert: 1}},
		{workLoad, atInsert, 0, trouble{job: true, reason: "invalid", message: "Invalid location"}, wantPassing, "loading into plays_", map[string]int{atInsert: 1}},
		{workLoad, atInsert, 1, trouble{job: true, reason: "backendError", message: "Error while reading " + uri}, wantSuccess, "", map[string]int{atInsert: 3}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "invalid", message: "Cannot read " + uri}, wantPassing, "statement statements/ledger", map[string]int{atInsert: 1}},

		// Whatever does not end, ends with the deadline.
		{workAsk, atInsert, 0, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantDeadline, "statement statements/ledger", nil},
		{workAsk, atInsert, 0, trouble{hang: true}, wantDeadline, "statement statements/ledger", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true}, wantDeadline, "statement statements/ledger", map[string]int{atInsert: 1}},
		{workLoad, atInsert, 0, trouble{job: true}, wantDeadline, "loading into plays_", map[string]int{atInsert: 1, atDrop: 1}},
		{workRecord, atUpload, 0, trouble{hang: true}, wantDeadline, "loading into loads_", map[string]int{atUpload: 1, atDrop: 1}},
		{workAsk, atGet, 0, trouble{code: 502, html: true}, wantDeadline, "statement statements/ledger", map[string]int{atInsert: 1}},
		{workAsk, atRows, 0, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantDeadline, "reading the rows of statement statements/ledger", map[string]int{atInsert: 1}},
	}
	server := newPromptCloud(t, bucketObjects{"lake/" + goodObject: playLine})
	direct := server.open(&faultyLine{}, settingsOf("s"))
	if err := direct.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Record(t.Context(), []warehouse.Load{{Object: "known", LoadedAt: since[0]}}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n, c := range cases {
		what := fmt.Sprintf("%s, %d of %s has %+v", c.work, c.times, c.at, c.trouble)
		s := settingsOf(fmt.Sprint("s", n))
		if err := server.client.Dataset(s.StagingDataset).Create(t.Context(), &bigquery.DatasetMetadata{Location: s.Location}); err != nil {
			t.Fatal(err)
		}
		line := &faultyLine{at: c.at, times: c.times, trouble: c.trouble}
		w := server.open(line, s)
		wg.Go(func() {
			limit := time.Minute
			if c.want == wantDeadline {
				limit = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			object := fmt.Sprint("private-", n)
			err := doWork(ctx, w, c.work, object)
			if got := outcomeOf(err); got != c.want || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %s with %q", what, err, c.want, c.says)
			}
			if err != nil && strings.Contains(err.Error(), object) {
				t.Errorf("%s: the error tells what was sent: %v", what, err)
			}
			if c.want == wantDeadline && strings.Count(err.Error(), "deadline exceeded") != 1 {
				t.Errorf("%s: the error says more than once that time is up: %v", what, err)
			}
			line.mu.Lock()
			defer line.mu.Unlock()
			for kind, want := range c.requests {
				if got := line.counts[kind]; got != want {
					t.Errorf("%s: %d of %s, want %d", what, got, kind, want)
				}
			}
			if left, err := server.client.Dataset(s.StagingDataset).Tables(t.Context()).Next(); !errors.Is(err, iterator.Done) {
				t.Errorf("%s: a staging table is left: %v, %v", what, left, err)
			}
			if c.work == workRecord {
				if done, err := direct.LedgerOf(t.Context(), object); err != nil || len(done) != map[bool]int{true: 1}[c.want == wantSuccess] {
					t.Errorf("%s: the ledger has %v, %v", what, done, err)
				}
			}
		})
	}
	wg.Wait()
}

// doWork does a piece of work of a Warehouse's. It is an error for it to succeed with anything but what is there.
func doWork(ctx context.Context, w *warehouse.Warehouse, work, object string) error {
	switch work {
	case workAsk:
		known, err := w.LedgerOf(ctx, "known")
		if err == nil && len(known) != 1 {
			return fmt.Errorf("%d rows of what is known", len(known))
		}
		return err
	case workLoad:
		stage, err := w.StagePlays(ctx, []string{"gs://lake/" + goodObject})
		if err != nil {
			return err
		}
		defer stage.Drop()
		if len(stage.Objects) != 1 || stage.Objects[0].RowsRead != 1 {
			return fmt.Errorf("staged %+v", stage.Objects)
		}
		return nil
	case workRecord:
		_, err := w.Record(ctx, []warehouse.Load{{Object: object, LoadedAt: since[0]}})
		return err
	case workCreate:
		return w.Create(ctx)
	}
	return errors.New("nobody does " + work)
}

// outcomeOf names what an error is to its callers.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return wantSuccess
	case errors.Is(err, context.DeadlineExceeded):
		return wantDeadline
	case errors.Is(err, fs.ErrNotExist):
		return wantGone
	case faults.Of(err) == faults.Invalid && faults.Action(err) != "":
		return wantInvalid
	case faults.Permanent(err):
		return "a permanent error"
	}
	return wantPassing
}
