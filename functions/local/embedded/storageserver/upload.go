package storageserver

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
)

// upload takes the three kinds that the client sends: media, multipart and resumable.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	// The fake holds uploads in memory too. Reading before anything is locked keeps a slow sender from blocking others.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, "reading the upload: %v", err)
		return
	}
	if err := checkUpload(r, body); err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := s.store(r)
	if object := finalized(answer); object != nil {
		s.notify(r.Context(), object)
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes()) // a client that is gone asks again
}

// store has the fake's answer held back: a notification has to be published before it goes out.
func (s *Server) store(r *http.Request) *httptest.ResponseRecorder {
	s.write.Lock()
	defer s.write.Unlock()
	answer := httptest.NewRecorder()
	s.fake.HTTPHandler().ServeHTTP(answer, r)
	return answer
}

// checkUpload finds every name that the fake could store the object under, and refuses what it could read otherwise
// than this function does.
func checkUpload(r *http.Request, body []byte) error {
	bucket, q := r.PathValue("bucket"), r.URL.Query()
	if err := checkBucketName(bucket); err != nil {
		return err
	}
	if _, err := parsePreconditions(r); err != nil {
		return err
	}
	if r.Header.Get("Content-Encoding") != "" {
		return errors.New("encoded requests are not supported by the embedded storage")
	}
	if q.Get("name") != "" {
		if err := checkObjectName(q.Get("name")); err != nil {
			return err
		}
	}
	var meta struct{ Bucket, Name string }
	var err error
	switch kind := q.Get("uploadType"); {
	case kind == "resumable" && q.Get("upload_id") != "":
		return nil // goes on with what was checked when it began
	case kind == "resumable" && len(body) > 0:
		err = decodeFirst(bytes.NewReader(body), &meta)
	case kind == "multipart":
		err = decodeFirstPart(r.Header.Get("Content-Type"), body, &meta)
	case kind != "resumable" && kind != "media":
		return fmt.Errorf("the upload type %q is not supported by the embedded storage", kind)
	}
	if err != nil {
		return fmt.Errorf("reading the object's metadata: %w", err)
	}
	// For some uploads the fake takes the query's name, for others that of the metadata.
	if q.Get("name") != "" && meta.Name != "" && q.Get("name") != meta.Name || meta.Bucket != "" && meta.Bucket != bucket {
		return errors.New("the address and the metadata name different objects")
	}
	if meta.Bucket != "" && meta.Name == "" {
		return errors.New("the metadata names a bucket but no object")
	}
	return checkObjectName(cmp.Or(meta.Name, q.Get("name")))
}

// decodeFirst reads JSON with the same leniency as the fake, which ignores what follows the first value.
func decodeFirst(r io.Reader, v any) error { return json.NewDecoder(r).Decode(v) }

func decodeFirstPart(contentType string, body []byte, v any) error {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	part, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).NextPart()
	if err != nil {
		return err
	}
	return decodeFirst(part, v)
}

// finalized returns the object's resource if the answer says that one was stored. The beginning and the middle of a
// resumable upload are answered alike, but their object has no generation yet.
func finalized(answer *httptest.ResponseRecorder) resource {
	var object resource
	if answer.Code != http.StatusOK || json.Unmarshal(answer.Body.Bytes(), &object) != nil {
		return nil
	}
	if g := object.text("generation"); g == "" || g == "0" {
		return nil
	}
	return object
}
