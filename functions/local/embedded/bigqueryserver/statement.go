package bigqueryserver

import (
	"slices"
	"strings"
)

// The kinds of statements, under BigQuery's names for them.
const (
	kindSelect      = "SELECT"
	kindInsert      = "INSERT"
	kindUpdate      = "UPDATE"
	kindDelete      = "DELETE"
	kindMerge       = "MERGE"
	kindTruncate    = "TRUNCATE_TABLE"
	kindCreateTable = "CREATE_TABLE_AS_SELECT"
	kindCreateView  = "CREATE_VIEW"
	kindDropTable   = "DROP_TABLE"
	kindDropView    = "DROP_VIEW"
	kindExport      = "EXPORT_DATA"
)

// statement is one GoogleSQL statement, its body in DuckDB's terms.
type statement struct {
	kind   string
	target tableID // what it changes, makes or drops
	// body is what follows the target's name, or the query of a SELECT, CREATE ... AS or EXPORT DATA.
	body      []token
	reads     []tableID
	params    []string // names of the parameters used, in lower case
	orReplace bool
	ifExists  bool   // IF EXISTS of a DROP, IF NOT EXISTS of a CREATE
	query     string // of CREATE VIEW, as it was written
	export    *exportTarget
}

// parse reads the one statement of a query.
func parse(in string, n names) (*statement, error) {
	tokens, err := lex(in)
	if err != nil {
		return nil, err
	}
	if end := slices.IndexFunc(tokens, func(t token) bool { return t.is(";") }); end >= 0 {
		if slices.ContainsFunc(tokens[end:], func(t token) bool { return !t.is(";") }) {
			return nil, notImplemented("scripts of more than one statement")
		}
		tokens = tokens[:end]
	}
	if len(tokens) == 0 {
		return nil, syntaxError("Unexpected end of statement at [1:1]")
	}
	p := &parser{in: in, tokens: tokens, names: n}
	s, err := p.head()
	if err != nil {
		return nil, err
	}
	if err := checkDialect(in, s.body); err != nil {
		return nil, err
	}
	if s.kind != kindInsert && s.kind != kindMerge {
		if i := slices.IndexFunc(s.body, func(t token) bool { return t.is("VALUES") }); i >= 0 {
			return nil, p.unexpected(s.body[i])
		}
	}
	if s.body, s.reads, err = resolveTables(s.body, n); err != nil {
		return nil, err
	}
	if s.body, s.params, err = rewrite(s.body); err != nil {
		return nil, err
	}
	return s, nil
}

// parser reads the head of a statement: its verb and its target.
type parser struct {
	in     string
	tokens []token
	i      int
	names  names
}

func (p *parser) peek() token {
	if p.i < len(p.tokens) {
		return p.tokens[p.i]
	}
	return token{kind: symbol, value: "end of statement", pos: len(p.in)}
}

// accept moves on over words, if all of them follow.
func (p *parser) accept(words ...string) bool {
	for k, w := range words {
		if p.i+k >= len(p.tokens) || !p.tokens[p.i+k].is(w) {
			return false
		}
	}
	p.i += len(words)
	return true
}

func (p *parser) unexpected(t token) error {
	return syntaxError("Unexpected %q at %s", t.value, position(p.in, t.pos))
}

func (p *parser) head() (*statement, error) {
	s := &statement{}
	switch {
	case p.peek().is("SELECT"), p.peek().is("WITH"), p.peek().is("("):
		s.kind = kindSelect
		s.body = p.tokens
		return s, nil
	case p.accept("INSERT"):
		s.kind = kindInsert
		p.accept("INTO")
		return p.dml(s)
	case p.accept("UPDATE"):
		s.kind = kindUpdate
		return p.dml(s)
	case p.accept("DELETE"):
		s.kind = kindDelete
		p.accept("FROM")
		return p.dml(s)
	case p.accept("MERGE"):
		s.kind = kindMerge
		p.accept("INTO")
		return p.dml(s)
	case p.accept("TRUNCATE", "TABLE"):
		s.kind = kindTruncate
		return p.dml(s)
	case p.accept("DROP"):
		return p.drop(s)
	case p.accept("CREATE"):
		return p.create(s)
	case p.accept("EXPORT", "DATA"):
		return p.export(s)
	}
	switch first := p.peek(); first.upper {
	case "ALTER", "BEGIN", "COMMIT", "ROLLBACK", "DECLARE", "SET", "CALL", "EXECUTE", "EXPORT", "LOAD", "GRANT", "REVOKE", "ASSERT", "IF", "LOOP", "WHILE", "FOR", "FROM":
		return nil, notImplemented("%s statements", first.upper)
	default:
		return nil, p.unexpected(first)
	}
}

