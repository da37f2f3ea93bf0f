package warehouse_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"spotify-insights.internal/shared/faults"
	"spotify-insights.internal/shared/warehouse"
)

// The work that faults are tried on.
const (
	workAsk    = "a query"
	workAppend = "a load of rows"
	workChange = "a MERGE"
	workCreate = "the making of the tables"
)

// What comes of it.
const (
	wantSuccess  = "success"
	wantPassing  = "a passing error"
	wantInvalid  = "rows to blame"
	wantDeadline = "the end of the deadline"
)

// TestFaults has BigQuery answer at each of its requests as its list of errors says it may, and the
// network as networks do: what is tried again and how often, who is blamed, and what is left.
// https://cloud.google.com/bigquery/docs/error-messages#errortable
func TestFaults(t *testing.T) {
	cases := []struct {
		work, at string
		times    int // how many requests have trouble, 0 for all
		trouble  trouble
		want     string
		says     string         // in the error
		requests map[string]int // how many were made, of those that matter
	}{
		// A request that is refused for good is made once.
		{workAsk, atInsert, 0, trouble{code: 404, reason: "notFound", message: "Not found: Dataset p:d"}, wantPassing, "statement statements/receipts", map[string]int{atInsert: 1, atGet: 0}},
		{workAsk, atInsert, 0, trouble{code: 400, reason: "invalid", message: "Invalid value"}, wantPassing, "statement statements/receipts", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{code: 400, reason: "invalidQuery", message: "Syntax error"}, wantPassing, "Syntax error", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{code: 403, reason: "quotaExceeded", message: "Quota exceeded: queries"}, wantPassing, "Quota exceeded", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied: Project p"}, wantPassing, "Access Denied", map[string]int{atInsert: 1}},
		{workAppend, atUpload, 0, trouble{code: 403, reason: "quotaExceeded", message: "Quota exceeded: load jobs"}, wantPassing, "appending 1 rows to loads", map[string]int{atUpload: 1}},
		{workChange, atInsert, 0, trouble{code: 400, reason: "invalidQuery", message: "Unrecognized name"}, wantPassing, "statement statements/rebuild_top_ten", map[string]int{atInsert: 1}},
		{workCreate, atMaking, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied"}, wantPassing, "making the dataset", map[string]int{atMaking: 1}},
		{workCreate, atMaking, 0, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantPassing, "making the dataset", map[string]int{atMaking: 1}}, // the client has no second try for these

		// One that BigQuery or the way there is too busy for is made again.
		{workAsk, atInsert, 1, trouble{code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 400, reason: "jobRateLimitExceeded", message: "Job exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 500, reason: "internalError", message: "Internal error"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{code: 502, html: true}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{cut: true}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAppend, atUpload, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workAppend, atUpload, 1, trouble{code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workAppend, atUpload, 1, trouble{code: 502, html: true}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workAppend, atUpload, 1, trouble{cut: true}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workAsk, atGet, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 1}},
		{workAsk, atResults, 1, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 1, atResults: 2}},
		{workAsk, atRows, 1, trouble{code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 1, atRows: 2}},
		{workAsk, atRows, 1, trouble{code: 502, html: true}, wantSuccess, "", map[string]int{atRows: 2}},
		{workAsk, atRows, 1, trouble{late: true, cut: true}, wantSuccess, "", map[string]int{atInsert: 1, atRows: 2}},

		// Where only the answer was lost, the job that was made is found by its id, and nothing is done twice.
		{workChange, atInsert, 1, trouble{late: true, code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workChange, atInsert, 1, trouble{late: true, cut: true}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAppend, atUpload, 1, trouble{late: true, code: 503, reason: "backendError", message: "Backend error"}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workAppend, atUpload, 1, trouble{late: true, cut: true}, wantSuccess, "", map[string]int{atUpload: 2}},

		// A job or its rows that cannot be asked for.
		{workAsk, atGet, 0, trouble{code: 404, reason: "notFound", message: "Not found: Job p:x"}, wantPassing, "statement statements/receipts", map[string]int{atInsert: 1, atGet: 1}},
		{workAsk, atGet, 0, trouble{code: 403, reason: "accessDenied", message: "Access Denied: Job p:x"}, wantPassing, "statement statements/receipts", map[string]int{atInsert: 1, atGet: 1}},
		{workAsk, atResults, 0, trouble{code: 404, reason: "notFound", message: "Not found: Table p:_anon"}, wantPassing, "reading the rows of statement statements/receipts", map[string]int{atResults: 1}},
		{workAsk, atRows, 0, trouble{code: 404, reason: "notFound", message: "Not found: Table p:_anon"}, wantPassing, "reading the rows of statement statements/receipts", map[string]int{atRows: 1}},
		{workAsk, atRows, 0, trouble{code: 403, reason: "quotaExceeded", message: "Quota exceeded"}, wantPassing, "reading the rows of statement statements/receipts", map[string]int{atRows: 1}},
		{workAsk, atGet, 0, trouble{code: 200, html: true}, wantPassing, "statement statements/receipts", map[string]int{atGet: 1}},

		// A job that fails for a reason of the moment is tried again as another one, four times at most.
		{workAsk, atInsert, 1, trouble{job: true, reason: "rateLimitExceeded", message: "Exceeded rate limits: too many table update operations"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{job: true, reason: "backendError", message: "Error encountered during execution. Retrying may solve the problem."}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 1, trouble{job: true, reason: "internalError", message: "An internal error occurred"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAppend, atUpload, 1, trouble{job: true, reason: "internalError", message: "An internal error occurred"}, wantSuccess, "", map[string]int{atUpload: 2}},
		{workChange, atInsert, 1, trouble{job: true, reason: "rateLimitExceeded", message: "Exceeded rate limits"}, wantSuccess, "", map[string]int{atInsert: 2}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "backendError", message: "Backend error"}, wantPassing, "Backend error", map[string]int{atInsert: 4}},

		// One that fails for any other is left to the platform's later deliveries.
		{workAsk, atInsert, 0, trouble{job: true, reason: "notFound", message: "Not found: Table p:d.loads"}, wantPassing, "statement statements/receipts", map[string]int{atInsert: 1, atResults: 0}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "invalidQuery", message: "Could not serialize access to table"}, wantPassing, "Could not serialize", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "quotaExceeded", message: "Quota exceeded: imports"}, wantPassing, "Quota exceeded", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "bytesBilledLimitExceeded", message: "Query exceeded limit for bytes billed"}, wantPassing, "bytes billed", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "stopped", message: "Job execution was cancelled"}, wantPassing, "cancelled", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "resourcesExceeded", message: "Resources exceeded"}, wantPassing, "Resources exceeded", map[string]int{atInsert: 1}},
		{workAppend, atUpload, 0, trouble{job: true, reason: "duplicate", message: "Already Exists: Table p:d.loads"}, wantPassing, "Already Exists", map[string]int{atUpload: 1}},

		// Rows that BigQuery refuses are to blame.
		{workAppend, atUpload, 0, trouble{job: true, reason: "invalid", message: "JSON parsing error in row starting at position 0"}, wantInvalid, "appending 1 rows to loads", map[string]int{atUpload: 1}},
		{workAsk, atInsert, 0, trouble{job: true, reason: "invalid", message: "Cannot read"}, wantPassing, "statement statements/receipts", map[string]int{atInsert: 1}},
		{workAppend, atUpload, 0, trouble{job: true, reason: "backendError", message: "Backend error"}, wantPassing, "Backend error", map[string]int{atUpload: 4}},

		// Whatever does not end, ends with the deadline.
		{workAsk, atInsert, 0, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantDeadline, "statement statements/receipts", nil},
		{workAsk, atInsert, 0, trouble{hang: true}, wantDeadline, "statement statements/receipts", map[string]int{atInsert: 1}},
		{workAsk, atInsert, 0, trouble{job: true}, wantDeadline, "statement statements/receipts", map[string]int{atInsert: 1}},
		{workAppend, atUpload, 0, trouble{hang: true}, wantDeadline, "appending 1 rows to loads", map[string]int{atUpload: 1}},
		{workAsk, atGet, 0, trouble{code: 502, html: true}, wantDeadline, "statement statements/receipts", map[string]int{atInsert: 1}},
		{workAsk, atRows, 0, trouble{code: 503, reason: "backendError", message: "Backend error"}, wantDeadline, "reading the rows of statement statements/receipts", map[string]int{atInsert: 1}},
	}
	server := newPromptCloud(t, nil)
	direct := server.open(&faultyLine{})
	if err := direct.Record(t.Context(), []warehouse.Receipt{{Object: "known", LoadedAt: utc("2026-01-01T00:00:00Z")}}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	recorded := map[string]int64{}
	for n, c := range cases {
		what := fmt.Sprintf("%s, %d of %s has %+v", c.work, c.times, c.at, c.trouble)
		line := &faultyLine{at: c.at, times: c.times, trouble: c.trouble}
		w, object := server.open(line), fmt.Sprint("private-", n)
		if c.work == workAppend && c.want == wantSuccess {
			recorded[object] = 1
		}
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if c.want == wantDeadline {
				late := deadline{ctx, make(chan struct{})}
				line.wrong = func() { time.AfterFunc(300*time.Millisecond, func() { close(late.over) }) }
				ctx = late
			}
			err := doWork(ctx, w, c.work, object)
			if got := outcomeOf(err); got != c.want || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want %s with %q", what, err, c.want, c.says)
			}
			if err != nil && strings.Contains(err.Error(), object) {
				t.Errorf("%s: the error has what was sent: %v", what, err)
			}
			if c.want == wantDeadline && strings.Count(err.Error(), "deadline exceeded") != 1 {
				t.Errorf("%s: the error says more than once that the time is up: %v", what, err)
			}
			line.mu.Lock()
			defer line.mu.Unlock()
			for kind, want := range c.requests {
				if got := line.counts[kind]; got != want {
					t.Errorf("%s: %d of %s, want %d", what, got, kind, want)
				}
			}
		})
	}
	wg.Wait()
	// What succeeded was done once, and what failed was not done.
	rows, err := direct.Rows(t.Context(), warehouse.Loads)
	if err != nil || rows != uint64(1+len(recorded)) {
		t.Errorf("%d receipts are recorded, %v; want %d", rows, err, 1+len(recorded))
	}
	receipts, err := direct.Receipts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receipts {
		if r.Object != "known" && recorded[r.Object] == 0 {
			t.Errorf("the receipt of %s is recorded, and an error was returned", r.Object)
		}
	}
}

