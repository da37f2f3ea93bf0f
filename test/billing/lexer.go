package billing

import (
	"fmt"
	"regexp"
	"strings"
)

// kind is what a token of a statement is.
type kind int

const (
	word      kind = iota // a keyword or a name
	quoted                // a name in backticks
	parameter             // @name, text without the @
	literal               // a string or a number, whose text nobody needs
	symbol
	group // what stands in parentheses
)

type token struct {
	kind   kind
	text   string
	blocks []*block // of a group
}

// is reports whether the token is a keyword or a symbol.
func (t token) is(words ...string) bool {
	for _, w := range words {
		if (t.kind == word || t.kind == symbol) && strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

func (t token) name() bool { return t.kind == word || t.kind == quoted }

// lex cuts a statement into tokens, without comments.
func lex(text string) ([]token, error) {
	var tokens []token
	for at := 0; at < len(text); {
		rest := text[at:]
		n := 1 // bytes of the next token
		switch c := rest[0]; {
		case strings.IndexByte(" \t\r\n\f\v", c) >= 0:
		case c == '#', strings.HasPrefix(rest, "--"):
			n = end(rest, "\n")
		case strings.HasPrefix(rest, "/*"):
			n = 2 + end(rest[2:], "*/")
		case c == '`':
			n = 1 + end(rest[1:], "`")
			for i, part := range strings.Split(strings.Trim(rest[:min(n, len(rest))], "`"), ".") { // `a.b` is a.b
				if i > 0 {
					tokens = append(tokens, token{kind: symbol, text: "."})
				}
				tokens = append(tokens, token{kind: quoted, text: part})
			}
		case stringStart.MatchString(rest):
			n = stringEnd(rest)
			tokens = append(tokens, token{kind: literal})
		case c == '@':
			n = 1 + letters(rest[1:])
			tokens = append(tokens, token{kind: parameter, text: rest[1:n]})
		case letters(rest) > 0:
			n = letters(rest)
			k := word
			if c >= '0' && c <= '9' {
				k = literal
			}
			tokens = append(tokens, token{kind: k, text: rest[:n]})
		default:
			for _, s := range []string{"<=", ">=", "<>", "!=", "||"} {
				if strings.HasPrefix(rest, s) {
					n = 2
				}
			}
			tokens = append(tokens, token{kind: symbol, text: rest[:n]})
		}
		if n > len(rest) {
			return nil, fmt.Errorf("something that begins at byte %d of the statement does not end", at)
		}
		at += n
	}
	return tokens, nil
}

// end is where text goes on after the first mark, or beyond its end where there is none. The end of
// the text ends a line too.
func end(text, mark string) int {
	if i := strings.Index(text, mark); i >= 0 {
		return i + len(mark)
	}
	if mark == "\n" {
		return len(text)
	}
	return len(text) + 1
}

// letters is how many letters, digits and underscores text begins with.
func letters(text string) int {
	n := 0
	for n < len(text) && (text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z' || text[n] >= '0' && text[n] <= '9' || text[n] == '_') {
		n++
	}
	return n
}

// stringStart begins a string literal: raw, of bytes, in three quotation marks or in one.
var stringStart = regexp.MustCompile(`^(?i:r|b|rb|br)?("""|'''|"|')`)

// stringEnd is where the string literal ends that text begins with, beyond the end of text where it does not.
func stringEnd(text string) int {
	found := stringStart.FindStringSubmatchIndex(text)
	mark := text[found[2]:found[3]]
	for at := found[3]; at < len(text); at++ {
		switch {
		case text[at] == '\\':
			at++ // also in a raw string
		case strings.HasPrefix(text[at:], mark):
			return at + len(mark)
		}
	}
	return len(text) + 1
}
