package bigqueryserver

import (
	"database/sql"
	"regexp"
	"strings"

	"spotify-insights.internal/shared/faults"
)

// The types of columns, as the API names them.
const (
	typeString    = "STRING"
	typeInteger   = "INTEGER"
	typeFloat     = "FLOAT"
	typeBoolean   = "BOOLEAN"
	typeTimestamp = "TIMESTAMP"
)

const modeRequired = "REQUIRED"

// engineTypes are DuckDB's types of columns.
var engineTypes = map[string]string{
	typeString: "VARCHAR", typeInteger: "BIGINT", typeFloat: "DOUBLE", typeBoolean: "BOOLEAN", typeTimestamp: "TIMESTAMPTZ",
}

// resultTypes are the types of a result's columns, by DuckDB's.
var resultTypes = map[string]string{
	"VARCHAR": typeString, "BOOLEAN": typeBoolean, "TIMESTAMPTZ": typeTimestamp, "DOUBLE": typeFloat,
	"INTEGER": typeInteger, "BIGINT": typeInteger, "HUGEINT": typeInteger, // which a SUM and a literal have
}

type tableSchema struct {
	Fields []tableField `json:"fields"`
}

type tableField struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Mode        string `json:"mode,omitempty"`
	Description string `json:"description,omitempty"`
}

var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,299}$`)

// columns is the schema as the column list of DuckDB's CREATE TABLE.
func (s *tableSchema) columns() (string, error) {
	if s == nil || len(s.Fields) == 0 {
		return "", notSupported("a table without a schema")
	}
	list := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		switch {
		case !columnName.MatchString(f.Name):
			return "", invalid("Invalid field name %s", faults.Quote(f.Name))
		case engineTypes[f.Type] == "":
			return "", notSupported("the type %s of the column %s", f.Type, f.Name)
		case f.Mode != "" && f.Mode != "NULLABLE" && f.Mode != modeRequired:
			return "", notSupported("the mode %s of the column %s", f.Mode, f.Name)
		}
		list[i] = quoteName(f.Name) + " " + engineTypes[f.Type]
		if f.Mode == modeRequired {
			list[i] += " NOT NULL"
		}
	}
	return strings.Join(list, ", "), nil
}

// schemaOf is the schema of a result.
func schemaOf(rows *sql.Rows) (*tableSchema, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	s := &tableSchema{Fields: make([]tableField, len(types))}
	for i, t := range types {
		f := tableField{Name: t.Name(), Type: resultTypes[t.DatabaseTypeName()], Mode: "NULLABLE"}
		if f.Type == "" {
			return nil, notSupported("the type %s of the column %s of a result", t.DatabaseTypeName(), t.Name())
		}
		s.Fields[i] = f
	}
	return s, nil
}
