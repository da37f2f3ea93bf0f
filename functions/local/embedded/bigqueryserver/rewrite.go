package bigqueryserver

import (
	"slices"
	"strings"
)

// castTypes are the types CAST can name, with DuckDB's name and the functions that convert
// as CAST and SAFE_CAST do, where DuckDB's own casts are laxer or round otherwise.
var castTypes = map[string]struct{ engine, via, safely string }{
	"INT64": {"BIGINT", "bq_int64", "bq_safe_int64"}, "BOOL": {"BOOLEAN", "bq_bool", "bq_safe_bool"},
	"STRING": {"VARCHAR", "bq_string", "bq_string"}, "FLOAT64": {"DOUBLE", "", ""},
	"TIMESTAMP": {"TIMESTAMPTZ", "", ""}, "DATE": {"DATE", "", ""},
}

// extractParts are the parts of EXTRACT that mean the same to both, with DuckDB's name.
var extractParts = map[string]string{
	"YEAR": "YEAR", "ISOYEAR": "ISOYEAR", "QUARTER": "QUARTER", "MONTH": "MONTH", "ISOWEEK": "WEEK", "DAY": "DAY",
	"DAYOFWEEK": "DAYOFWEEK", "DAYOFYEAR": "DAYOFYEAR", "HOUR": "HOUR", "MINUTE": "MINUTE", "SECOND": "SECOND", "DATE": "",
}

func engine(sql string) token { return token{kind: engineSQL, value: sql} }

func symbolToken(s string) token { return token{kind: symbol, value: s} }

// rewriter turns GoogleSQL expressions into DuckDB's.
type rewriter struct{ params []string }

// rewrite turns the tokens of a statement into DuckDB's SQL, and lists the parameters it uses.
func rewrite(tokens []token) ([]token, []string, error) {
	r := &rewriter{}
	out, err := r.tokens(tokens)
	return out, r.params, err
}

func (r *rewriter) tokens(in []token) ([]token, error) {
	out := make([]token, 0, len(in)+8)
	for i := 0; i < len(in); i++ {
		t := in[i]
		call := i+1 < len(in) && in[i+1].is("(")
		qualified := i > 0 && in[i-1].is(".")
		switch {
		case t.kind == parameter:
			name := strings.ToLower(t.value)
			if !slices.Contains(r.params, name) {
				r.params = append(r.params, name)
			}
			out = append(out, token{kind: parameter, value: name, pos: t.pos})
			continue
		case t.kind != word || qualified:
		case call && (t.upper == "CAST" || t.upper == "SAFE_CAST"):
			end := matching(in, i+1)
			part, err := r.cast(in[i:end+1], t.upper == "SAFE_CAST")
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
			i = end
			continue
		case call && t.upper == "EXTRACT":
			end := matching(in, i+1)
			part, err := r.extract(in[i : end+1])
			if err != nil {
				return nil, err
			}
			out = append(out, part...)
			i = end
			continue
		case t.upper == "UNNEST" && i > 0 && in[i-1].is("IN") && call:
			end := matching(in, i+1)
			array, err := r.tokens(in[i+1 : end+1])
			if err != nil {
				return nil, err
			}
			out = append(out, symbolToken("("), engine("SELECT UNNEST"))
			out = append(append(out, array...), symbolToken(")"))
			i = end
			continue
		case t.upper == "TIMESTAMP" && i+1 < len(in) && in[i+1].kind == text:
			out = append(out, engine("TIMESTAMPTZ"))
			continue
		case t.upper == "EXCEPT" && i > 0 && in[i-1].is("*") && call:
			out = append(out, engine("EXCLUDE"))
			continue
		case (t.upper == "CURRENT_TIMESTAMP" || t.upper == "CURRENT_DATE") && call:
			if i+2 >= len(in) || !in[i+2].is(")") {
				return nil, notImplemented("arguments of %s", t.upper)
			}
			out = append(out, t)
			i += 2
			continue
		case call && engineFunctions[t.upper] != "" && !parenthesisOnly(in, i):
			out = append(out, engine(engineFunctions[t.upper]))
			continue
		}
		out = append(out, t)
	}
	return out, nil
}

// parenthesisOnly tells * REPLACE (...) from the function.
func parenthesisOnly(in []token, i int) bool {
	return in[i].upper == "REPLACE" && i > 0 && in[i-1].is("*")
}

// cast rewrites CAST(x AS type), given whole.
func (r *rewriter) cast(in []token, safe bool) ([]token, error) {
	inner := in[2 : len(in)-1]
	parts := splitTop(inner, "AS")
	if len(parts) != 2 || len(parts[0]) == 0 {
		return nil, syntaxError("CAST needs one expression AS one type")
	}
	if len(parts[1]) != 2 || parts[1][1].kind != word {
		return nil, notImplemented("this CAST: %s", render(parts[1]))
	}
	to, ok := castTypes[parts[1][1].upper]
	if !ok {
		return nil, notImplemented("CAST AS %s", parts[1][1].value)
	}
	x, err := r.tokens(parts[0])
	if err != nil {
		return nil, err
	}
	cast := "CAST"
	if safe {
		cast, to.via = "TRY_CAST", to.safely
	}
	if to.via != "" && !(len(x) == 1 && x[0].is("NULL")) {
		x = slices.Concat([]token{engine(to.via), symbolToken("(")}, x, []token{symbolToken(")")})
	}
	return slices.Concat([]token{engine(cast), symbolToken("(")}, x, []token{engine("AS " + to.engine), symbolToken(")")}), nil
}

// extract rewrites EXTRACT(part FROM x), given whole.
func (r *rewriter) extract(in []token) ([]token, error) {
	inner := in[2 : len(in)-1]
	if len(inner) < 3 || !inner[1].is("FROM") {
		return nil, syntaxError("EXTRACT needs a part FROM an expression")
	}
	part, ok := extractParts[inner[0].upper]
	if !ok {
		return nil, notImplemented("EXTRACT(%s FROM ...)", inner[0].value)
	}
	x, err := r.tokens(inner[2:])
	if err != nil {
		return nil, err
	}
	open, end := symbolToken("("), symbolToken(")")
	switch inner[0].upper {
	case "DATE":
		return slices.Concat([]token{engine("CAST"), open}, x, []token{engine("AS DATE"), end}), nil
	case "DAYOFWEEK": // Sunday is 1 to BigQuery, 0 to DuckDB
		return slices.Concat([]token{open, engine("1 + EXTRACT"), open, engine("DAYOFWEEK FROM")}, x, []token{end, end}), nil
	}
	return slices.Concat([]token{engine("EXTRACT"), open, engine(part + " FROM")}, x, []token{end}), nil
}
