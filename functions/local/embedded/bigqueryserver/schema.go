package bigqueryserver

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The types a column can have, under the names tables.get answers with.
const (
	typeString    = "STRING"
	typeInteger   = "INTEGER"
	typeFloat     = "FLOAT"
	typeBoolean   = "BOOLEAN"
	typeTimestamp = "TIMESTAMP"
	typeDate      = "DATE"
)

const (
	modeNullable = "NULLABLE"
	modeRequired = "REQUIRED"
)

// columnTypes maps every accepted spelling of a column type to the canonical one.
var columnTypes = map[string]string{
	"STRING": typeString, "INTEGER": typeInteger, "INT64": typeInteger,
	"FLOAT": typeFloat, "FLOAT64": typeFloat, "BOOLEAN": typeBoolean, "BOOL": typeBoolean,
	"TIMESTAMP": typeTimestamp, "DATE": typeDate,
}

// engineTypes maps column types to DuckDB's.
var engineTypes = map[string]string{
	typeString: "VARCHAR", typeInteger: "BIGINT", typeFloat: "DOUBLE",
	typeBoolean: "BOOLEAN", typeTimestamp: "TIMESTAMPTZ", typeDate: "DATE",
}

// sqlNames maps column types to the names BigQuery's SQL messages use.
var sqlNames = map[string]string{
	typeString: "STRING", typeInteger: "INT64", typeFloat: "FLOAT64",
	typeBoolean: "BOOL", typeTimestamp: "TIMESTAMP", typeDate: "DATE",
}

var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,299}$`)

// reservedPrefixes cannot begin a column's name.
// https://cloud.google.com/bigquery/docs/schemas#column_names
var reservedPrefixes = []string{"_TABLE_", "_FILE_", "_PARTITION", "_ROW_TIMESTAMP", "__ROOT__", "_COLIDENTIFIER", "_CHANGE_SEQUENCE_NUMBER", "_CHANGE_TYPE", "_CHANGE_TIMESTAMP"}

// normalize checks a schema that came in a request and spells its types and modes as BigQuery answers them.
func (s *tableSchema) normalize() error {
	if len(s.Fields) == 0 {
		return invalid("Empty schema specified.")
	}
	if len(s.Fields) > 10_000 {
		return invalid("Too many fields: %d, at most 10,000.", len(s.Fields))
	}
	seen := map[string]bool{}
	for i := range s.Fields {
		f := &s.Fields[i]
		if !columnName.MatchString(f.Name) {
			return invalid("Invalid field name %q. Fields must contain only letters, numbers, and underscores, start with a letter or underscore, and be at most 300 characters long.", f.Name)
		}
		for _, p := range reservedPrefixes {
			if strings.HasPrefix(strings.ToUpper(f.Name), p) {
				return invalid("Invalid field name %q. Field names are not allowed to start with the (case-insensitive) prefixes %s", f.Name, strings.Join(reservedPrefixes, ", "))
			}
		}
		if key := strings.ToLower(f.Name); seen[key] {
			return invalid("Duplicate field name: %s", f.Name)
		} else {
			seen[key] = true
		}
		canonical, ok := columnTypes[strings.ToUpper(f.Type)]
		if !ok {
			return notImplemented("the type %q of column %q; it has STRING, INT64, FLOAT64, BOOL, TIMESTAMP and DATE", f.Type, f.Name)
		}
		f.Type = canonical
		switch strings.ToUpper(f.Mode) {
		case "", modeNullable:
			f.Mode = modeNullable
		case modeRequired:
			f.Mode = modeRequired
		default:
			return notImplemented("the mode %q of column %q; it has NULLABLE and REQUIRED", f.Mode, f.Name)
		}
	}
	return nil
}

// clone is a copy to normalize: the job that brought the schema shows it meanwhile.
func (s *tableSchema) clone() *tableSchema { return &tableSchema{slices.Clone(s.Fields)} }

func (s *tableSchema) field(name string) *tableField {
	for i := range s.Fields {
		if strings.EqualFold(s.Fields[i].Name, name) {
			return &s.Fields[i]
		}
	}
	return nil
}

// columnsDDL is the schema as the column list of a DuckDB CREATE TABLE.
func (s *tableSchema) columnsDDL() string {
	parts := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		parts[i] = quoteName(f.Name) + " " + engineTypes[f.Type]
		if f.Mode == modeRequired {
			parts[i] += " NOT NULL"
		}
	}
	return strings.Join(parts, ", ")
}

// added compares a table's new schema with its current one. BigQuery lets a
// patch add NULLABLE columns at the end and change descriptions; everything
// else it refuses, as does this.
func (s *tableSchema) added(next *tableSchema) ([]tableField, error) {
	var added []tableField
	for i, f := range next.Fields {
		if i < len(s.Fields) {
			have := s.Fields[i]
			switch {
			case !strings.EqualFold(have.Name, f.Name) && next.field(have.Name) == nil:
				return nil, fmt.Errorf("Field %s is missing in new schema", have.Name)
			case !strings.EqualFold(have.Name, f.Name):
				return nil, fmt.Errorf("Field %s has moved: columns are added at the end", have.Name)
			case have.Name != f.Name:
				return nil, fmt.Errorf("Field %s has changed name to %s", have.Name, f.Name)
			case have.Type != f.Type:
				return nil, fmt.Errorf("Field %s has changed type from %s to %s", f.Name, have.Type, f.Type)
			case have.Mode != f.Mode:
				return nil, fmt.Errorf("Field %s has changed mode from %s to %s", f.Name, have.Mode, f.Mode)
			}
			continue
		}
		if f.Mode != modeNullable {
			return nil, fmt.Errorf("Cannot add required fields to an existing schema. (field: %s)", f.Name)
		}
		added = append(added, f)
	}
	if len(next.Fields) < len(s.Fields) {
		return nil, fmt.Errorf("Field %s is missing in new schema", s.Fields[len(next.Fields)].Name)
	}
	return added, nil
}

// quoteName makes a DuckDB identifier of any name.
func quoteName(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// quoteText makes a DuckDB string literal.
func quoteText(text string) string {
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
