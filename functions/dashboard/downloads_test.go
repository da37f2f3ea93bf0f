package dashboard

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// Every format has all plays, whatever the period of the page is, and the name of a file.
func TestDownloads(t *testing.T) {
	v := newViewer(t, sample())
	for name, count := range map[string]func(body []byte) (int, error){
		"csv": func(body []byte) (int, error) {
			lines, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
			return len(lines) - 1, err
		},
		"json": func(body []byte) (int, error) {
			var plays []map[string]any
			err := json.Unmarshal(body, &plays)
			return len(plays), err
		},
		"parquet": func(body []byte) (int, error) {
			f, err := parquet.OpenFile(bytes.NewReader(body), int64(len(body)))
			if err != nil {
				return 0, err
			}
			return int(f.NumRows()), nil
		},
	} {
		target := "/record/plays." + name
		for query, want := range map[string]int{"": 6, "?period=2024": 6, "?listener=you": 0} {
			w := v.ask(t, target+query)
			if n, err := count(w.Body.Bytes()); n != want || err != nil || w.Code != 200 {
				t.Errorf("%s%s is %d with %d plays, %v", target, query, w.Code, n, err)
			}
			who, _ := strings.CutPrefix(query, "?listener=")
			if !strings.HasPrefix(who, "you") {
				who = "me"
			}
			if got, want := w.Header().Get("Content-Disposition"), fmt.Sprintf("attachment; filename=spotify-plays-%s-2026-06-24.%s", who, name); got != want {
				t.Errorf("%s%s is sent as %s, want %s", target, query, got, want)
			}
			if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s has the headers %v", target, w.Header())
			}
		}
		head := httptest.NewRecorder()
		if v.Handler()(head, httptest.NewRequest("HEAD", target, nil)); head.Code != 200 || head.Body.Len() != 0 {
			t.Errorf("HEAD %s is %d with %d bytes", target, head.Code, head.Body.Len())
		}
		public, _, _ := newPublicViewer(t)
		if w, nothing := public.ask(t, target), public.ask(t, "/nothing.json"); w.Code != 404 || name != "parquet" && w.Body.String() != nothing.Body.String() {
			t.Errorf("%s of a public page is %d %s", target, w.Code, w.Body)
		}
		if w := v.ask(t, target+"?listener=nobody"); w.Code != 404 || w.Header().Get("Content-Disposition") != "" || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s of nobody is %d %v %s", target, w.Code, w.Header(), w.Body)
		}
	}
	if len(v.answers.byKey) != 0 {
		t.Error("a download is in the cache of answers")
	}
	for _, path := range []string{"/record/plays.", "/record/plays.xml", "/record/plays.csv/", "/record/plays"} {
		if w := v.ask(t, path); w.Code != 404 {
			t.Errorf("%s is %d", path, w.Code)
		}
	}
}

// receiver takes an answer only after the deadline of the request, or not at all.
type receiver struct {
	*httptest.ResponseRecorder
	deadline context.CancelFunc
	gone     bool
}

func (r *receiver) Write(p []byte) (int, error) {
	r.deadline()
	if r.gone {
		return 0, errors.New("gone")
	}
	return r.ResponseRecorder.Write(p)
}

// A download is not cut by the deadline of a page. One whose receiver is gone is no error, because nobody is there to read it.
func TestSlowDownload(t *testing.T) {
	v := newViewer(t, sample())
	v.ask(t, "/")
	for _, gone := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		w := &receiver{httptest.NewRecorder(), cancel, gone}
		if err := v.serve(w, httptest.NewRequest("GET", "/record/plays.csv", nil).WithContext(ctx)); err != nil {
			t.Error(err)
		}
		if lines := strings.Count(w.Body.String(), "\n"); lines != 7 && !gone || ctx.Err() == nil {
			t.Errorf("%d lines are sent", lines)
		}
	}
}
