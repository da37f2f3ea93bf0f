package bigqueryserver_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/bigquery"
)

// pages reads a list page by page, and runs between after the first.
func (w *wire) pages(id string, names []string, query, token, items, item string, between func()) (all []string) {
	w.t.Helper()
	next := ""
	for {
		code, answer := w.call(id, names, query+next, "")
		if code != http.StatusOK {
			w.t.Fatalf("%s %s: %d %v", id, query+next, code, answer)
		}
		list, _ := at(answer, items)
		for _, one := range list.([]any) {
			name, _ := at(one, item)
			all = append(all, fmt.Sprint(name))
		}
		more, ok := at(answer, token)
		if !ok {
			return all
		}
		if next == "" {
			between()
		}
		next = "&pageToken=" + url.QueryEscape(fmt.Sprint(more))
	}
}

// TestPages reads lists and rows in pages while what they are of changes: nothing comes twice, and nothing
// is missed that was there all along. BigQuery refuses tokens that it has not given.
func TestPages(t *testing.T) {
	w := newWire(t)
	w.stop()
	var seconds atomic.Int64
	w.open(func() time.Time { return time.Unix(1_800_000_000+seconds.Add(1), 0) }) // so that no two jobs are as new
	for _, name := range []string{"c", "a", "b", "f"} {
		if err := w.client.Dataset(name).Create(w.ctx, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 7 {
		w.create(fmt.Sprintf("t%d", i), "k INT64")
	}
	query := func(id, sql string, params ...bigquery.QueryParameter) {
		q := w.query(sql, params...)
		q.JobID = id
		if _, err := q.Run(w.ctx); err != nil {
			t.Fatal(err)
		}
	}
	query("first", "INSERT INTO d.t0 (k) SELECT k FROM UNNEST(@ks) AS k", param("ks", numbers(7)))
	query("rows", "SELECT k FROM d.t0 ORDER BY k")
	query("again", "SELECT k FROM d.t0")
	for _, c := range []struct {
		id                 string
		names              []string
		query              string
		token, items, item string
		between            func()
		want               string
	}{
		{"jobs.list", nil, "maxResults=1", "nextPageToken", "jobs", "jobReference.jobId", func() { query("newer", "SELECT 1") }, "again rows first"},
		{"datasets.list", nil, "maxResults=2", "nextPageToken", "datasets", "datasetReference.datasetId", func() {
			if err := w.client.Dataset("a").Delete(w.ctx); err != nil {
				t.Error(err)
			}
			if err := w.client.Dataset("aa").Create(w.ctx, nil); err != nil {
				t.Error(err)
			}
		}, "a b c d f"},
		{"tables.list", []string{"d"}, "maxResults=3", "nextPageToken", "tables", "tableReference.tableId", func() {
			w.mustRun("DROP TABLE d.t1")
			w.create("t11", "k INT64")
			w.create("t9", "k INT64")
		}, "t0 t1 t2 t3 t4 t5 t6 t9"},
		{"jobs.getQueryResults", []string{"rows"}, "maxResults=2", "pageToken", "rows", "f.0.v", func() { w.mustRun("DELETE FROM d.t0 WHERE k = 3") }, "0 1 2 3 4 5 6"},
		{"tabledata.list", []string{"d", "t0"}, "maxResults=4", "pageToken", "rows", "f.0.v", func() { w.mustRun("INSERT INTO d.t0 (k) VALUES (9)") }, "0 1 2 4 5 6 9"},
	} {
		if got := strings.Join(w.pages(c.id, c.names, c.query, c.token, c.items, c.item, c.between), " "); got != c.want {
			t.Errorf("%s in pages: %s, want %s", c.id, got, c.want)
		}
	}
	rows := []string{"jobs.getQueryResults", "tabledata.list"}
	for id, names := range map[string][]string{"datasets.list": nil, "tables.list": {"d"}, "jobs.list": nil, rows[0]: {"rows"}, rows[1]: {"d", "t0"}} {
		refused := []string{"pageToken=nonsense", "pageToken=-1", "pageToken=0", "pageToken=7", "pageToken=99999999999999999999", "pageToken=YWZ0ZXI", "maxResults=-1", "maxResults=many"}
		if slices.Contains(rows, id) {
			refused = append(refused, "pageToken=2&startIndex=2", "startIndex=-1")
		}
		for _, query := range refused {
			code, answer := w.call(id, names, query, "")
			if code != http.StatusBadRequest {
				t.Errorf("%s?%s: %d, want 400", id, query, code)
			}
			w.expect(id+"?"+query, answer, "error.errors.0.reason=invalid")
		}
	}
}
