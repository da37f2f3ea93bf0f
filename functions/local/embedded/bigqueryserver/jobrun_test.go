package bigqueryserver

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestBrokenJob has jobs fail that are not to blame. Their status says so; whoever asks for their rows is
// not told that the asking might be tried again.
func TestBrokenJob(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: t.TempDir() + "/x.duckdb", Project: "p"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, c := range []struct {
		id, status, rows string // the reasons
		run              func(context.Context) error
	}{
		{"broken", "internalError", "jobInternalError", func(context.Context) error { return errors.New("the disk is gone") }},
		{"panicked", "internalError", "jobInternalError", func(context.Context) error { panic("the disk is gone") }},
		{"refused", "backendError", "jobBackendError", func(context.Context) error { return newFault("backendError", "the disk is gone") }},
	} {
		j := s.newJob(jobReference{JobID: c.id, Location: defaultLocation}, &jobConfiguration{Query: &queryConfiguration{Query: "SELECT 1"}})
		if _, known, err := s.take(j, c.run); known || err != nil {
			t.Fatalf("take(%s) = %t, %v", c.id, known, err)
		}
		<-j.done
		for path, want := range map[string]struct {
			code   int
			reason string
		}{"/jobs/": {200, c.status}, "/queries/": {400, c.rows}} {
			answer := httptest.NewRecorder()
			s.Handler().ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/projects/p"+path+c.id, nil))
			body := answer.Body.String()
			if answer.Code != want.code || !strings.Contains(body, `"reason":"`+want.reason+`"`) || !strings.Contains(body, "the disk is gone") {
				t.Errorf("%s%s: %d %s, want %v", path, c.id, answer.Code, body, want)
			}
		}
	}
}
