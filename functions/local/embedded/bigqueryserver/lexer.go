package bigqueryserver

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// symbols that GoogleSQL and DuckDB read alike, longest first.
var symbols = []string{"<=", ">=", "<>", "!=", "||", "<<", ">>", "(", ")", "[", "]", ",", ".", ";", "+", "-", "*", "/", "=", "<", ">", "&", "|"}

type lexer struct {
	in  string
	pos int
}

// lex cuts a statement into tokens by the rules of GoogleSQL.
// https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical
func lex(in string) ([]token, error) {
	if !utf8.ValidString(in) {
		return nil, invalidQuery("Syntax error: the statement is not valid UTF-8")
	}
	l := &lexer{in: in}
	var tokens []token
	for {
		if err := l.space(); err != nil {
			return nil, err
		}
		if l.pos == len(l.in) {
			return tokens, nil
		}
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, t)
	}
}

// fail is a syntax error at a place of the statement.
func (l *lexer) fail(pos int, format string, args ...any) error {
	return syntaxError("%s at %s", fmt.Sprintf(format, args...), position(l.in, pos))
}

// position is a place in a statement as BigQuery's messages tell it, [line:column].
func position(statement string, pos int) string {
	before := statement[:pos]
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return "[" + strconv.Itoa(line) + ":" + strconv.Itoa(column) + "]"
}

// space skips white space and comments.
func (l *lexer) space() error {
	for l.pos < len(l.in) {
		rest := l.in[l.pos:]
		switch {
		case strings.ContainsRune(" \t\r\n\f\v", rune(rest[0])):
			l.pos++
		case rest[0] == '#' || strings.HasPrefix(rest, "--"):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			l.pos += end
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				return l.fail(l.pos, "Unclosed comment")
			}
			l.pos += 2 + end + 2
		default:
			return nil
		}
	}
	return nil
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

// run is the end of the letters, digits and underscores from pos on.
func (l *lexer) run(pos int) int {
	for pos < len(l.in) && (letter(l.in[pos]) || digit(l.in[pos])) {
		pos++
	}
	return pos
}

func (l *lexer) next() (token, error) {
	start := l.pos
	c := l.in[start]
	switch {
	case letter(c):
		end := l.run(start)
		if end < len(l.in) && (l.in[end] == '\'' || l.in[end] == '"') {
			switch strings.ToLower(l.in[start:end]) {
			case "r":
				l.pos = end
				return l.text(start, true)
			case "b", "rb", "br":
				return token{}, notImplemented("BYTES literals")
			}
		}
		l.pos = end
		value := l.in[start:end]
		return token{kind: word, value: value, upper: strings.ToUpper(value), pos: start}, nil
	case digit(c), c == '.' && start+1 < len(l.in) && digit(l.in[start+1]):
		return l.number(start)
	case c == '\'' || c == '"':
		return l.text(start, false)
	case c == '`':
		return l.quoted(start)
	case c == '@':
		end := l.run(start + 1)
		if strings.HasPrefix(l.in[start:], "@@") {
			return token{}, notImplemented("system variables (@@)")
		}
		if end == start+1 {
			return token{}, l.fail(start, "Expected a parameter name after @")
		}
		l.pos = end
		return token{kind: parameter, value: l.in[start+1 : end], pos: start}, nil
	case c == '?':
		return token{}, notImplemented("positional query parameters; name them")
	}
	for _, s := range symbols {
		if strings.HasPrefix(l.in[start:], s) {
			l.pos += len(s)
			return token{kind: symbol, value: s, pos: start}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.in[start:])
	return token{}, l.fail(start, "Illegal input character %q, or an operator the embedded BigQuery does not support,", r)
}

// number reads an integer or floating-point literal.
func (l *lexer) number(start int) (token, error) {
	end := start
	if hex := strings.HasPrefix(strings.ToLower(l.in[start:]), "0x"); hex {
		end = l.run(start)
		n, err := strconv.ParseInt(l.in[start:end], 0, 64)
		if err != nil || strings.Contains(l.in[start:end], "_") {
			return token{}, l.fail(start, "Invalid hex integer literal %q", l.in[start:end])
		}
		l.pos = end
		return token{kind: number, value: strconv.FormatInt(n, 10), pos: start}, nil
	}
	digits := func() {
		for end < len(l.in) && digit(l.in[end]) {
			end++
		}
	}
	float := false
	digits()
	if end < len(l.in) && l.in[end] == '.' {
		float = true
		end++
		digits()
	}
	if end < len(l.in) && l.in[end]|0x20 == 'e' {
		float = true
		end++
		if end < len(l.in) && (l.in[end] == '+' || l.in[end] == '-') {
			end++
		}
		before := end
		if digits(); end == before {
			return token{}, l.fail(start, "Invalid floating point literal")
		}
	}
	if l.run(end) != end {
		return token{}, l.fail(end, "Missing whitespace between literal and alias")
	}
	value := l.in[start:end]
	if float {
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return token{}, l.fail(start, "Invalid floating point literal: %s", value)
		}
		value = strings.Replace(value, ".e", ".0e", 1)
		if strings.HasSuffix(value, ".") {
			value += "0"
		}
	} else if _, err := strconv.ParseInt(value, 10, 64); err != nil {
		return token{}, l.fail(start, "Invalid integer literal: %s", value)
	}
	l.pos = end
	return token{kind: number, value: value, pos: start}, nil
}

// quoted reads an identifier in backticks.
func (l *lexer) quoted(start int) (token, error) {
	end := strings.IndexByte(l.in[start+1:], '`')
	if end < 0 {
		return token{}, l.fail(start, "Unclosed identifier literal")
	}
	value := l.in[start+1 : start+1+end]
	if value == "" {
		return token{}, l.fail(start, "Invalid empty identifier")
	}
	if strings.ContainsAny(value, "\\\n") {
		return token{}, notImplemented("escapes in quoted identifiers")
	}
	l.pos = start + 1 + end + 1
	return token{kind: quoted, value: value, pos: start}, nil
}
