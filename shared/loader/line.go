package loader

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/go-json-experiment/json/jsontext"

	"spotify-insights.internal/shared/lake"
	"spotify-insights.internal/shared/warehouse"
)

// field is a field of a line of plays.
type field struct {
	name string
	kind bigquery.FieldType
	key  string // its key in the row of the table, "" where the table does not have it
}

// playFields are the fields of a line of plays by name.
var playFields = func() map[string]field {
	fields := map[string]field{
		"version": {name: "version", kind: bigquery.IntegerFieldType},
		"index":   {name: "index", kind: bigquery.IntegerFieldType}, // row_index in version 1
		"raw":     {name: "raw", kind: bigquery.StringFieldType},
	}
	for _, c := range warehouse.Schema(warehouse.Plays) {
		fields[c.Name] = field{c.Name, c.Type, strconv.Quote(c.Name) + ":"}
	}
	return fields
}()

// lineReader copies lines of plays. It checks the type of every value, but decodes only what [playRows.check] needs:
// to decode and encode all values takes almost twice the time, and imports wait for it.
type lineReader struct{ decoder jsontext.Decoder }

// copy appends the columns of a line to out, and returns those that are checked.
func (l *lineReader) copy(line []byte, out *bytes.Buffer) (row lake.PlayRow, err error) {
	d := &l.decoder
	d.Reset(bytes.NewBuffer(line)) // strict: no duplicate field and no invalid UTF-8
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return row, errors.Join(errors.New("it is not a JSON object"), err)
	}
	row.RowIndex = -1
	separator := byte('{')
	for d.PeekKind() != '}' {
		name, err := d.ReadValue()
		if err != nil {
			return row, err
		}
		f, ok := playFields[string(name[1:len(name)-1])]
		if !ok {
			return row, fmt.Errorf("unknown field %s", name)
		}
		value, err := d.ReadValue()
		if err != nil {
			return row, err
		}
		if value.Kind() == 'n' {
			continue
		}
		if value, err = f.read(value, &row); err != nil {
			return row, fmt.Errorf("the field %s: %w", f.name, err)
		}
		if f.key != "" {
			out.WriteByte(separator)
			out.WriteString(f.key)
			out.Write(value)
			separator = ','
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return row, err
	}
	if d.PeekKind() != 0 {
		return row, errors.New("something follows the row")
	}
	out.WriteString("}\n")
	return row, nil
}

// read checks the type of a value, adds it to a row, and returns it as BigQuery takes it.
func (f field) read(value jsontext.Value, row *lake.PlayRow) (jsontext.Value, error) {
	kind := value.Kind()
	switch f.kind {
	case bigquery.StringFieldType:
		if kind == '"' {
			return value, f.setText(row, value)
		}
	case bigquery.BooleanFieldType:
		if kind == 't' || kind == 'f' {
			return value, nil
		}
	case bigquery.IntegerFieldType:
		n, err := strconv.ParseInt(string(value), 10, 64)
		f.setInteger(row, n)
		return value, err
	case bigquery.TimestampFieldType:
		var at time.Time
		if err := at.UnmarshalJSON(value); err != nil {
			return nil, err
		}
		at = *micros(&at)
		if f.name == "played_at" {
			row.PlayedAt = &at
		} else {
			row.IngestedAt = at
		}
		if n := len(value); value[n-2] == 'Z' && n <= len(`"2006-01-02T15:04:05.999999Z"`) {
			return value, nil
		}
		return at.AppendFormat(nil, `"`+time.RFC3339Nano+`"`), nil
	}
	return nil, fmt.Errorf("%s has another type than %s", value, f.kind)
}

func (f field) setText(row *lake.PlayRow, value jsontext.Value) (err error) {
	var to *string
	switch f.name {
	case "listener":
		to = &row.Listener
	case "source":
		to = &row.Source
	case "object":
		to = &row.Object
	case "track_id":
		row.TrackID = new(string)
		to = row.TrackID
	case "reject_reason":
		row.RejectReason = new(string)
		to = row.RejectReason
	case "item":
		row.Item = new(string)
		to = row.Item
	default:
		return nil
	}
	if bytes.IndexByte(value, '\\') < 0 {
		*to = string(value[1 : len(value)-1])
		return nil
	}
	text, err := jsontext.AppendUnquote(nil, value)
	*to = string(text)
	return err
}

func (f field) setInteger(row *lake.PlayRow, n int64) {
	switch f.name {
	case "version":
		row.Version = int(n)
	case "row_index":
		row.RowIndex = int(n)
	case "duration_ms":
		row.DurationMS = &n
	case "ms_played":
		row.MSPlayed = &n
	}
}
