package bigqueryserver

// assignment gives a column a value.
type assignment struct {
	column string
	value  []token
}

// action is what a DML statement does to rows: the assignments of an INSERT or
// UPDATE, and the FROM clause in which their values are to be read.
type action struct {
	values []assignment
	from   []token
}

// dml is a DML statement taken apart, as far as the checks need it.
type dml struct {
	columns []string // of an INSERT; nil for all
	query   []token  // of an INSERT ... SELECT
	actions []action
	// matches is a query of every pair of a target row and a row that would change it; nil if there are no pairs.
	matches []token
	// rowid is the target row of such a pair, changing whether the pair changes it.
	rowid, changing []token
}

func malformed(what string) error {
	return syntaxError("malformed %s", what)
}

// parseDML takes an INSERT, UPDATE or MERGE apart. The parts are DuckDB's SQL already.
func parseDML(s *statement, all []string) (*dml, error) {
	switch s.kind {
	case kindInsert:
		return parseInsert(s.body, all)
	case kindUpdate:
		return parseUpdate(s)
	case kindMerge:
		return parseMerge(s, all)
	}
	return &dml{}, nil
}

// cut splits tokens at the first of some words outside of parentheses: what is before it, and the rest with it.
func cut(tokens []token, words ...string) (before, rest []token) {
	before = tokens
	for _, w := range words {
		if part := splitTop(tokens, w)[0]; len(part) < len(before) {
			before = part
		}
	}
	return before, tokens[len(before):]
}

// list splits the inside of the parenthesis that tokens begin with at its commas, and returns what follows it.
func list(tokens []token) (items [][]token, rest []token, ok bool) {
	if len(tokens) == 0 || !tokens[0].is("(") {
		return nil, tokens, false
	}
	end := matching(tokens, 0)
	for i, item := range splitTop(tokens[1:end], ",") {
		if i > 0 {
			item = item[1:]
		}
		items = append(items, item)
	}
	return items, tokens[end+1:], true
}

// columnList reads the column names of an INSERT, if it has any.
func columnList(tokens []token) (columns []string, rest []token, err error) {
	items, rest, ok := list(tokens)
	if !ok || len(items) > 0 && len(items[0]) > 0 && (items[0][0].is("SELECT") || items[0][0].is("WITH") || items[0][0].is("(")) {
		return nil, tokens, nil
	}
	for _, item := range items {
		if len(item) != 1 || !item[0].name() {
			return nil, nil, malformed("column list")
		}
		columns = append(columns, item[0].value)
	}
	return columns, rest, nil
}

// untyped tells which columns of a query are a bare NULL, which takes any type.
// It gives nothing for a query whose columns cannot be told from its words.
func untyped(query []token) map[int]bool {
	for len(query) > 2 && query[0].is("(") && matching(query, 0) == len(query)-1 {
		query = query[1 : len(query)-1]
	}
	_, query = cut(query, "SELECT")
	columns, _ := cut(query, "FROM")
	if len(columns) == 0 {
		return nil
	}
	found := map[int]bool{}
	for i, item := range splitTop(columns, ",") {
		item = item[1:] // the SELECT or the comma
		if len(item) > 0 && (item[0].is("*") || len(item) > 1 && item[len(item)-1].is("*")) {
			return nil
		}
		if len(item) == 1 && item[0].is("NULL") || len(item) > 2 && item[0].is("NULL") && item[1].is("AS") {
			found[i] = true
		}
	}
	return found
}

func zip(columns []string, values [][]token) ([]assignment, error) {
	if len(columns) != len(values) {
		return nil, invalidQuery("Inserted row has wrong column count; Has %d, expected %d", len(values), len(columns))
	}
	var out []assignment
	for i, c := range columns {
		out = append(out, assignment{c, values[i]})
	}
	return out, nil
}

func parseInsert(body []token, all []string) (*dml, error) {
	columns, rest, err := columnList(body)
	if err != nil {
		return nil, err
	}
	if columns == nil {
		columns = all
	}
	d := &dml{columns: columns}
	if len(rest) == 0 || !rest[0].is("VALUES") {
		d.query = rest
		if len(rest) == 0 || !(rest[0].is("SELECT") || rest[0].is("WITH") || rest[0].is("(")) {
			return nil, malformed("INSERT")
		}
		return d, nil
	}
	for rest = rest[1:]; ; rest = rest[1:] {
		values, after, ok := list(rest)
		if !ok {
			return nil, malformed("VALUES")
		}
		row, err := zip(columns, values)
		if err != nil {
			return nil, err
		}
		d.actions = append(d.actions, action{values: row})
		if rest = after; len(rest) == 0 {
			return d, nil
		}
		if !rest[0].is(",") {
			return nil, malformed("VALUES")
		}
	}
}

// aliased reads the alias that may follow a table, and returns how to name its columns.
func aliased(table tableID, alias []token) (from []token, name string, err error) {
	from = append([]token{engine(table.sql())}, alias...)
	if len(alias) > 0 && alias[0].is("AS") {
		alias = alias[1:]
	}
	switch {
	case len(alias) == 0:
		return from, table.table, nil
	case len(alias) == 1 && alias[0].name():
		return from, alias[0].value, nil
	}
	return nil, "", malformed("alias of the target")
}

// assignments reads the list of an UPDATE SET.
func assignments(tokens []token) ([]assignment, error) {
	var out []assignment
	for i, item := range splitTop(tokens, ",") {
		if i > 0 {
			item = item[1:]
		}
		if len(item) > 2 && item[1].is(".") { // alias.column
			item = item[2:]
		}
		if len(item) < 3 || !item[0].name() || !item[1].is("=") {
			return nil, malformed("SET")
		}
		out = append(out, assignment{item[0].value, item[2:]})
	}
	return out, nil
}

func parseUpdate(s *statement) (*dml, error) {
	alias, rest := cut(s.body, "SET")
	target, name, err := aliased(s.target, alias)
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 {
		return nil, malformed("UPDATE")
	}
	set, rest := cut(rest[1:], "FROM", "WHERE")
	values, err := assignments(set)
	if err != nil {
		return nil, err
	}
	from, where := cut(rest, "WHERE")
	d := &dml{}
	source := target
	if len(from) > 0 {
		source = append(append(source, symbolToken(",")), from[1:]...)
		d.matches = append(append([]token{}, source...), where...)
		d.rowid = []token{engine(quoteName(name) + ".rowid")}
		d.changing = []token{engine("TRUE")}
	}
	d.actions = []action{{values, source}}
	return d, nil
}
