package storageserver

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"spotify-insights.internal/shared/faults"
)

// maxMetadata bounds the description that an upload begins with, in bytes.
const maxMetadata = 64 << 10

// upload takes a multipart upload: a description of the object in JSON, then the content.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if kind := query.Get("uploadType"); kind != "multipart" {
		return fault(http.StatusBadRequest, "the embedded storage does not support uploads of type %s: set the writer's ChunkSize to 0", faults.Quote(kind))
	}
	if err := checkParameters(r, "uploadType", "name", "ifGenerationMatch"); err != nil {
		return err
	}
	generation, err := generationOf(r)
	if err != nil {
		return err
	}
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return fault(http.StatusBadRequest, "invalid upload: %v", err)
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	part, err := parts.NextPart()
	if err != nil {
		return fault(http.StatusBadRequest, "invalid upload: %v", err)
	}
	var described struct{ Bucket, Name, ContentType string } // the type is not stored
	decoder := json.NewDecoder(io.LimitReader(part, maxMetadata))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&described); err != nil {
		return fault(http.StatusBadRequest, "the embedded storage does not support this description of an object: %v", err)
	}
	bucket, name := r.PathValue("bucket"), query.Get("name")
	if described.Bucket != bucket || described.Name != name {
		return fault(http.StatusBadRequest, "the address and the description of the upload name different objects")
	}
	content, err := parts.NextPart()
	if err != nil {
		return fault(http.StatusBadRequest, "invalid upload: %v", err)
	}
	o, err := s.write(bucket, name, content, generation)
	if err != nil {
		return err
	}
	return answer(w, o)
}
