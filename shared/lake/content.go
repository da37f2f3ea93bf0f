package lake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
)

// ContentType of the lake's objects. No content encoding is set: Cloud Storage would unpack the
// object on its way out.
const ContentType = "application/gzip"

// Encode makes the content of an object: a JSON line a row, gzipped.
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
