package bigqueryserver

import (
	"strings"
)

type tokenKind int

const (
	word      tokenKind = iota // an unquoted identifier or keyword
	quoted                     // a `quoted` identifier
	text                       // a string literal
	number                     // a numeric literal
	parameter                  // @name
	symbol                     // an operator or punctuation mark
	engineSQL                  // DuckDB's SQL, made by this package; balanced in its parentheses
)

// token is a word of GoogleSQL. It is written into DuckDB's SQL by [token.sql].
type token struct {
	kind  tokenKind
	value string // as written, but unescaped in quoted and text
	upper string // of a word
	pos   int    // in bytes of the statement
}

func (t token) is(upper string) bool {
	return (t.kind == word && t.upper == upper) || (t.kind == symbol && t.value == upper)
}

func (t token) name() bool { return t.kind == word || t.kind == quoted }

// sql is the token in DuckDB's SQL.
func (t token) sql() string {
	switch t.kind {
	case quoted:
		return quoteName(t.value)
	case text:
		return quoteText(t.value)
	case number:
		if strings.ContainsAny(t.value, ".eE") && !strings.ContainsAny(t.value, "eE") {
			return t.value + "e0" // else a DECIMAL to DuckDB; a FLOAT64 to BigQuery
		}
	}
	return t.value
}

// render writes tokens as DuckDB's SQL.
func render(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.sql())
	}
	return b.String()
}
