package billing

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Catalog holds the tables and views that statements name, by "dataset.table".
type Catalog map[string]Relation

// Relation is a table or a view.
type Relation struct {
	Name    string // shown
	View    string // the query, "" for a table
	Columns []string
	Months  string // the column by whose months the table is partitioned, "" for none

	// Sizes are the logical bytes of each column by month; all of them at month 0 where there are no
	// partitions.
	Sizes map[string]map[Month]int64

	// Whole is the size of all columns together, in bytes, where the columns' own are not known. Whatever
	// is read of such a table counts as all of it.
	Whole int64
}

// Month is a month of UTC, as BigQuery partitions by it: year * 12 + month.
type Month int

func monthOf(t time.Time) Month { return Month(t.UTC().Year()*12 + int(t.UTC().Month()) - 1) }

func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m/12, m%12+1) }

// partitions are the months of which the table has rows, in order.
func (r Relation) partitions() []Month {
	var months []Month
	for _, column := range r.Columns {
		for m := range r.Sizes[column] {
			if !slices.Contains(months, m) {
				months = append(months, m)
			}
		}
	}
	slices.Sort(months)
	return months
}

// bytes is the size of columns in months.
func (r Relation) bytes(columns []string, months []Month) (sum int64) {
	for _, column := range columns {
		for _, m := range months {
			sum += r.Sizes[column][m]
		}
	}
	return sum
}

// Bill reckons what BigQuery bills for a statement. times are its parameters that are a time, by their
// names in small letters.
func (c Catalog) Bill(name, text string, times map[string]time.Time) (Query, error) {
	s, err := c.read(text)
	if err != nil {
		return Query{}, fmt.Errorf("reckoning %s: %w", name, err)
	}
	q := Query{Name: name}
	for _, table := range s.tables() {
		r := c[table]
		t := Table{Name: r.Name, All: r.Columns, Columns: s.columns(table, r)}
		months := r.partitions()
		if r.Months != "" {
			t.OfMonths = len(months)
			read := s.months(table, r.Months, times)
			months = slices.DeleteFunc(months, func(m Month) bool { return !read(m) })
			t.Months = append([]Month{}, months...)
		}
		t.Read = r.Whole + r.bytes(t.Columns, months)
		if s.rewrites == table {
			t.Rewritten = r.bytes(r.Columns, months)
		}
		q.Tables = append(q.Tables, t)
	}
	if q.Name == "" {
		q.Name = s.describe(q.Tables)
	}
	q.price()
	return q, nil
}

// describe says what a statement does that has no name, by its verb and tables.
func (s *statement) describe(tables []Table) string {
	verb := "SELECT"
	if first := s.blocks[0].at(0); !first.is("WITH") {
		verb = strings.ToUpper(first.text)
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Name
	}
	return verb + " " + strings.Join(names, ", ")
}
