// Package storageserver is Cloud Storage on one machine, for the client of cloud.google.com/go/storage. An object is
// a plain file below the bucket's folder, and nothing else is stored of it: its generation is the file's modification
// time, and it has no content type.
//
// It answers the requests that this project sends. Every other request gets an error that names what is not supported.
package storageserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"spotify-insights.internal/functions/local/embedded/disk"
	"spotify-insights.internal/shared/faults"
)

// Server serves the buckets in a folder. Only one server may use a folder at a time.
type Server struct {
	root    *os.Root // no path leaves it, whatever an object is called
	skipped disk.Skipped

	mu        sync.Mutex // held while an object is replaced or deleted
	finalized []func(Object)
	kept      string // see Keep
}

// Open opens a folder, which is made (mode 0700) when missing, as are the buckets.
func Open(dir string, buckets ...string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the storage folder: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the storage folder: %w", err)
	}
	err = root.RemoveAll(temporary) // writes that a kill cut short
	for _, folder := range append(buckets, temporary) {
		err = errors.Join(err, openFolder(root, folder))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the storage folder: %w", err), root.Close())
	}
	return &Server{root: root}, nil
}

// Close closes the folder. What was answered is on disk.
func (s *Server) Close() error { return s.root.Close() }

// Keep makes the objects of a bucket permanent: they are neither replaced nor deleted. On Google Cloud the roles of the
// functions' accounts do the same.
func (s *Server) Keep(bucket string) { s.kept = bucket }

// OnFinalized has call called for each object that is written from now on, before its writer has the answer.
func (s *Server) OnFinalized(call func(Object)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finalized = append(s.finalized, call)
}

// Handler serves the part of the JSON and XML APIs that the client uses.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /storage/v1/b", handler(s.makeBucket))
	mux.Handle("GET /storage/v1/b/{bucket}", handler(s.readBucket))
	mux.Handle("DELETE /storage/v1/b/{bucket}", handler(s.deleteBucket))
	mux.Handle("GET /storage/v1/b/{bucket}/o", handler(s.listObjects))
	mux.Handle("GET /storage/v1/b/{bucket}/o/{object}", handler(s.readAttributes))
	mux.Handle("DELETE /storage/v1/b/{bucket}/o/{object}", handler(s.deleteObject))
	mux.Handle("POST /upload/storage/v1/b/{bucket}/o", handler(s.upload))
	mux.Handle("GET /{bucket}/{object}", handler(s.download)) // the XML API, which the client uses for reading
	mux.Handle("/", handler(func(_ http.ResponseWriter, r *http.Request) error {
		return fault(http.StatusBadRequest, "the embedded storage does not support %s", faults.Quote(r.Method+" "+r.URL.Path))
	}))
	return mux
}

func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	return json.NewEncoder(w).Encode(v)
}

// checkParameters refuses query parameters and headers with an effect that is not among the supported ones.
func checkParameters(r *http.Request, supported ...string) error {
	supported = append(supported, "alt", "fields", "prettyPrint", "projection", "project")
	for name, values := range r.URL.Query() {
		without := values[0] == "" || values[0] == "false" || name == "alt" && values[0] == "json"
		if !without && (name == "alt" || !slices.Contains(supported, name)) {
			return fault(http.StatusBadRequest, "the embedded storage does not support the parameter %s=%s", faults.Quote(name), faults.Quote(values[0]))
		}
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Goog-If-") || strings.HasPrefix(name, "X-Goog-Encryption-") || name == "Content-Encoding" {
			return fault(http.StatusBadRequest, "the embedded storage does not support the header %s", name)
		}
	}
	return nil
}

// generationOf returns the generation that an object has to have for a request, nil where any generation will do.
func generationOf(r *http.Request) (*int64, error) {
	text := r.URL.Query().Get("ifGenerationMatch")
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fault(http.StatusBadRequest, "invalid ifGenerationMatch: %v", err)
	}
	return &n, nil
}

// maxPage is Cloud Storage's limit of objects in an answer, and what it answers where no limit is asked for.
const maxPage = 1000

func (s *Server) listObjects(w http.ResponseWriter, r *http.Request) error {
	if err := checkParameters(r, "prefix", "startOffset", "pageToken", "maxResults"); err != nil {
		return err
	}
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("maxResults"))
	if err != nil || limit < 1 || limit > maxPage {
		limit = maxPage
	}
	after := query.Get("pageToken")
	if from := query.Get("startOffset"); after == "" && from != "" {
		after = before(from)
	}
	objects, next, err := s.list(r.PathValue("bucket"), query.Get("prefix"), after, limit)
	if err != nil {
		return err
	}
	return answer(w, map[string]any{"items": objects, "nextPageToken": next})
}

// before returns a text that is less than a name and greater than every lesser name of an object, which has no byte 0xff.
func before(name string) string {
	last := len(name) - 1
	return name[:last] + string([]byte{name[last] - 1, 0xff})
}

func (s *Server) readAttributes(w http.ResponseWriter, r *http.Request) error {
	if err := checkParameters(r); err != nil {
		return err
	}
	o, err := s.stat(r.PathValue("bucket"), r.PathValue("object"))
	if err != nil {
		return err
	}
	return answer(w, o)
}

func (s *Server) deleteObject(w http.ResponseWriter, r *http.Request) error {
	if err := checkParameters(r, "ifGenerationMatch"); err != nil {
		return err
	}
	generation, err := generationOf(r)
	if err != nil {
		return err
	}
	if err := s.remove(r.PathValue("bucket"), r.PathValue("object"), generation); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// download answers an object's content, or a range of it. The client goes on with an interrupted download by naming
// the generation that it has begun with.
func (s *Server) download(w http.ResponseWriter, r *http.Request) error {
	if err := checkParameters(r, "generation"); err != nil {
		return err
	}
	f, o, err := s.open(r.PathValue("bucket"), r.PathValue("object"))
	if err != nil {
		return err
	}
	defer f.Close()
	generation := strconv.FormatInt(o.Generation, 10)
	if wanted := r.URL.Query().Get("generation"); wanted != "" && wanted != generation {
		return fmt.Errorf("generation %s of object %s: %w", wanted, o.Name, fs.ErrNotExist)
	}
	header := w.Header()
	header.Set("Content-Type", "application/octet-stream")
	header.Set("X-Goog-Generation", generation)
	header.Set("X-Goog-Metageneration", "1")
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}
