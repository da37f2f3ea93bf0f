package warehouse

import (
	"testing"

	"cloud.google.com/go/bigquery"
)

// An answer that lacks a column of the struct it is read into would leave the field empty, and nobody
// would know.
func TestComplete(t *testing.T) {
	answer := bigquery.Schema{{Name: "error", Type: bigquery.StringFieldType}, {Name: "object", Type: bigquery.StringFieldType}, {Name: "more", Type: bigquery.StringFieldType}}
	const want = "there is no column generation"
	if err := complete[Settled](answer); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := complete[Settled](append(answer, &bigquery.FieldSchema{Name: "generation", Type: bigquery.IntegerFieldType})); err != nil {
		t.Errorf("a column more is none too few: %v", err)
	}
}
