package lake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
)

// ContentType is the type of the lake's objects. They have no content encoding, with which Cloud Storage would
// decompress them on reading.
const ContentType = "application/gzip"

// Encode makes the content of an object: one line of JSON for each row, gzipped.
func Encode[T any](rows []T) ([]byte, error) {
	var content bytes.Buffer
	zipped := gzip.NewWriter(&content)
	lines := json.NewEncoder(zipped)
	lines.SetEscapeHTML(false)
	for i, row := range rows {
		if err := lines.Encode(row); err != nil {
			return nil, fmt.Errorf("encoding row %d: %w", i, err)
		}
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("compressing the rows: %w", err)
	}
	return content.Bytes(), nil
}
