package storageserver

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"spotify-insights.internal/shared/faults"
)

// https://cloud.google.com/storage/docs/buckets#naming
var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$`)

// checkBucket returns [fs.ErrNotExist] where there is no such bucket.
func (s *Server) checkBucket(bucket string) error {
	if !bucketPattern.MatchString(bucket) {
		return fault(http.StatusBadRequest, "invalid bucket name %s", faults.Quote(bucket))
	}
	info, err := s.root.Lstat(bucket)
	if err == nil && !info.IsDir() {
		err = fs.ErrNotExist
	}
	return err
}

// metadataSuffix is of the files in which older versions of this program stored attributes.
const metadataSuffix = ".metadata"

// filePath returns the path of an object's file. It accepts the object names of Cloud Storage that can be the path of
// a plain file below a bucket's folder: https://cloud.google.com/storage/docs/objects#naming
func filePath(bucket, name string) (string, error) {
	if !bucketPattern.MatchString(bucket) {
		return "", fault(http.StatusBadRequest, "invalid bucket name %s", faults.Quote(bucket))
	}
	if err := nameFault(name); err != nil {
		return "", fault(http.StatusBadRequest, "invalid object name %s: %v", faults.Quote(name), err)
	}
	return path.Join(bucket, name), nil
}

func nameFault(name string) error {
	switch {
	case len(name) > 1024:
		return errors.New("it is longer than 1024 bytes")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("it has control characters or is not UTF-8")
	case strings.ContainsRune(name, '\\'):
		return errors.New("the embedded storage supports no backslashes")
	case strings.HasSuffix(name, metadataSuffix):
		return errors.New("the embedded storage supports no names that end in .metadata")
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment[0] == '.' || len(segment) > 255 {
			return errors.New("the embedded storage supports no segment that is empty, begins with a dot or is longer than 255 bytes")
		}
	}
	return nil
}
