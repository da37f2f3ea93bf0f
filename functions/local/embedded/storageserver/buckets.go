package storageserver

import (
	"bytes"
	"io"
	"net/http"
)

// maxBucket bounds what is said of a bucket that is to be made, in bytes.
const maxBucket = 64 << 10

// makeBucket makes a bucket besides those of the options, as a test does that cleans up after itself. Only the name of
// it is kept: places, labels and rules on the life of objects mean nothing on one machine.
func (s *Server) makeBucket(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBucket))
	var bucket struct{ Name string }
	if err == nil {
		err = decodeFirst(bytes.NewReader(body), &bucket)
	}
	if err == nil {
		err = checkBucketName(bucket.Name)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.write.Lock()
	defer s.write.Unlock()
	s.fake.HTTPHandler().ServeHTTP(w, r)
}

// deleteBucket deletes an empty bucket that the options do not name; the fake refuses one that holds something.
func (s *Server) deleteBucket(w http.ResponseWriter, r *http.Request) {
	if s.kept[r.PathValue("bucket")] {
		refuse(w, http.StatusBadRequest, "the embedded storage keeps the buckets that it began with")
		return
	}
	s.write.Lock()
	defer s.write.Unlock()
	s.pass(w, r)
}
