package bigqueryserver

import "strings"

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		set[w] = true
	}
	return set
}

var (
	// reservedWords of GoogleSQL cannot name anything unless quoted. DuckDB lets many of them.
	reservedWords = wordSet(`ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS
		CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM
		FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP
		MERGE NATURAL NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT
		RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN`)
	// refusedWords are keywords of features only one of the two has, or has with another meaning.
	refusedWords = wordSet(`ANY ARRAY ASSERT_ROWS_MODIFIED COLLATE CONTAINS CREATE DEFINE ENUM ESCAPE EXCLUDE FETCH FOR GROUPS HASH
		LATERAL LOOKUP NATURAL NEW NO OF PROTO SOME STRUCT TABLESAMPLE TO TREAT WITHIN
		ANTI ASOF GLOB ILIKE ISNULL NOTNULL PIVOT POSITIONAL RETURNING SEMI SIMILAR UNPIVOT`)
	// parenthesisWords may stand before a parenthesis without being a function.
	parenthesisWords = wordSet(`ALL AND AS BETWEEN BY CASE CUBE DISTINCT ELSE EXCEPT EXISTS FROM GROUPING HAVING IN INSERT INTERSECT
		INTERVAL IS JOIN LIKE LIMIT NOT OFFSET ON OR OVER QUALIFY REPLACE ROLLUP SELECT SETS THEN UNION UNNEST USING VALUES WHEN WHERE
		CAST SAFE_CAST EXTRACT ZONE`)
	// subqueryWords begin a parenthesised query to DuckDB, but not to BigQuery.
	subqueryWords = wordSet(`FROM SUMMARIZE DESCRIBE DESC SHOW TABLE VALUES`)
	// literalTypes can stand before a string literal.
	literalTypes = wordSet(`DATE TIMESTAMP`)
	// intervalParts are safe to add to any TIMESTAMP.
	intervalParts = wordSet(`MICROSECOND MILLISECOND SECOND MINUTE HOUR DAY WEEK`)
	// followers lists what must come after a reserved word that DuckDB would take for a name.
	followers = map[string]map[string]bool{
		"CURRENT": wordSet(`ROW`), "GROUPING": wordSet(`SETS (`), "IF": wordSet(`(`), "PARTITION": wordSet(`BY`),
		"IGNORE": wordSet(`NULLS`), "RESPECT": wordSet(`NULLS`),
		"ROWS": wordSet(`BETWEEN UNBOUNDED CURRENT`), "RANGE": wordSet(`BETWEEN UNBOUNDED CURRENT`),
	}
)

