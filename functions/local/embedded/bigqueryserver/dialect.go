package bigqueryserver

import (
	"fmt"
	"regexp"
	"strings"
)

// tokens are the parts of a statement that a rule applies to. String literals and comments come first, so that
// no rule applies inside of them.
var tokens = regexp.MustCompile(`'(?:[^'\\]|\\.)*'|--[^\n]*` + "|[\"`;]" +
	`|\bIN\s+UNNEST\(@\w+\)|@\w+|\bAS\s+TIMESTAMP\s*\)|[A-Za-z][\w-]*\.[A-Za-z_]\w*\.`)

// toEngine makes DuckDB's SQL of one GoogleSQL statement. types are DuckDB's types of the query parameters, by name.
//
// The rules are textual. They do for the product's statements, which are written so that the rest means the
// same to both engines; what they do not do is DuckDB's error.
func toEngine(statement, project string, types map[string]string) (engineSQL string, err error) {
	parameter := func(name string) string {
		if types[name] == "" {
			err = invalidQuery("Query parameter '%s' not found", name)
		}
		// The type has to be in the text: DuckDB binds values later than it resolves functions.
		return fmt.Sprintf("CAST($%s AS %s)", name, types[name])
	}
	engineSQL = tokens.ReplaceAllStringFunc(strings.TrimSpace(statement), func(t string) string {
		switch {
		case t[0] == '\'' && strings.Contains(t, `\`):
			err = notSupported("a backslash in a string literal: %s", t)
		case t[0] == '\'' || t[0] == '-':
		case t == `"` || t == "`":
			err = notSupported("the quotation mark %s: write strings in single quotes and names in none", t)
		case t == ";":
			err = notSupported("several statements in one query")
		case t[0] == '@':
			return parameter(t[1:])
		case strings.HasSuffix(t, "."): // project.dataset.table
			return strings.TrimPrefix(t, project+".")
		case strings.HasPrefix(t, "AS"):
			return "AS TIMESTAMPTZ)"
		default: // IN UNNEST(@array)
			_, name, _ := strings.Cut(strings.TrimSuffix(t, ")"), "@")
			return "IN (SELECT UNNEST(" + parameter(name) + "))"
		}
		return t
	})
	return engineSQL, err
}

// macros define the functions of the product's SQL that DuckDB lacks, or that differ there. DuckDB prefers a
// macro to its own function of the same name.
const macros = `
CREATE OR REPLACE MACRO main.unix_micros(t) AS epoch_us(t);
CREATE OR REPLACE MACRO main.unix_millis(t) AS (epoch_us(t) - (epoch_us(t) % 1000 + 1000) % 1000) // 1000; -- rounds down, also before 1970
CREATE OR REPLACE MACRO main.div(a, b) AS a // b;
-- NULL if any part is NULL; DuckDB's own CONCAT leaves NULLs out.
CREATE OR REPLACE MACRO main.concat(a, b) AS a || b, (a, b, c) AS a || b || c, (a, b, c, d) AS a || b || c || d,
  (a, b, c, d, e) AS a || b || c || d || e;
`
