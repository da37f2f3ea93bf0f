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
	return &syntaxFault{invalidQuery("Syntax error: malformed %s", what)}
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

func parseMerge(s *statement, all []string) (*dml, error) {
	alias, rest := cut(s.body, "USING")
	target, name, err := aliased(s.target, alias)
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 {
		return nil, malformed("MERGE: no USING")
	}
	source, rest := cut(rest[1:], "ON")
	on, rest := cut(rest, "WHEN")
	if len(source) == 0 || len(on) < 2 || len(rest) == 0 {
		return nil, malformed("MERGE")
	}
	both := append(append(append([]token{}, target...), symbolToken(",")), source...)
	d := &dml{rowid: []token{engine(quoteName(name) + ".rowid")}}
	matched := false
	for _, clause := range splitTop(rest, "WHEN")[1:] {
		c, err := parseWhen(clause)
		if err != nil {
			return nil, err
		}
		act := action{}
		switch {
		case c.insert != nil:
			act.from = source
			columns, values, err := insertClause(c.insert, all)
			if err != nil {
				return nil, err
			}
			if act.values, err = zip(columns, values); err != nil {
				return nil, err
			}
		case c.update != nil:
			act.from = both
			if c.bySource {
				act.from = target
			}
			if act.values, err = assignments(c.update); err != nil {
				return nil, err
			}
		}
		d.actions = append(d.actions, act)
		if c.matched {
			if matched {
				d.changing = append(d.changing, engine("OR"))
			}
			matched = true
			d.changing = append(append(append(d.changing, symbolToken("(")), c.condition...), symbolToken(")"))
		}
	}
	if matched {
		join := append(append([]token{}, target...), engine("JOIN"))
		join = append(append(join, source...), on[0], symbolToken("("))
		d.matches = append(append(join, on[1:]...), symbolToken(")"))
	}
	return d, nil
}

// whenClause is a WHEN of a MERGE.
type whenClause struct {
	matched, bySource bool
	condition         []token // TRUE if there is none
	insert, update    []token // what follows INSERT or UPDATE SET
}

func parseWhen(tokens []token) (*whenClause, error) {
	head, then := cut(tokens, "THEN")
	if len(then) < 2 {
		return nil, malformed("WHEN: no THEN")
	}
	c := &whenClause{condition: []token{engine("TRUE")}}
	head, condition := cut(head, "AND")
	if len(condition) > 0 {
		c.condition = condition[1:]
	}
	switch render(upperWords(head)) {
	case "WHEN MATCHED":
		c.matched = true
	case "WHEN NOT MATCHED", "WHEN NOT MATCHED BY TARGET":
	case "WHEN NOT MATCHED BY SOURCE":
		c.bySource = true
	default:
		return nil, malformed("WHEN")
	}
	insertable := !c.matched && !c.bySource
	switch verb := then[1]; {
	case verb.is("INSERT") && insertable:
		c.insert = then[2:]
		if len(c.insert) > 0 && c.insert[0].is("ROW") {
			return nil, notImplemented("INSERT ROW; name the columns")
		}
	case verb.is("UPDATE") && !insertable && len(then) > 3 && then[2].is("SET"):
		c.update = then[3:]
	case verb.is("DELETE") && !insertable && len(then) == 2:
	default:
		return nil, malformed("WHEN: what follows THEN does not fit")
	}
	return c, nil
}

func insertClause(tokens []token, all []string) (columns []string, values [][]token, err error) {
	columns, rest, err := columnList(tokens)
	if err != nil {
		return nil, nil, err
	}
	if columns == nil {
		columns = all
	}
	if len(rest) == 0 || !rest[0].is("VALUES") {
		return nil, nil, malformed("INSERT: no VALUES")
	}
	values, rest, ok := list(rest[1:])
	if !ok || len(rest) > 0 {
		return nil, nil, malformed("VALUES")
	}
	return columns, values, nil
}

func upperWords(tokens []token) []token {
	out := make([]token, len(tokens))
	for i, t := range tokens {
		if t.kind == word {
			t.value = t.upper
		}
		out[i] = t
	}
	return out
}
