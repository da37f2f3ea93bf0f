package bigqueryserver

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// rowParser makes rows of a table out of lines of JSON.
type rowParser struct {
	columns       []tableField
	byName        map[string]int
	ignoreUnknown bool

	line int   // of this parser, to tell which columns it has seen in the line
	seen []int // per column, the line that had it last
}

func newRowParser(schema *tableSchema, ignoreUnknown bool) *rowParser {
	p := &rowParser{columns: schema.Fields, byName: map[string]int{}, ignoreUnknown: ignoreUnknown, seen: make([]int, len(schema.Fields))}
	for i, f := range schema.Fields {
		p.byName[f.Name] = i
	}
	return p
}

// parse reads a line into row, which has a nil for every column. Its strings
// lie in the line. It returns the size of the row as BigQuery reckons it.
func (p *rowParser) parse(line []byte, row []driver.Value) (size int64, err error) {
	l := &jsonLine{b: line}
	if !l.accept('{') {
		return 0, errors.New("the row is not a JSON object")
	}
	p.line++
	next := 0 // rows of one writer have their fields in one order
	err = l.members('}', func() error {
		key, err := l.text()
		if err != nil {
			return err
		}
		if !l.accept(':') {
			return l.fail("a colon was expected")
		}
		i := next
		if i >= len(p.columns) || string(key) != p.columns[i].Name {
			var ok bool
			if i, ok = p.byName[string(key)]; !ok {
				if p.ignoreUnknown {
					return l.skip(0)
				}
				return fmt.Errorf("No such field: %s.", key)
			}
		}
		next = i + 1
		if p.seen[i] == p.line {
			return fmt.Errorf("Duplicate field: %s.", key)
		}
		p.seen[i] = p.line
		n, err := p.value(l, &p.columns[i], &row[i])
		size += n
		return err
	})
	if err != nil {
		return 0, err
	}
	if l.peek() != 0 || l.i < len(l.b) {
		return 0, l.fail("something follows the row")
	}
	for i := range p.columns {
		if p.columns[i].Mode == modeRequired && p.seen[i] != p.line {
			return 0, fmt.Errorf("Missing required field: %s.", p.columns[i].Name)
		}
	}
	return size, nil
}

// value reads the value of a column.
func (p *rowParser) value(l *jsonLine, f *tableField, to *driver.Value) (size int64, err error) {
	var v []byte
	quoted := false
	switch l.peek() {
	case '"':
		quoted = true
		v, err = l.text()
	case '[':
		return 0, fmt.Errorf("Array specified for non-repeated field: %s.", f.Name)
	case '{':
		return 0, fmt.Errorf("Nested field specified for the non-record field: %s.", f.Name)
	default:
		v, err = l.literal()
	}
	if err != nil {
		return 0, err
	}
	if !quoted && string(v) == "null" {
		if f.Mode == modeRequired {
			return 0, fmt.Errorf("Only optional fields can be set to NULL. Field: %s; Value: NULL", f.Name)
		}
		return 0, nil
	}
	*to, size, err = columnValue(f.Type, v, quoted)
	if err != nil {
		shown := string(v)
		if len(shown) > 100 {
			shown = strings.ToValidUTF8(shown[:100], "") + "..."
		}
		return 0, fmt.Errorf("Could not convert value %q to %s. Field: %s; %w", shown, sqlNames[f.Type], f.Name, err)
	}
	return size, nil
}

var (
	errQuote  = errors.New("it must be a string")
	errBool   = errors.New("it must be true or false")
	errNumber = errors.New("it must be a number")
)

// columnValue makes a column's value of a JSON string, number or boolean. The
// conversions are those BigQuery has when it loads JSON, and no others.
// https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json#details_of_loading_json_data
func columnValue(columnType string, v []byte, quoted bool) (driver.Value, int64, error) {
	s := unsafe.String(unsafe.SliceData(v), len(v))
	switch columnType {
	case typeString:
		if !quoted {
			return nil, 0, errQuote
		}
		return s, int64(len(s)) + 2, nil
	case typeInteger:
		n, err := strconv.ParseInt(s, 10, 64)
		if errors.Is(err, strconv.ErrSyntax) || len(s) > 0 && s[0] == '+' {
			err = errors.New("it must be an integer")
		} else if err != nil {
			err = errors.New("out of the range of INT64")
		}
		return n, 8, err
	case typeFloat:
		if s == "true" || s == "false" {
			return nil, 0, errNumber
		}
		x, err := parseFloat(s)
		if err != nil {
			err = errNumber
		}
		return x, 8, err
	case typeBoolean:
		switch {
		case s == "true" || quoted && strings.EqualFold(s, "true"):
			return true, 1, nil
		case s == "false" || quoted && strings.EqualFold(s, "false"):
			return false, 1, nil
		}
		return nil, 0, errBool
	case typeTimestamp:
		micros, err := int64(0), error(nil)
		switch {
		case quoted:
			micros, err = parseTimestamp(v)
		case s == "true" || s == "false":
			err = errTimestamp
		default:
			micros, err = parseEpochSeconds(s)
		}
		return time.UnixMicro(micros).UTC(), 8, err
	case typeDate:
		days, ok := parseDate(v)
		if !quoted || !ok || len(v) != 10 {
			return nil, 0, errDate
		}
		return time.Unix(days*86400, 0).UTC(), 8, nil
	}
	return nil, 0, fmt.Errorf("columns of type %s cannot be loaded", columnType)
}
