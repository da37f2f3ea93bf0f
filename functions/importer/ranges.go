package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"spotify-insights.internal/shared/bucket"
)

// blockSize is how many bytes of an upload are read at once.
const blockSize = 8 << 20

// ranges reads one generation of an object in blocks, of which it keeps one. The upload never is in memory as a whole,
// nor on disk, which is memory on Cloud Run.
type ranges struct {
	ctx    context.Context // of the run; io.ReaderAt has none
	bucket interface {
		ReadRange(ctx context.Context, o bucket.Object, offset, length int64) ([]byte, error)
	}
	object bucket.Object
	err    error // the first error of the storage

	block []byte
	start int64
}

// ReadAt implements [io.ReaderAt], for one goroutine.
func (r *ranges) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) {
		at := offset + int64(n)
		if at >= r.object.Size {
			return n, io.EOF
		}
		if at < r.start || at >= r.start+int64(len(r.block)) {
			if err := r.fill(at - at%blockSize); err != nil {
				return n, err
			}
		}
		n += copy(p[n:], r.block[at-r.start:])
	}
	return n, nil
}

func (r *ranges) fill(start int64) error {
	length := min(blockSize, r.object.Size-start)
	block, err := r.bucket.ReadRange(r.ctx, r.object, start, length)
	if err == nil && int64(len(block)) != length {
		err = fmt.Errorf("reading %s: %d bytes came instead of %d", r.object.Name, len(block), length)
	}
	if err != nil {
		r.err = err
		return err
	}
	r.block, r.start = block, start
	return nil
}

// hash returns the SHA-256 of the whole object in hexadecimal digits.
func (r *ranges) hash() (string, error) {
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, r.object.Size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
