// Package billing computes what BigQuery bills, on demand, for the queries of the pipeline. It runs the pipeline on the
// embedded cloud, lists the queries that were sent, and computes their bytes from the columns that each statement is
// registered to read.
//
// The rules, from Google's pricing page and "On-demand query size calculation" of the DML reference:
//   - a query is billed the logical bytes of the columns that it reads, once each, in the partitions that constant filters
//     leave. The rows of all listeners count: clustering does not prune tables this small;
//   - a MERGE that updates or deletes, an UPDATE and a DELETE are also billed every column of the partitions that they
//     change;
//   - EXPORT DATA is billed as its query;
//   - each table that a query names is billed at least 10 MB, and whole MB; a MB is 2^20 bytes;
//   - load jobs, and reading the rows of a result or the metadata of a table, are free.
package billing

import (
	"fmt"
	"strings"
	"time"

	"spotify-insights.internal/shared/warehouse"
)

const (
	mebibyte = 1 << 20
	// Least is the least that a query is billed for each table that it names, in bytes.
	Least = 10 * mebibyte
	// FreeMonthly is the free part of each month, in bytes.
	FreeMonthly = 1 << 40
)

// Query is a billed query.
type Query struct {
	Statement string
	Tables    []Table
	Billed    int64 // bytes
}

// Table is a table that a query is billed for.
type Table struct {
	read
	From   warehouse.Month // the first month that is read; [warehouse.NoMonth] for all
	Billed int64           // bytes
}

// Sum returns the bytes that queries are billed together.
func Sum(queries []Query) (sum int64) {
	for _, q := range queries {
		sum += q.Billed
	}
	return sum
}

// Reads describes the tables that the query is billed for.
func (q Query) Reads() string {
	texts := make([]string, len(q.Tables))
	for i, t := range q.Tables {
		texts[i] = t.String()
	}
	return strings.Join(texts, "; ")
}

// String describes the table, such as "plays 12 MB (track_id object from 202611)".
func (t Table) String() string {
	var parts []string
	if t.columns != "" {
		parts = append(parts, t.columns)
	}
	if t.rewritten {
		parts = append(parts, "and all columns to rewrite")
	}
	if t.From != warehouse.NoMonth {
		parts = append(parts, fmt.Sprintf("from %d", t.From))
	}
	return fmt.Sprintf("%s %d MB (%s)", t.table, t.Billed/mebibyte, strings.Join(parts, " "))
}

// bill computes what BigQuery bills for a job.
func (s Sizes) bill(j job) (Query, error) {
	reads, ok := statements[j.statement]
	if !ok {
		return Query{}, fmt.Errorf("statement %q is not registered: %s", j.statement, j.text)
	}
	q := Query{Statement: j.statement}
	for _, r := range reads {
		t := Table{read: r}
		if r.table == anyTable {
			t.table = j.target()
		}
		if r.since != "" {
			since, ok := j.times[r.since]
			if !ok {
				return Query{}, fmt.Errorf("statement %s was sent without the parameter %s", j.statement, r.since)
			}
			t.From = monthOf(since)
		}
		bytes := s.bytes(t.table, strings.Fields(t.columns), t.From)
		if t.rewritten {
			bytes += s.bytes(t.table, columnsOf(t.table), t.From)
		}
		t.Billed = max(Least, (bytes+mebibyte-1)/mebibyte*mebibyte)
		q.Tables = append(q.Tables, t)
		q.Billed += t.Billed
	}
	return q, nil
}

func monthOf(t time.Time) warehouse.Month {
	t = t.UTC()
	return warehouse.Month(t.Year()*100 + int(t.Month()))
}

func columnsOf(table string) (list []string) {
	for _, field := range warehouse.Schema(table) {
		list = append(list, field.Name)
	}
	return list
}
