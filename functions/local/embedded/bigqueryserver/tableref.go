package bigqueryserver

import (
	"slices"
	"strings"
)

// tableID names a table of the project.
type tableID struct{ dataset, table string }

func (id tableID) String() string { return id.dataset + "." + id.table }

// sql is the table's name in DuckDB: a dataset is a schema.
func (id tableID) sql() string { return quoteName(id.dataset) + "." + quoteName(id.table) }

// names says how the names in a statement are to be read.
type names struct {
	project        string
	defaultDataset string // "" for none
}

// resolve finds out which table a path of names means.
func (n names) resolve(path []string) (tableID, error) {
	if len(path) == 3 {
		if path[0] != n.project {
			return tableID{}, notFound("Not found: Project %s; this is project %s", path[0], n.project)
		}
		path = path[1:]
	}
	for _, part := range path {
		if strings.EqualFold(part, "INFORMATION_SCHEMA") {
			return tableID{}, notImplemented("INFORMATION_SCHEMA")
		}
	}
	switch {
	case len(path) == 2:
		return tableID{path[0], path[1]}, nil
	case len(path) == 1 && n.defaultDataset != "":
		return tableID{n.defaultDataset, path[0]}, nil
	case len(path) == 1:
		return tableID{}, invalid("Table %q must be qualified with a dataset (e.g. dataset.table).", path[0])
	}
	return tableID{}, invalid("%q is not the name of a table", strings.Join(path, "."))
}

// readPath reads a dotted name at i and returns where it ends. A quoted part may hold the dots itself.
func readPath(tokens []token, i int) (path []string, end int) {
	for i < len(tokens) && tokens[i].name() {
		if tokens[i].kind == quoted {
			path = append(path, strings.Split(tokens[i].value, ".")...)
		} else {
			path = append(path, tokens[i].value)
		}
		i++
		if i+1 >= len(tokens) || !tokens[i].is(".") {
			break
		}
		i++
	}
	return path, i
}

// commonTables lists, in upper case, the names that WITH clauses define.
func commonTables(tokens []token) []string {
	var found []string
	for i := 2; i < len(tokens); i++ {
		if tokens[i].is("(") && tokens[i-1].is("AS") && tokens[i-2].name() && i >= 3 {
			if before := tokens[i-3]; before.is("WITH") || before.is("RECURSIVE") || before.is(",") {
				found = append(found, strings.ToUpper(tokens[i-2].value))
			}
		}
	}
	return found
}

// resolveTables replaces every name of a table by its name in DuckDB, and
// UNNEST by a form in which the alias is the element, and lists the tables.
func resolveTables(tokens []token, n names) (out []token, found []tableID, err error) {
	common := commonTables(tokens)
	type frame struct{ from, extract bool }
	frames := []frame{{}}
	expect := false // a table comes next
	for i := 0; i < len(tokens); i++ {
		t, top := tokens[i], &frames[len(frames)-1]
		switch {
		case expect && t.is("UNNEST"):
			expect = false
			var part []token
			if part, i, err = unnest(tokens, i); err != nil {
				return nil, nil, err
			}
			out = append(out, part...)
			continue
		case expect && t.name():
			expect = false
			path, end := readPath(tokens, i)
			if len(path) == 1 && slices.Contains(common, strings.ToUpper(path[0])) {
				out = append(out, tokens[i:end]...)
				i = end - 1
				continue
			}
			id, err := n.resolve(path)
			if err != nil {
				return nil, nil, err
			}
			if !slices.Contains(found, id) {
				found = append(found, id)
			}
			out = append(out, token{kind: engineSQL, value: id.sql(), pos: t.pos})
			i = end - 1
			continue
		case t.is("("):
			// A parenthesis where a table should be holds a join or a query; either brings its tables.
			join := expect && i+1 < len(tokens) && !tokens[i+1].is("SELECT") && !tokens[i+1].is("WITH")
			frames = append(frames, frame{from: join, extract: i > 0 && tokens[i-1].is("EXTRACT")})
			expect = join
		case t.is(")"):
			if len(frames) > 1 {
				frames = frames[:len(frames)-1]
			}
			expect = false
		case t.is(","):
			expect = top.from
		case t.kind == word:
			follow := i+1 < len(tokens) && tokens[i+1].is("(")
			switch t.upper {
			case "FROM":
				if top.extract || i > 0 && tokens[i-1].is("DISTINCT") {
					break // EXTRACT(part FROM x), x IS DISTINCT FROM y
				}
				top.from, expect = true, true
			case "JOIN":
				top.from, expect = true, true
			case "USING":
				// JOIN ... USING (columns), or MERGE ... USING table or (query).
				expect = !top.from
				if expect && follow {
					expect = false
				}
			case "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "SELECT", "SET", "WHEN":
				top.from, expect = false, false
			}
		}
		out = append(out, t)
	}
	return out, found, nil
}

// unnest rewrites UNNEST(array) AS x, at i of a FROM clause, and returns where it ends.
// x is the element to BigQuery; to DuckDB it would be the table. The form is one whose
// type DuckDB knows before the array is bound.
func unnest(tokens []token, i int) ([]token, int, error) {
	if i+1 >= len(tokens) || !tokens[i+1].is("(") {
		return nil, 0, syntaxError("Expected ( after UNNEST")
	}
	end := matching(tokens, i+1)
	out := append([]token{symbolToken("("), engine("SELECT UNNEST")}, tokens[i+1:end+1]...)
	alias := end + 1
	if alias < len(tokens) && tokens[alias].is("AS") {
		alias++
	}
	if alias < len(tokens) && tokens[alias].name() && (tokens[alias].kind == quoted || !reservedWords[tokens[alias].upper]) {
		name := tokens[alias].value
		out = append(out, engine("AS "+quoteName(name)), symbolToken(")"), engine("AS "+quoteName(name+"_rows")))
		return out, alias, nil
	}
	return append(out, symbolToken(")")), end, nil
}
