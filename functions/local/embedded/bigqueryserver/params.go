package bigqueryserver

import (
	"database/sql"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// parameterTypes are the types a query parameter can have, as DuckDB casts and binds them.
var parameterTypes = map[string]struct {
	engine string
	bind   duckdb.Type
}{
	typeString: {"VARCHAR", duckdb.TYPE_VARCHAR}, typeInteger: {"BIGINT", duckdb.TYPE_BIGINT},
	typeFloat: {"DOUBLE", duckdb.TYPE_DOUBLE}, typeBoolean: {"BOOLEAN", duckdb.TYPE_BOOLEAN},
	typeTimestamp: {"TIMESTAMPTZ", duckdb.TYPE_TIMESTAMP_TZ}, typeDate: {"DATE", duckdb.TYPE_DATE},
}

// bound is a query parameter ready for DuckDB.
type bound struct {
	cast  string // the DuckDB type to cast it to, so that its type is known before it is bound
	value any
}

// bindParameters checks all declared parameters, writes the ones the statement
// uses into its body, and returns their values. They are bound, never pasted.
func bindParameters(s *statement, declared []queryParameter) ([]any, error) {
	values := map[string]bound{}
	for _, d := range declared {
		name := strings.ToLower(d.Name)
		if name == "" {
			return nil, notImplemented("positional query parameters; name them")
		}
		if _, twice := values[name]; twice {
			return nil, invalid("Duplicate query parameter name: %s", d.Name)
		}
		b, err := bind(d)
		if err != nil {
			return nil, err
		}
		values[name] = b
	}
	for i, t := range s.body {
		if t.kind != parameter {
			continue
		}
		b, ok := values[t.value]
		if !ok {
			return nil, invalidQuery("Query parameter '%s' not found", t.value)
		}
		s.body[i] = engine("(CAST($" + t.value + " AS " + b.cast + "))")
	}
	var args []any
	for _, name := range s.params {
		args = append(args, sql.Named(name, values[name].value))
	}
	return args, nil
}

func bind(p queryParameter) (bound, error) {
	if p.ParameterType == nil {
		return bound{}, invalid("Query parameter %q has no type", p.Name)
	}
	value := parameterValue{}
	if p.ParameterValue != nil {
		value = *p.ParameterValue
	}
	scalar := p.ParameterType
	array := p.ParameterType.Type == "ARRAY"
	if array {
		if scalar = p.ParameterType.ArrayType; scalar == nil {
			return bound{}, invalid("Query parameter %q is an ARRAY of no type", p.Name)
		}
		if value.Value != nil {
			return bound{}, invalid("Query parameter %q is an ARRAY with a scalar value", p.Name)
		}
	}
	canonical := columnTypes[scalar.Type]
	to, ok := parameterTypes[canonical]
	if !ok {
		return bound{}, notImplemented("query parameters of type %s", scalar.Type)
	}
	if array {
		list, err := bindArray(p.Name, canonical, value.ArrayValues)
		return bound{to.engine + "[]", list}, err
	}
	if value.ArrayValues != nil {
		return bound{}, invalid("Query parameter %q is a %s with an array value", p.Name, scalar.Type)
	}
	if value.Value == nil {
		return bound{to.engine, duckdb.Typed(nil, to.bind)}, nil
	}
	v, err := scalarValue(canonical, *value.Value)
	if err != nil {
		return bound{}, invalid("Invalid value for query parameter %q of type %s: %v", p.Name, scalar.Type, err)
	}
	return bound{to.engine, duckdb.Typed(v, to.bind)}, nil
}

// bindArray makes a typed slice, which is what the driver makes a LIST of.
func bindArray(name, canonical string, in []parameterValue) (any, error) {
	switch canonical {
	case typeInteger:
		return slice[int64](name, canonical, in)
	case typeFloat:
		return slice[float64](name, canonical, in)
	case typeBoolean:
		return slice[bool](name, canonical, in)
	case typeString:
		return slice[string](name, canonical, in)
	default:
		return slice[time.Time](name, canonical, in)
	}
}

func slice[T any](name, canonical string, in []parameterValue) ([]T, error) {
	out := make([]T, 0, len(in))
	for i, e := range in {
		if e.Value == nil {
			return nil, notImplemented("NULL in an array: query parameter %q, element %d", name, i)
		}
		v, err := scalarValue(canonical, *e.Value)
		if err != nil {
			return nil, invalid("Invalid value for query parameter %q, element %d: %v", name, i, err)
		}
		out = append(out, v.(T))
	}
	return out, nil
}

// scalarValue reads the text of a parameter's value.
func scalarValue(canonical, s string) (any, error) {
	switch canonical {
	case typeInteger:
		return strconv.ParseInt(s, 10, 64)
	case typeFloat:
		return parseFloat(s)
	case typeBoolean:
		return strconv.ParseBool(strings.ToLower(s))
	case typeTimestamp:
		micros, err := parseTimestamp(s)
		return time.UnixMicro(micros).UTC(), err
	case typeDate:
		days, ok := parseDate(s)
		if !ok || len(s) != 10 {
			return nil, errDate
		}
		return time.Unix(days*86400, 0).UTC(), nil
	}
	return s, nil
}
