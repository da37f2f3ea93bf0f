package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// storage adds to the embedded Cloud Storage a list of buckets, and older versions of objects, whose generation is 1.
func (r *rig) storage(embedded http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /storage/v1/b", func(w http.ResponseWriter, req *http.Request) {
		answer(w, map[string]any{"kind": "storage#buckets", "items": []any{
			map[string]string{"name": "another", "location": "US"}, map[string]string{"name": "some-project-spotify-state", "location": r.location}}})
	})
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o", func(w http.ResponseWriter, req *http.Request) {
		query := req.URL.Query()
		if query.Get("versions") != "true" {
			embedded.ServeHTTP(w, req)
			return
		}
		query.Del("versions")
		req.URL.RawQuery = query.Encode()
		recorder := httptest.NewRecorder()
		embedded.ServeHTTP(recorder, req)
		var list struct {
			Items []map[string]any `json:"items"`
		}
		_ = json.Unmarshal(recorder.Body.Bytes(), &list)
		for _, path := range r.older {
			if name, found := strings.CutPrefix(path, req.PathValue("bucket")+"/"); found && strings.HasPrefix(name, query.Get("prefix")) {
				list.Items = append(list.Items, map[string]any{"name": name, "bucket": req.PathValue("bucket"), "generation": "1"})
			}
		}
		answer(w, list)
	})
	mux.HandleFunc("DELETE /storage/v1/b/{bucket}/o/{object}", func(w http.ResponseWriter, req *http.Request) {
		if generation := req.URL.Query().Get("generation"); generation != "1" {
			req.URL.RawQuery = "ifGenerationMatch=" + generation
			embedded.ServeHTTP(w, req)
			return
		}
		r.older = slices.DeleteFunc(r.older, func(path string) bool { return path == req.PathValue("bucket")+"/"+req.PathValue("object") })
		w.WriteHeader(http.StatusNoContent)
	})
	mux.Handle("/", embedded)
	return mux
}

// apis answers the other APIs.
func (r *rig) apis() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/projects/{project}/topics/{call}", func(w http.ResponseWriter, req *http.Request) {
		answer(w, map[string]any{"messageIds": []string{"1"}})
	})
	mux.HandleFunc("GET /v3/projects/{project}", func(w http.ResponseWriter, req *http.Request) {
		answer(w, map[string]string{"name": "projects/123456789012", "projectId": req.PathValue("project"), "state": r.state})
	})
	mux.HandleFunc("GET /v1/projects/{project}/services", func(w http.ResponseWriter, req *http.Request) {
		var list []any
		if req.URL.Query().Get("filter") != "state:ENABLED" {
			http.Error(w, "a list with services that are off", http.StatusNotImplemented)
			return
		}
		for _, name := range r.services {
			list = append(list, map[string]any{"name": "projects/123456789012/services/" + name + ".googleapis.com", "config": map[string]string{"name": name + ".googleapis.com"}, "state": "ENABLED"})
		}
		answer(w, map[string]any{"services": list})
	})
	const jobs = "/v1/projects/{project}/locations/europe-west1/jobs"
	describe := func(name string) map[string]string {
		return map[string]string{"name": "projects/some-project/locations/europe-west1/jobs/" + name, "state": r.jobs[name].State, "schedule": r.jobs[name].Schedule}
	}
	mux.HandleFunc("GET "+jobs, func(w http.ResponseWriter, req *http.Request) {
		var list []any
		for _, name := range slices.Sorted(maps.Keys(r.jobs)) {
			list = append(list, describe(name))
		}
		answer(w, map[string]any{"jobs": list})
	})
	withJob := func(w http.ResponseWriter, req *http.Request) {
		name, action, _ := strings.Cut(req.PathValue("job"), ":")
		had, found := r.jobs[name]
		if !found {
			notFound(w, "Job not found.")
			return
		}
		if action == "pause" {
			r.jobs[name] = job{"PAUSED", had.Schedule}
		}
		answer(w, describe(name))
	}
	mux.HandleFunc("GET "+jobs+"/{job}", withJob)
	mux.HandleFunc("POST "+jobs+"/{job}", withJob)
	mux.HandleFunc("GET /v1/projects/{project}/secrets/{secret}/versions", func(w http.ResponseWriter, req *http.Request) {
		list := []any{}
		versions, found := r.secrets[req.PathValue("secret")]
		if !found {
			notFound(w, "Secret ["+req.PathValue("secret")+"] not found.")
			return
		}
		for i, v := range versions {
			if req.URL.Query().Get("filter") == "state:ENABLED" && v.State == "ENABLED" {
				list = append(list, map[string]string{"name": fmt.Sprintf("projects/123456789012/secrets/%s/versions/%d", req.PathValue("secret"), len(versions)-i), "state": v.State, "createTime": v.CreateTime})
			}
		}
		answer(w, map[string]any{"versions": list, "totalSize": len(list)})
	})
	mux.HandleFunc("DELETE /v1/projects/{project}/secrets/{secret}", func(w http.ResponseWriter, req *http.Request) {
		if _, found := r.secrets[req.PathValue("secret")]; !found {
			notFound(w, "Secret not found.")
			return
		}
		delete(r.secrets, req.PathValue("secret"))
		answer(w, map[string]string{})
	})
	mux.HandleFunc("POST /v2/entries:list", func(w http.ResponseWriter, req *http.Request) {
		var request struct {
			ResourceNames              []string
			Filter, OrderBy, PageToken string
			PageSize                   int
		}
		_ = json.NewDecoder(req.Body).Decode(&request)
		r.calls = append(r.calls, fmt.Sprint(request.ResourceNames, request.Filter, " ", request.OrderBy, " ", request.PageSize))
		page, next := 0, ""
		fmt.Sscan(request.PageToken, &page)
		if page+1 < len(r.pages) {
			next = fmt.Sprint(page + 1)
		}
		fmt.Fprintf(w, `{"entries": [%s], "nextPageToken": %q}`, r.pages[page], next)
	})
	return mux
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(v)
}

func notFound(w http.ResponseWriter, message string) {
	w.WriteHeader(http.StatusNotFound)
	answer(w, map[string]any{"error": map[string]any{"code": 404, "message": message, "status": "NOT_FOUND"}})
}
