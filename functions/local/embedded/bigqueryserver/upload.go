package bigqueryserver

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"sync"
)

const (
	// maxUpload bounds the data of one load job that comes with the request.
	maxUpload = 1 << 30
	// maxSessions bounds the resumable uploads under way; the oldest go first.
	maxSessions = 64
)

// uploadedFile is the data of a load job that came with the request. The job owns it.
type uploadedFile struct{ path string }

func (u *uploadedFile) remove() { os.Remove(u.path) }

// session is a resumable upload.
type session struct {
	mu     sync.Mutex
	id     string
	job    *jobResource
	file   *os.File
	size   int64
	answer any // of the finished upload, for a client that asks again
}

// uploads are the resumable uploads under way, oldest first.
type uploads struct {
	mu       sync.Mutex
	sessions []*session
}

func (u *uploads) add(s *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sessions = append(u.sessions, s)
	if len(u.sessions) > maxSessions {
		u.sessions[0].discard()
		u.sessions = u.sessions[1:]
	}
}

func (u *uploads) get(id string) *session {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.sessions {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (u *uploads) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, s := range u.sessions {
		s.discard()
	}
	u.sessions = nil
}

// discard removes what was uploaded, unless a job has it already.
func (s *session) discard() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.answer == nil {
		s.file.Close()
		os.Remove(s.file.Name())
	}
}

// upload serves media uploads, the way a load job's data comes from the client itself.
// https://cloud.google.com/bigquery/docs/reference/api-uploads
func (s *Server) upload(w http.ResponseWriter, r *http.Request) {
	if project := r.PathValue("project"); project != s.project {
		writeFault(w, notFound("Not found: Project %s; this is project %s", project, s.project))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+maxBody)
	var answer any
	var err error
	q := r.URL.Query()
	switch {
	case q.Get("upload_id") != "":
		answer, err = s.uploadChunk(w, r, q.Get("upload_id"))
	case q.Get("uploadType") == "multipart":
		answer, err = s.uploadMultipart(r)
	case q.Get("uploadType") == "resumable":
		err = s.uploadStart(w, r)
	default:
		err = notImplemented("uploads of type %q", q.Get("uploadType"))
	}
	switch {
	case err != nil:
		writeFault(w, err)
	case answer != nil:
		writeAnswer(w, answer)
	}
}

// uploadMultipart takes a job and its data from one request.
func (s *Server) uploadMultipart(r *http.Request) (any, error) {
	mediaType, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/related" {
		return nil, invalid("A multipart upload must be multipart/related")
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	part, err := parts.NextPart()
	if err != nil {
		return nil, invalid("Reading the upload: %v", err)
	}
	var in jobResource
	if err := decode(part, &in); err != nil {
		return nil, err
	}
	if part, err = parts.NextPart(); err != nil {
		return nil, invalid("Reading the upload: %v", err)
	}
	file, err := os.CreateTemp("", "bigquery-upload-*")
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(file, part)
	if err = errors.Join(err, file.Close()); err != nil {
		os.Remove(file.Name())
		return nil, invalid("Reading the upload: %v", err)
	}
	return s.insertUploaded(r.Context(), &in, file.Name())
}

func (s *Server) insertUploaded(ctx context.Context, in *jobResource, path string) (any, error) {
	file := &uploadedFile{path}
	if in.Configuration == nil || in.Configuration.Load == nil {
		file.remove()
		return nil, invalid("Only a load job takes uploaded data")
	}
	answer, err := s.insert(ctx, in, file)
	if err != nil {
		file.remove()
	}
	return answer, err
}

// uploadStart begins a resumable upload.
func (s *Server) uploadStart(w http.ResponseWriter, r *http.Request) error {
	var in jobResource
	if err := decode(r.Body, &in); err != nil {
		return err
	}
	file, err := os.CreateTemp("", "bigquery-upload-*")
	if err != nil {
		return err
	}
	u := &session{id: rand.Text(), job: &in, file: file}
	s.uploads.add(u)
	w.Header().Set("Location", fmt.Sprintf("http://%s/upload/bigquery/v2/projects/%s/jobs?uploadType=resumable&upload_id=%s", r.Host, s.project, u.id))
	w.Header().Set("X-GUploader-UploadID", u.id)
	w.WriteHeader(http.StatusOK)
	return nil
}

// uploadChunk takes a part of a resumable upload; with the last one the job begins.
func (s *Server) uploadChunk(w http.ResponseWriter, r *http.Request, id string) (any, error) {
	u := s.uploads.get(id)
	if u == nil {
		return nil, notFound("Not found: upload %s", id)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.answer != nil {
		return u.answer, nil
	}
	chunk, err := parseContentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return nil, err
	}
	if chunk.last >= 0 && chunk.first == u.size {
		n, err := io.Copy(u.file, io.LimitReader(r.Body, chunk.last-chunk.first+1))
		u.size += n
		if err != nil {
			return nil, invalid("Reading the upload: %v", err)
		}
		if u.size > maxUpload {
			return nil, invalid("Upload too large: at most %d bytes", maxUpload)
		}
	}
	if chunk.total < 0 || u.size < chunk.total {
		if u.size > 0 {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", u.size-1))
		}
		// 308 means something else to HTTP by now; Google's clients ask for this instead.
		if r.Header.Get("X-GUploader-No-308") == "yes" {
			w.Header().Set("X-Http-Status-Code-Override", "308")
			w.WriteHeader(http.StatusOK)
		} else {
			w.WriteHeader(http.StatusPermanentRedirect)
		}
		return nil, nil
	}
	if err := u.file.Close(); err != nil {
		return nil, err
	}
	answer, err := s.insertUploaded(r.Context(), u.job, u.file.Name())
	if err != nil {
		return nil, err
	}
	u.answer = answer
	return answer, nil
}

// contentRange is a part of an upload; last is -1 if it has no bytes, total -1 if it is not known yet.
type contentRange struct{ first, last, total int64 }

func parseContentRange(header string) (c contentRange, err error) {
	for _, form := range []struct {
		format string
		to     []any
	}{
		{"bytes %d-%d/%d", []any{&c.first, &c.last, &c.total}},
		{"bytes %d-%d/*", []any{&c.first, &c.last}},
		{"bytes */%d", []any{&c.total}},
	} {
		c = contentRange{last: -1, total: -1}
		if _, err := fmt.Sscanf(header, form.format, form.to...); err == nil && c.first >= 0 && c.first <= max(c.last, 0) {
			return c, nil
		}
	}
	return c, invalid("Invalid Content-Range: %q", header)
}
