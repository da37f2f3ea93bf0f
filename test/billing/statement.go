package billing

import (
	"slices"
	"strings"
	"time"
)

// statement is what a statement names. Views are replaced by their queries.
type statement struct {
	blocks   []*block
	mentions []mention
	rewrites string // the table whose rows it changes or deletes, "" for none
}

// mention is a place that names a table.
type mention struct {
	table  string
	alias  string // by which its columns are qualified
	in     *block // the query in whose FROM it is, or the whole statement
	target bool   // of a MERGE, an UPDATE or a DELETE
}

// read finds what a statement names.
func (c Catalog) read(text string) (*statement, error) {
	tokens, err := lex(text)
	if err == nil {
		tokens, err = c.expand(tokens)
	}
	if err != nil {
		return nil, err
	}
	s := &statement{}
	if s.blocks, err = parse(tokens); err != nil {
		return nil, err
	}
	each(s.blocks, func(b *block) {
		for i := range b.tokens {
			if c.mentioned(b, i) {
				s.mentions = append(s.mentions, mention{table: b.at(i).text + "." + b.at(i+2).text, alias: alias(b, i+2), in: b.query()})
			}
		}
	})
	whole := s.blocks[0]
	if whole.at(0).is("MERGE", "UPDATE", "DELETE") && len(s.mentions) > 0 {
		s.mentions[0].target = true // the first that is named
		if whole.has("UPDATE", "DELETE") {
			s.rewrites = s.mentions[0].table
		}
	}
	return s, nil
}

// mentioned reports whether a table is named at a token.
func (c Catalog) mentioned(b *block, i int) bool {
	if !b.at(i).name() || !b.at(i+1).is(".") || !b.at(i+2).name() {
		return false
	}
	_, known := c[b.at(i).text+"."+b.at(i+2).text]
	return known
}

// afterTable are the keywords that can follow a table that has no alias.
var afterTable = []string{"CROSS", "EXCEPT", "FOR", "FULL", "GROUP", "HAVING", "INNER", "INTERSECT", "JOIN", "LEFT", "LIMIT", "ON", "ORDER",
	"QUALIFY", "RIGHT", "SELECT", "SET", "TABLESAMPLE", "UNION", "USING", "VALUES", "WHEN", "WHERE", "WINDOW"}

// alias is what the table is called whose name ends at a token.
func alias(b *block, i int) string {
	next := i + 1
	if b.at(next).is("AS") {
		next++
	}
	if t := b.at(next); t.name() && !t.is(afterTable...) {
		return t.text
	}
	return b.at(i).text
}

// tables are the names of the tables, each once, sorted.
func (s *statement) tables() []string {
	var names []string
	for _, m := range s.mentions {
		names = append(names, m.table)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// columns are those of a table that the statement may read: at any place that names the table, those
// whose names its query has, and all where a * or the row itself stands for them.
func (s *statement) columns(table string, r Relation) []string {
	names := map[string]bool{}
	each(s.blocks, func(b *block) {
		for i, t := range b.tokens {
			for _, m := range s.mentions {
				switch {
				case m.table != table:
				case t.is("*") && b.at(i-1).is("SELECT", "DISTINCT", "ALL", "STRUCT", ",", "."):
					names["*"] = names["*"] || m.in == b
				case t.name() && m.reads(b, i):
					names[strings.ToLower(t.text)] = true
					names["*"] = names["*"] || strings.EqualFold(t.text, m.alias) && !b.at(i-1).is(".")
				}
			}
		}
	})
	return slices.DeleteFunc(slices.Clone(r.Columns), func(column string) bool { return !names["*"] && !names[strings.ToLower(column)] })
}

// reads reports whether the name at a token can be that of a column, as of the place that names the
// table. The list of an INSERT and the left sides of SET are written and not read.
func (m mention) reads(b *block, i int) bool {
	before, after := b.at(i-1), b.at(i+1)
	switch {
	case !m.sees(b), after.is("."), after.kind == group, b.introduction().is("INSERT"), assigned(b, i):
		return false
	case before.is("AS"), before.name() && b.at(i-2).is("."): // given as another's name
		return false
	case before.is("."):
		return strings.EqualFold(m.alias, b.at(i-2).text)
	}
	return true
}

// sees reports whether a block can refer to the table's columns: within the query that names it, but
// for the source of a MERGE, which does not know the target.
func (m mention) sees(b *block) bool {
	for ; b != nil && b != m.in; b = b.outer {
		if m.target && b.outer == m.in && b.introduction().is("USING") {
			return false
		}
	}
	return b != nil
}

// assigned reports whether the name at a token is on the left of an assignment of SET.
func assigned(b *block, i int) bool {
	set := b.after(0, "SET")
	return b.at(i+1).is("=") && (b.at(i-1).is("SET") || i > set && b.at(i-1).is(",") && i < b.after(set, "WHEN", "WHERE", "FROM"))
}

// months returns which months of a partitioned table the statement reads: those that the constant
// conditions on its partitioning column leave at any place that names it.
func (s *statement) months(table, column string, times map[string]time.Time) func(Month) bool {
	var spans []span
	for _, m := range s.mentions {
		if m.table == table {
			spans = append(spans, m.span(column, times))
		}
	}
	return func(month Month) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return s.from <= month && month <= s.to })
	}
}
