package bigqueryserver

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"spotify-insights.internal/shared/faults"
)

type queryParameter struct {
	Name           string         `json:"name"`
	ParameterType  parameterType  `json:"parameterType"`
	ParameterValue parameterValue `json:"parameterValue"`
}

type parameterType struct {
	Type      string         `json:"type"`
	ArrayType *parameterType `json:"arrayType,omitempty"`
}

type parameterValue struct {
	Value       *string          `json:"value,omitempty"`
	ArrayValues []parameterValue `json:"arrayValues,omitempty"`
}

// parameters are the parameters of a query, by name.
type parameters struct {
	types  map[string]string // DuckDB's
	values map[string]any
}

func readParameters(list []queryParameter) (parameters, error) {
	p := parameters{map[string]string{}, map[string]any{}}
	for _, q := range list {
		if p.types[q.Name] != "" || q.Name == "" {
			return p, invalid("Query parameters need different names: %s", faults.Quote(q.Name))
		}
		var err error
		if p.types[q.Name], p.values[q.Name], err = q.read(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// read returns DuckDB's type and value of a parameter.
func (q queryParameter) read() (string, any, error) {
	v := q.ParameterValue.Value
	if t := q.ParameterType; t.Type == "ARRAY" && t.ArrayType != nil && t.ArrayType.Type == "STRING" && v == nil {
		list := []string{}
		for _, element := range q.ParameterValue.ArrayValues {
			if element.Value == nil {
				return "", nil, notSupported("NULL in the query parameter %s", faults.Quote(q.Name))
			}
			list = append(list, *element.Value)
		}
		return "VARCHAR[]", list, nil
	}
	if v == nil {
		return "", nil, notSupported("the query parameter %s: a value of the type %s that is NULL", faults.Quote(q.Name), q.ParameterType.Type)
	}
	var value any
	var err error
	switch q.ParameterType.Type {
	case typeString:
		return "VARCHAR", *v, nil
	case "BOOL":
		value, err = strconv.ParseBool(*v)
		if err == nil {
			return "BOOLEAN", value, nil
		}
	case typeTimestamp:
		var micros int64
		if micros, err = parseTimestamp(*v); err == nil {
			return "TIMESTAMPTZ", duckdb.Typed(time.UnixMicro(micros).UTC(), duckdb.TYPE_TIMESTAMP_TZ), nil
		}
	default:
		return "", nil, notSupported("query parameters of the type %s: %s", q.ParameterType.Type, faults.Quote(q.Name))
	}
	return "", nil, invalid("Invalid value for query parameter %s: %v", faults.Quote(q.Name), err)
}

// in are the arguments for a part of a statement: DuckDB takes no others than those that the part contains.
func (p parameters) in(engineSQL string) (args []any) {
	for name, value := range p.values {
		if strings.Contains(engineSQL, "CAST($"+name+" AS ") {
			args = append(args, sql.Named(name, value))
		}
	}
	return args
}

var errTimestamp = errors.New("it is not a timestamp such as 2006-01-02T15:04:05.999999Z of the years 1 to 9999")

// parseTimestamp reads a TIMESTAMP as microseconds since 1970: RFC 3339, which load jobs have, or BigQuery's
// own form, which query parameters have. BigQuery refuses more than six decimals.
func parseTimestamp(s string) (micros int64, err error) {
	layout := time.RFC3339Nano
	if len(s) > 10 && s[10] == ' ' {
		layout = "2006-01-02 15:04:05.999999999-07:00"
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Nanosecond()%1000 != 0 || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return 0, errTimestamp
	}
	return t.UnixMicro(), nil
}
