package storageserver

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// preconditions on an object's generation, where 0 stands for an object that does not exist.
// https://cloud.google.com/storage/docs/request-preconditions
type preconditions struct {
	match, notMatch *int64
}

// parsePreconditions reads them from the query (JSON API) or the headers (XML API). Others than those on the
// generation are an error: the fake would ignore them.
func parsePreconditions(r *http.Request) (p preconditions, err error) {
	given := map[string]string{}
	for name, values := range r.URL.Query() {
		if strings.HasPrefix(name, "if") {
			given[strings.ToLower(name)] = values[0]
		}
	}
	for name, values := range r.Header {
		if rest, ok := strings.CutPrefix(name, "X-Goog-If-"); ok {
			given["if"+strings.ToLower(strings.ReplaceAll(rest, "-", ""))] = values[0]
		}
	}
	for name, value := range given {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return p, fmt.Errorf("precondition %s: %q is not a number", name, value)
		}
		switch name {
		case "ifgenerationmatch":
			p.match = &n
		case "ifgenerationnotmatch":
			p.notMatch = &n
		default:
			return p, fmt.Errorf("precondition %s is not supported by the embedded storage", name)
		}
	}
	return p, nil
}

// preconditionsHold answers the request itself when it returns false. Writes do without it: the fake checks theirs.
func (s *Server) preconditionsHold(w http.ResponseWriter, r *http.Request, bucket, object string) bool {
	p, err := parsePreconditions(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return false
	}
	if p == (preconditions{}) {
		return true
	}
	var generation int64
	if obj, err := s.fake.GetObjectStreaming(bucket, object); err == nil {
		generation = obj.Generation // its content is opened by the first read only: nothing to close
	}
	reading := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch {
	case generation == 0:
		return true // the fake answers 404
	case p.match != nil && *p.match != generation:
		refuse(w, http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
		return false
	case p.notMatch != nil && *p.notMatch == generation && reading:
		w.WriteHeader(http.StatusNotModified)
		return false
	case p.notMatch != nil && *p.notMatch == generation:
		refuse(w, http.StatusPreconditionFailed, "At least one of the pre-conditions you specified did not hold.")
		return false
	}
	return true
}
