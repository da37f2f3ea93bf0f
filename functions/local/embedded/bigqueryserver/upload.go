package bigqueryserver

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"sync"

	"spotify-insights.internal/shared/faults"
)

const (
	// maxUpload bounds the rows of one load job, in bytes. The product sends at most 256 MB and one object.
	maxUpload = 1 << 30
	// maxSessions bounds the resumable uploads under way.
	maxSessions = 16
)

// session is a resumable upload. Google's client sends more than 16 MB as one, a part a request.
type session struct {
	id   string
	mu   sync.Mutex
	job  jobResource
	data bytes.Buffer
}

// uploads are the resumable uploads under way.
type uploads struct {
	mu       sync.Mutex
	sessions []*session // oldest first
}

func (u *uploads) add(s *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.sessions = append(u.sessions, s); len(u.sessions) > maxSessions { // the client of the oldest is gone
		u.sessions = u.sessions[1:]
	}
}

func (u *uploads) get(id string) *session {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.IndexFunc(u.sessions, func(s *session) bool { return s.id == id }); i >= 0 {
		return u.sessions[i]
	}
	return nil
}

func (u *uploads) remove(s *session) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sessions = slices.DeleteFunc(u.sessions, func(other *session) bool { return other == s })
}

// upload starts a load job of rows that come with the request.
// https://cloud.google.com/bigquery/docs/reference/api-uploads
func (s *Server) upload(w http.ResponseWriter, r *http.Request) (any, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	q := r.URL.Query()
	switch {
	case q.Get("upload_id") != "":
		return s.uploadPart(w, r, q.Get("upload_id"))
	case q.Get("uploadType") == "multipart":
		return s.uploadWhole(r)
	case q.Get("uploadType") != "resumable":
		return nil, notSupported("uploads of the type %s", faults.Quote(q.Get("uploadType")))
	}
	u := &session{id: rand.Text()}
	if err := decode(r.Body, &u.job); err != nil {
		return nil, err
	}
	s.uploads.add(u)
	w.Header().Set("Location", fmt.Sprintf("http://%s%s?uploadType=resumable&upload_id=%s", r.Host, r.URL.Path, u.id))
	w.WriteHeader(http.StatusOK)
	return nil, nil
}

// uploadWhole takes a job and its rows from the two parts of one request.
func (s *Server) uploadWhole(r *http.Request) (any, error) {
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, invalid("Reading the upload: %v", err)
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
	data := &bytes.Buffer{}
	if part, err = parts.NextPart(); err == nil {
		_, err = data.ReadFrom(part)
	}
	if err != nil {
		return nil, invalid("Reading the upload: %v", err)
	}
	return s.insert(in, data.Bytes())
}

// uploadPart takes a part of a resumable upload. The job begins with the last part.
func (s *Server) uploadPart(w http.ResponseWriter, r *http.Request, id string) (any, error) {
	u := s.uploads.get(id)
	if u == nil {
		return nil, notFound("Not found: upload %s", faults.Quote(id))
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	first, total, err := contentRange(r.Header.Get("Content-Range"))
	if err != nil {
		return nil, err
	}
	have := int64(u.data.Len())
	if first >= 0 {
		if first > have {
			return nil, invalid("The upload continues at byte %d, and %d bytes are stored", first, have)
		}
		// The client sends a part again if it got no answer. Of a part that is cut it sends the rest.
		if n, _ := io.CopyN(io.Discard, r.Body, have-first); n == have-first {
			u.data.ReadFrom(r.Body)
		}
		if have = int64(u.data.Len()); have > maxUpload {
			return nil, invalid("Upload too large: at most %d bytes", maxUpload)
		}
	}
	if total < 0 || have < total {
		if have > 0 {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", have-1))
		}
		// Google's clients ask for this instead of the status 308, which has another meaning in HTTP.
		w.Header().Set("X-Http-Status-Code-Override", "308")
		w.WriteHeader(http.StatusOK)
		return nil, nil
	}
	s.uploads.remove(u)
	return s.insert(u.job, u.data.Bytes())
}

// contentRange reads the header of a part: its first byte is -1 where it has none, the total -1 before the last part.
func contentRange(header string) (first, total int64, err error) {
	var last int64
	for format, to := range map[string][]any{"bytes %d-%d/%d": {&first, &last, &total}, "bytes %d-%d/*": {&first, &last}, "bytes */%d": {&total}} {
		first, total = -1, -1
		if n, err := fmt.Sscanf(header, format, to...); err == nil && n == len(to) {
			return first, total, nil
		}
	}
	return 0, 0, invalid("Invalid Content-Range: %s", faults.Quote(header))
}
