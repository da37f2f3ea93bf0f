package warehouse

import (
	"testing"

	"cloud.google.com/go/bigquery"
)

// The client leaves a field empty where the answer lacks its column. That has to be an error.
func TestComplete(t *testing.T) {
	answer := bigquery.Schema{{Name: "listener", Type: bigquery.StringFieldType}, {Name: "after", Type: bigquery.TimestampFieldType}, {Name: "more", Type: bigquery.StringFieldType}}
	const want = "there is no column before"
	if err := complete[Gap](answer); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := complete[Gap](append(answer, &bigquery.FieldSchema{Name: "before", Type: bigquery.TimestampFieldType})); err != nil {
		t.Errorf("another column more: %v", err)
	}
}
