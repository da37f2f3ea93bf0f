package bigqueryserver

import (
	"errors"
	"time"
)

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
