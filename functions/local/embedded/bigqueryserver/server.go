// Package bigqueryserver serves the part of BigQuery's REST API v2 that this product sends, from one DuckDB file.
//
// It does not parse SQL: the product's GoogleSQL runs on DuckDB after a few textual rules (see dialect.go), and
// test/googlesql proves with GoogleSQL's own analyser that it is valid. It is strict about data: a load job
// fails on every row that BigQuery refuses. A request, field, parameter or statement that the product does not
// send is an error that names it.
package bigqueryserver

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"spotify-insights.internal/shared/faults"
)

// maxBody bounds the JSON of a request, in bytes.
const maxBody = 32 << 20

// ObjectWriter stores the objects that EXPORT DATA writes.
type ObjectWriter interface {
	// Match returns the name of one object that begins with prefix and ends with suffix, or "" if there is none.
	Match(ctx context.Context, bucket, prefix, suffix string) (name string, err error)
	// Write stores content as an object. It stores nothing if reading the content fails. The error is
	// fs.ErrNotExist when there is no such bucket.
	Write(ctx context.Context, bucket, name string, content io.Reader) error
}

// Options configure a server.
type Options struct {
	Path    string       // the DuckDB file; created when missing
	Project string       // the only project
	Exports ObjectWriter // where EXPORT DATA writes; nil refuses exports
}

// Server is an embedded BigQuery. No other process can open its file meanwhile.
type Server struct {
	project   string
	exports   ObjectWriter
	exportDir string // contains the files of running exports
	db        *sql.DB
	writer    sync.Mutex // held by the one transaction that writes
	health    health
	jobs      jobs
	uploads   uploads
}

// Open opens or creates the file.
func Open(ctx context.Context, o Options) (*Server, error) {
	s := &Server{project: o.Project, exports: o.Exports, exportDir: o.Path + ".exports"}
	if err := s.openDatabase(ctx, o.Path); err != nil {
		return nil, fmt.Errorf("opening the embedded BigQuery in %s: %w", o.Path, err)
	}
	s.jobs.open()
	return s, nil
}

// Close refuses new jobs, ends those that run, and writes DuckDB's log into the file. Where that fails, the next Open
// reads the log.
func (s *Server) Close() error {
	s.jobs.stop()
	if s.Health() == Sound {
		if err := s.Checkpoint(context.Background()); err != nil {
			slog.Warn("the log of the warehouse is not written into its file; the next start does it", "error", err)
		}
	}
	if err := errors.Join(s.db.Close(), os.RemoveAll(s.exportDir)); err != nil {
		return fmt.Errorf("closing the embedded BigQuery: %w", err)
	}
	return nil
}

// Handler serves the API.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, h handlerFunc, parameters ...string) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /projects/{project}"+path, s.answer(h, parameters))
	}
	handle("POST /datasets", s.insertDataset)
	handle("GET /datasets/{dataset}", s.getDataset)
	handle("DELETE /datasets/{dataset}", s.deleteDataset, "deleteContents")
	handle("POST /datasets/{dataset}/tables", s.insertTable)
	handle("GET /datasets/{dataset}/tables/{table}", s.getTable)
	handle("PATCH /datasets/{dataset}/tables/{table}", s.patchView)
	handle("GET /jobs", s.listJobs, "allUsers", "projection", "minCreationTime", "maxResults", "pageToken")
	handle("POST /jobs", s.insertJob)
	handle("GET /jobs/{job}", s.getJob, "location")
	handle("POST /queries", s.query)
	handle("GET /queries/{job}", s.queryResults, "location", "startIndex", "maxResults", "formatOptions.useInt64Timestamp")
	mux.HandleFunc("POST /upload/bigquery/v2/projects/{project}/jobs", s.answer(s.upload, []string{"uploadType", "upload_id"}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, notSupported("the request %s", faults.Quote(r.Method+" "+r.URL.Path)))
	})
	return mux
}

// handlerFunc answers a request with a value that becomes JSON, or writes the answer itself and returns nil.
type handlerFunc func(w http.ResponseWriter, r *http.Request) (any, error)

// commonParameters are sent with every request and do not change what an answer contains.
var commonParameters = []string{"alt", "fields", "prettyPrint"}

// answer makes a handler that refuses other query parameters than those listed.
func (s *Server) answer(h handlerFunc, parameters []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for name := range r.URL.Query() {
			if !slices.Contains(commonParameters, name) && !slices.Contains(parameters, name) {
				writeError(w, notSupported("the parameter %s of %s %s", faults.Quote(name), r.Method, faults.Quote(r.URL.Path)))
				return
			}
		}
		if project := r.PathValue("project"); project != s.project {
			writeError(w, notFound("Not found: Project %s; this is project %s", faults.Quote(project), s.project))
			return
		}
		// A client that goes away interrupts no statement: the driver could leave the connection blocked.
		value, err := h(w, r.WithContext(context.WithoutCancel(r.Context())))
		if err != nil {
			s.health.note(err)
			writeError(w, err)
			return
		}
		if value == nil {
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		if err := json.NewEncoder(w).Encode(value); err != nil {
			slog.Debug("embedded BigQuery: the client closed the connection", "error", err)
		}
	}
}

// decode reads one JSON value and refuses the fields that dst does not have: to ignore a field would mislead
// the caller.
func decode(body io.Reader, dst any) error {
	d := json.NewDecoder(io.LimitReader(body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		if field, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return notSupported("the field %s of this request", field)
		}
		return invalid("Invalid JSON payload received: %v", err)
	}
	return nil
}
