// Package billing reckons what BigQuery bills, on demand, for the queries of the pipeline. It reads the
// statements of a real run on the embedded cloud and never reckons too low: what it cannot tell, it
// counts in full.
//
// The rules, from Google's pricing page and "On-demand query size calculation" of the DML reference: a
// query is billed the logical bytes of the columns it reads, in the partitions that constant filters
// leave, once each; an UPDATE, a DELETE, or a MERGE with either, besides reads every column of the
// partitions it changes; at least 10 MB for every table named; rounded up to whole MB. (A MB is 2^20
// bytes: the least that a job is billed is 10485760.) Load jobs, tabledata.list and creating, reading
// the metadata of and deleting tables are free.
package billing

import (
	"fmt"
	"slices"
	"strings"
)

const (
	mebibyte = 1 << 20
	// Least is what a query is billed for a table however little it reads of it, in bytes.
	Least = 10 * mebibyte
	// FreeMonthly is what is not billed of each month's sum, in bytes.
	FreeMonthly = 1 << 40
)

// Query is what one query is billed for.
type Query struct {
	Name   string  // of the statement where its job is labelled with it, else what the statement does
	Tables []Table // that it names, views by their tables, sorted
	Billed int64   // bytes
}

// Table is what a query is billed for one table.
type Table struct {
	Name    string
	All     []string // its columns
	Columns []string // those that are read, in the same order

	Months   []Month // the partitions that are read of those there are; nil where there are no partitions
	OfMonths int

	Read      int64 // bytes of Columns in Months
	Rewritten int64 // bytes of every column in Months, where the statement changes or deletes rows
	Billed    int64 // bytes
}

// Sum is what queries are billed together, in bytes.
func Sum(queries []Query) (sum int64) {
	for _, q := range queries {
		sum += q.Billed
	}
	return sum
}

// Reads names the tables that the query is billed for, with columns and months.
func (q Query) Reads() string {
	texts := make([]string, len(q.Tables))
	for i, t := range q.Tables {
		texts[i] = t.String()
	}
	return strings.Join(texts, ", ")
}

// String names the table, its columns and its months, such as "plays (track_id, object; all columns to
// rewrite; 2026-11 of 121 months)".
func (t Table) String() string {
	parts := []string{t.columns()}
	if t.Rewritten > 0 {
		parts = append(parts, "all columns to rewrite")
	}
	if t.Months != nil {
		parts = append(parts, t.months())
	}
	return fmt.Sprintf("%s (%s)", t.Name, strings.Join(parts, "; "))
}

func (t Table) columns() string {
	left := slices.DeleteFunc(slices.Clone(t.All), func(c string) bool { return slices.Contains(t.Columns, c) })
	switch {
	case len(t.Columns) == 0:
		return "no column"
	case len(left) == 0:
		return fmt.Sprintf("all %d columns", len(t.All))
	case len(left) < len(t.Columns):
		return fmt.Sprintf("%d columns, not %s", len(t.Columns), strings.Join(left, ", "))
	}
	return strings.Join(t.Columns, ", ")
}

func (t Table) months() string {
	of := fmt.Sprintf("of %d months", t.OfMonths)
	switch n := len(t.Months); {
	case n == 0:
		return "none " + of
	case n == t.OfMonths:
		return fmt.Sprintf("all %d months", n)
	case n == 1:
		return t.Months[0].String() + " " + of
	default:
		return fmt.Sprintf("%v to %v, %d %s", t.Months[0], t.Months[n-1], n, of)
	}
}

// price sets what the table and the query are billed.
func (q *Query) price() {
	q.Billed = 0
	for i := range q.Tables {
		t := &q.Tables[i]
		whole := (t.Read + t.Rewritten + mebibyte - 1) / mebibyte * mebibyte
		t.Billed = max(Least, whole)
		q.Billed += t.Billed
	}
}