func (p *parser) path(s *statement) (err error) {
	from := p.peek()
	path, end := readPath(p.tokens, p.i)
	if len(path) == 0 || from.kind == word && reservedWords[from.upper] {
		return p.unexpected(from)
	}
	p.i = end
	s.target, err = p.names.resolve(path)
	return err
}

func (p *parser) dml(s *statement) (*statement, error) {
	if err := p.path(s); err != nil {
		return nil, err
	}
	s.body = p.tokens[p.i:]
	switch has := func(w string) bool {
		return len(splitTop(s.body, w)) > 1
	}; {
	case s.kind == kindTruncate && len(s.body) > 0:
		return nil, p.unexpected(s.body[0])
	case (s.kind == kindUpdate || s.kind == kindDelete) && !has("WHERE"):
		return nil, invalidQuery("%s must have a WHERE clause at [1:1]", s.kind)
	case s.kind == kindDelete && has("USING"):
		return nil, p.unexpected(s.body[0])
	}
	return s, nil
}

func (p *parser) drop(s *statement) (*statement, error) {
	switch {
	case p.accept("TABLE"):
		s.kind = kindDropTable
	case p.accept("VIEW"):
		s.kind = kindDropView
	default:
		return nil, notImplemented("DROP %s", p.peek().upper)
	}
	s.ifExists = p.accept("IF", "EXISTS")
	if err := p.path(s); err != nil {
		return nil, err
	}
	if p.i < len(p.tokens) {
		return nil, p.unexpected(p.peek())
	}
	return s, nil
}

func (p *parser) create(s *statement) (*statement, error) {
	s.orReplace = p.accept("OR", "REPLACE")
	switch {
	case p.accept("TABLE"):
		s.kind = kindCreateTable
	case p.accept("VIEW"):
		s.kind = kindCreateView
	default:
		return nil, notImplemented("CREATE %s", p.peek().upper)
	}
	s.ifExists = p.accept("IF", "NOT", "EXISTS")
	if s.ifExists && s.orReplace {
		return nil, syntaxError("CREATE cannot have both OR REPLACE and IF NOT EXISTS")
	}
	if err := p.path(s); err != nil {
		return nil, err
	}
	if !p.accept("AS") {
		return nil, notImplemented("CREATE with columns, PARTITION BY, CLUSTER BY or OPTIONS, only CREATE ... AS SELECT; use tables.insert")
	}
	if err := p.query(s); err != nil {
		return nil, err
	}
	s.query = strings.TrimRight(strings.TrimSpace(p.in[s.body[0].pos:]), "; \n\t")
	return s, nil
}

// query reads the query that a statement ends with.
func (p *parser) query(s *statement) error {
	s.body = p.tokens[p.i:]
	if first := p.peek(); !first.is("SELECT") && !first.is("WITH") && !first.is("(") {
		return p.unexpected(first)
	}
	return nil
}

// splitTop cuts tokens before every occurrence of a word or symbol outside of parentheses and CASE.
func splitTop(tokens []token, word string) [][]token {
	var parts [][]token
	depth, start := 0, 0
	for i, t := range tokens {
		switch {
		case t.is("("), t.is("CASE"):
			depth++
		case t.is(")"), t.is("END"):
			depth--
		case depth == 0 && t.is(word):
			parts = append(parts, tokens[start:i])
			start = i
		}
	}
	return append(parts, tokens[start:])
}