// checkDialect refuses what DuckDB would run and BigQuery would not, and what
// they would run with different results, as far as the words alone tell.
// It does not know types: those are left to DuckDB, which is laxer in comparisons.
func checkDialect(statement string, tokens []token) error {
	at := func(i int) token {
		if i < 0 || i >= len(tokens) {
			return token{kind: symbol, pos: len(statement)}
		}
		return tokens[i]
	}
	unexpected := func(t token) error {
		shown := t.value
		if t.kind == text {
			shown = "string literal " + shown
		}
		return syntaxError("Unexpected %s at %s", shown, position(statement, t.pos))
	}
	var inExtract []bool // a value for each open parenthesis
	for i, t := range tokens {
		before, after := at(i-1), at(i+1)
		if t.kind == word && refusedWords[t.upper] && !before.is(".") {
			return notImplemented("the keyword %s at %s", t.upper, position(statement, t.pos))
		}
		switch {
		case t.kind == text:
			if err := checkText(tokens, i, unexpected); err != nil {
				return err
			}
		case t.is("["):
			if !before.is("(") || !at(i-2).is("UNNEST") {
				return notImplemented("arrays outside of UNNEST")
			}
		case t.is("("):
			inExtract = append(inExtract, before.is("EXTRACT"))
			if after.kind == word && subqueryWords[after.upper] {
				return unexpected(after)
			}
		case t.is(")"):
			if len(inExtract) == 0 {
				return unexpected(t)
			}
			inExtract = inExtract[:len(inExtract)-1]
		case t.name() && after.is("(") && !(t.kind == word && parenthesisWords[t.upper]):
			if err := checkCall(t, before); err != nil {
				return err
			}
		}
		if t.kind != word || before.is(".") {
			continue
		}
		if must := followers[t.upper]; must != nil && !must[after.upper] && !must[after.value] && after.kind != number && after.kind != parameter {
			return unexpected(t)
		}
		switch t.upper {
		case "AS":
			if after.kind == word && reservedWords[after.upper] && !before.is("SELECT") {
				return unexpected(after)
			}
		case "AT":
			if !at(i+1).is("TIME") || !at(i+2).is("ZONE") {
				return unexpected(t)
			}
			if len(inExtract) == 0 || !inExtract[len(inExtract)-1] {
				return unexpected(t)
			}
		case "UNION", "INTERSECT", "EXCEPT":
			if t.upper == "EXCEPT" && before.is("*") && after.is("(") {
				break
			}
			if !after.is("DISTINCT") && !(t.upper == "UNION" && after.is("ALL")) {
				return syntaxError("Expected keyword ALL or keyword DISTINCT after %s at %s", t.upper, position(statement, t.pos))
			}
		case "ALL":
			if before.is("BY") && at(i-2).is("ORDER") {
				return unexpected(t)
			}
		case "ON":
			if before.is("DISTINCT") {
				return unexpected(t)
			}
		case "SAMPLE":
			if before.is("USING") {
				return unexpected(t)
			}
		case "SELECT":
			if after.is("AS") {
				return notImplemented("SELECT AS STRUCT and SELECT AS VALUE")
			}
		case "OFFSET":
			if before.is("WITH") {
				return notImplemented("UNNEST WITH OFFSET")
			}
		case "INTERVAL":
			if err := checkInterval(tokens, i); err != nil {
				return err
			}
		}
	}
	if len(inExtract) > 0 {
		return syntaxError(`Expected ")" but got end of script at %s`, position(statement, len(statement)))
	}
	return nil
}

func checkCall(t, before token) error {
	if before.is(".") {
		return notImplemented("functions with a prefix: .%s", t.value)
	}
	if t.kind == quoted || engineFunctions[t.upper] == "" {
		return invalidQuery("Function not found: %s (or it is not one of those the embedded BigQuery has)", t.value)
	}
	return nil
}

// checkText looks at what stands before a string literal: DuckDB takes one for a name in places.
func checkText(tokens []token, i int, unexpected func(token) error) error {
	if i == 0 {
		return unexpected(tokens[i])
	}
	switch before := tokens[i-1]; {
	case before.is("LIKE") && strings.Contains(tokens[i].value, `\`):
		return notImplemented("escapes in a LIKE pattern")
	case before.is("AS"), before.is("FROM") && !(i >= 2 && tokens[i-2].is("DISTINCT")), before.is("JOIN"), before.is("INTERVAL"):
		return unexpected(tokens[i])
	case before.kind == word && !reservedWords[before.upper] && !literalTypes[before.upper] && before.upper != "ZONE":
		return unexpected(tokens[i])
	case before.kind != word && before.kind != symbol, before.is(")"), before.is("."):
		return unexpected(tokens[i])
	}
	return nil
}

// checkInterval allows the intervals that both engines add to a TIMESTAMP.
func checkInterval(tokens []token, i int) error {
	i++
	if i < len(tokens) && tokens[i].is("-") {
		i++
	}
	if i < len(tokens) && tokens[i].is("(") {
		i = matching(tokens, i)
	}
	if i+1 >= len(tokens) || !intervalParts[tokens[i+1].upper] {
		return notImplemented("this INTERVAL; it has INTERVAL n MICROSECOND to WEEK (BigQuery adds no months to a TIMESTAMP)")
	}
	return nil
}

// matching is the index of the parenthesis that closes the one at open, or the last index.
func matching(tokens []token, open int) int {
	depth := 0
	for i := open; i < len(tokens); i++ {
		switch {
		case tokens[i].is("("):
			depth++
		case tokens[i].is(")"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(tokens) - 1
}
