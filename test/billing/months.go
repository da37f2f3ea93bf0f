package billing

import (
	"math"
	"strings"
	"time"
)

// span is a stretch of months, both ends included.
type span struct{ from, to Month }

var always = span{math.MinInt, math.MaxInt}

// span is what constant conditions leave at a place that names a table: those of the WHERE of its own
// query, or of the ON of a MERGE into it, unless that MERGE also looks at the rows that match nothing.
func (m mention) span(column string, times map[string]time.Time) span {
	b := m.in
	if !m.target || !b.at(0).is("MERGE") {
		return m.narrow(b.conditions("WHERE"), column, times)
	}
	for i := range b.tokens {
		if b.at(i).is("BY") && b.at(i+1).is("SOURCE") {
			return always
		}
	}
	return m.narrow(b.conditions("ON"), column, times)
}

// conditions are those that must all hold after WHERE or ON. There are none where that is not plain to
// see.
func (b *block) conditions(clause string) (all [][]token) {
	from := b.after(0, clause)
	to := b.after(from, "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "WHEN")
	if from == len(b.tokens) {
		return nil
	}
	rest := &block{tokens: b.tokens[from+1 : to]}
	if rest.has("OR", "CASE") || b.after(from+1, clause) < to {
		return nil
	}
	start, between := 0, false
	for i, t := range rest.tokens {
		switch {
		case t.is("BETWEEN"):
			between = true
		case t.is("AND") && between:
			between = false
		case t.is("AND"):
			all = append(all, rest.tokens[start:i])
			start = i + 1
		}
	}
	return append(all, rest.tokens[start:])
}

// narrow leaves of all months those in which the conditions can hold that compare the column with a
// parameter.
func (m mention) narrow(conditions [][]token, column string, times map[string]time.Time) span {
	s := always
	for _, c := range conditions {
		if rest, ok := m.column(c, column); ok {
			s.compare(rest, times)
		}
	}
	return s
}

// column takes the column off the beginning of a condition. Where a MERGE does not say whose column it
// is, it may be the source's.
func (m mention) column(condition []token, column string) (rest []token, ok bool) {
	b := &block{tokens: condition}
	if b.at(0).name() && b.at(1).is(".") && strings.EqualFold(b.at(0).text, m.alias) {
		return condition[min(3, len(condition)):], strings.EqualFold(b.at(2).text, column)
	}
	if m.in.at(0).is("MERGE") || !b.at(0).name() {
		return nil, false
	}
	return condition[1:], strings.EqualFold(b.at(0).text, column)
}

// compare narrows the span by what follows the column in a condition.
func (s *span) compare(rest []token, times map[string]time.Time) {
	b := &block{tokens: rest}
	at := func(i int) (time.Time, bool) {
		t, ok := times[strings.ToLower(b.at(i).text)]
		return t, ok && b.at(i).kind == parameter
	}
	from := func(t time.Time) { s.from = max(s.from, monthOf(t)) }
	to := func(t time.Time) { s.to = min(s.to, monthOf(t)) }
	first, ok := at(1)
	switch {
	case len(rest) == 4 && b.at(0).is("BETWEEN") && b.at(2).is("AND"):
		if last, both := at(3); ok && both {
			from(first)
			to(last)
		}
	case !ok || len(rest) != 2:
	case b.at(0).is(">", ">="):
		from(first)
	case b.at(0).is("<="):
		to(first)
	case b.at(0).is("<"):
		to(first.Add(-time.Microsecond)) // BigQuery's precision
	case b.at(0).is("="):
		from(first)
		to(first)
	}
}
