package lake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"

	"spotify-insights.internal/shared/plays"
)

// ContentType of an object of plays. No content encoding is set: Cloud Storage would unpack the
// object on its way out.
const ContentType = "application/gzip"

// Encode makes the content of an object: a JSON line a row, gzipped.
func Encode(rows []plays.Row) ([]byte, error) {
	var content bytes.Buffer
	zipped := gzip.NewWriter(&content)
	lines := json.NewEncoder(zipped)
	lines.SetEscapeHTML(false)
	for _, row := range rows {
		if err := lines.Encode(row); err != nil {
			return nil, fmt.Errorf("encoding row %d: %w", row.Index, err)
		}
	}
	if err := zipped.Close(); err != nil {
		return nil, fmt.Errorf("compressing the rows: %w", err)
	}
	return content.Bytes(), nil
}
