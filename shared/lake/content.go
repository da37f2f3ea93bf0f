package lake

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// ContentType is the type of the lake's objects. They have no content encoding, with which Cloud Storage would
// decompress them on reading.
const ContentType = "application/gzip"

// writers are compressors to use again, because each needs a MB of memory. Rows compress well at this level, which is
// several times faster than the default of compress/gzip.
var writers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	return w
}}

// Encode makes the content of an object: one line of JSON for each row, gzipped. Equal rows have equal contents. Several
// contents one after the other are the content of all their rows.
func Encode[T any](rows []T) ([]byte, error) {
	var content bytes.Buffer
	zipped := writers.Get().(*gzip.Writer)
	defer writers.Put(zipped)
	zipped.Reset(&content)
	lines := jsontext.NewEncoder(zipped, jsontext.AllowInvalidUTF8(true)) // a line break follows each row
	for i := range rows {
		if err := json.MarshalEncode(lines, &rows[i]); err != nil {
			return nil, fmt.Errorf("encoding row %d: %w", i, err)
		}
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("compressing the rows: %w", err)
	}
	return content.Bytes(), nil
}
