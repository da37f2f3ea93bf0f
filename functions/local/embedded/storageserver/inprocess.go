package storageserver

import (
	"context"
	"fmt"
	"io"
	"math"
	"strings"
)

// Match and Write are for the embedded BigQuery, which is in the same process.

// Match returns the name of one object that begins with prefix and ends with suffix, or "" if there is none. The
// error is [fs.ErrNotExist] where there is no such bucket.
func (s *Server) Match(_ context.Context, bucket, prefix, suffix string) (string, error) {
	objects, _, err := s.list(bucket, prefix, "", math.MaxInt32)
	if err != nil {
		return "", fmt.Errorf("listing gs://%s/%s: %w", bucket, prefix, err)
	}
	for _, o := range objects {
		if strings.HasSuffix(o.Name[len(prefix):], suffix) {
			return o.Name, nil
		}
	}
	return "", nil
}

// Write stores content as an object, or nothing if the content cannot be read to its end. The error is
// [fs.ErrNotExist] where there is no such bucket.
func (s *Server) Write(_ context.Context, bucket, name string, content io.Reader) error {
	if _, err := s.write(bucket, name, content, nil); err != nil {
		return fmt.Errorf("writing gs://%s/%s: %w", bucket, name, err)
	}
	return nil
}
