package bigqueryserver

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// replacement is a MERGE whose ON is FALSE, so that no row meets another: it deletes rows of the target
// and inserts rows of the source. DuckDB takes a minute to merge a million rows so, and two seconds to
// do the one and then the other.
type replacement struct {
	source  []token // with its alias
	alias   token   // the source's
	deletes []token // the target and the condition on its rows
	columns []string
	values  []token // of the columns, with commas
	when    []token // the condition on the source's rows
}

// replacementOf takes a MERGE apart that is a replacement; nil where it is none.
func replacementOf(s *statement) *replacement {
	m, err := takeMerge(s)
	last := len(m.source) - 1
	if err != nil || len(m.on) != 2 || !m.on[1].is("FALSE") || last < 1 || !m.source[last].name() || len(m.clauses) != 2 {
		return nil
	}
	r := &replacement{source: m.source, alias: m.source[last]}
	for _, clause := range m.clauses {
		c, err := parseWhen(clause)
		switch {
		case err != nil || c.update != nil:
			return nil
		case c.bySource:
			r.deletes = slices.Concat(m.target, []token{engine("WHERE")}, c.condition)
		case c.insert != nil:
			columns, values, err := insertClause(c.insert, nil)
			if err != nil || columns == nil {
				return nil
			}
			for i, value := range values {
				if len(value) == 1 && value[0].is("DEFAULT") {
					return nil
				}
				if i > 0 {
					r.values = append(r.values, symbolToken(","))
				}
				r.values = append(r.values, value...)
			}
			r.columns, r.when = columns, c.condition
		default:
			return nil
		}
	}
	subquery := func(t token) bool { return t.is("SELECT") }
	if r.deletes == nil || r.values == nil || slices.ContainsFunc(r.values, subquery) || slices.ContainsFunc(r.when, subquery) {
		return nil // a subquery has to see the target as it was
	}
	return r
}

// runReplacement runs a replacement. The source is read before anything changes, as in one statement.
func (tx *transaction) runReplacement(ctx context.Context, q *preparedQuery, r *replacement) (counts dmlStatistics, err error) {
	run := func(statement string) (n int64) {
		if err == nil {
			n, err = tx.exec(ctx, statement, argumentsIn(statement, q.args)...)
		}
		return n
	}
	columns := make([]string, len(r.columns))
	for i, c := range r.columns {
		columns[i] = quoteName(c)
	}
	run("CREATE TEMP TABLE bq_source AS SELECT * FROM " + render(r.source))
	counts.Deleted = run("DELETE FROM " + render(r.deletes))
	counts.Inserted = run("INSERT INTO " + q.target.sql() + " (" + strings.Join(columns, ", ") + ") SELECT " + render(r.values) +
		" FROM temp.bq_source AS " + r.alias.sql() + " WHERE " + render(r.when))
	run("DROP TABLE temp.bq_source")
	return counts, err
}

// argumentsIn are those that a part of a statement names: DuckDB takes no others.
func argumentsIn(part string, all []any) (named []any) {
	for _, a := range all {
		if strings.Contains(part, "(CAST($"+a.(sql.NamedArg).Name+" AS ") {
			named = append(named, a)
		}
	}
	return named
}
