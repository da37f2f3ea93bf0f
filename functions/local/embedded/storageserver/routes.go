package storageserver

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path"
	"strings"
)

// routes lists all that is let through. The fake knows much more (copies, ACLs, batches, "delete everything"), but
// not always with the effect that Cloud Storage has, and some of it would get around the checks made here.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /storage/v1/b", s.pass)
	mux.HandleFunc("GET /storage/v1/b/{bucket}", s.pass)
	mux.HandleFunc("POST /storage/v1/b", s.makeBucket)
	mux.HandleFunc("DELETE /storage/v1/b/{bucket}", s.deleteBucket)
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o", s.list)
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o/{object}", s.read)
	mux.HandleFunc("GET /download/storage/v1/b/{bucket}/o/{object}", s.read)
	mux.HandleFunc("GET /{bucket}/{object}", s.read) // XML API: how the client reads
	mux.HandleFunc("DELETE /storage/v1/b/{bucket}/o/{object}", s.delete)
	mux.HandleFunc("POST /upload/storage/v1/b/{bucket}/o", s.upload)
	mux.HandleFunc("PUT /upload/storage/v1/b/{bucket}/o", s.upload)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusBadRequest, "%s %s is not supported by the embedded storage", r.Method, r.URL.Path)
	})
	return mux
}

// guard refuses what no client library sends: a web page that calls this server (by a name that it made resolve to
// this machine, or across origins, which the fake would allow) and paths with . or .. in them.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch escaped := r.URL.EscapedPath(); {
		case !loopback(r.Host):
			refuse(w, http.StatusForbidden, "the host %q is not this machine", r.Host)
		case r.Header.Get("Origin") != "":
			refuse(w, http.StatusForbidden, "web pages may not call the embedded storage")
		case path.Clean(escaped) != escaped:
			refuse(w, http.StatusBadRequest, "the path has empty, . or .. segments")
		default:
			r.Host = s.Host() // the fake takes other names for a bucket's
			next.ServeHTTP(w, r)
		}
	})
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

func (s *Server) pass(w http.ResponseWriter, r *http.Request) {
	if bucket := r.PathValue("bucket"); bucket != "" {
		if err := checkBucketName(bucket); err != nil {
			refuse(w, http.StatusBadRequest, "%v", err)
			return
		}
	}
	s.fake.HTTPHandler().ServeHTTP(w, r)
}

// list refuses the filters that the fake would ignore. The fake walks the whole bucket for each page: of 30,000 objects
// it took 2 s to list all in one page, which is what a caller gets who asks for no size, and 34 s in pages of 1,000.
// A prefix that few names have costs 0.2 s.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for _, name := range []string{"matchGlob", "filter"} {
		if q.Get(name) != "" {
			refuse(w, http.StatusBadRequest, "%s is not supported by the embedded storage", name)
			return
		}
	}
	for _, name := range []string{"softDeleted", "includeFoldersAsPrefixes"} {
		if q.Get(name) == "true" {
			refuse(w, http.StatusBadRequest, "%s is not supported by the embedded storage", name)
			return
		}
	}
	s.pass(w, r)
}

func (s *Server) read(w http.ResponseWriter, r *http.Request) {
	bucket, object, ok := target(w, r)
	if ok && s.preconditionsHold(w, r, bucket, object) {
		s.fake.HTTPHandler().ServeHTTP(w, r)
	}
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	bucket, object, ok := target(w, r)
	if !ok {
		return
	}
	s.write.Lock()
	defer s.write.Unlock()
	if s.preconditionsHold(w, r, bucket, object) {
		s.fake.HTTPHandler().ServeHTTP(w, r)
	}
}

// target returns the bucket and the object that the path names, or refuses the request.
func target(w http.ResponseWriter, r *http.Request) (bucket, object string, ok bool) {
	bucket, object = r.PathValue("bucket"), r.PathValue("object")
	err := checkBucketName(bucket)
	if err == nil {
		err = checkObjectName(object)
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return "", "", false
	}
	return bucket, object, true
}

// refuse answers an error in the JSON API's shape: https://cloud.google.com/storage/docs/json_api/v1/status-codes
func refuse(w http.ResponseWriter, code int, format string, args ...any) {
	reasons := map[int]string{
		http.StatusBadRequest:         "invalid",
		http.StatusForbidden:          "forbidden",
		http.StatusPreconditionFailed: "conditionNotMet",
	}
	message := fmt.Sprintf(format, args...)
	type item struct {
		Domain  string `json:"domain"`
		Reason  string `json:"reason"`
		Message string `json:"message"`
	}
	var body struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			Errors  []item `json:"errors"`
		} `json:"error"`
	}
	body.Error.Code, body.Error.Message = code, message
	body.Error.Errors = []item{{"global", reasons[code], message}}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(code)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		slog.Warn("storage server: answering an error", "error", err)
	}
}
