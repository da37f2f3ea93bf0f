package bigqueryserver

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"spotify-insights.internal/shared/faults"
)

// rowParser reads rows of a table from lines of JSON. A line is a flat object of strings, numbers, booleans
// and nulls. It is strict as BigQuery is, and five times as fast as encoding/json, since imports wait for it.
type rowParser struct {
	columns []tableField
	byName  map[string]int
	rows    int   // read until now
	seen    []int // the last row that had the column

	line []byte // the rest of the line
}

func newRowParser(columns []tableField) *rowParser {
	p := &rowParser{columns: columns, byName: map[string]int{}, seen: make([]int, len(columns))}
	for i, f := range columns {
		p.byName[f.Name] = i
	}
	return p
}

// parse reads a line into row, which has a nil for every column. The strings of the row stay in the line.
func (p *rowParser) parse(line []byte, row []driver.Value) error {
	p.line = line
	p.rows++
	if !p.accept('{') {
		return errors.New("the row is not a JSON object")
	}
	next := 0 // the product's rows have their fields in the order of the columns
	for more := !p.accept('}'); more; {
		key, err := p.text()
		if err != nil {
			return err
		}
		i, ok := next, next < len(p.columns) && p.columns[next].Name == string(key)
		if !ok {
			if i, ok = p.byName[string(key)]; !ok {
				return fmt.Errorf("No such field: %s.", key)
			}
		}
		next = i + 1
		if p.seen[i] == p.rows {
			return fmt.Errorf("Duplicate field: %s.", key)
		}
		p.seen[i] = p.rows
		if !p.accept(':') {
			return errors.New("a colon was expected")
		}
		if row[i], err = p.value(&p.columns[i]); err != nil {
			return err
		}
		if more = p.accept(','); !more && !p.accept('}') {
			return errors.New("a comma or the end of the object was expected")
		}
	}
	if p.space(); len(p.line) > 0 {
		return errors.New("something follows the row")
	}
	for i, f := range p.columns {
		if f.Mode == modeRequired && p.seen[i] != p.rows {
			return fmt.Errorf("Missing required field: %s.", f.Name)
		}
	}
	return nil
}

func (p *rowParser) space() {
	for len(p.line) > 0 && (p.line[0] == ' ' || p.line[0] == '\t' || p.line[0] == '\r') {
		p.line = p.line[1:]
	}
}

// accept moves over one byte, if it comes next.
func (p *rowParser) accept(c byte) bool {
	p.space()
	if len(p.line) == 0 || p.line[0] != c {
		return false
	}
	p.line = p.line[1:]
	return true
}

// text reads a string.
func (p *rowParser) text() ([]byte, error) {
	if !p.accept('"') {
		return nil, errors.New("a string was expected")
	}
	end := bytes.IndexByte(p.line, '"')
	if end < 0 {
		return nil, errors.New("a string does not end")
	}
	text := p.line[:end]
	if i := bytes.IndexByte(text, '\\'); i >= 0 {
		return p.escaped(i)
	}
	bits := byte(0)
	for _, c := range text {
		if c < ' ' {
			return nil, errors.New("a control character in a string")
		}
		bits |= c
	}
	if bits >= utf8.RuneSelf && !utf8.Valid(text) {
		return nil, errors.New("invalid UTF-8 in a string")
	}
	p.line = p.line[end+1:]
	return text, nil
}

// surrogate is an escape sequence of half a character. Go's encoder writes none.
var surrogate = regexp.MustCompile(`\\u[dD][89a-fA-F]`)

// escaped reads the rest of a string that has an escape sequence at i.
func (p *rowParser) escaped(i int) ([]byte, error) {
	for i < len(p.line) && p.line[i] != '"' {
		if p.line[i] == '\\' {
			i++
		}
		i++
	}
	if i >= len(p.line) {
		return nil, errors.New("a string does not end")
	}
	var text string
	if err := json.Unmarshal(append([]byte{'"'}, p.line[:i+1]...), &text); err != nil {
		return nil, err
	}
	half := strings.ContainsRune(text, utf8.RuneError) && surrogate.Match(p.line[:i])
	if half || !utf8.Valid(p.line[:i]) || strings.Contains(text, "\x00") {
		return nil, errors.New("invalid UTF-8, half a surrogate pair, or NUL in a string")
	}
	p.line = p.line[i+1:]
	return []byte(text), nil
}

// literal reads a number, true, false or null, as it is written.
func (p *rowParser) literal() ([]byte, error) {
	i := 0
	for i < len(p.line) && p.line[i] != ',' && p.line[i] != '}' && p.line[i] > ' ' {
		i++
	}
	v := p.line[:i]
	if !json.Valid(v) {
		return nil, fmt.Errorf("a value was expected, not %s", faults.Quote(string(v)))
	}
	p.line = p.line[i:]
	return v, nil
}

// value reads the value of a column.
func (p *rowParser) value(f *tableField) (driver.Value, error) {
	p.space()
	if len(p.line) == 0 {
		return nil, errors.New("a value was expected")
	}
	var v []byte
	var err error
	quoted := p.line[0] == '"'
	switch {
	case quoted:
		v, err = p.text()
	case p.line[0] == '[':
		return nil, fmt.Errorf("Array specified for non-repeated field: %s.", f.Name)
	case p.line[0] == '{':
		return nil, fmt.Errorf("Nested field specified for the non-record field: %s.", f.Name)
	default:
		v, err = p.literal()
	}
	if err != nil {
		return nil, err
	}
	if !quoted && string(v) == "null" {
		if f.Mode == modeRequired {
			return nil, fmt.Errorf("Only optional fields can be set to NULL. Field: %s; Value: NULL", f.Name)
		}
		return nil, nil
	}
	value, err := columnValue(f.Type, v, quoted)
	if err != nil {
		return nil, fmt.Errorf("Could not convert value %s to %s. Field: %s; %w", faults.Quote(string(v)), f.Type, f.Name, err)
	}
	return value, nil
}

// columnValue makes a column's value of a JSON string, number or boolean. The conversions are those of
// BigQuery, and no others, except that a FLOAT and a TIMESTAMP that the product does not send are refused: NaN,
// infinities and numbers of seconds.
// https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-json#details_of_loading_json_data
func columnValue(columnType string, v []byte, quoted bool) (driver.Value, error) {
	s := unsafe.String(unsafe.SliceData(v), len(v))
	switch columnType {
	case typeString:
		if quoted {
			return s, nil
		}
		return nil, errors.New("it is not a string")
	case typeInteger:
		return strconv.ParseInt(s, 10, 64)
	case typeFloat:
		if strings.Trim(s, "0123456789.+-eE") != "" { // Go also reads names, hexadecimal numbers and underscores
			return nil, errors.New("it is not a number")
		}
		return strconv.ParseFloat(s, 64)
	case typeBoolean:
		switch s {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, errors.New("it is not true or false")
	default:
		if !quoted {
			return nil, errTimestamp
		}
		micros, err := parseTimestamp(s)
		return time.UnixMicro(micros).UTC(), err
	}
}