// deadline is a context whose deadline is over once a channel is closed: it begins with the trouble, however
// slow the machine is.
type deadline struct {
	context.Context
	over chan struct{}
}

func (d deadline) Done() <-chan struct{} { return d.over }

func (d deadline) Err() error {
	select {
	case <-d.over:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// doWork does a piece of work of a Warehouse's.
func doWork(ctx context.Context, w *warehouse.Warehouse, work, object string) error {
	switch work {
	case workAsk:
		known, err := w.Receipts(ctx)
		if err == nil && len(known) == 0 {
			return errors.New("there is no receipt")
		}
		return err
	case workAppend:
		return w.Record(ctx, []warehouse.Receipt{{Object: object, LoadedAt: utc("2026-01-01T00:00:00Z")}})
	case workChange:
		return w.RebuildTopTen(ctx, []warehouse.Period{{Listener: "me", Name: "all", Since: warehouse.Beginning, Until: warehouse.Beginning}})
	case workCreate:
		return w.Create(ctx)
	}
	return errors.New("there is no work " + work)
}

// outcomeOf names what an error is to its callers.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return wantSuccess
	case errors.Is(err, context.DeadlineExceeded):
		return wantDeadline
	case faults.Of(err) == faults.Invalid && faults.Action(err) != "":
		return wantInvalid
	case faults.Permanent(err):
		return "a permanent error"
	}
	return wantPassing
}
