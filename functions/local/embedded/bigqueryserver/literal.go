package bigqueryserver

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// simpleEscapes are the escapes of one character.
var simpleEscapes = map[byte]byte{
	'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '?': '?', '"': '"', '\'': '\'', '`': '`',
}

// numericEscapes are the escapes that give a code in digits: how many, in which base.
var numericEscapes = map[byte]struct{ digits, base int }{
	'x': {2, 16}, 'X': {2, 16}, 'u': {4, 16}, 'U': {8, 16},
	'0': {3, 8}, '1': {3, 8}, '2': {3, 8}, '3': {3, 8},
}

// text reads a string literal; l.pos is at its opening quote. Double quotes
// make strings in GoogleSQL, where they make identifiers in DuckDB's SQL.
func (l *lexer) text(start int, raw bool) (token, error) {
	quote := l.in[l.pos : l.pos+1]
	triple := strings.HasPrefix(l.in[l.pos:], strings.Repeat(quote, 3))
	if triple {
		quote = strings.Repeat(quote, 3)
	}
	l.pos += len(quote)
	var b strings.Builder
	for !strings.HasPrefix(l.in[l.pos:], quote) {
		if l.pos == len(l.in) {
			return token{}, l.fail(start, "Unclosed string literal")
		}
		c := l.in[l.pos]
		switch {
		case c == '\n' && !triple:
			return token{}, l.fail(start, "Unclosed string literal")
		case c == 0:
			return token{}, l.fail(l.pos, "NUL in a string literal")
		case c == '\\' && raw:
			if l.pos+1 == len(l.in) {
				return token{}, l.fail(start, "Unclosed string literal")
			}
			b.WriteString(l.in[l.pos : l.pos+2])
			l.pos += 2
		case c == '\\':
			r, err := l.escape()
			if err != nil {
				return token{}, err
			}
			b.WriteRune(r)
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	l.pos += len(quote)
	if l.pos < len(l.in) && (l.in[l.pos] == '\'' || l.in[l.pos] == '"') {
		return token{}, l.fail(l.pos, "Expected whitespace between adjacent string literals; a quote is escaped by a backslash, not doubled,")
	}
	if !utf8.ValidString(b.String()) {
		return token{}, l.fail(start, "a string literal is not valid UTF-8")
	}
	return token{kind: text, value: b.String(), pos: start}, nil
}

// escape reads the escape sequence at l.pos.
func (l *lexer) escape() (rune, error) {
	start := l.pos
	illegal := func() (rune, error) { return 0, l.fail(start, "Illegal escape sequence") }
	if start+1 >= len(l.in) {
		return illegal()
	}
	c := l.in[start+1]
	if r, ok := simpleEscapes[c]; ok {
		l.pos += 2
		return rune(r), nil
	}
	e, ok := numericEscapes[c]
	if !ok {
		return illegal()
	}
	from := start + 2
	if e.base == 8 {
		from = start + 1
	}
	if from+e.digits > len(l.in) {
		return illegal()
	}
	n, err := strconv.ParseUint(l.in[from:from+e.digits], e.base, 32)
	if err != nil || n == 0 || !utf8.ValidRune(rune(n)) {
		return illegal()
	}
	l.pos = from + e.digits
	return rune(n), nil
}
