package bigqueryserver

// mergeStatement is a MERGE taken apart.
type mergeStatement struct {
	target  []token // a FROM clause's, with its alias
	name    string  // that the target's rows go by
	source  []token // with its alias
	on      []token // ON, and the condition
	clauses [][]token
}

func takeMerge(s *statement) (m mergeStatement, err error) {
	alias, rest := cut(s.body, "USING")
	if m.target, m.name, err = aliased(s.target, alias); err != nil {
		return m, err
	}
	if len(rest) == 0 {
		return m, malformed("MERGE: no USING")
	}
	m.source, rest = cut(rest[1:], "ON")
	m.on, rest = cut(rest, "WHEN")
	if len(m.source) == 0 || len(m.on) < 2 || len(rest) == 0 {
		return m, malformed("MERGE")
	}
	m.clauses = splitTop(rest, "WHEN")[1:]
	return m, nil
}

func parseMerge(s *statement, all []string) (*dml, error) {
	m, err := takeMerge(s)
	if err != nil {
		return nil, err
	}
	target, source, on := m.target, m.source, m.on
	both := append(append(append([]token{}, target...), symbolToken(",")), source...)
	d := &dml{rowid: []token{engine(quoteName(m.name) + ".rowid")}}
	matched := false
	for _, clause := range m.clauses {
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
