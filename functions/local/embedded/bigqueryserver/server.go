// Package bigqueryserver is a BigQuery for one machine: an HTTP server that
// speaks enough of the REST API v2 for Google's Go client, over one DuckDB file.
//
// It is strict where BigQuery is: what BigQuery would refuse, it refuses, and
// what it cannot do itself is an error that says so. Two differences remain
// that it cannot see: DuckDB compares values of different types which
// BigQuery's analyser keeps apart, and it resolves column aliases in more places.
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
	"time"
)

// maxBody bounds the JSON of a request: 10,000 URIs of 1 KB and then some.
const maxBody = 32 << 20

// Objects reads the objects that load jobs name.
type Objects interface {
	// Open returns an object's content as it is stored, gzip or not. The error
	// is fs.ErrNotExist when there is no such object.
	Open(ctx context.Context, bucket, name string) (io.ReadCloser, error)
}

// Options say what a server is made of.
type Options struct {
	Path    string           // the DuckDB file; made when missing
	Project string           // the only project there is
	Objects Objects          // where load jobs find gs:// objects; nil for none
	Exports ObjectWriter     // where EXPORT DATA puts gs:// objects; nil for none
	Now     func() time.Time // the clock of jobs and expirations; nil is time.Now. SQL has its own.
	Prompt  bool             // jobs.insert answers at once, as BigQuery's, and not when the job is done, which spares asking for it
}

// Server is an embedded BigQuery. Its file belongs to it alone while it is open.
type Server struct {
	project string
	objects Objects
	exports ObjectWriter
	now     func() time.Time
	prompt  bool

	exportDir string // for files on their way to exports

	db        *sql.DB
	writer    sync.Mutex // held by the one transaction that writes
	writeConn *sql.Conn  // its connection
	catalog   *catalog
	jobs      *jobs
	uploads   uploads
	mux       *http.ServeMux
}

// Open opens or makes the file and drops what has expired in it.
func Open(ctx context.Context, o Options) (*Server, error) {
	s := &Server{project: o.Project, objects: o.Objects, exports: o.Exports, now: o.Now, prompt: o.Prompt}
	if s.now == nil {
		s.now = time.Now
	}
	if err := s.open(ctx, o.Path); err != nil {
		return nil, fmt.Errorf("opening the embedded BigQuery in %s: %w", o.Path, err)
	}
	s.routes()
	return s, nil
}

func (s *Server) open(ctx context.Context, path string) (err error) {
	if s.project == "" {
		return errors.New("no project is named")
	}
	if s.db, s.exportDir, err = openDatabase(ctx, path); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.db.Close(), os.RemoveAll(s.exportDir))
		}
	}()
	if s.writeConn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if s.catalog, err = loadCatalog(ctx, s.db, s.project); err != nil {
		return err
	}
	if s.jobs, err = loadJobs(ctx, s.db); err != nil {
		return err
	}
	return s.write(ctx, func(tx *transaction) error { return tx.trimJobs(ctx) })
}

// Close waits for running jobs, refuses new ones, and leaves the file without a log beside it.
func (s *Server) Close() error {
	s.jobs.stop()
	s.uploads.close()
	ctx := context.Background()
	errSave := s.write(ctx, func(*transaction) error { return nil })
	_, errCheckpoint := s.db.ExecContext(ctx, "CHECKPOINT")
	if err := errors.Join(errSave, errCheckpoint, s.writeConn.Close(), s.db.Close(), os.RemoveAll(s.exportDir)); err != nil {
		return fmt.Errorf("closing the embedded BigQuery: %w", err)
	}
	return nil
}

// Handler serves the API below the root and below /bigquery/v2.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/bigquery/v2")
		s.mux.ServeHTTP(w, r)
	})
}

// rawJSON is an answer that is JSON already.
type rawJSON []byte

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	handle := func(pattern string, h func(*http.Request) (any, error), parameters ...string) {
		method, path, _ := strings.Cut(pattern, " ")
		s.mux.HandleFunc(method+" /projects/{project}"+path, s.answer(h, parameters))
	}
	rows := []string{"startIndex", "maxResults", "pageToken", "formatOptions.useInt64Timestamp"}
	handle("GET /datasets", s.listDatasets, "all", "maxResults", "pageToken") // none are hidden
	handle("POST /datasets", s.insertDataset)
	handle("GET /datasets/{dataset}", s.getDataset)
	handle("PATCH /datasets/{dataset}", s.patchDataset)
	handle("DELETE /datasets/{dataset}", s.deleteDataset, "deleteContents")
	handle("GET /datasets/{dataset}/tables", s.listTables, "maxResults", "pageToken")
	handle("POST /datasets/{dataset}/tables", s.insertTable)
	handle("GET /datasets/{dataset}/tables/{table}", s.getTable)
	handle("PATCH /datasets/{dataset}/tables/{table}", s.patchTable)
	handle("DELETE /datasets/{dataset}/tables/{table}", s.deleteTable)
	handle("GET /datasets/{dataset}/tables/{table}/data", s.listRows, rows...)
	handle("GET /jobs", s.listJobs, "allUsers", "stateFilter", "projection", "minCreationTime", "maxCreationTime", "maxResults", "pageToken") // all are of one user
	handle("POST /jobs", s.insertJob)
	handle("GET /jobs/{job}", s.getJob, "location")
	handle("POST /jobs/{job}/cancel", s.cancelJob, "location")
	handle("POST /queries", s.queryJob)
	handle("GET /queries/{job}", s.queryResults, append(rows, "location", "timeoutMs")...)
	s.mux.HandleFunc("POST /upload/bigquery/v2/projects/{project}/jobs", s.upload)
	s.mux.HandleFunc("PUT /upload/bigquery/v2/projects/{project}/jobs", s.upload)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeFault(w, notImplemented("%s %s", r.Method, r.URL.Path))
	})
}

// everywhere are the parameters that every method takes and that change nothing: the form of an answer
// is always JSON, and always all of it.
var everywhere = []string{"alt", "fields", "prettyPrint", "quotaUser", "key"}

// answer makes a handler of a function from a request to a resource. Other parameters than those given
// are refused, as fields are.
func (s *Server) answer(h func(*http.Request) (any, error), parameters []string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for name := range r.URL.Query() {
			if !slices.Contains(everywhere, name) && !slices.Contains(parameters, name) {
				writeFault(w, notImplemented("the parameter %s of this request", name))
				return
			}
		}
		if project := r.PathValue("project"); project != s.project {
			writeFault(w, notFound("Not found: Project %s; this is project %s", project, s.project))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		resource, err := h(r)
		if err != nil {
			writeFault(w, err)
			return
		}
		writeAnswer(w, resource)
	}
}

func writeAnswer(w http.ResponseWriter, resource any) {
	if resource == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	data, ok := resource.(rawJSON)
	if !ok {
		var err error
		if data, err = json.Marshal(resource); err != nil {
			writeFault(w, fmt.Errorf("writing an answer: %w", err))
			return
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	if _, err := w.Write(data); err != nil {
		slog.Debug("embedded BigQuery: client went away", "error", err)
	}
}
