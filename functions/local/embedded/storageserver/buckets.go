package storageserver

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"syscall"
)

// makeBucket stores only the bucket's name: locations, labels and life cycles mean nothing on one machine.
func (s *Server) makeBucket(w http.ResponseWriter, r *http.Request) error {
	var bucket struct{ Name string }
	if err := json.NewDecoder(r.Body).Decode(&bucket); err != nil {
		return fault(http.StatusBadRequest, "invalid description of a bucket: %v", err)
	}
	err := s.checkBucket(bucket.Name)
	if err == nil {
		return fault(http.StatusConflict, "bucket %s exists", bucket.Name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = s.root.Mkdir(bucket.Name, 0o700)
	}
	if err != nil {
		return err
	}
	return answer(w, map[string]string{"name": bucket.Name})
}

func (s *Server) readBucket(w http.ResponseWriter, r *http.Request) error {
	bucket := r.PathValue("bucket")
	if err := s.checkBucket(bucket); err != nil {
		return err
	}
	return answer(w, map[string]string{"name": bucket})
}

func (s *Server) deleteBucket(w http.ResponseWriter, r *http.Request) error {
	bucket := r.PathValue("bucket")
	if err := s.checkBucket(bucket); err != nil {
		return err
	}
	err := s.root.Remove(bucket)
	if errors.Is(err, syscall.ENOTEMPTY) {
		return fault(http.StatusConflict, "bucket %s is not empty", bucket)
	}
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}
